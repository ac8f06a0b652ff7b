// Weights of a recurrent layer, and its connections: 5 steps of 8 units with 4 gates, each of
// 6 inputs, 8 states and a bias. A cell's ops count by themselves.
// RUN: dlc %s --report -o %t.so | FileCheck %s
// CHECK: dl.lstm {{ *}}5x1x8 {{ *}}480 {{ *}}2,400
// CHECK: dl.scan
// CHECK: dl.dense
// CHECK: total
func.func @f(%x: tensor<5x1x6xf32>, %w: tensor<6x32xf32>, %u: tensor<8x32xf32>, %b: tensor<32xf32>, %k: tensor<8x8xf32>) -> tensor<1x8xf32> {
  %y, %h, %c = dl.lstm %x, %w, %u bias(%b : tensor<32xf32>) : tensor<5x1x6xf32>, tensor<6x32xf32>, tensor<8x32xf32>
  %last = dl.scan states(%s = %h : tensor<1x8xf32>) inputs(%e = %y : tensor<5x1x8xf32>) {
    %d = dl.dense %s, %k : tensor<1x8xf32>, tensor<8x8xf32>
    %n = dl.add %d, %e : tensor<1x8xf32>, tensor<1x8xf32>
    dl.yield states(%n : tensor<1x8xf32>)
  }
  return %last : tensor<1x8xf32>
}
