// RUN: dlc-opt %s -dl-block-scans | FileCheck %s

// 8 MB of products: blocks of four steps, 256 KB each, multiplied and scanned one after the other.
// CHECK-LABEL: func.func @long
// CHECK: %[[X:.*]] = dl.reshape %arg0 : tensor<128x32x64xf32> to tensor<32x4x32x64xf32>
// CHECK: dl.scan states(%{{.*}} = %arg1 : tensor<32x512xf32>) inputs(%[[BLOCK:.*]] = %[[X]] : tensor<32x4x32x64xf32>) reverse {
// CHECK: %[[Z:.*]] = dl.dense %[[BLOCK]], %arg2 : tensor<4x32x64xf32>, tensor<64x512xf32>
// CHECK: dl.scan states({{.*}}) inputs(%{{.*}} = %[[Z]] : tensor<4x32x512xf32>) reverse {
// CHECK: dl.yield states({{.*}}) outputs(%{{.*}} : tensor<4x32x512xf32>)
// CHECK: dl.reshape %{{.*}} : tensor<32x4x32x512xf32> to tensor<128x32x512xf32>
func.func @long(%x: tensor<128x32x64xf32>, %h0: tensor<32x512xf32>, %w: tensor<64x512xf32>) -> tensor<128x32x512xf32> {
  %z = dl.dense %x, %w : tensor<128x32x64xf32>, tensor<64x512xf32>
  %last, %all = dl.scan states(%h = %h0 : tensor<32x512xf32>) inputs(%e = %z : tensor<128x32x512xf32>) reverse {
    %s = dl.add %h, %e : tensor<32x512xf32>, tensor<32x512xf32>
    dl.yield states(%s : tensor<32x512xf32>) outputs(%s : tensor<32x512xf32>)
  }
  return %all : tensor<128x32x512xf32>
}

// What the caches hold anyway stays one product; so does a number of steps without a divisor.
// CHECK-LABEL: func.func @short
// CHECK: dl.dense %arg0, %{{.*}} : tensor<16x1x64xf32>
// CHECK: dl.dense %arg1, %{{.*}} : tensor<127x32x64xf32>
func.func @short(%x: tensor<16x1x64xf32>, %y: tensor<127x32x64xf32>, %g0: tensor<1x512xf32>, %h0: tensor<32x512xf32>, %w: tensor<64x512xf32>) -> (tensor<1x512xf32>, tensor<32x512xf32>) {
  %z = dl.dense %x, %w : tensor<16x1x64xf32>, tensor<64x512xf32>
  %a = dl.scan states(%h = %g0 : tensor<1x512xf32>) inputs(%e = %z : tensor<16x1x512xf32>) {
    %s = dl.add %h, %e : tensor<1x512xf32>, tensor<1x512xf32>
    dl.yield states(%s : tensor<1x512xf32>)
  }
  %zz = dl.dense %y, %w : tensor<127x32x64xf32>, tensor<64x512xf32>
  %b = dl.scan states(%h = %h0 : tensor<32x512xf32>) inputs(%e = %zz : tensor<127x32x512xf32>) {
    %s = dl.add %h, %e : tensor<32x512xf32>, tensor<32x512xf32>
    dl.yield states(%s : tensor<32x512xf32>)
  }
  return %a, %b : tensor<1x512xf32>, tensor<32x512xf32>
}

// More steps than one can count: the search for a divisor ends all the same.
// CHECK-LABEL: func.func @endless
// CHECK: dl.reshape %arg0 : tensor<1099511627776x1x6xf32> to tensor<{{[0-9]+}}x{{[0-9]+}}x1x6xf32>
func.func @endless(%x: tensor<1099511627776x1x6xf32>, %h0: tensor<1x8xf32>, %w: tensor<6x8xf32>) -> tensor<1x8xf32> {
  %z = dl.dense %x, %w : tensor<1099511627776x1x6xf32>, tensor<6x8xf32>
  %a = dl.scan states(%h = %h0 : tensor<1x8xf32>) inputs(%e = %z : tensor<1099511627776x1x8xf32>) {
    %s = dl.add %h, %e : tensor<1x8xf32>, tensor<1x8xf32>
    dl.yield states(%s : tensor<1x8xf32>)
  }
  return %a : tensor<1x8xf32>
}
