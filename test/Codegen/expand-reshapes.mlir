// RUN: dlc-opt %s -dlc-expand-reshapes -canonicalize | FileCheck %s

// Several unknown extents in a group.
// CHECK-LABEL: func.func @f
// CHECK: memref.reinterpret_cast %arg0 to offset: [0], sizes: [%arg1, %arg2], strides: [%arg2, 1]
func.func @f(%x: memref<?xf32>, %a: index, %b: index) -> memref<?x?xf32> {
  %y = memref.expand_shape %x [[0, 1]] output_shape [%a, %b] : memref<?xf32> into memref<?x?xf32>
  return %y : memref<?x?xf32>
}

// What asks for an extent of the result sees what it is made of.
// CHECK-LABEL: func.func @extent
// CHECK: memref.alloc(%arg1)
func.func @extent(%x: memref<?xf32>, %a: index) -> (memref<?x8xf32>, memref<?xf32>) {
  %y = memref.expand_shape %x [[0, 1]] output_shape [%a, 8] : memref<?xf32> into memref<?x8xf32>
  %c0 = arith.constant 0 : index
  %n = memref.dim %y, %c0 : memref<?x8xf32>
  %m = memref.alloc(%n) : memref<?xf32>
  return %y, %m : memref<?x8xf32>, memref<?xf32>
}
