// RUN: dlc-opt %s -dlc-hoist-checks | FileCheck %s

// A check stands right behind the value that it reads: what has that extent stands
// behind both.
// CHECK-LABEL: func @early(
// CHECK: %[[N:.*]] = arith.index_cast
// CHECK-NEXT: %[[HOLDS:.*]] = arith.cmpi eq, %[[N]]
// CHECK-NEXT: codegen.require %[[HOLDS]], "four"
// CHECK-NEXT: tensor.empty(%[[N]])
func.func @early(%t: tensor<i64>) -> tensor<?xf32> {
  %c4 = arith.constant 4 : index
  %v = tensor.extract %t[] : tensor<i64>
  %n = arith.index_cast %v : i64 to index
  %e = tensor.empty(%n) : tensor<?xf32>
  %holds = arith.cmpi eq, %n, %c4 : index
  codegen.require %holds, "four"
  return %e : tensor<?xf32>
}

// Out of a loop it holds, or the loop does not run. Equal ones are one.
// CHECK-LABEL: func @loop(
// CHECK: %[[SAME:.*]] = arith.cmpi eq, %arg0, %arg1
// CHECK: %[[EMPTY:.*]] = arith.cmpi sle, %arg2, %{{.*}}
// CHECK: %[[HOLDS:.*]] = arith.ori %[[SAME]], %[[EMPTY]]
// CHECK: codegen.require %[[HOLDS]], "same"
// CHECK: scf.for
// CHECK-NOT: codegen.require
func.func @loop(%a: index, %b: index, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %same = arith.cmpi eq, %a, %b : index
    codegen.require %same, "same"
    codegen.require %same, "same again"
  }
  return
}

// A branch that is not taken asks for nothing.
// CHECK-LABEL: func @branch(
// CHECK: scf.if
// CHECK-NEXT: codegen.require
func.func @branch(%c: i1, %holds: i1) {
  scf.if %c {
    codegen.require %holds, "only here"
  }
  return
}
