// A step that wraps around begins below the first element again.
// call: 9 -> computed
func.func @main(%x: tensor<?xi8>) -> tensor<1xi8> {
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %s = arith.constant 9223372036854775807 : index
  %n = tensor.dim %x, %c0 : tensor<?xi8>
  %z = arith.constant dense<0> : tensor<1xi8>
  %r = scf.for %i = %c5 to %n step %s iter_args(%acc = %z) -> (tensor<1xi8>) {
    %q = tensor.extract_slice %x[%i] [1] [1] : tensor<?xi8> to tensor<1xi8>
    %e = tensor.empty() : tensor<1xi8>
    %t = linalg.add ins(%q, %acc : tensor<1xi8>, tensor<1xi8>) outs(%e : tensor<1xi8>) -> tensor<1xi8>
    scf.yield %t : tensor<1xi8>
  }
  return %r : tensor<1xi8>
}
