// RUN: dlc-opt %s -split-input-file -dlc-fuse-elementwise | FileCheck %s

#id = affine_map<(i) -> (i)>
#number = affine_map<(i) -> ()>

// Momentum: the new velocity is stored and read by the new parameter, one loop for both.
// CHECK-LABEL: func.func @momentum
// CHECK: %[[NEW:.*]]:2 = linalg.generic
// CHECK: %[[V:.*]] = arith.addf
// CHECK: %[[P:.*]] = arith.subf %{{.*}}, %[[V]]
// CHECK: linalg.yield %[[V]], %[[P]]
// CHECK-NOT: linalg.generic
// CHECK: return %[[NEW]]#0, %[[NEW]]#1
func.func @momentum(%p: tensor<8xf32>, %v: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %velocity = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%v, %g : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %parameter = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%p, %velocity : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %velocity, %parameter : tensor<8xf32>, tensor<8xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// Several results of one op, read by another: two moments and what is made of them.
// CHECK-LABEL: func.func @moments
// CHECK: %[[ALL:.*]]:3 = linalg.generic
// CHECK: %[[M:.*]] = arith.addf
// CHECK: %[[V:.*]] = arith.mulf
// CHECK: %[[Q:.*]] = arith.divf %[[M]], %[[V]]
// CHECK-NOT: linalg.generic
func.func @moments(%m: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %both:2 = linalg.generic {indexing_maps = [#id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%m, %g : tensor<8xf32>, tensor<8xf32>) outs(%e, %e : tensor<8xf32>, tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32, %q: f32):
    %s = arith.addf %a, %b : f32
    %t = arith.mulf %a, %b : f32
    linalg.yield %s, %t : f32, f32
  } -> (tensor<8xf32>, tensor<8xf32>)
  %ratio = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%both#0, %both#1 : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %both#0, %both#1, %ratio : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// -----

#id = affine_map<(i) -> (i)>
#sum = affine_map<(i) -> ()>

// Somebody reads the producer before the consumer does: a sum over it. Both stay.
// CHECK-LABEL: func.func @between
// CHECK-COUNT-3: linalg.generic
func.func @between(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<f32>) {
  %e = tensor.empty() : tensor<8xf32>
  %zero = arith.constant 0.0 : f32
  %n = tensor.empty() : tensor<f32>
  %start = linalg.fill ins(%zero : f32) outs(%n : tensor<f32>) -> tensor<f32>
  %square = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %all = linalg.generic {indexing_maps = [#id, #sum], iterator_types = ["reduction"]}
      ins(%square : tensor<8xf32>) outs(%start : tensor<f32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  %ratio = linalg.generic {indexing_maps = [#id, #sum, #id], iterator_types = ["parallel"]}
      ins(%square, %all : tensor<8xf32>, tensor<f32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %ratio, %all : tensor<8xf32>, tensor<f32>
}

// -----

#id = affine_map<(i) -> (i)>
#number = affine_map<(i) -> ()>

// A number stays an operand: read inside the body it would keep vectors out.
// CHECK-LABEL: func.func @number
// CHECK-NOT: tensor.extract
// CHECK: ins(%arg0, %arg1 : tensor<8xf32>, tensor<f32>)
func.func @number(%x: tensor<8xf32>, %s: tensor<f32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %y = linalg.generic {indexing_maps = [#id, #number, #id], iterator_types = ["parallel"]}
      ins(%x, %s : tensor<8xf32>, tensor<f32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
