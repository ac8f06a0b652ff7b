// Schedules that were measured are kept and not measured again; the answers stay.
// RUN: rm -rf %t && mkdir %t
// RUN: dlc %s --tune=%t/new/schedules.json -o %t/m.so | FileCheck %s --check-prefix=FIRST
// FIRST: schedules of products for {{.*}}, from {{.*}}new/schedules.json
// FIRST: {{[0-9]+}} rows of {{[0-9]+}} vectors{{.*}} tune.mlir:{{[0-9]+}}
// FIRST: 1 measured, 0 known before
// RUN: FileCheck %s --check-prefix=FILE < %t/new/schedules.json
// FILE: "(d0, d1, d2) -> {{.*}}tensor<64x128xf32>
// RUN: dlc %s --tune=%t/new/schedules.json -o %t/m.so | FileCheck %s --check-prefix=AGAIN
// AGAIN: 0 measured, 1 known before
// RUN: dlc %s -o %t/n.so
// RUN: dlc-run %t/n.so --random 3 --output %t/n.npy
// RUN: dlc-run %t/m.so --random 3 --expect %t/n.npy | FileCheck %s --check-prefix=SAME
// SAME: within tolerance

// A schedule from the file is obeyed.
// RUN: sed -z 's/\[[^]]*\]/[3, 1, 0]/' %t/new/schedules.json > %t/three.json
// RUN: dlc %s --tune=%t/three.json --report -o %t/x.so | FileCheck %s --check-prefix=THREE
// THREE: product {{.*}} 3x

// RUN: echo '{"znver4": {"x": [0, 1, 0]}}' > %t/wrong.json
// RUN: not dlc %s --tune=%t/wrong.json -o %t/y.so 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: wrong.json' is no file of schedules: expected [rows, columns, 0 or 1] for 'x'; remove it, or name another one with --tune=
// RUN: not dlc %s --tune=%s -o %t/y.so 2>&1 | FileCheck %s --check-prefix=JSON
// JSON: tune.mlir' is no file of schedules: [1:1, byte=1]: Invalid JSON value
// RUN: not dlc %s --tune=%t/a.json --cpu=x86-64-v3 -o %t/y.so 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: --tune measures on this machine, so it goes with --cpu=native, not with --cpu=x86-64-v3
// RUN: not dlc %s --tune=%t/a.json -O1 -o %t/y.so 2>&1 | FileCheck %s --check-prefix=LEVEL
// LEVEL: --tune chooses tiles, which -O1 does not make
func.func @f(%x: tensor<64x128xf32>, %w: tensor<128x96xf32>) -> tensor<64x96xf32> {
  %0 = dl.matmul %x, %w : tensor<64x128xf32>, tensor<128x96xf32>
  return %0 : tensor<64x96xf32>
}
