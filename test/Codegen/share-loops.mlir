// RUN: dlc-opt %s -split-input-file -dlc-share-loops=least=1 | FileCheck %s
// RUN: dlc-opt %s -split-input-file -dlc-share-loops=least=100 | FileCheck %s --check-prefix=SMALL

// One function for both, of whatever functions they are; what they read is given, and
// constants are made again.
// SMALL-NOT: shared
// CHECK-LABEL: func.func private @f.shared.0(
// CHECK-SAME: !llvm.ptr, %{{.*}}: index, %[[S:.*]]: f32, %[[X:.*]]: memref<8xf32>)
// CHECK: arith.constant 8 : index
// CHECK: scf.for
// CHECK: memref.store %[[S]], %[[X]]
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[C:.*]]: !llvm.ptr, %[[W:.*]]: index, %[[A:.*]]: memref<8xf32>, %[[V:.*]]: f32)
// CHECK: call @f.shared.0(%[[C]], %[[W]], %[[V]], %[[A]])
// CHECK-LABEL: func.func @g(
// CHECK: call @f.shared.0(%arg0, %arg1, %arg4, %arg3)
func.func @f(%context: !llvm.ptr, %workers: index, %x: memref<8xf32>, %s: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    memref.store %s, %x[%i] : memref<8xf32>
  }
  return
}
func.func @g(%context: !llvm.ptr, %workers: index, %x: memref<8xf32>, %y: memref<8xf32>, %s: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    memref.store %s, %y[%i] : memref<8xf32>
  }
  return
}

// -----

// Other bounds, other types, the same buffer in two places where the first has two, a value
// of the loop where the first has one from outside: loops of their own.
// CHECK-LABEL: func.func @different(
// CHECK-NOT: call
func.func @different(%context: !llvm.ptr, %workers: index, %x: memref<8xf32>, %y: memref<8xf32>, %z: memref<8xf32, strided<[2]>>, %s: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %x[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %y[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c7 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %y[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %z[%i] : memref<8xf32, strided<[2]>>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    %w = arith.addf %s, %s : f32
    memref.store %w, %y[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    %w = arith.addf %v, %v : f32
    memref.store %w, %y[%i] : memref<8xf32>
  }
  return
}

// -----

// What the loops allocate lies in memory that is given: 32 bytes, in a place of 64, for a
// call and 64 for each worker.
// CHECK-LABEL: func.func private @scratch.shared.0(
// CHECK-SAME: %[[MEMORY:[a-z0-9]*]]: memref<?xi8>)
// CHECK: scf.forall
// CHECK: %[[WORKER:.*]] = codegen.worker
// CHECK: %[[BEFORE:.*]] = arith.muli %[[WORKER]]
// CHECK: %[[START:.*]] = arith.addi %{{.*}}, %[[BEFORE]]
// CHECK: %[[AT:.*]] = arith.addi %[[START]]
// CHECK: memref.view %[[MEMORY]][%[[AT]]][] : memref<?xi8> to memref<8xf32>
// CHECK-LABEL: func.func @scratch(
// CHECK: %[[SIZE:.*]] = arith.constant 64 : index
// CHECK: %[[ALL:.*]] = arith.muli %arg1, %[[SIZE]]
// CHECK: %[[BYTES:.*]] = arith.addi %{{.*}}, %[[ALL]]
// CHECK: %[[GIVEN:.*]] = memref.alloc(%[[BYTES]]) {alignment = 64 : i64} : memref<?xi8>
// CHECK: call @scratch.shared.0(%arg0, %arg1, %arg2, %[[GIVEN]])
// CHECK: call @scratch.shared.0(%arg0, %arg1, %arg3,
func.func @scratch(%context: !llvm.ptr, %workers: index, %x: memref<8xf32>, %y: memref<8xf32>) {
  scf.forall (%i) in (8) {
    %own = memref.alloc() : memref<8xf32>
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %own[%i] : memref<8xf32>
  }
  scf.forall (%i) in (8) {
    %own = memref.alloc() : memref<8xf32>
    %v = memref.load %y[%i] : memref<8xf32>
    memref.store %v, %own[%i] : memref<8xf32>
  }
  return
}

// -----

// Buffers of a size from outside, of which one may be larger than the other.
// CHECK-LABEL: func.func @bounds(
// CHECK-NOT: call
func.func @bounds(%context: !llvm.ptr, %workers: index, %x: memref<16xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %few = affine.min affine_map<()[n] -> (n, 8)>()[%n]
  %more = affine.min affine_map<()[n] -> (n, 16)>()[%n]
  scf.for %i = %c0 to %few step %c1 {
    %own = memref.alloc(%few) : memref<?xf32>
    %v = memref.load %x[%i] : memref<16xf32>
    memref.store %v, %own[%i] : memref<?xf32>
  }
  scf.for %i = %c0 to %more step %c1 {
    %own = memref.alloc(%more) : memref<?xf32>
    %v = memref.load %x[%i] : memref<16xf32>
    memref.store %v, %own[%i] : memref<?xf32>
  }
  return
}

// -----

// Code for one processor is not called by that for another.
// CHECK-LABEL: func.func @k(
// CHECK-NOT: shared
func.func @k(%context: !llvm.ptr, %workers: index, %x: memref<8xf32>, %s: f32) attributes {codegen.target = #codegen.cpu<name = "x86-64-v3">} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %c1 step %c1 {
    memref.store %s, %x[%i] : memref<8xf32>
  }
  return
}
func.func @k.v4(%context: !llvm.ptr, %workers: index, %x: memref<8xf32>, %s: f32) attributes {codegen.target = #codegen.cpu<name = "x86-64-v4">} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %c1 step %c1 {
    memref.store %s, %x[%i] : memref<8xf32>
  }
  return
}
