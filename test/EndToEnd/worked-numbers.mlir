// Worked examples of neurons, convolution and pooling, to 1e-6.
// RUN: %python %source/test/EndToEnd/worked_numbers.py %s %t.so | FileCheck %s
// CHECK: 16 worked examples

func.func @neuron(%x: tensor<1x3xf32>, %w: tensor<3x1xf32>) -> tensor<1x1xf32> {
  %z = dl.dense %x, %w : tensor<1x3xf32>, tensor<3x1xf32>
  %y = dl.sigmoid %z : tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

func.func @softmax(%x: tensor<7xf32>) -> tensor<7xf32> {
  %y = dl.softmax %x : tensor<7xf32>
  return %y : tensor<7xf32>
}

func.func @convolution(%x: tensor<1x5x5x1xf32>, %w: tensor<3x3x1x1xf32>) -> tensor<1x3x3x1xf32> {
  %y = dl.conv %x, %w : tensor<1x5x5x1xf32>, tensor<3x3x1x1xf32>
  return %y : tensor<1x3x3x1xf32>
}

func.func @rgb(%x: tensor<1x5x5x3xf32>, %w: tensor<3x3x3x1xf32>, %b: tensor<1xf32>) -> tensor<1x5x5x1xf32> {
  %y = dl.conv %x, %w, %b padding [1, 1] : tensor<1x5x5x3xf32>, tensor<3x3x3x1xf32>, tensor<1xf32>
  return %y : tensor<1x5x5x1xf32>
}

func.func private @match(%x: tensor<1x9x9x1xf32>, %w: tensor<3x3x1x1xf32>) -> tensor<1x7x7x1xf32> {
  %z = dl.conv %x, %w : tensor<1x9x9x1xf32>, tensor<3x3x1x1xf32>
  %nine = arith.constant dense<9.0> : tensor<f32>
  %y = dl.div %z, %nine : tensor<1x7x7x1xf32>, tensor<f32>
  return %y : tensor<1x7x7x1xf32>
}

func.func @filter(%x: tensor<1x9x9x1xf32>, %w: tensor<3x3x1x1xf32>) -> tensor<1x7x7x1xf32> {
  %y = call @match(%x, %w) : (tensor<1x9x9x1xf32>, tensor<3x3x1x1xf32>) -> tensor<1x7x7x1xf32>
  return %y : tensor<1x7x7x1xf32>
}

func.func @filter_pool(%x: tensor<1x9x9x1xf32>, %w: tensor<3x3x1x1xf32>) -> tensor<1x4x4x1xf32> {
  %z = call @match(%x, %w) : (tensor<1x9x9x1xf32>, tensor<3x3x1x1xf32>) -> tensor<1x7x7x1xf32>
  %r = dl.relu %z : tensor<1x7x7x1xf32>
  %y = dl.max_pool %r window [2, 2] strides [2, 2] ceil_mode : tensor<1x7x7x1xf32>
  return %y : tensor<1x4x4x1xf32>
}

func.func @max_pool(%x: tensor<1x4x4x1xf32>) -> tensor<1x2x2x1xf32> {
  %y = dl.max_pool %x window [2, 2] strides [2, 2] : tensor<1x4x4x1xf32>
  return %y : tensor<1x2x2x1xf32>
}

func.func @avg_pool(%x: tensor<1x4x4x1xf32>) -> tensor<1x2x2x1xf32> {
  %y = dl.avg_pool %x window [2, 2] strides [2, 2] : tensor<1x4x4x1xf32>
  return %y : tensor<1x2x2x1xf32>
}

func.func @max_pool3(%x: tensor<1x5x5x1xf32>) -> tensor<1x3x3x1xf32> {
  %y = dl.max_pool %x window [3, 3] : tensor<1x5x5x1xf32>
  return %y : tensor<1x3x3x1xf32>
}

func.func @perceptron(%x: tensor<?x2xf32>, %w: tensor<2x1xf32>, %b: tensor<1xf32>) -> tensor<?x1xf32> {
  %z = dl.dense %x, %w, %b : tensor<?x2xf32>, tensor<2x1xf32>, tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %fires = dl.greater %z, %zero : tensor<?x1xf32>, tensor<f32>
  %y = dl.cast %fires to f32 : tensor<?x1xi1>
  return %y : tensor<?x1xf32>
}

func.func @perceptron_sign(%x: tensor<?x2xf32>, %w: tensor<2x1xf32>, %b: tensor<1xf32>) -> tensor<?x1xf32> {
  %z = dl.dense %x, %w, %b : tensor<?x2xf32>, tensor<2x1xf32>, tensor<1xf32>
  %y = dl.sign %z : tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

func.func @adaline(%x: tensor<?x2xf32>, %w: tensor<2x1xf32>, %b: tensor<1xf32>) -> tensor<?x1xf32> {
  %z = dl.dense %x, %w, %b : tensor<?x2xf32>, tensor<2x1xf32>, tensor<1xf32>
  %y = dl.linear %z : tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

func.func @xor(%x: tensor<?x2xf32>) -> tensor<?x1xf32> {
  %w1 = arith.constant dense<[[1.0, -1.0], [1.0, -1.0]]> : tensor<2x2xf32>
  %b1 = arith.constant dense<[-0.5, 1.5]> : tensor<2xf32>
  %w2 = arith.constant dense<[[1.0], [1.0]]> : tensor<2x1xf32>
  %b2 = arith.constant dense<[-1.5]> : tensor<1xf32>
  %z1 = dl.dense %x, %w1, %b1 : tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>
  %h = dl.unit_step %z1 : tensor<?x2xf32>
  %z2 = dl.dense %h, %w2, %b2 : tensor<?x2xf32>, tensor<2x1xf32>, tensor<1xf32>
  %y = dl.unit_step %z2 : tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// One-hot dish of yesterday and one-hot weather (rain, sun) to one-hot dish.
func.func @cook(%dish: tensor<?x3xf32>, %weather: tensor<?x2xf32>) -> tensor<?x3xf32> {
  %same = arith.constant dense<[[1., 0., 0., 0., 0., 0.], [0., 1., 0., 0., 0., 0.], [0., 0., 1., 0., 0., 0.]]> : tensor<3x6xf32>
  %next = arith.constant dense<[[0., 0., 0., 0., 1., 0.], [0., 0., 0., 0., 0., 1.], [0., 0., 0., 1., 0., 0.]]> : tensor<3x6xf32>
  %choose = arith.constant dense<[[1., 1., 1., 0., 0., 0.], [0., 0., 0., 1., 1., 1.]]> : tensor<2x6xf32>
  %both = dl.add %same, %next : tensor<3x6xf32>
  %minusOne = arith.constant dense<-1.0> : tensor<6xf32>
  %merge = arith.constant dense<[[1., 0., 0.], [0., 1., 0.], [0., 0., 1.], [1., 0., 0.], [0., 1., 0.], [0., 0., 1.]]> : tensor<6x3xf32>
  %d = dl.dense %dish, %both, %minusOne : tensor<?x3xf32>, tensor<3x6xf32>, tensor<6xf32>
  %w = dl.dense %weather, %choose : tensor<?x2xf32>, tensor<2x6xf32>
  %z = dl.add %d, %w : tensor<?x6xf32>
  %and = dl.relu %z : tensor<?x6xf32>
  %y = dl.dense %and, %merge : tensor<?x6xf32>, tensor<6x3xf32>
  return %y : tensor<?x3xf32>
}

func.func @activations(%x: tensor<5xf32>) -> tensor<3x5xf32> {
  %step = dl.unit_step %x : tensor<5xf32>
  %sign = dl.sign %x : tensor<5xf32>
  %piecewise = dl.piecewise_linear %x : tensor<5xf32>
  %0 = dl.concat %step, %sign, %piecewise axis 0 : tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
  %y = dl.reshape %0 : tensor<15xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}

func.func @tanh_identity(%x: tensor<1001xf32>) -> (tensor<1001xf32>, tensor<1001xf32>) {
  %two = arith.constant dense<2.0> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %tanh = dl.tanh %x : tensor<1001xf32>
  %doubled = dl.mul %x, %two : tensor<1001xf32>, tensor<f32>
  %s = dl.sigmoid %doubled : tensor<1001xf32>
  %scaled = dl.mul %s, %two : tensor<1001xf32>, tensor<f32>
  %y = dl.sub %scaled, %one : tensor<1001xf32>, tensor<f32>
  return %tanh, %y : tensor<1001xf32>, tensor<1001xf32>
}
