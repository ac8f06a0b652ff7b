// --progress names each stage when it begins, in order, on stderr alone.
// RUN: dlc %s -o %t.so --progress 2>&1 >/dev/null | FileCheck %s
// RUN: dlc %s -o %t.so 2>&1 | FileCheck %s --check-prefix=QUIET --allow-empty
// QUIET-NOT: stage

// CHECK:      stage: parse
// CHECK-NEXT: stage: define
// CHECK-NEXT: stage: simplify
// CHECK-NEXT: stage: linalg
// CHECK-NEXT: stage: schedule
// CHECK-NEXT: stage: vector
// CHECK-NEXT: stage: llvm dialect
// CHECK-NEXT: stage: translate
// CHECK-NEXT: stage: optimise and machine code
// CHECK-NEXT: stage: link
// CHECK-NOT:  {{.}}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.relu %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
