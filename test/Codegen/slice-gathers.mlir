// RUN: dlc-opt %s -split-input-file -dlc-slice-gathers | FileCheck %s

// The row of a table, whose number comes from an operand.
// CHECK-LABEL: func.func @row(%arg0: tensor<20x64xf32>, %arg1: tensor<1xi64>
// CHECK:   %[[ID:.*]] = tensor.extract %arg1[%{{c0.*}}]
// CHECK:   %[[ROW:.*]] = arith.index_cast %[[ID]]
// CHECK:   %[[X:.*]] = tensor.extract_slice %arg0[%[[ROW]], %{{.*}}] [1, 16] [1, 1] : tensor<20x64xf32> to tensor<16xf32>
// CHECK:   linalg.generic {{.*}} ins(%arg1, %[[X]] : tensor<1xi64>, tensor<16xf32>)
// CHECK:   ^bb0(%{{.*}}: i64, %[[E:.*]]: f32, %{{.*}}: f32):
// CHECK-NOT: tensor.extract
// CHECK:     linalg.yield %[[E]]
func.func @row(%table: tensor<20x64xf32>, %ids: tensor<1xi64>, %to: tensor<1x16xf32>, %at: index) -> tensor<1x16xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<1xi64>) outs(%to : tensor<1x16xf32>) {
  ^bb0(%id: i64, %out: f32):
    %row = arith.index_cast %id : i64 to index
    %i = linalg.index 1 : index
    %column = affine.apply affine_map<(d0, d1) -> (d0 + d1)>(%i, %at)
    %x = tensor.extract %table[%row, %column] : tensor<20x64xf32>
    linalg.yield %x : f32
  } -> tensor<1x16xf32>
  return %y : tensor<1x16xf32>
}

// -----

// Every other element is no slice that vectors are loaded from.
// CHECK-LABEL: func.func @step_of_two
// CHECK-NOT: tensor.extract_slice
func.func @step_of_two(%x: tensor<64xf32>, %to: tensor<16xf32>) -> tensor<16xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      outs(%to : tensor<16xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %two = affine.apply affine_map<(d0) -> (d0 * 2)>(%i)
    %e = tensor.extract %x[%two] : tensor<64xf32>
    linalg.yield %e : f32
  } -> tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// A column that differs from element to element.
// CHECK-LABEL: func.func @elements
// CHECK-NOT: tensor.extract_slice
func.func @elements(%x: tensor<64xf32>, %ids: tensor<16xindex>, %to: tensor<16xf32>) -> tensor<16xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
      iterator_types = ["parallel"]}
      ins(%ids : tensor<16xindex>) outs(%to : tensor<16xf32>) {
  ^bb0(%id: index, %out: f32):
    %e = tensor.extract %x[%id] : tensor<64xf32>
    linalg.yield %e : f32
  } -> tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// Several rows: their loop must take one step first.
// CHECK-LABEL: func.func @rows
// CHECK-NOT: tensor.extract_slice
func.func @rows(%table: tensor<20x16xf32>, %ids: tensor<4xindex>, %to: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<4xindex>) outs(%to : tensor<4x16xf32>) {
  ^bb0(%id: index, %out: f32):
    %i = linalg.index 1 : index
    %x = tensor.extract %table[%id, %i] : tensor<20x16xf32>
    linalg.yield %x : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// The place is a number of the result too: it has no vector form here.
// CHECK-LABEL: func.func @place_is_value
// CHECK-NOT: tensor.extract_slice
func.func @place_is_value(%x: tensor<16xf32>, %to: tensor<16xf32>) -> tensor<16xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      outs(%to : tensor<16xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %e = tensor.extract %x[%i] : tensor<16xf32>
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    %s = arith.addf %e, %f : f32
    linalg.yield %s : f32
  } -> tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// The number of the row is where the operand's map says.
// CHECK-LABEL: func.func @elsewhere
// CHECK: %[[C3:.*]] = arith.constant 3 : index
// CHECK: tensor.extract %arg1[%[[C3]]]
func.func @elsewhere(%table: tensor<20x16xf32>, %ids: tensor<5xindex>, %to: tensor<16xf32>) -> tensor<16xf32> {
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0) -> (3)>, affine_map<(d0) -> (d0)>],
      iterator_types = ["parallel"]}
      ins(%ids : tensor<5xindex>) outs(%to : tensor<16xf32>) {
  ^bb0(%id: index, %out: f32):
    %i = linalg.index 0 : index
    %x = tensor.extract %table[%id, %i] : tensor<20x16xf32>
    linalg.yield %x : f32
  } -> tensor<16xf32>
  return %y : tensor<16xf32>
}
