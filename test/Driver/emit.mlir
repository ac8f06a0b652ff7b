// Each stage by --emit and by the output's suffix.
// RUN: rm -rf %t && mkdir %t
// RUN: dlc %s --emit=dl | FileCheck %s --check-prefix=DL
// DL: dl.relu
// RUN: dlc %s --emit=linalg | FileCheck %s --check-prefix=LINALG
// LINALG: linalg.generic
// RUN: dlc %s --emit=vector | FileCheck %s --check-prefix=VECTOR
// VECTOR: vector.transfer_read
// RUN: dlc %s -o %t/m.ll && FileCheck %s --check-prefix=LLVM < %t/m.ll
// LLVM: define {{.*}}@m_f(
// RUN: dlc %s -o %t/m.s && FileCheck %s --check-prefix=ASM < %t/m.s
// ASM: m_f:
// RUN: dlc %s -o %t/m.o && llvm-nm --defined-only --extern-only %t/m.o | FileCheck %s --check-prefix=SYMBOLS
// RUN: dlc %s -o %t/m.a && llvm-nm --defined-only --extern-only %t/m.a | FileCheck %s --check-prefix=SYMBOLS
// The documented symbols and no other.
// SYMBOLS: T m_create_checked
// SYMBOLS-NEXT: T m_destroy
// SYMBOLS-NEXT: T m_error
// SYMBOLS-NEXT: T m_f
// SYMBOLS-NEXT: T m_library
// SYMBOLS-NOT: {{.}}

// RUN: dlc %s -o %t/m.so -v --save-temps --time-passes > %t/out 2>&1
// RUN: FileCheck %s --check-prefix=VERBOSE < %t/out
// VERBOSE-DAG: m.so: {{[0-9]+}} bytes
// VERBOSE-DAG: m_f(x: f32 [?, 4]) -> y0: f32 [?, 4]
// VERBOSE-DAG: Execution time report
// VERBOSE-DAG: link
// RUN: ls %t | FileCheck %s --check-prefix=TEMPS
// TEMPS: m.dl.mlir
// TEMPS-NEXT: m.h
// TEMPS-NEXT: m.linalg.mlir
// TEMPS-NEXT: m.ll
// TEMPS-NEXT: m.llvm.mlir
// TEMPS: m.vector.mlir

// What a library offers, and what it needs: nothing beyond libc.
// RUN: llvm-nm -D --defined-only %t/m.so | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: T dlc_library@@DLC_5
// DYNAMIC-NEXT: T m_create_checked@@DLC_5
// DYNAMIC-NEXT: T m_destroy@@DLC_5
// DYNAMIC-NEXT: T m_error@@DLC_5
// DYNAMIC-NEXT: T m_f@@DLC_5
// DYNAMIC-NEXT: T m_library@@DLC_5
// DYNAMIC-NOT: {{.}}
// RUN: llvm-readelf -d %t/m.so | FileCheck %s --check-prefix=NEEDED
// NEEDED-NOT: NEEDED{{.*}}[lib{{[^cm]}}

// RUN: dlc-run %t/m.so | FileCheck %s --check-prefix=LIST
// LIST: f(x: f32 [?, 4]) -> y0: f32 [?, 4]
// RUN: dlc-run %t/m.so --random 1 --extent 3 --output %t/y.npy --print | FileCheck %s --check-prefix=PRINT
// PRINT: y0: f32 [3, 4]
// RUN: dlc-run %t/m.so --random 1 --extent 3 --expect %t/y.npy | FileCheck %s --check-prefix=SAME
// SAME: y0: largest error 0.000000e+00 {{.*}} within tolerance
// RUN: not dlc-run %t/m.so --random 2 --extent 3 --expect %t/y.npy | FileCheck %s --check-prefix=OTHER
// OTHER: TOO LARGE
// RUN: not dlc-run %t/m.so --input %s 2>&1 | FileCheck %s --check-prefix=NPY
// NPY: is not a .npy file
// RUN: dlc-run %t/m.so --random 1 --repeat 5 --threads 1 | FileCheck %s --check-prefix=TIME
// TIME: f: 5 calls on up to 1 threads, microseconds: median

func.func @f(%x: tensor<?x4xf32> {dl.name = "x"}) -> tensor<?x4xf32> {
  %y = dl.relu %x : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
