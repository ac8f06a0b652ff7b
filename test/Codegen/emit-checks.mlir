// RUN: dlc-opt %s -dlc-emit-checks | FileCheck %s

// A check of values ends the call with its message.
// CHECK-DAG: llvm.mlir.global internal constant @dlc.check.0("too many\00")
// CHECK-DAG: func.func private @dlc_rt_fail(!llvm.ptr, !llvm.ptr)
// CHECK-LABEL: func.func @f
// CHECK: %[[FAILS:.*]] = arith.xori %arg1, %true
// CHECK: scf.if %[[FAILS]]
// CHECK:   %[[TEXT:.*]] = llvm.mlir.addressof @dlc.check.0
// CHECK:   call @dlc_rt_fail(%arg0, %[[TEXT]])
func.func @f(%context: !llvm.ptr, %holds: i1) {
  codegen.require %holds, "too many"
  return
}
