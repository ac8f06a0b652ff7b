// RUN: dlc-opt %s -dlc-outline-shape-functions | FileCheck %s

// The shape function stores 0 or the number of the first check that fails, then each extent. What
// depends on values stays: the extent is -1 there, and the check is made by the kernel.
// CHECK-LABEL: func.func @f(
// CHECK-SAME: attributes {codegen.computed = array<i64: 2>, codegen.shapes = @f.shapes}
// CHECK-NOT: x and y differ
// CHECK: codegen.require %{{.*}}, "v is beyond the last row"
// CHECK: func.func private @f.shapes(%[[X:.*]]: memref<?x4xf32>, %[[Y:.*]]: memref<?x4xf32>, %{{.*}}: memref<index>, %[[OUT:.*]]: memref<?xi64>)
// CHECK-SAME: codegen.messages = ["x and y differ in the number of rows"]
// CHECK-DAG: %[[UNKNOWN:.*]] = arith.constant -1 : i64
// CHECK-DAG: %[[ROWS:.*]] = memref.dim %[[X]]
// CHECK-DAG: %[[OTHERS:.*]] = memref.dim %[[Y]]
// CHECK: memref.store %[[UNKNOWN]], %[[OUT]][%c3]
// CHECK: %[[WRONG:.*]] = arith.cmpi ne, %[[ROWS]], %[[OTHERS]]
// CHECK: %[[STATUS:.*]] = arith.extui %[[WRONG]]
// CHECK: memref.store %[[STATUS]], %[[OUT]][%c0]
func.func @f(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %v: tensor<index>) -> (tensor<?x4xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %m = tensor.dim %y, %c0 : tensor<?x4xf32>
  %same = arith.cmpi eq, %n, %m : index
  codegen.require %same, "x and y differ in the number of rows"
  %k = tensor.extract %v[] : tensor<index>
  %fits = arith.cmpi sle, %k, %n : index
  codegen.require %fits, "v is beyond the last row"
  %z = tensor.empty(%k) : tensor<?xf32>
  return %x, %z : tensor<?x4xf32>, tensor<?xf32>
}
