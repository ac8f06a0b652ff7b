// Three strides wrap around to the tensor.
// compile: refused
func.func @main(%x: tensor<8xi8>) -> tensor<4xi8> {
  %s = tensor.extract_slice %x[1][4][6148914691236517206] : tensor<8xi8> to tensor<4xi8>
  return %s : tensor<4xi8>
}
