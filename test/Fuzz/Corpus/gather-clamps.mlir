// Indices outside are clamped, negative ones count from the end first: places other than
// these end the call.
// call: =[0,3,-1,-4,4,-5,2147483647,9223372036854775807] -> 8
// call: =[0,3,3,0,9,-9,3,-1] -> 8
// call: =[1,3,3,0,3,0,3,3] -> refused
func.func @main(%i: tensor<8xi64>) -> tensor<8xi64> {
  %x = dl.iota axis 0 : tensor<4xi64>
  %y = dl.gather %x, %i axis 0 : tensor<4xi64>, tensor<8xi64>
  %w = arith.constant dense<[0, 3, 3, 0, 3, 0, 3, 3]> : tensor<8xi64>
  %d = dl.sub %y, %w : tensor<8xi64>
  %z = dl.require_range "a difference" %d from 0 to 1 : tensor<8xi64>
  return %z : tensor<8xi64>
}
