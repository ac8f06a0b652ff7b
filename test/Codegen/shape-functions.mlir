// RUN: dlc-opt %s -convert-dl-to-linalg -canonicalize -cse -dlc-outline-shape-functions | FileCheck %s

// Checks and extents leave the function; nothing but extents is read.
// CHECK-LABEL: func.func @f(
// CHECK-SAME: attributes {codegen.shapes = @f.shapes}
// CHECK-NOT: codegen.require
// CHECK-LABEL: func.func private @f.shapes(%arg0: memref<?x4xf32>, %arg1: memref<?x4xf32>, %arg2: memref<?xi64>)
// CHECK-SAME: codegen.messages = ["shape-functions.mlir:{{[0-9]+}}: dl.add: operands differ in dimension 0 of the result"]
// CHECK: %[[A:.*]] = memref.dim %arg0, %c0
// CHECK: %[[B:.*]] = memref.dim %arg1, %c0
// CHECK: memref.store {{.*}} %arg2[%c1]
// CHECK: memref.store {{.*}} %arg2[%c2]
// CHECK: arith.cmpi ne, %[[A]], %[[B]]
// CHECK-NOT: linalg
// CHECK: memref.store {{.*}} %arg2[%c0]
func.func @f(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = dl.add %a, %b : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
