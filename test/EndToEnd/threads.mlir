// Any number of threads, and every run, gives the same bits.
// RUN: rm -rf %t && mkdir %t && dlc %s -o %t/m.so
// RUN: dlc-run %t/m.so --random 7 --extent 37 --threads 1 --output %t/one.npy
// RUN: dlc-run %t/m.so --random 7 --extent 37 --threads 2 --output %t/two.npy
// RUN: cmp %t/one.npy %t/two.npy
// RUN: env DLC_NUM_THREADS=2 dlc-run %t/m.so --random 7 --extent 37 --output %t/again.npy
// RUN: cmp %t/one.npy %t/again.npy

func.func @f(%x: tensor<?x32x32x8xf32>, %w: tensor<3x3x8x40xf32>, %v: tensor<40x100xf32>) -> tensor<?x100xf32> {
  %0 = dl.conv %x, %w padding same : tensor<?x32x32x8xf32>, tensor<3x3x8x40xf32>
  %1 = dl.gelu %0 : tensor<?x32x32x40xf32>
  %2 = dl.global_avg_pool %1 : tensor<?x32x32x40xf32>
  %3 = dl.reshape %2 : tensor<?x1x1x40xf32> to tensor<?x40xf32>
  %4 = dl.dense %3, %v : tensor<?x40xf32>, tensor<40x100xf32>
  %5 = dl.softmax %4 : tensor<?x100xf32>
  return %5 : tensor<?x100xf32>
}
