// RUN: dlc-opt %s -dlc-split-functions=loops=1 -canonicalize | FileCheck %s
// RUN: dlc-opt %s -dlc-split-functions | FileCheck %s --check-prefix=WHOLE

// Each part is for the function's processor, makes its view of the arena itself and takes what was
// loaded.
// CHECK-LABEL: func.func private @f.part.0(
// CHECK-SAME: memref<?xi8>) attributes {codegen.target = #codegen.cpu<name = "cooperlake">, passthrough = ["noinline"]}
// CHECK: memref.view
// CHECK: scf.for
// CHECK-LABEL: func.func private @f.part.1(
// CHECK-SAME: f32, %{{.*}}: memref<?xi8>)
// CHECK: memref.view
// CHECK: scf.for
// CHECK-LABEL: func.func private @f.part.2(
// CHECK-LABEL: func.func @f(
// CHECK: call @f.part.0(%arg0)
// CHECK-NEXT: %[[LOADED:.*]] = memref.load
// CHECK-NEXT: call @f.part.1(%[[LOADED]], %arg0)
// CHECK-NEXT: call @f.part.2(
// CHECK-NEXT: return
// WHOLE-NOT: @f.part
func.func @f(%arena: memref<?xi8>) attributes {codegen.target = #codegen.cpu<name = "cooperlake">} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %one = arith.constant 1.0 : f32
  %x = memref.view %arena[%c0][] : memref<?xi8> to memref<8xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    memref.store %one, %x[%i] : memref<8xf32>
  }
  %v = memref.load %x[%c1] : memref<8xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    memref.store %v, %x[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    memref.store %one, %x[%i] : memref<8xf32>
  }
  return
}
