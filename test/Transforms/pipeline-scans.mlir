// RUN: dlc-opt %s -dl-pipeline-scans | FileCheck %s

// Two layers over 64 steps in eight blocks: the first is a block ahead of the second.
// CHECK-LABEL: func.func @stack
// CHECK: %[[X0:.*]] = dl.slice %arg0 [0, 0, 0] to [8,
// CHECK: %{{.*}}, %[[Y0:.*]] = dl.scan states(%{{.*}} = %arg1 : tensor<1x256xf32>) inputs(%{{.*}} = %[[X0]] : tensor<8x1x256xf32>)
// CHECK: %[[REST:.*]] = dl.slice %arg0 [8, 0, 0] to [64,
// CHECK: %[[BLOCKS:.*]] = dl.reshape %[[REST]] : tensor<56x1x256xf32> to tensor<7x8x1x256xf32>
// CHECK: dl.scan states({{.*}} = %[[Y0]] : tensor<8x1x256xf32>) inputs(%[[X:.*]] = %[[BLOCKS]] : tensor<7x8x1x256xf32>) {
// CHECK: %{{.*}}, %[[AHEAD:.*]] = dl.scan {{.*}}inputs(%{{.*}} = %[[X]] : tensor<8x1x256xf32>)
// CHECK: %[[Z:.*]] = dl.dense %{{.*}}, %arg3
// CHECK: dl.scan {{.*}}inputs(%{{.*}} = %[[Z]] : tensor<8x1x256xf32>)
// CHECK: dl.yield states({{.*}}%[[AHEAD]] : {{.*}}) outputs(
// CHECK: dl.dense
// CHECK: dl.scan
// CHECK: dl.concat
func.func @stack(%xs: tensor<64x1x256xf32>, %h0: tensor<1x256xf32>, %u: tensor<256x256xf32>, %w: tensor<256x256xf32>) -> tensor<64x1x256xf32> {
  %a, %ya = dl.scan states(%h = %h0 : tensor<1x256xf32>) inputs(%x = %xs : tensor<64x1x256xf32>) {
    %p = dl.dense %h, %u : tensor<1x256xf32>, tensor<256x256xf32>
    %s = dl.add %p, %x : tensor<1x256xf32>, tensor<1x256xf32>
    %t = dl.tanh %s : tensor<1x256xf32>
    dl.yield states(%t : tensor<1x256xf32>) outputs(%t : tensor<1x256xf32>)
  }
  %z = dl.dense %ya, %w : tensor<64x1x256xf32>, tensor<256x256xf32>
  %b, %yb = dl.scan states(%h = %h0 : tensor<1x256xf32>) inputs(%x = %z : tensor<64x1x256xf32>) {
    %p = dl.dense %h, %u : tensor<1x256xf32>, tensor<256x256xf32>
    %s = dl.add %p, %x : tensor<1x256xf32>, tensor<1x256xf32>
    %t = dl.tanh %s : tensor<1x256xf32>
    dl.yield states(%t : tensor<1x256xf32>) outputs(%t : tensor<1x256xf32>)
  }
  return %yb : tensor<64x1x256xf32>
}

// A decoder that starts with the last state of the encoder has to wait for it.
// CHECK-LABEL: func.func @waits
// CHECK-COUNT-2: dl.scan
// CHECK-NOT: dl.scan
func.func @waits(%xs: tensor<64x1x256xf32>, %h0: tensor<1x256xf32>, %u: tensor<256x256xf32>) -> tensor<1x256xf32> {
  %a, %ya = dl.scan states(%h = %h0 : tensor<1x256xf32>) inputs(%x = %xs : tensor<64x1x256xf32>) {
    %p = dl.dense %h, %u : tensor<1x256xf32>, tensor<256x256xf32>
    %s = dl.add %p, %x : tensor<1x256xf32>, tensor<1x256xf32>
    dl.yield states(%s : tensor<1x256xf32>) outputs(%s : tensor<1x256xf32>)
  }
  %b = dl.scan states(%h = %a : tensor<1x256xf32>) inputs(%x = %ya : tensor<64x1x256xf32>) {
    %p = dl.dense %h, %u : tensor<1x256xf32>, tensor<256x256xf32>
    %s = dl.add %p, %x : tensor<1x256xf32>, tensor<1x256xf32>
    dl.yield states(%s : tensor<1x256xf32>)
  }
  return %b : tensor<1x256xf32>
}

// A product over the steps themselves needs all of them.
// CHECK-LABEL: func.func @over_steps
// CHECK: dl.scan
// CHECK: dl.dense %{{.*}}, %arg2 : tensor<64xf32>, tensor<64x64xf32>
// CHECK: dl.scan
// CHECK-NOT: dl.scan
func.func @over_steps(%xs: tensor<64x256xf32>, %u: tensor<256x256xf32>, %w: tensor<64x64xf32>, %h0: tensor<256xf32>) -> tensor<256xf32> {
  %a, %ya = dl.scan states(%h = %h0 : tensor<256xf32>) inputs(%x = %xs : tensor<64x256xf32>) {
    %p = dl.dense %h, %u : tensor<256xf32>, tensor<256x256xf32>
    %s = dl.add %p, %x : tensor<256xf32>, tensor<256xf32>
    %q = dl.reduce_sum %s axes [0] : tensor<256xf32>
    dl.yield states(%s : tensor<256xf32>) outputs(%q : tensor<f32>)
  }
  %z = dl.dense %ya, %w : tensor<64xf32>, tensor<64x64xf32>
  %b = dl.scan states(%h = %h0 : tensor<256xf32>) inputs(%x = %z : tensor<64xf32>) {
    %p = dl.dense %h, %u : tensor<256xf32>, tensor<256x256xf32>
    %s = dl.add %p, %x : tensor<256xf32>, tensor<f32>
    dl.yield states(%s : tensor<256xf32>)
  }
  return %b : tensor<256xf32>
}
