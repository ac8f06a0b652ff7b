// Bias and activation are computed in the tile of their convolution, and the result
// is written where the caller wants it: what is allocated is the padded input, and in
// a task the packed panel and a tile.
// RUN: dlc %s --save-temps --cpu=x86-64-v4 -o %t.so
// RUN: FileCheck %s < %t.vector.mlir
// RUN: dlc-opt %t.vector.mlir -dlc-llvm-pipeline -mlir-print-ir-before=dlc-plan-arena -o %t.null 2>&1 | FileCheck %s --check-prefix=ALLOC

// CHECK: scf.forall
// The sums begin in registers: no tile of zeros is written and read back.
// CHECK-NOT: vector.transfer_write
// CHECK: scf.for {{.*}} -> (vector<{{[0-9]+}}x32xf32>)
// CHECK: vector.contract
// CHECK: arith.addf
// CHECK: arith.maximumf
// CHECK: tensor.parallel_insert_slice
// CHECK-NOT: scf.forall

// ALLOC: memref.alloc() {{.*}} : memref<1x58x58x64xf32>
// ALLOC-NOT: memref.alloc() {{.*}}x56x
// ALLOC: memref.alloc() {{.*}} : memref<3x3x64x32xf32>
// ALLOC-NOT: memref.alloc() {{.*}}x56x
// ALLOC: return

func.func @layer(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x64x64xf32>, %b: tensor<64xf32>) -> tensor<1x56x56x64xf32> {
  %0 = dl.conv %x, %w, %b padding same : tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>, tensor<64xf32>
  %1 = dl.relu %0 : tensor<1x56x56x64xf32>
  return %1 : tensor<1x56x56x64xf32>
}
