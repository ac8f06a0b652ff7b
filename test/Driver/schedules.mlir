// --emit=schedules writes what was chosen; --schedules compiles by it, edited or not.
// RUN: dlc %s --cpu=x86-64-v4 --emit=schedules -o %t.chosen && FileCheck %s --input-file=%t.chosen
// CHECK: @"a//b.kernel" // #codegen.cpu<name = "x86-64-v4">
// CHECK-NEXT: nest 0 // product, schedules.mlir:[[#]] + schedules.mlir:[[#]]
// CHECK-NEXT: fill // loops of 64, 96
// CHECK-NEXT: product #codegen.schedule<steps = [0, 0, 4], panel = [1, 32]> // loops of 64, 96, 256
// CHECK-NEXT: epilogue #codegen.schedule<tasks = [0, 32], tile = [12, 32], order = [1, 0], cost = {{.*}}> // loops of 64, 96

// RUN: sed 's/tile = .12, 32./tile = [4, 16]/' %t.chosen > %t.edited
// RUN: dlc %s --cpu=x86-64-v4 --schedules=%t.edited --emit=vector | FileCheck %s --check-prefix=EDITED
// EDITED: vector.contract {{.*}} into vector<4x16xf32>

// So does the IR, edited and lowered by dlc-opt.
// RUN: dlc %s --cpu=x86-64-v4 --emit=schedule | sed 's/tile = .12, 32./tile = [4, 16]/' | dlc-opt --dlc-vector-pipeline | FileCheck %s --check-prefix=EDITED

// What does not fit is reported with its line.
// RUN: echo '@missing.kernel' > %t.1 && not dlc %s --schedules=%t.1 -o %t.so 2>&1 | FileCheck %s --check-prefix=KERNEL
// KERNEL: line 1: the model has no kernel '@missing.kernel' for these processors
// RUN: sed 's/nest 0/nest 7/' %t.chosen > %t.2 && not dlc %s --schedules=%t.2 -o %t.so 2>&1 | FileCheck %s --check-prefix=NEST
// NEST: line 2: nest '7' is not one of this kernel
// RUN: sed 's/  fill.*//' %t.chosen > %t.3 && not dlc %s --schedules=%t.3 -o %t.so 2>&1 | FileCheck %s --check-prefix=ROLE
// ROLE: line 4: found 'product', expected 'fill', the role of the model's op
// RUN: sed 's/steps = .0, 0, 4./steps = [0, 4]/' %t.chosen > %t.4 && not dlc %s --schedules=%t.4 -o %t.so 2>&1 | FileCheck %s --check-prefix=LOOPS
// LOOPS: line 4: found a schedule for 2 loops, expected one for the op's 3
// RUN: sed 's/tasks = .0, 32./tasks = [0, -3]/' %t.chosen > %t.5 && not dlc %s --schedules=%t.5 -o %t.so 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: line 5: 'tasks' has -3, expected 0 or more
// RUN: head -3 %t.chosen > %t.6 && not dlc %s --schedules=%t.6 -o %t.so 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: found 1 ops in the nest that ends here, expected 3 as in the model
// RUN: sed 's/#codegen.schedule<steps.*>/#codegen.schedule<tile = [8, 8, 0]>/' %t.chosen > %t.7 && not dlc %s --schedules=%t.7 -o %t.so 2>&1 | FileCheck %s --check-prefix=VOID
// VOID: found 'tile' in the schedule of an op before the last of a nest, of role 'product', expected none: it has no effect there
// VOID: does not fit the model
// VOID-NOT: an error of dlc's own
// RUN: not dlc %s --schedules=%t.chosen -O0 -o %t.so 2>&1 | FileCheck %s --check-prefix=LEVEL
// LEVEL: --schedules sets tiles, which -O0 does not have
// RUN: not dlc %s --emit=schedules -O1 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: -O1 makes no tiles, so it has no schedules, expected -O2 or -O3
func.func @"a//b"(%x: tensor<64x256xf32>, %w: tensor<256x96xf32>) -> tensor<64x96xf32> {
  %y = dl.matmul %x, %w : tensor<64x256xf32>, tensor<256x96xf32>
  %z = dl.relu %y : tensor<64x96xf32>
  return %z : tensor<64x96xf32>
}
