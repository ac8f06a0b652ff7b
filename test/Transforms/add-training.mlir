// RUN: dlc-opt %s -dl-add-training='loss=mse optimizer=momentum rate=0.1 frozen=frozen' | FileCheck %s

// Parameters become mutable, with a state of the optimiser each; frozen ones stay.
// CHECK: ml_program.global private mutable @w(
// CHECK-DAG: ml_program.global private mutable @w.velocity(
// CHECK-DAG: ml_program.global private mutable @training.random(dense<0> : tensor<2xi64>)
// CHECK-DAG: ml_program.global private @frozen(
ml_program.global private @w(dense<0.0> : tensor<3x2xf32>) : tensor<3x2xf32>
ml_program.global private @frozen(dense<1.0> : tensor<2xf32>) : tensor<2xf32>

// CHECK-LABEL: func.func @predict
// CHECK: ml_program.global_load @w
// CHECK: ml_program.global_load_const @frozen
func.func @predict(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = ml_program.global_load_const @w : tensor<3x2xf32>
  %b = ml_program.global_load_const @frozen : tensor<2xf32>
  %d = dl.dropout %x rate 0.25 : tensor<4x3xf32>
  %y = dl.dense %d, %w, %b : tensor<4x3xf32>, tensor<3x2xf32>, tensor<2xf32>
  return %y : tensor<4x2xf32>
}

// In training form dropout draws; at evaluation it does not.
// CHECK-LABEL: func.func private @predict.loss
// CHECK: dl.dropout %arg0 rate 2.500000e-01 random(%arg2 : tensor<2xi64>)
// CHECK: dl.mean_squared_error
// CHECK-LABEL: func.func @evaluate
// CHECK-NOT: random(
// CHECK-LABEL: func.func @step
// CHECK: dl.grad @predict.loss({{.*}}) parameters [@w] with_value
// CHECK: dl.momentum
// CHECK: ml_program.global_store @w =
// CHECK: ml_program.global_store @w.velocity =
// CHECK-NOT: @frozen
// CHECK: ml_program.global_store @training.random =
// CHECK-LABEL: func.func @initialize(%arg0: tensor<i64> {dl.name = "seed"})
// CHECK: dl.initialize
