// RUN: dlc-opt %s -dl-differentiate -canonicalize | FileCheck %s
// RUN: dlc-opt %s -dl-differentiate=recompute=1 -canonicalize | FileCheck %s --check-prefix=AGAIN
// RUN: dlc-opt %s -dl-differentiate=truncate=3 -canonicalize | FileCheck %s --check-prefix=CUT

// Back-propagation through time: a scan from the other end, which takes the outputs of
// the forward one. The tanh is kept, the product before it is not.
func.func private @loss(%x: tensor<7x2x3xf32>, %u: tensor<3x3xf32>, %h0: tensor<2x3xf32>) -> tensor<f32> {
  %h = dl.scan states(%s = %h0 : tensor<2x3xf32>) inputs(%e = %x : tensor<7x2x3xf32>) {
    %p = dl.dense %s, %u : tensor<2x3xf32>, tensor<3x3xf32>
    %a = dl.add %p, %e : tensor<2x3xf32>
    %t = dl.tanh %a : tensor<2x3xf32>
    dl.yield states(%t : tensor<2x3xf32>)
  }
  %l = dl.reduce_sum %h : tensor<2x3xf32>
  return %l : tensor<f32>
}
func.func @gradient(%x: tensor<7x2x3xf32>, %u: tensor<3x3xf32>, %h0: tensor<2x3xf32>) -> tensor<7x2x3xf32> {
  %g = dl.grad @loss(%x, %u, %h0) wrt [0] : (tensor<7x2x3xf32>, tensor<3x3xf32>, tensor<2x3xf32>) -> tensor<7x2x3xf32>
  return %g : tensor<7x2x3xf32>
}
// CHECK-LABEL: func.func @gradient
// CHECK: %[[KEPT:.*]] = dl.scan
// CHECK: %[[T:.*]] = dl.tanh
// CHECK: dl.yield states(%[[T]] : tensor<2x3xf32>) outputs(%[[T]] : tensor<2x3xf32>)
// CHECK: dl.scan states(%{{.*}} : tensor<2x3xf32>) inputs(%{{.*}} = %{{.*}} : tensor<7x2x3xf32>) reverse {
// CHECK-NOT: dl.tanh
// CHECK: dl.transpose %arg1

// AGAIN-LABEL: func.func @gradient
// AGAIN: dl.scan
// AGAIN: dl.yield states(%{{.*}} : tensor<2x3xf32>) outputs(%[[STATE:.*]] : tensor<2x3xf32>)
// AGAIN: reverse {
// AGAIN: dl.tanh

// CUT-LABEL: func.func @gradient
// CUT: reverse {
// CUT: dl.remainder
// CUT: dl.select

// States with several free extents: what is kept is read as it comes, its extents are its own.
func.func private @free_loss(%x: tensor<?x4x?xf32>, %h0: tensor<?x?xf32>) -> tensor<f32> {
  %h = dl.scan states(%s = %h0 : tensor<?x?xf32>) inputs(%e = %x : tensor<?x4x?xf32>) axis 1 {
    %q = dl.square %s : tensor<?x?xf32>
    %p = dl.mul %q, %e : tensor<?x?xf32>
    dl.yield states(%p : tensor<?x?xf32>)
  }
  %l = dl.reduce_sum %h : tensor<?x?xf32>
  return %l : tensor<f32>
}
func.func @free(%x: tensor<?x4x?xf32>, %h0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %g = dl.grad @free_loss(%x, %h0) wrt [1] : (tensor<?x4x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %g : tensor<?x?xf32>
}
// CHECK-LABEL: func.func @free(
// CHECK: dl.scan {{.*}} reverse {
// CHECK-NOT: dl.reshape
// CHECK: dl.yield
