// What a loop carries wraps around on the way: its bounds are not those of its beginning.
// call: 8 - -> refused
func.func @f(%t: tensor<8xf32>, %n: tensor<i64>) -> tensor<1xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %big = arith.constant 4611686018427387904 : index
  %k = tensor.extract %n[] : tensor<i64>
  %few = arith.index_cast %k : i64 to index
  %ub = arith.addi %few, %c2 : index
  %z = arith.constant dense<0.0> : tensor<1xf32>
  %r:2 = scf.for %i = %c0 to %ub step %c1 iter_args(%x = %c2, %acc = %z) -> (index, tensor<1xf32>) {
    %s = tensor.extract_slice %t[%x] [1] [1] : tensor<8xf32> to tensor<1xf32>
    %sum = linalg.add ins(%s, %acc : tensor<1xf32>, tensor<1xf32>) outs(%acc : tensor<1xf32>) -> tensor<1xf32>
    %y = arith.muli %x, %big : index
    %w = arith.floordivsi %y, %big : index
    scf.yield %w, %sum : index, tensor<1xf32>
  }
  return %r#1 : tensor<1xf32>
}
