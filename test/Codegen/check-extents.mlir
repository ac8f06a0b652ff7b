// RUN: dlc-opt %s -split-input-file -dlc-check-extents | FileCheck %s
// RUN: dlc-opt %s -split-input-file -dlc-check-extents -dlc-check-extents=analysis=true | FileCheck %s

// A cast tells more than its operand: the condition is about the argument, not
// about the op between, whose extent could be inferred from the cast.
// CHECK-LABEL: func @cast(
// CHECK: %[[N:.*]] = tensor.dim %arg0, %{{.*}}
// CHECK: %[[HOLDS:.*]] = arith.cmpi eq, %[[N]], %c4{{.*}}
// CHECK: codegen.require %[[HOLDS]]
// CHECK: tensor.cast
func.func @cast(%x: tensor<?xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.exp ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %z = tensor.cast %y : tensor<?xf32> to tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

// Operands of one loop have one extent.
// CHECK-LABEL: func @operands(
// CHECK-DAG: %[[N:.*]] = tensor.dim %arg0
// CHECK-DAG: %[[M:.*]] = tensor.dim %arg1
// CHECK: %[[HOLDS:.*]] = arith.cmpi eq, %[[N]], %[[M]]
// CHECK: codegen.require %[[HOLDS]], "{{.*}}check-extents.mlir:{{[0-9]+}}: operands differ in dimension 0 of operand 1"
// CHECK: linalg.add
func.func @operands(%x: tensor<?xf32>, %y: tensor<?xf32>, %z: tensor<?xf32>) -> tensor<?xf32> {
  %0 = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%z : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A slice lies inside. Sizes and offsets that follow from values may be anything.
// CHECK-LABEL: func @slice(
// CHECK: codegen.require {{.*}}a slice has a negative size
// CHECK: codegen.require {{.*}}a slice begins before the first element
// CHECK: codegen.require {{.*}}a slice leaves its tensor in dimension 0
// CHECK: tensor.extract_slice
func.func @slice(%x: tensor<8xf32>, %from: index, %n: index) -> tensor<?xf32> {
  %0 = tensor.extract_slice %x[%from] [%n] [1] : tensor<8xf32> to tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// The step of a loop over the extent is inside by the loop's bounds, and a state
// that is written in place keeps its extent.
// CHECK-LABEL: func @loop(
// CHECK-NOT: codegen.require
func.func @loop(%x: tensor<?x4xf32>, %init: tensor<?x4xf32>) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (tensor<?x4xf32>) {
    %row = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
    %next = tensor.insert_slice %row into %s[%i, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<?x4xf32>
    scf.yield %next : tensor<?x4xf32>
  }
  %m = tensor.dim %r, %c0 : tensor<?x4xf32>
  // CHECK: return %[[N:.*]] : index
  return %m : index
}

// -----

// The extent of a state that changes is asked of the result.
// CHECK-LABEL: func @changes(
// CHECK: %[[R:.*]] = scf.for
// CHECK: %[[M:.*]] = tensor.dim %[[R]]
// CHECK: return %[[M]]
func.func @changes(%x: tensor<?xf32>, %y: tensor<?xf32>, %k: index) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %k step %c1 iter_args(%s = %x) -> (tensor<?xf32>) {
    scf.yield %y : tensor<?xf32>
  }
  %m = tensor.dim %r, %c0 : tensor<?xf32>
  return %m : index
}
