// A product between two recurrent layers waits for the reversal that it reads.
// call: 3x5x4 3x4 -> 3x4
// call: 1x9x4 1x4 -> 1x4
func.func @main(%x: tensor<?x?x4xf32>, %h: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w = arith.constant dense<[[0.1,0.2,-0.3,0.4],[0.5,-0.6,0.7,0.8],[0.9,0.1,0.2,-0.3],[0.4,-0.5,0.6,0.7]]> : tensor<4x4xf32>
  %k = arith.constant dense<0.1> : tensor<f32>
  %c0 = arith.constant 0 : index
  %dim = tensor.dim %x, %c0 : tensor<?x?x4xf32>
  %z = arith.constant dense<0.0> : tensor<f32>
  %i0 = dl.broadcast %z[%dim] : tensor<f32> to tensor<?x4xf32>
  %n0 = dl.broadcast %z[%dim] : tensor<f32> to tensor<?x1xf32>
  %f1, %o1 = dl.scan states(%a = %i0 : tensor<?x4xf32>) inputs(%b = %x : tensor<?x?x4xf32>) axis 1 {
    %p = dl.matmul %b, %w : tensor<?x4xf32>, tensor<4x4xf32>
    %q = dl.matmul %a, %w : tensor<?x4xf32>, tensor<4x4xf32>
    %s = dl.add %p, %q : tensor<?x4xf32>
    %u = dl.neg %s : tensor<?x4xf32>
    %v = dl.tanh %u : tensor<?x4xf32>
    dl.yield states(%v : tensor<?x4xf32>) outputs(%v : tensor<?x4xf32>)
  }
  %r = dl.slice %o1 [0, -1, 0] to [9223372036854775807, -9223372036854775808, 9223372036854775807] steps [1, -1, 1] : tensor<?x?x4xf32>
  %f2, %o2 = dl.scan states(%a = %i0 : tensor<?x4xf32>) inputs(%b = %r : tensor<?x?x4xf32>) axis 1 {
    %p = dl.matmul %b, %w : tensor<?x4xf32>, tensor<4x4xf32>
    %q = dl.matmul %a, %w : tensor<?x4xf32>, tensor<4x4xf32>
    %s = dl.add %p, %q : tensor<?x4xf32>
    %u = dl.neg %s : tensor<?x4xf32>
    %v = dl.tanh %u : tensor<?x4xf32>
    dl.yield states(%v : tensor<?x4xf32>) outputs(%v : tensor<?x4xf32>)
  }
  return %f2 : tensor<?x4xf32>
}
