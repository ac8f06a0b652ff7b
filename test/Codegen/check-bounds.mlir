// RUN: dlc-opt %s -dlc-check-bounds -canonicalize -cse -split-input-file | FileCheck %s

// An element is read where it is inside.
// CHECK-LABEL: func.func @load
// CHECK-DAG: %[[SIZE:.*]] = memref.dim %[[X:.*]], %c0
// CHECK: codegen.require %{{.*}}, "bounds: {{.*}}check-bounds.mlir:[[# @LINE + 3]]: memref.load: {{.*}}out-of-bounds access"
// CHECK: memref.load %[[X]]
func.func @load(%x: memref<?xf32>, %i: index) -> f32 {
  %y = memref.load %x[%i] : memref<?xf32>
  return %y : f32
}

// -----

// What the type says of the index needs no check, nor what is no entry.
// CHECK-LABEL: func.func @known
// CHECK-NOT: codegen.require
func.func @known(%x: memref<4xf32>) -> f32 {
  %i = arith.constant 3 : index
  %y = memref.load %x[%i] : memref<4xf32>
  return %y : f32
}

// CHECK-LABEL: func.func private @helper
// CHECK-NOT: codegen.require
func.func private @helper(%x: memref<?xf32>, %i: index) -> f32 {
  %y = memref.load %x[%i] : memref<?xf32>
  return %y : f32
}

// -----

// Upstream has nothing for vectors: 8 lanes from i on.
// CHECK-LABEL: func.func @vector
// CHECK-DAG: %[[SIZE:.*]] = memref.dim %[[X:.*]], %c0
// CHECK-DAG: %[[LAST:.*]] = arith.subi %[[SIZE]], %c8
// CHECK-DAG: %[[LOW:.*]] = arith.cmpi sge, %[[I:.*]], %c0
// CHECK-DAG: %[[HIGH:.*]] = arith.cmpi sle, %[[I]], %[[LAST]]
// CHECK: %[[IS:.*]] = arith.andi %[[LOW]], %[[HIGH]]
// CHECK: codegen.require %[[IS]], "bounds: {{.*}}vector.load: an access outside of its buffer"
func.func @vector(%x: memref<?xf32>, %i: index) -> vector<8xf32> {
  %y = vector.load %x[%i] : memref<?xf32>, vector<8xf32>
  return %y : vector<8xf32>
}

// -----

// Of lanes with a mask those that are set.
// CHECK-LABEL: func.func @masked
// CHECK-DAG: %[[STEPS:.*]] = arith.constant dense<[0, 1, 2, 3]> : vector<4xindex>
// CHECK-DAG: %[[YES:.*]] = arith.constant dense<true> : vector<4xi1>
// CHECK: %[[ON:.*]] = arith.cmpi ult, %{{.*}}, %{{.*}} : vector<4xindex>
// CHECK: %[[OFF:.*]] = arith.xori %[[MASK:.*]], %[[YES]]
// CHECK: %[[FINE:.*]] = arith.ori %[[OFF]], %{{.*}}
// CHECK: %[[ALL:.*]] = vector.reduction <and>, %[[FINE]]
// CHECK: codegen.require %[[ALL]]
func.func @masked(%x: memref<3x?xf32>, %r: index, %i: index, %mask: vector<4xi1>,
                  %other: vector<4xf32>) -> vector<4xf32> {
  %y = vector.maskedload %x[%r, %i], %mask, %other
      : memref<3x?xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  return %y : vector<4xf32>
}

// -----

// A transfer that is bounded by itself begins at 0 or later.
// CHECK-LABEL: func.func @transfer
// CHECK: %[[IS:.*]] = arith.cmpi sge, %[[I:.*]], %c0
// CHECK: codegen.require %[[IS]]
func.func @transfer(%x: memref<?xf32>, %i: index, %pad: f32) -> vector<8xf32> {
  %y = vector.transfer_read %x[%i], %pad : memref<?xf32>, vector<8xf32>
  return %y : vector<8xf32>
}

// -----

// CHECK-LABEL: func.func @view
// CHECK: codegen.require %{{.*}}, "bounds: {{.*}}memref.view: a view outside of its memory"
func.func @view(%arena: memref<?xi8>, %at: index, %n: index) -> memref<?xf32> {
  %y = memref.view %arena[%at][%n] : memref<?xi8> to memref<?xf32>
  return %y : memref<?xf32>
}

// -----

// CHECK-LABEL: func.func @cast
// CHECK: codegen.require %{{.*}}, "bounds: {{.*}}memref.cast: {{.*}}
// CHECK-LABEL: func.func @slice
// CHECK: codegen.require %{{.*}}, "bounds: {{.*}}memref.subview: {{.*}}
// CHECK-LABEL: func.func @expansion
// CHECK: codegen.require %{{.*}}, "bounds: {{.*}}memref.expand_shape: extents that are not those of its buffer"
func.func @cast(%x: memref<?xf32>) -> memref<8xf32> {
  %y = memref.cast %x : memref<?xf32> to memref<8xf32>
  return %y : memref<8xf32>
}
func.func @slice(%x: memref<?xf32>, %n: index) -> memref<?xf32, strided<[1]>> {
  %y = memref.subview %x[0] [%n] [1] : memref<?xf32> to memref<?xf32, strided<[1]>>
  return %y : memref<?xf32, strided<[1]>>
}
func.func @expansion(%x: memref<?xf32>, %n: index) -> memref<?x4xf32> {
  %y = memref.expand_shape %x [[0, 1]] output_shape [%n, 4] : memref<?xf32> into memref<?x4xf32>
  return %y : memref<?x4xf32>
}
