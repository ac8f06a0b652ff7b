// Input of failed-task.test: a parallel loop, one of whose tasks fails where an index is outside.
func.func @pick(%x: tensor<1000xf32>, %at: tensor<512xi64>) -> tensor<512x4096xf32> {
  %e = tensor.empty() : tensor<512x4096xf32>
  %y = scf.forall (%i) in (512) shared_outs(%o = %e) -> (tensor<512x4096xf32>) {
    %k = tensor.extract %at[%i] : tensor<512xi64>
    %c = arith.index_cast %k : i64 to index
    %v = tensor.extract %x[%c] : tensor<1000xf32>
    %s = tensor.splat %v : tensor<1x4096xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %s into %o[%i, 0] [1, 4096] [1, 1] : tensor<1x4096xf32> into tensor<512x4096xf32>
    }
  }
  return %y : tensor<512x4096xf32>
}
