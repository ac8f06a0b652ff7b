// Products of pairs: one instruction for two multiply-adds of each lane, sums carried in
// registers; without the instruction two multiply-adds of widened halves.
// RUN: dlc %s --precision=bf16 --cpu=cooperlake -o %t.s
// RUN: FileCheck %s < %t.s
// RUN: FileCheck %s --check-prefix=CHECK-SPILL < %t.s
// RUN: dlc %s --precision=bf16 --cpu=x86-64-v3 --emit=asm -o - | FileCheck %s --check-prefix=CHECK-HALVES
// RUN: dlc %s --precision=f32 --cpu=cooperlake --emit=asm -o - | FileCheck %s --check-prefix=CHECK-F32

// A pair is broadcast from memory; the sums of a tile of 12 rows are 24 registers, of
// which none goes to the stack.
// CHECK: f.kernel
// CHECK: vbroadcastss {{.*}}, %zmm
// CHECK-COUNT-24: vdpbf16ps
// CHECK-SPILL-NOT: {{vmov.*%zmm[0-9]+, .*\(%rsp\)}}
// CHECK-SPILL: vdpbf16ps
// CHECK-SPILL-NOT: {{vmov.*%zmm[0-9]+, .*\(%rsp\)}}
// CHECK-HALVES-NOT: vdpbf16ps
// CHECK-HALVES: vpslld $16
// CHECK-HALVES: vfmadd{{.*}}ymm
// CHECK-HALVES-NOT: vdpbf16ps
// CHECK-F32-NOT: vdpbf16ps
// CHECK-F32: vfmadd
// CHECK-F32-NOT: vdpbf16ps

func.func @f(%x: tensor<48x64xf32>) -> tensor<48x64xf32> {
  %w = arith.constant dense<0.5> : tensor<64x64xf32>
  %0 = dl.matmul %x, %w : tensor<48x64xf32>, tensor<64x64xf32>
  %1 = dl.relu %0 : tensor<48x64xf32>
  return %1 : tensor<48x64xf32>
}
