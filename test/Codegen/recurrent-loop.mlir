// The loop of a recurrent layer: one product with packed weights, gates fused after it, states in
// their buffers, nothing allocated. Compile time and code do not grow with the steps.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 -o - | FileCheck %s
// RUN: dlc %s --emit=llvm --cpu=x86-64-v4 -o - | FileCheck %s --check-prefix=CODE

// CHECK-LABEL: func.func @lstm
// The inputs of all steps are multiplied before the loop, with weights in panels of 32 columns.
// CHECK: arith.constant {{.*}} : tensor<16x128x32xf32>
// CHECK: vector.contract
// CHECK: scf.for %{{.*}} = %c0 to %c256 step %c1 iter_args
// CHECK: vector.contract
// CHECK-NOT: vector.contract
// CHECK: math.tanh
// CHECK: math.exp
// CHECK: return

// CODE-LABEL: @lstm.kernel.run(
// CODE-NOT: dlc_rt_allocate
// CODE: ret void
func.func @lstm(%x: tensor<256x1x128xf32>) -> tensor<256x1x128xf32> {
  %places = dl.iota axis 1 : tensor<128x512xf32>
  %w = dl.sin %places : tensor<128x512xf32>
  %u = dl.cos %places : tensor<128x512xf32>
  %y, %h, %c = dl.lstm %x, %w, %u : tensor<256x1x128xf32>, tensor<128x512xf32>, tensor<128x512xf32>
  return %y : tensor<256x1x128xf32>
}
