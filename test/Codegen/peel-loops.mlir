// RUN: dlc-opt %s -dlc-peel-loops -split-input-file | FileCheck %s

// Whole tiles have constant sizes, also where the end is a product of extents and what is
// left of it has been composed with that.
// CHECK-LABEL: func.func @product
// CHECK: scf.for
// CHECK-NOT: affine.min
// CHECK: tensor.extract_slice %{{.*}}[%{{.*}}] [8] [1] : tensor<?xf32> to tensor<8xf32>
// CHECK: scf.for
func.func @product(%x: tensor<?x?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %b = tensor.dim %x, %c0 : tensor<?x?xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?xf32>
  %rows = affine.apply affine_map<()[s0, s1] -> (s0 * s1)>()[%b, %t]
  %flat = tensor.collapse_shape %x [[0, 1]] : tensor<?x?xf32> into tensor<?xf32>
  %0 = scf.for %i = %c0 to %rows step %c8 iter_args(%out = %y) -> (tensor<?xf32>) {
    %size = affine.min affine_map<(d0)[s0, s1] -> (8, s0 * s1 - d0)>(%i)[%b, %t]
    %part = tensor.extract_slice %flat[%i] [%size] [1] : tensor<?xf32> to tensor<?xf32>
    %next = tensor.insert_slice %part into %out[%i] [%size] [1] : tensor<?xf32> into tensor<?xf32>
    scf.yield %next : tensor<?xf32>
  }
  return %0 : tensor<?xf32>
}

// -----

// The last, smaller task stands apart.
// CHECK-LABEL: func.func @tasks
// CHECK: scf.forall (%{{.*}}) = (0) to (96) step (32)
// CHECK: tensor.extract_slice %{{.*}} [32] [1] : tensor<100xf32> to tensor<32xf32>
// CHECK: tensor.extract_slice %{{.*}}[96] [4] [1] : tensor<100xf32> to tensor<4xf32>
func.func @tasks(%x: tensor<100xf32>, %y: tensor<100xf32>) -> tensor<100xf32> {
  %0 = scf.forall (%i) = (0) to (100) step (32) shared_outs(%out = %y) -> (tensor<100xf32>) {
    %size = affine.min affine_map<(d0) -> (32, 100 - d0)>(%i)
    %part = tensor.extract_slice %x[%i] [%size] [1] : tensor<100xf32> to tensor<?xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %part into %out[%i] [%size] [1] : tensor<?xf32> into tensor<100xf32>
    }
  }
  return %0 : tensor<100xf32>
}
