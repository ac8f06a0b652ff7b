// RUN: dlc-opt %s -split-input-file --pass-pipeline='builtin.module(func.func(dlc-parallelize-loops))' | FileCheck %s

// Two loops that write halves of one buffer are two tasks; the copy between them moves before both.
// CHECK-LABEL: func.func @halves
// CHECK: memref.copy
// CHECK: scf.forall (%[[I:.*]]) in (2)
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[I]]
// CHECK: scf.if %[[FIRST]] {
// CHECK: scf.for
// CHECK: } else {
// CHECK: scf.for
// CHECK-NOT: scf.for
func.func @halves(%y: memref<4096x64xf32>, %a: memref<64xf32>, %b: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 4096 : index
  %f = arith.constant 0.0 : f32
  %h = memref.alloc() : memref<64xf32>
  scf.for %t = %c0 to %n step %c1 {
    %part = memref.subview %y[%t, 0] [1, 32] [1, 1] : memref<4096x64xf32> to memref<32xf32, strided<[1], offset: ?>>
    %v = vector.transfer_read %a[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<32xf32>
    %e = math.exp %v : vector<32xf32>
    %e2 = math.exp %e : vector<32xf32>
    %e3 = math.exp %e2 : vector<32xf32>
    %e4 = math.exp %e3 : vector<32xf32>
    vector.transfer_write %e4, %part[%c0] {in_bounds = [true]} : vector<32xf32>, memref<32xf32, strided<[1], offset: ?>>
  } {codegen.steps}
  memref.copy %b, %h : memref<64xf32> to memref<64xf32>
  scf.for %t = %c0 to %n step %c1 {
    %part = memref.subview %y[%t, 32] [1, 32] [1, 1] : memref<4096x64xf32> to memref<32xf32, strided<[1], offset: ?>>
    %v = vector.transfer_read %h[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<32xf32>
    %e = math.exp %v : vector<32xf32>
    %e2 = math.exp %e : vector<32xf32>
    %e3 = math.exp %e2 : vector<32xf32>
    %e4 = math.exp %e3 : vector<32xf32>
    vector.transfer_write %e4, %part[%c0] {in_bounds = [true]} : vector<32xf32>, memref<32xf32, strided<[1], offset: ?>>
  } {codegen.steps}
  return
}

// -----

// One that reads what the other writes waits for it, and short ones are no tasks.
// CHECK-LABEL: func.func @apart
// CHECK-NOT: scf.forall
func.func @apart(%y: memref<64xf32>, %a: memref<64xf32>, %z: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 20000 : index
  %few = arith.constant 4 : index
  %f = arith.constant 0.0 : f32
  scf.for %t = %c0 to %n step %c1 {
    %v = vector.transfer_read %a[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<32xf32>
    vector.transfer_write %v, %y[%c0] {in_bounds = [true]} : vector<32xf32>, memref<64xf32>
  } {codegen.steps}
  scf.for %t = %c0 to %n step %c1 {
    %v = vector.transfer_read %y[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<32xf32>
    vector.transfer_write %v, %z[%c0] {in_bounds = [true]} : vector<32xf32>, memref<64xf32>
  } {codegen.steps}
  scf.for %t = %c0 to %few step %c1 {
    %v = vector.transfer_read %a[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<32xf32>
    vector.transfer_write %v, %a[%c0] {in_bounds = [true]} : vector<32xf32>, memref<64xf32>
  } {codegen.steps}
  return
}

// -----

// What a linalg op writes between them is its own effect, beside what its region reads: the
// second loop waits for the op, the op for the first loop.
// CHECK-LABEL: func.func @between
// CHECK-NOT: scf.forall
func.func @between(%y: memref<4096x64xf32>, %z: memref<4096x64xf32>, %a: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %last = arith.constant 4095 : index
  %n = arith.constant 4096 : index
  %f = arith.constant 0.0 : f32
  %r = memref.alloc() : memref<4096x64xf32>
  scf.for %t = %c0 to %n step %c1 {
    %v = vector.transfer_read %a[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<64xf32>
    %e = math.exp %v : vector<64xf32>
    %e2 = math.exp %e : vector<64xf32>
    %e3 = math.exp %e2 : vector<64xf32>
    vector.transfer_write %e3, %y[%t, %c0] {in_bounds = [true]} : vector<64xf32>, memref<4096x64xf32>
  } {codegen.steps}
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%r : memref<4096x64xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = arith.subi %last, %i : index
    %x = memref.load %y[%k, %j] : memref<4096x64xf32>
    linalg.yield %x : f32
  }
  scf.for %t = %c0 to %n step %c1 {
    %v = vector.transfer_read %r[%t, %c0], %f {in_bounds = [true]} : memref<4096x64xf32>, vector<64xf32>
    %e = math.exp %v : vector<64xf32>
    %e2 = math.exp %e : vector<64xf32>
    %e3 = math.exp %e2 : vector<64xf32>
    vector.transfer_write %e3, %z[%t, %c0] {in_bounds = [true]} : vector<64xf32>, memref<4096x64xf32>
  } {codegen.steps}
  return
}

// -----

// Two reads of one global are one buffer.
memref.global "private" @shared : memref<64xf32> = uninitialized
// CHECK-LABEL: func.func @globals
// CHECK-NOT: scf.forall
func.func @globals(%z: memref<4096x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 4096 : index
  %f = arith.constant 0.0 : f32
  %a = memref.get_global @shared : memref<64xf32>
  scf.for %t = %c0 to %n step %c1 {
    %v = vector.transfer_read %a[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<64xf32>
    %e = math.exp %v : vector<64xf32>
    %e2 = math.exp %e : vector<64xf32>
    %e3 = math.exp %e2 : vector<64xf32>
    vector.transfer_write %e3, %a[%c0] {in_bounds = [true]} : vector<64xf32>, memref<64xf32>
  } {codegen.steps}
  %b = memref.get_global @shared : memref<64xf32>
  scf.for %t = %c0 to %n step %c1 {
    %v = vector.transfer_read %b[%c0], %f {in_bounds = [true]} : memref<64xf32>, vector<64xf32>
    %e = math.exp %v : vector<64xf32>
    %e2 = math.exp %e : vector<64xf32>
    %e3 = math.exp %e2 : vector<64xf32>
    vector.transfer_write %e3, %z[%t, %c0] {in_bounds = [true]} : vector<64xf32>, memref<4096x64xf32>
  } {codegen.steps}
  return
}
