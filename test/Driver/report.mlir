// The worked network: 32x32 image, ten 5x5 filters, 2x2 pooling, 200 neurons.
// RUN: dlc %s --report -o %t.so | FileCheck %s
// CHECK: dl.conv{{.*}}1x28x28x10{{.*}}260{{.*}}203,840
// CHECK: dl.max_pool{{.*}}1x14x14x10
// CHECK: dl.dense{{.*}}1x200{{.*}}392,200{{.*}}392,200
// CHECK: total{{.*}}392,460{{.*}}596,040
// Then the loop nests: the convolution's 2 * 28 * 28 * 10 * 25 operations and its bias,
// (1024 + 250 + 10 + 7840) * 4 bytes.
// CHECK: loop nests of classify for
// CHECK: report.mlir:16 {{.*}}product {{ *}}400 k {{ *}}36.5 k flop
// CHECK: report.mlir:17 {{.*}}reduction
// CHECK: report.mlir:19 {{.*}}product {{ *}}784 k {{ *}}1.6 M bytes

func.func @classify(%x: tensor<1x32x32x1xf32>, %f: tensor<5x5x1x10xf32>, %fb: tensor<10xf32>,
                    %w: tensor<1960x200xf32>, %b: tensor<200xf32>) -> tensor<1x200xf32> {
  %0 = dl.conv %x, %f, %fb : tensor<1x32x32x1xf32>, tensor<5x5x1x10xf32>, tensor<10xf32>
  %1 = dl.max_pool %0 window [2, 2] strides [2, 2] : tensor<1x28x28x10xf32>
  %2 = dl.flatten %1 : tensor<1x14x14x10xf32>
  %3 = dl.dense %2, %w, %b : tensor<1x1960xf32>, tensor<1960x200xf32>, tensor<200xf32>
  %4 = dl.softmax %3 : tensor<1x200xf32>
  return %4 : tensor<1x200xf32>
}
