// A softmax computes row after row: its maximum, terms, sum and quotients share one
// loop over rows, and what is kept between them is one row.
// RUN: dlc %s --emit=vector --cpu=x86-64-v4 -o - | FileCheck %s

// CHECK: scf.forall
// CHECK: scf.for
// CHECK: vector.multi_reduction <maximumf>
// CHECK: math.exp
// CHECK: vector.multi_reduction <add>
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK-NOT: scf.forall (
// CHECK: return

func.func @main(%x: tensor<4096x512xf32>) -> tensor<4096x512xf32> {
  %0 = dl.softmax %x axis -1 : tensor<4096x512xf32>
  return %0 : tensor<4096x512xf32>
}
