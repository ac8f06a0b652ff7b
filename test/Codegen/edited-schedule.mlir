// A schedule that was chosen can be edited by hand: the second choice keeps it, and the loops are those
// that it says.
// RUN: dlc-opt %s -dlc-form-nests -dlc-choose-schedules -o %t.mlir
// RUN: FileCheck %s --check-prefix=CHOSEN < %t.mlir
// RUN: dlc-opt %t.mlir -dlc-tile-and-fuse -canonicalize | FileCheck %s --check-prefix=AS-CHOSEN
// RUN: sed 's/tile = \[8, 32\], order = \[1, 0\]/tile = [2, 64], order = [0, 1]/' %t.mlir > %t.edited.mlir
// RUN: dlc-opt %t.edited.mlir -dlc-choose-schedules -dlc-tile-and-fuse -canonicalize | FileCheck %s

// CHOSEN: linalg.exp {codegen.nest = #codegen.nest<0, epilogue>, codegen.schedule = #codegen.schedule<tile = [8, 32], order = [1, 0]>}

// AS-CHOSEN-LABEL: func.func @f
// AS-CHOSEN: scf.for {{.*}} to %c128 step %c32
// AS-CHOSEN: scf.for {{.*}} to %c16 step %c8
// AS-CHOSEN: linalg.matmul {{.*}} -> tensor<8x32xf32>
// AS-CHOSEN: linalg.exp {{.*}} -> tensor<8x32xf32>

// CHECK-LABEL: func.func @f
// CHECK: scf.for {{.*}} to %c16 step %c2
// CHECK: scf.for {{.*}} to %c128 step %c64
// CHECK: linalg.matmul {{.*}} -> tensor<2x64xf32>
// CHECK: linalg.exp {{.*}} -> tensor<2x64xf32>
func.func @f(%a: tensor<16x16xf32>, %b: tensor<16x128xf32>, %c: tensor<16x128xf32>) -> tensor<16x128xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<16x16xf32>, tensor<16x128xf32>) outs(%c : tensor<16x128xf32>) -> tensor<16x128xf32>
  %1 = linalg.exp ins(%0 : tensor<16x128xf32>) outs(%c : tensor<16x128xf32>) -> tensor<16x128xf32>
  return %1 : tensor<16x128xf32>
}
