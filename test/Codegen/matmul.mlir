// The shape of a tiled product: tasks, a packed panel, sums in registers.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 | FileCheck %s
// RUN: dlc %s --emit=asm --cpu=x86-64-v4 | FileCheck %s --check-prefix=ASM

// CHECK: scf.forall
// The panel of 32 columns.
// CHECK: tensor.empty() : tensor<512x32xf32>
// CHECK: tensor.insert_slice {{.*}} : tensor<1x32xf32> into tensor<512x32xf32>
// The loop over k carries the sums as vectors: nothing is stored in it.
// CHECK: scf.for {{.*}} -> (vector<{{[0-9]+}}x32xf32>)
// CHECK-NOT: vector.transfer_write
// CHECK: vector.contract
// CHECK-NEXT: scf.yield

// Multiply-adds on whole registers, and none of them in parts.
// ASM: vfmadd231ps {{.*}}%zmm
// ASM-NOT: vfmadd{{.*}}ss

func.func @product(%a: tensor<512x512xf32>, %b: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %y = dl.matmul %a, %b : tensor<512x512xf32>, tensor<512x512xf32>
  return %y : tensor<512x512xf32>
}
