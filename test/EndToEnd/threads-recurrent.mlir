// Both directions and both layers run as tasks: one thread and two give the same bits.
// RUN: rm -rf %t && mkdir %t && dlc %s --emit=llvm -o - | FileCheck %s
// RUN: dlc %s -o %t/m.so
// RUN: dlc-run %t/m.so --function both --random 7 --threads 1 --output %t/one.npy
// RUN: dlc-run %t/m.so --function both --random 7 --threads 2 --output %t/two.npy
// RUN: cmp %t/one.npy %t/two.npy
// RUN: dlc-run %t/m.so --function stack --random 7 --threads 1 --output %t/one.npy
// RUN: dlc-run %t/m.so --function stack --random 7 --threads 2 --output %t/two.npy
// RUN: cmp %t/one.npy %t/two.npy
// CHECK-DAG: @both.kernel{{.*}}task
// CHECK-DAG: @stack.kernel{{.*}}task

func.func @both(%x: tensor<64x1x128xf32>, %w: tensor<2x128x512xf32>, %u: tensor<2x128x512xf32>) -> tensor<64x1x256xf32> {
  %y, %h, %c = dl.lstm %x, %w, %u direction bidirectional : tensor<64x1x128xf32>, tensor<2x128x512xf32>, tensor<2x128x512xf32>
  return %y : tensor<64x1x256xf32>
}
func.func @stack(%x: tensor<64x1x128xf32>, %w: tensor<128x512xf32>, %u: tensor<128x512xf32>) -> tensor<64x1x128xf32> {
  %y, %h, %c = dl.lstm %x, %w, %u : tensor<64x1x128xf32>, tensor<128x512xf32>, tensor<128x512xf32>
  %z, %k, %d = dl.lstm %y, %w, %u : tensor<64x1x128xf32>, tensor<128x512xf32>, tensor<128x512xf32>
  return %z : tensor<64x1x128xf32>
}
