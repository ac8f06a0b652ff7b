// Products of pairs: one instruction for two multiply-adds of each lane, sums carried in
// registers; without the instruction two multiply-adds of widened halves.
// RUN: dlc %s --precision=bf16 --cpu=cooperlake --emit=asm -o - | FileCheck %s --check-prefix=DOT
// RUN: dlc %s --precision=bf16 --cpu=x86-64-v3 --emit=asm -o - | FileCheck %s --check-prefix=HALVES
// RUN: dlc %s --precision=f32 --cpu=cooperlake --emit=asm -o - | FileCheck %s --check-prefix=F32

// A pair is broadcast from memory; the sums of a tile of 12 rows are 24 registers.
// DOT: f.kernel
// DOT: vbroadcastss {{.*}}, %zmm
// DOT-COUNT-24: vdpbf16ps
// DOT-NOT: rsp), %zmm
// DOT: vdpbf16ps
// HALVES: f.kernel
// HALVES-NOT: vdpbf16ps
// HALVES: vpslld $16
// HALVES: vfmadd{{.*}}ymm
// F32-NOT: vdpbf16ps
// F32: vfmadd

func.func @f(%x: tensor<48x64xf32>) -> tensor<48x64xf32> {
  %w = arith.constant dense<0.5> : tensor<64x64xf32>
  %0 = dl.matmul %x, %w : tensor<48x64xf32>, tensor<64x64xf32>
  %1 = dl.relu %0 : tensor<48x64xf32>
  return %1 : tensor<48x64xf32>
}
