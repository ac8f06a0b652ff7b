// RUN: dlc-opt %s -dl-differentiate=recompute=3 -canonicalize | FileCheck %s
// RUN: not dlc-opt %s -dl-differentiate=memory=40 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not dlc-opt %s -dl-differentiate=recompute=-1 2>&1 | FileCheck %s --check-prefix=RANGE
// SMALL: error: the scans keep 84 bytes at least for their derivatives, expected no more than 40
// RANGE: error: recompute -1, expected 0 or a number of steps

// Seven steps: two groups of three and one that is left. The forward scan of groups
// gives the states before each; the backward one runs the cell of a group again.
func.func private @loss(%x: tensor<7x3xf32>, %h0: tensor<3xf32>) -> tensor<f32> {
  %h = dl.scan states(%s = %h0 : tensor<3xf32>) inputs(%e = %x : tensor<7x3xf32>) {
    %a = dl.add %s, %e : tensor<3xf32>, tensor<3xf32>
    %t = dl.tanh %a : tensor<3xf32>
    dl.yield states(%t : tensor<3xf32>)
  }
  %l = dl.reduce_sum %h : tensor<3xf32>
  return %l : tensor<f32>
}
func.func @gradient(%x: tensor<7x3xf32>, %h0: tensor<3xf32>) -> tensor<7x3xf32> {
  %g = dl.grad @loss(%x, %h0) wrt [0] : (tensor<7x3xf32>, tensor<3xf32>) -> tensor<7x3xf32>
  return %g : tensor<7x3xf32>
}
// CHECK-LABEL: func.func @gradient
// CHECK: %{{.*}}, %[[KEPT:.*]] = dl.scan {{.*}} : tensor<2x3x3xf32>) {
// CHECK-NEXT: %[[LAST:.*]] = dl.scan {{.*}} : tensor<3x3xf32>) {
// CHECK: dl.tanh
// CHECK: dl.yield states(%[[LAST]] : tensor<3xf32>) outputs(%{{.*}} : tensor<3xf32>)
// CHECK: dl.scan {{.*}} : tensor<1x3xf32>) {
// CHECK: dl.scan {{.*}} reverse {
// CHECK: dl.scan {{.*}}%[[KEPT]] : tensor<2x3xf32>, {{.*}} : tensor<2x3x3xf32>) reverse {
// CHECK: dl.scan
// CHECK: dl.tanh
// CHECK: dl.scan {{.*}} reverse {
// CHECK-NOT: dl.tanh
