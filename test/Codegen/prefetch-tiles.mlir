// What an epilogue reads from a large buffer, and where it then writes, is asked for in
// front of the loop that sums: a line of 64 bytes each.
// RUN: dlc-opt %s --pass-pipeline='builtin.module(func.func(dlc-prefetch-tiles))' | FileCheck %s

#at = affine_map<(d0) -> (d0 * 32)>
// CHECK-LABEL: func.func @residual
// CHECK: %[[J:.*]] = affine.apply
// CHECK: memref.prefetch %arg1[%arg4, %[[J]]], read, locality<2>, data
// CHECK: %[[NEXT:.*]] = arith.addi %[[J]], %c16
// CHECK: memref.prefetch %arg1[%arg4, %[[NEXT]]]
// CHECK: memref.prefetch %arg2[%arg4, %[[J]]]
// CHECK: memref.prefetch %arg2[%arg4,
// CHECK-NOT: memref.prefetch
// CHECK: scf.for
func.func @residual(%a: memref<8x64xf32>, %r: memref<512x256xf32>, %y: memref<512x256xf32>, %small: memref<512x32xf32>, %i: index, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : vector<32xf32>
  %sum = scf.for %k = %c0 to %c8 step %c1 iter_args(%s = %zero) -> (vector<32xf32>) {
    %x = vector.load %a[%k, %c0] : memref<8x64xf32>, vector<32xf32>
    %t = arith.addf %s, %x : vector<32xf32>
    scf.yield %t : vector<32xf32>
  }
  %j = affine.apply #at(%n)
  %b = vector.load %small[%i, %c0] : memref<512x32xf32>, vector<32xf32>
  %v = vector.load %r[%i, %j] : memref<512x256xf32>, vector<32xf32>
  %w = arith.addf %sum, %v : vector<32xf32>
  %z = arith.addf %w, %b : vector<32xf32>
  vector.store %z, %y[%i, %j] : memref<512x256xf32>, vector<32xf32>
  return
}

// Nothing large is read: the stores wait in their queue without help. A place that
// follows from the sums is not known in time.
// CHECK-LABEL: func.func @others
// CHECK-NOT: memref.prefetch
func.func @others(%r: memref<512x256xf32>, %y: memref<512x256xf32>, %i: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : vector<32xf32>
  %sum:2 = scf.for %k = %c0 to %c8 step %c1 iter_args(%s = %zero, %n = %c0) -> (vector<32xf32>, index) {
    %t = arith.addf %s, %s : vector<32xf32>
    %m = arith.addi %n, %k : index
    scf.yield %t, %m : vector<32xf32>, index
  }
  %v = vector.load %r[%i, %sum#1] : memref<512x256xf32>, vector<32xf32>
  %w = arith.addf %sum#0, %v : vector<32xf32>
  vector.store %w, %y[%i, %c0] : memref<512x256xf32>, vector<32xf32>
  return
}
