// RUN: dlc-opt %s -dlc-expand-copies -split-input-file | FileCheck %s

// Rows of a known length by vectors, and the rest by halves of them.
// CHECK-LABEL: func.func @rows
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
// CHECK: %[[A:.*]] = vector.load %arg0[%[[I]], %{{.*}}] : memref<?x13xf32>, vector<8xf32>
// CHECK: vector.store %[[A]], %arg1[%[[I]], %{{.*}}]
// CHECK: vector.load {{.*}} vector<4xf32>
// CHECK: memref.load
// CHECK-NOT: vector.load
func.func @rows(%x: memref<?x13xf32>, %y: memref<?x13xf32, strided<[?, 1]>>) attributes {codegen.target = #codegen.cpu<name = "", vectorBits = 256>} {
  memref.copy %x, %y : memref<?x13xf32> to memref<?x13xf32, strided<[?, 1]>>
  return
}

// -----

// Rows of an unknown length: a loop of vectors, then one of elements.
// CHECK-LABEL: func.func @unknown
// CHECK: %[[REST:.*]] = arith.remui
// CHECK: %[[WHOLE:.*]] = arith.subi %{{.*}}, %[[REST]]
// CHECK: scf.for {{.*}} to %[[WHOLE]]
// CHECK: vector.load {{.*}} vector<32xi8>
// CHECK: scf.for {{.*}} = %[[WHOLE]] to
// CHECK: memref.load
func.func @unknown(%x: memref<3x?xi8, strided<[?, 1]>>, %y: memref<3x?xi8>) attributes {codegen.target = #codegen.cpu<name = "", vectorBits = 256>} {
  memref.copy %x, %y : memref<3x?xi8, strided<[?, 1]>> to memref<3x?xi8>
  return
}

// -----

// Rows that are not contiguous are left to upstream's loops.
// CHECK-LABEL: func.func @columns
// CHECK: linalg.copy
func.func @columns(%x: memref<4x4xf32, strided<[1, 4]>>, %y: memref<4x4xf32>) attributes {codegen.target = #codegen.cpu<name = "", vectorBits = 256>} {
  memref.copy %x, %y : memref<4x4xf32, strided<[1, 4]>> to memref<4x4xf32>
  return
}

// -----

// Whole buffers are copied at once.
// CHECK-LABEL: func.func @whole
// CHECK: memref.copy
func.func @whole(%x: memref<4x4xf32>, %y: memref<4x4xf32>) attributes {codegen.target = #codegen.cpu<name = "", vectorBits = 256>} {
  memref.copy %x, %y : memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

// Truth values are bytes once their types are legal: copied by vectors too.
// CHECK-LABEL: func.func @truths
// CHECK: vector.load %arg0{{.*}} vector<32xi1>
func.func @truths(%x: memref<4x64xi1, strided<[128, 1]>>, %y: memref<4x64xi1>) attributes {codegen.target = #codegen.cpu<name = "", vectorBits = 256>} {
  memref.copy %x, %y : memref<4x64xi1, strided<[128, 1]>> to memref<4x64xi1>
  return
}
