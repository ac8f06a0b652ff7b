// Pooling of channels that are no power of two carries vectors of powers of two: of any
// other length LLVM keeps each element by itself.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 | FileCheck %s
// CHECK-NOT: vector<24xf32>
// CHECK: scf.for {{.*}} -> (vector<16xf32>)
// CHECK: scf.for {{.*}} -> (vector<8xf32>)
// CHECK-NOT: vector<24xf32>
func.func @pool(%x: tensor<1x57x57x24xf32>) -> tensor<1x28x28x24xf32> {
  %0 = dl.max_pool %x window [3, 3] strides [2, 2] : tensor<1x57x57x24xf32>
  return %0 : tensor<1x28x28x24xf32>
}
