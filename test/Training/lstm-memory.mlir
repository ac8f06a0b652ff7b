// RUN: dlc %s --emit=llvm -o %t.ll && FileCheck %s < %t.ll

// The states and gates that the gradient needs have places in the arena, however many samples and
// steps there are: nothing is allocated on the way, in no step.
// CHECK: define {{.*}}@step.kernel
// CHECK-NOT: call {{.*}}@dlc_rt_allocate
ml_program.global private mutable @w(dense<0.1> : tensor<8x64xf32>) : tensor<8x64xf32>
ml_program.global private mutable @r(dense<0.1> : tensor<16x64xf32>) : tensor<16x64xf32>
func.func private @loss(%x: tensor<?x?x8xf32>) -> tensor<f32> {
  %w = ml_program.global_load @w : tensor<8x64xf32>
  %r = ml_program.global_load @r : tensor<16x64xf32>
  %y, %h, %c = dl.lstm %x, %w, %r batch_first : tensor<?x?x8xf32>, tensor<8x64xf32>, tensor<16x64xf32>
  %l = dl.reduce_mean %h : tensor<?x16xf32>
  return %l : tensor<f32>
}
func.func @step(%x: tensor<?x?x8xf32>) -> (tensor<8x64xf32>, tensor<16x64xf32>) {
  %0:2 = dl.grad @loss(%x) parameters [@w, @r] : (tensor<?x?x8xf32>) -> (tensor<8x64xf32>, tensor<16x64xf32>)
  return %0#0, %0#1 : tensor<8x64xf32>, tensor<16x64xf32>
}
