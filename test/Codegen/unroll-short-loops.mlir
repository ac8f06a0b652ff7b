// RUN: dlc-opt %s -dlc-unroll-short-loops | FileCheck %s

// A loop of few iterations is unrolled, and the loop around it as well.
// CHECK-LABEL: func.func @window
// CHECK-NOT: scf.for
// CHECK-COUNT-6: arith.addf %{{.*}}, %arg1 : vector<8xf32>
// CHECK-NOT: arith.addf
// CHECK: return
func.func @window(%x: vector<8xf32>, %y: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %0 = scf.for %i = %c0 to %c2 step %c1 iter_args(%row = %x) -> (vector<8xf32>) {
    %1 = scf.for %j = %c0 to %c3 step %c1 iter_args(%sum = %row) -> (vector<8xf32>) {
      %2 = arith.addf %sum, %y : vector<8xf32>
      scf.yield %2 : vector<8xf32>
    }
    scf.yield %1 : vector<8xf32>
  }
  return %0 : vector<8xf32>
}

// Ten iterations are not few.
// CHECK-LABEL: func.func @long
// CHECK: scf.for
func.func @long(%x: vector<8xf32>, %y: vector<8xf32>) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %0 = scf.for %i = %c0 to %c10 step %c1 iter_args(%sum = %x) -> (vector<8xf32>) {
    %1 = arith.addf %sum, %y : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  return %0 : vector<8xf32>
}

// Two iterations of 129 instructions would be too much code.
// CHECK-LABEL: func.func @large
// CHECK: scf.for
func.func @large(%x: vector<129x16xf32>, %y: vector<129x16xf32>) -> vector<129x16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %0 = scf.for %i = %c0 to %c2 step %c1 iter_args(%sum = %x) -> (vector<129x16xf32>) {
    %1 = arith.addf %sum, %y : vector<129x16xf32>
    scf.yield %1 : vector<129x16xf32>
  }
  return %0 : vector<129x16xf32>
}

// Loops that carry scalars stay.
// CHECK-LABEL: func.func @scalar
// CHECK: scf.for
func.func @scalar(%x: f32, %y: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %0 = scf.for %i = %c0 to %c3 step %c1 iter_args(%sum = %x) -> (f32) {
    %1 = arith.addf %sum, %y : f32
    scf.yield %1 : f32
  }
  return %0 : f32
}
