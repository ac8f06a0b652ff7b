// RUN: dlc-opt %s -dlc-check-indices | FileCheck %s

// An index that the model computes ends the call where it is outside, also below 0.
// CHECK-LABEL: func @outside(
// CHECK: %[[N:.*]] = tensor.dim %arg0
// CHECK: %[[IN:.*]] = arith.cmpi ult, %arg1, %[[N]]
// CHECK: codegen.require %[[IN]], "{{.*}}an index is outside of its tensor in dimension 0"
// CHECK: tensor.extract %arg0[%arg1]
func.func @outside(%x: tensor<?xf32>, %i: index) -> f32 {
  %v = tensor.extract %x[%i] : tensor<?xf32>
  return %v : f32
}

// One that is inside for certain needs nothing.
// CHECK-LABEL: func @inside(
// CHECK-NOT: codegen.require
func.func @inside(%x: tensor<4xf32>) -> f32 {
  %c3 = arith.constant 3 : index
  %v = tensor.extract %x[%c3] : tensor<4xf32>
  return %v : f32
}

// In a body the nearest place is taken.
// CHECK-LABEL: func @body(
// CHECK: %[[SOME:.*]] = arith.cmpi sgt
// CHECK: codegen.require %[[SOME]]
// CHECK: linalg.generic
// CHECK: arith.minsi
// CHECK: %[[AT:.*]] = arith.maxsi
// CHECK: tensor.extract %arg0[%[[AT]]]
func.func @body(%x: tensor<?xf32>, %i: tensor<4xi64>, %o: tensor<4xf32>) -> tensor<4xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                       iterator_types = ["parallel"]}
      ins(%i : tensor<4xi64>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: i64, %b: f32):
    %at = arith.index_cast %a : i64 to index
    %v = tensor.extract %x[%at] : tensor<?xf32>
    linalg.yield %v : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}
