// A minimal gated unit over x[steps, samples, 8] with 16 units:
//   f = sigmoid(x wf + h uf + bf)
//   c = tanh(x wc + (f h) uc + bc)
//   h = h + f (c - h)
func.func @mgu(%x: tensor<?x?x8xf32> {dl.name = "x"}, %h0: tensor<?x16xf32> {dl.name = "h0"},
               %wf: tensor<8x16xf32> {dl.name = "wf"}, %uf: tensor<16x16xf32> {dl.name = "uf"},
               %bf: tensor<16xf32> {dl.name = "bf"},
               %wc: tensor<8x16xf32> {dl.name = "wc"}, %uc: tensor<16x16xf32> {dl.name = "uc"},
               %bc: tensor<16xf32> {dl.name = "bc"})
    -> (tensor<?x?x16xf32> {dl.name = "states"}) {
  %last, %states = dl.scan states(%h = %h0 : tensor<?x16xf32>) inputs(%xt = %x : tensor<?x?x8xf32>) {
    %0 = dl.dense %xt, %wf, %bf : tensor<?x8xf32>, tensor<8x16xf32>, tensor<16xf32>
    %1 = dl.dense %h, %uf : tensor<?x16xf32>, tensor<16x16xf32>
    %2 = dl.add %0, %1 : tensor<?x16xf32>, tensor<?x16xf32>
    %f = dl.sigmoid %2 : tensor<?x16xf32>

    %kept = dl.mul %f, %h : tensor<?x16xf32>, tensor<?x16xf32>
    %3 = dl.dense %xt, %wc, %bc : tensor<?x8xf32>, tensor<8x16xf32>, tensor<16xf32>
    %4 = dl.dense %kept, %uc : tensor<?x16xf32>, tensor<16x16xf32>
    %5 = dl.add %3, %4 : tensor<?x16xf32>, tensor<?x16xf32>
    %c = dl.tanh %5 : tensor<?x16xf32>

    %6 = dl.sub %c, %h : tensor<?x16xf32>, tensor<?x16xf32>
    %7 = dl.mul %f, %6 : tensor<?x16xf32>, tensor<?x16xf32>
    %next = dl.add %h, %7 : tensor<?x16xf32>, tensor<?x16xf32>
    dl.yield states(%next : tensor<?x16xf32>) outputs(%next : tensor<?x16xf32>)
  }
  return %states : tensor<?x?x16xf32>
}
