// RUN: dlc-opt %s -dlc-emit-checks | FileCheck %s

// A check of values ends the call with its message.
// CHECK-LABEL: func.func @f
// CHECK: %[[FAILS:.*]] = arith.xori %arg1, %true
// CHECK: scf.if %[[FAILS]]
// CHECK-NEXT: codegen.fail %arg0, "too many"
// CHECK-NOT: codegen.require
func.func @f(%context: !llvm.ptr, %holds: i1) {
  codegen.require %holds, "too many"
  return
}
