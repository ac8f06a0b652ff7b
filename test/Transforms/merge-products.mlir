// RUN: dlc-opt %s -dl-merge-products | FileCheck %s

// Gates that multiply the state are one product; a matrix product counts as a layer, a missing
// bias as zeros. The candidate multiplies something else.
// CHECK-LABEL: func.func @gates
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.0{{.*}}> : tensor<8xf32>
// CHECK: %[[W:.*]] = dl.concat %arg2, %arg3 axis 1
// CHECK: %[[B:.*]] = dl.concat %arg5, %[[ZERO]] axis 0
// CHECK: dl.scan
// CHECK: %[[ALL:.*]] = dl.dense %{{.*}}, %[[W]], %[[B]] : tensor<2x8xf32>, tensor<8x16xf32>, tensor<16xf32>
// CHECK: dl.slice %[[ALL]] [0, 0] to [{{.*}}, 8]
// CHECK: dl.slice %[[ALL]] [0, 8] to [{{.*}}, 16]
// CHECK: dl.dense %{{.*}}, %arg4
// CHECK-NOT: dl.dense
func.func @gates(%xs: tensor<?x2x8xf32>, %h0: tensor<2x8xf32>, %wz: tensor<8x8xf32>, %wr: tensor<8x8xf32>, %wn: tensor<8x8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<?x2x8xf32>) {
    %z = dl.dense %h, %wz, %b : tensor<2x8xf32>, tensor<8x8xf32>, tensor<8xf32>
    %r = dl.matmul %h, %wr : tensor<2x8xf32>, tensor<8x8xf32>
    %m = dl.mul %z, %r : tensor<2x8xf32>, tensor<2x8xf32>
    %n = dl.dense %m, %wn : tensor<2x8xf32>, tensor<8x8xf32>
    %s = dl.add %n, %x : tensor<2x8xf32>, tensor<2x8xf32>
    dl.yield states(%s : tensor<2x8xf32>)
  }
  return %last : tensor<2x8xf32>
}

// Outside of cells products stay as they are.
// CHECK-LABEL: func.func @outside
// CHECK: dl.dense %arg0, %arg1
// CHECK: dl.dense %arg0, %arg2
func.func @outside(%x: tensor<2x8xf32>, %a: tensor<8x8xf32>, %b: tensor<8x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %0 = dl.dense %x, %a : tensor<2x8xf32>, tensor<8x8xf32>
  %1 = dl.dense %x, %b : tensor<2x8xf32>, tensor<8x8xf32>
  return %0, %1 : tensor<2x8xf32>, tensor<2x8xf32>
}
