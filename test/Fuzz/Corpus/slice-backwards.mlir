// A slice that runs backwards.
// compile: refused
func.func @main(%x: tensor<8xi8>) -> tensor<4xi8> {
  %s = tensor.extract_slice %x[1][4][-100000000] : tensor<8xi8> to tensor<4xi8>
  return %s : tensor<4xi8>
}
