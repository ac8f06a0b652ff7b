// Sizes that tiles do not divide: whole tasks, then the rest, each with constant sizes;
// columns in vectors of a power of two, or LLVM would keep each by itself.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 -o - | FileCheck %s

// CHECK-LABEL: func.func @main.kernel
// CHECK-NOT: affine.min
// CHECK-NOT: create_mask
// CHECK: scf.forall {{.*}}992) step ({{.*}}32)
// CHECK: vector.contract {{.*}} into vector<{{[0-9]+}}x32xf32>
// CHECK-NOT: create_mask
// CHECK-DAG: vector.contract {{.*}} into vector<{{[0-9]+}}x16xf32>
// CHECK-DAG: vector.contract {{.*}} into vector<{{[0-9]+}}x8xf32>
// CHECK-NOT: affine.min
// CHECK-NOT: create_mask
// CHECK: func.func private

func.func @main(%a: tensor<1000x512xf32>, %b: tensor<512x1016xf32>) -> tensor<1000x1016xf32> {
  %0 = dl.matmul %a, %b : tensor<1000x512xf32>, tensor<512x1016xf32>
  return %0 : tensor<1000x1016xf32>
}
