// A slice of the extent that a cast says, whatever the slice said.
// call: 8 3 -> refused
// call: 8 4 -> computed
func.func @main(%x: tensor<8xf32>, %y: tensor<?xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %y, %c0 : tensor<?xf32>
  %e = tensor.extract_slice %x[0][%n][1] : tensor<8xf32> to tensor<?xf32>
  %r = tensor.cast %e : tensor<?xf32> to tensor<4xf32>
  return %r : tensor<4xf32>
}
