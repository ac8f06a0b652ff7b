// Indices outside are clamped, negative ones count from the end first.
// call: 4x3 =[0,3,-1,-4,4,-5,2147483647,9223372036854775807] -> 8x3
// call: 1x3 =[0,3,-1,-4,4,-5,2147483647,-9223372036854775808] -> 8x3
func.func @main(%x: tensor<?x3xf32>, %i: tensor<8xi64>) -> tensor<8x3xf32> {
  %y = dl.gather %x, %i axis 0 : tensor<?x3xf32>, tensor<8xi64>
  return %y : tensor<8x3xf32>
}
