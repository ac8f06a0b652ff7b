// Two values carried are one buffer, and an argument of the function.
// call: 8 8 - -> computed
func.func @main(%x: tensor<8xf32>, %y: tensor<8xf32>, %k: tensor<i64> {dl.name = "k"}) -> (tensor<8xf32>, tensor<8xf32>) {
  %z = arith.constant 0 : index
  %o = arith.constant 1 : index
  %i3 = arith.constant 3 : index
  %kv = tensor.extract %k[] : tensor<i64>
  %k1 = arith.index_cast %kv : i64 to index
  %r:3 = scf.while (%i = %z, %a = %y, %b = %x) : (index, tensor<8xf32>, tensor<8xf32>) -> (index, tensor<8xf32>, tensor<8xf32>) {
    %s = tensor.extract %x[%i3] : tensor<8xf32>
    %t = tensor.insert %s into %a[%z] : tensor<8xf32>
    %c = arith.cmpi slt, %i, %k1 : index
    scf.condition(%c) %i, %t, %b : index, tensor<8xf32>, tensor<8xf32>
  } do {
  ^bb0(%i: index, %a: tensor<8xf32>, %b: tensor<8xf32>):
    %n = arith.addi %i, %o : index
    scf.yield %n, %b, %b : index, tensor<8xf32>, tensor<8xf32>
  }
  return %r#1, %r#2 : tensor<8xf32>, tensor<8xf32>
}
