// A loop that begins with a known extent and goes on with another.
// call: 8 - -> 3
func.func @f(%t: tensor<8xf32>, %n: tensor<i64> {dl.name = "n"}) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %f = arith.constant 1.0 : f32
  %ti = tensor.cast %t : tensor<8xf32> to tensor<?xf32>
  %k = tensor.extract %n[] : tensor<i64>
  %few = arith.index_cast %k : i64 to index
  %c3 = arith.constant 3 : index
  %ub = arith.maxsi %few, %c3 : index
  %r = scf.for %i = %c0 to %ub step %c1 iter_args(%x = %ti) -> (tensor<?xf32>) {
    %e = tensor.empty(%ub) : tensor<?xf32>
    %g = linalg.fill ins(%f : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %g : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}
