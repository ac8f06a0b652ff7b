// RUN: dlc-opt %s -dlc-plan-arena -canonicalize -cse | FileCheck %s

// 1024 + 256 bytes, and 64 for each worker.
// CHECK-LABEL: func.func private @f.workspace(
// CHECK: %[[EACH:.*]] = arith.muli %arg1, %c64
// CHECK: %[[SUM:.*]] = arith.addi %[[EACH]], %c1280
// CHECK: return %[[SUM]]

// Buffers that never meet share a place; one of a worker has a place each.
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[ARENA:[a-z0-9]+]]: memref<?xi8>) attributes {codegen.workspace = @f.workspace}
// CHECK-NOT: memref.alloc
// CHECK: %[[FIRST:.*]] = memref.view %[[ARENA]][%c0][] : memref<?xi8> to memref<256xf32>
// CHECK: %[[SECOND:.*]] = memref.view %[[ARENA]][%c1024][] : memref<?xi8> to memref<64xf32>
// CHECK: scf.forall
// CHECK: codegen.worker
func.func @f(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %a = memref.alloc() : memref<256xf32>
  memref.store %zero, %a[%c0] : memref<256xf32>
  %b = memref.alloc() : memref<64xf32>
  memref.store %zero, %b[%c0] : memref<64xf32>
  %v = memref.load %a[%c0] : memref<256xf32>
  memref.store %v, %b[%c0] : memref<64xf32>
  scf.forall (%i) in (8) {
    %s = memref.alloc() : memref<16xf32>
    memref.store %zero, %s[%i] : memref<16xf32>
    %w = memref.load %s[%i] : memref<16xf32>
    memref.store %w, %x[%i] : memref<64xf32>
  }
  %u = memref.load %b[%c0] : memref<64xf32>
  memref.store %u, %x[%c0] : memref<64xf32>
  return
}

// A result that the caller gets lasts beyond the call: memory of its own.
// CHECK-LABEL: func.func @handed_over(
// CHECK: %[[OWN:.*]] = codegen.allocate %arg0, %c256
// CHECK: %[[GIVEN:.*]] = memref.view %[[OWN]]
// CHECK: codegen.set_result %arg0[0], %[[GIVEN]] : memref<64xf32>
func.func @handed_over(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  memref.copy %x, %a : memref<64xf32> to memref<64xf32>
  codegen.set_result %context[0], %a : memref<64xf32>
  return
}

// Places stand before their buffers, of which the first stood first in the function.
// CHECK-LABEL: func.func @first(
// CHECK: memref.view
// CHECK: memref.view
func.func @first(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  %b = memref.alloc() : memref<64xf32>
  memref.copy %x, %a : memref<64xf32> to memref<64xf32>
  memref.copy %a, %b : memref<64xf32> to memref<64xf32>
  memref.copy %b, %x : memref<64xf32> to memref<64xf32>
  return
}

// Allocated together, but one is only written when the other is read no more: one place.
// CHECK-LABEL: func.func private @together.workspace(
// CHECK: arith.constant 256 : index
// CHECK-NOT: arith.constant 512 : index
// CHECK-LABEL: func.func @together(
// CHECK: %[[PLACE:.*]] = memref.view %{{.*}}[%c0][] : memref<?xi8> to memref<64xf32>
// CHECK-NOT: memref.view
func.func @together(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  %b = memref.alloc() : memref<64xf32>
  %half = memref.subview %b[0] [32] [1] : memref<64xf32> to memref<32xf32, strided<[1]>>
  memref.copy %x, %a : memref<64xf32> to memref<64xf32>
  memref.copy %a, %x : memref<64xf32> to memref<64xf32>
  memref.copy %x, %b : memref<64xf32> to memref<64xf32>
  memref.copy %half, %half : memref<32xf32, strided<[1]>> to memref<32xf32, strided<[1]>>
  memref.copy %b, %x : memref<64xf32> to memref<64xf32>
  return
}

// Both buffers that a choice may hand on live until it is read.
// CHECK-LABEL: func.func @chosen(
// CHECK: %[[A:.*]] = memref.view %{{.*}}[%[[AT:c[0-9]+]]][]
// CHECK: %[[B:.*]] = memref.view %{{.*}}[%[[BT:c[0-9]+]]][]
// CHECK: arith.select %{{.*}}, %[[A]], %[[B]]
// CHECK-NOT: memref.view %{{.*}}[%[[AT]]]
// CHECK-NOT: memref.view %{{.*}}[%[[BT]]]
// CHECK: return
func.func @chosen(%context: !llvm.ptr, %workers: index, %c: i1, %x: memref<64xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %a = memref.alloc() : memref<64xf32>
  %b = memref.alloc() : memref<64xf32>
  memref.store %zero, %a[%c0] : memref<64xf32>
  memref.store %zero, %b[%c0] : memref<64xf32>
  %d = memref.alloc() : memref<64xf32>
  %e = arith.select %c, %a, %b : memref<64xf32>
  memref.store %zero, %d[%c0] : memref<64xf32>
  %v = memref.load %e[%c0] : memref<64xf32>
  %w = memref.load %d[%c0] : memref<64xf32>
  %s = arith.addf %v, %w : f32
  memref.store %s, %x[%c0] : memref<64xf32>
  return
}
