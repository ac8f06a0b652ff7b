// The loop nests of each version of a kernel stand under its processor.
// RUN: dlc %s --report --cpu=portable --emit=vector -o %t.mlir | FileCheck %s
// CHECK: loop nests of f for x86-64-v3, vectors of 256 bits
// CHECK: element-wise {{.*}} 8 {{ *}}none
// CHECK: loop nests of f for x86-64-v4, vectors of 512 bits
// CHECK: element-wise {{.*}} 16 {{ *}}none
// CHECK-NOT: loop nests
func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = dl.exp %x : tensor<?xf32>
  return %y : tensor<?xf32>
}
