// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-hide-indices))' | FileCheck %s
// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-hide-indices, canonicalize))' | FileCheck %s --check-prefix=SHOWN

// CHECK-LABEL: func.func @f
// CHECK: %[[D:.*]] = tensor.dim
// CHECK: %[[H:.*]] = builtin.unrealized_conversion_cast %[[D]] : index to index
// CHECK: %[[A:.*]] = affine.apply #{{.*}}()[%[[H]]]
// CHECK-NEXT: tensor.extract_slice %{{.*}}[%[[A]]] [%[[H]]]
// SHOWN-LABEL: func.func @f
// SHOWN-NOT: builtin.unrealized_conversion_cast
// SHOWN: return
func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?xf32>
  %a = affine.apply affine_map<()[s0] -> (s0 - 1)>()[%d]
  %y = tensor.extract_slice %x[%a] [%d] [1] : tensor<?xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}
