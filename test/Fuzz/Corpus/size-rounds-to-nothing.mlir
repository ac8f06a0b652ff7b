// A size of n - 5, by way of a number so large that a float would have lost the 5.
// call: 3 -> refused
// call: 8 -> 3
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %far = arith.constant 1152921504606846976 : index
  %back = arith.constant 1152921504606846981 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %sum = arith.addi %n, %far : index
  %most = arith.maxsi %back, %n : index
  %size = arith.subi %sum, %most : index
  %s = tensor.extract_slice %x[0][%size][1] : tensor<?xf32> to tensor<?xf32>
  return %s : tensor<?xf32>
}
