// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dlc-legalize-element-types | FileCheck %s

// A mode that the expansion does not have is not dropped.
func.func @towards(%x: f32) -> f8E5M2 {
  // expected-error @below {{rounds toward_zero to 'f8E5M2', expected to_nearest_even}}
  %y = arith.truncf %x toward_zero : f32 to f8E5M2
  return %y : f8E5M2
}

// -----

// CHECK-LABEL: func.func @nearest(%arg0: f32) -> i8
func.func @nearest(%x: f32) -> f8E5M2 {
  %y = arith.truncf %x to_nearest_even : f32 to f8E5M2
  return %y : f8E5M2
}

// -----

// To the nearest power of two: 3.5 is 2^2, whose exponent is 129.
// CHECK-LABEL: func.func @power
// CHECK-DAG: arith.constant 6291456 : i32
// CHECK-DAG: arith.constant 4194304 : i32
// CHECK: arith.shrui
func.func @power(%x: f32) -> f8E8M0FNU {
  %y = arith.truncf %x : f32 to f8E8M0FNU
  return %y : f8E8M0FNU
}

// -----

// A block's scale by upstream's expansion.
// CHECK-LABEL: func.func @scaled(%arg0: i8, %arg1: i8) -> f32
// CHECK-NOT: scaling
// CHECK: arith.mulf
func.func @scaled(%x: f8E4M3FN, %s: f8E8M0FNU) -> f32 {
  %y = arith.scaling_extf %x, %s : f8E4M3FN, f8E8M0FNU to f32
  return %y : f32
}
