// RUN: dlc-opt %s -dlc-expand-reshapes -canonicalize | FileCheck %s

// Several unknown extents in a group.
// CHECK-LABEL: func.func @f
// CHECK: memref.reinterpret_cast %arg0 to offset: [0], sizes: [%arg1, %arg2], strides: [%arg2, 1]
func.func @f(%x: memref<?xf32>, %a: index, %b: index) -> memref<?x?xf32> {
  %y = memref.expand_shape %x [[0, 1]] output_shape [%a, %b] : memref<?xf32> into memref<?x?xf32>
  return %y : memref<?x?xf32>
}
