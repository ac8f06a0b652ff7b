// A library for several processors: the best one that runs here, or the one that the
// environment names; the same numbers within rounding.
// RUN: rm -rf %t && mkdir %t
// RUN: dlc %s --cpu=portable -v -o %t/m.so | FileCheck %s
// CHECK: m.so: {{[0-9]+}} bytes, for x86-64-v3, x86-64-v4,
// RUN: dlc-run %t/m.so | FileCheck %s --check-prefix=LIST
// LIST: for x86-64-v3,x86-64-v4
// RUN: dlc-run %t/m.so --random 7 --output %t/best.npy
// RUN: env DLC_CPU=x86-64-v3 dlc-run %t/m.so --random 7 --expect %t/best.npy --tolerance 1e-5 -v | FileCheck %s --check-prefix=V3
// V3: on x86-64-v3
// V3: within tolerance
// RUN: env DLC_CPU=pentium not dlc-run %t/m.so --random 7 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: DLC_CPU asks for 'pentium', m is compiled for x86-64-v3,x86-64-v4

// Whatever the order in which they are named; wide registers only in one of them.
// RUN: dlc %s --cpu=x86-64-v4,x86-64-v3 --emit=asm -o - | FileCheck %s --check-prefix=ASM
// ASM: f.kernel.0.task{{.*}}:
// ASM-NOT: zmm
// ASM: f.kernel.x86-64-v4.0.task{{.*}}:
// ASM: zmm

// RUN: not dlc %s --cpu=x86-64-v3,x86-64-v9 -o %t/x.so 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: unknown processor 'x86-64-v9'
// RUN: not dlc %s --cpu=x86-64-v3,x86-64-v3 -o %t/x.so 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: processor 'x86-64-v3' is named twice
// RUN: not dlc %s --cpu=x86-64-v3, -o %t/x.so 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: unknown processor ''

func.func @f(%x: tensor<64x256xf32>, %w: tensor<256x512xf32>, %b: tensor<512xf32>) -> tensor<64x512xf32> {
  %0 = dl.dense %x, %w, %b : tensor<64x256xf32>, tensor<256x512xf32>, tensor<512xf32>
  %1 = dl.tanh %0 : tensor<64x512xf32>
  return %1 : tensor<64x512xf32>
}
