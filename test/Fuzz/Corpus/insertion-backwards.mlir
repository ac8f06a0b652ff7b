// A slice that is written backwards.
// compile: refused
func.func @main(%x: tensor<8xi8>, %y: tensor<4xi8>) -> tensor<8xi8> {
  %s = tensor.insert_slice %y into %x[1][4][-100000000] : tensor<4xi8> into tensor<8xi8>
  return %s : tensor<8xi8>
}
