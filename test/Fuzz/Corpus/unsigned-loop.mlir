// Checks of loops compare with sign.
// compile: refused
func.func @main(%x: tensor<?xi8>, %p: tensor<i64> {dl.name = "p"}) -> tensor<1xi8> {
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %s = arith.constant 1 : index
  %v = tensor.extract %p[] : tensor<i64>
  %n = arith.index_cast %v : i64 to index
  %z = arith.constant dense<0> : tensor<1xi8>
  %r = scf.for unsigned %i = %c0 to %n step %s iter_args(%acc = %z) -> (tensor<1xi8>) {
    %q = tensor.extract_slice %x[7] [1] [1] : tensor<?xi8> to tensor<1xi8>
    %e = tensor.empty() : tensor<1xi8>
    %t = linalg.add ins(%q, %acc : tensor<1xi8>, tensor<1xi8>) outs(%e : tensor<1xi8>) -> tensor<1xi8>
    scf.yield %t : tensor<1xi8>
  }
  return %r : tensor<1xi8>
}
