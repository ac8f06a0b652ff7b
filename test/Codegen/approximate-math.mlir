// Functions of f32 call nothing in a vector: sine and cosine leave to libm what is beyond
// 2^50 alone. An activation is one instruction.
// RUN: dlc-opt %s --pass-pipeline='builtin.module(dlc-approximate-math)' | FileCheck %s
// RUN: dlc-opt %s --pass-pipeline='builtin.module(dlc-approximate-math{fast=true})' | FileCheck %s --check-prefix=FAST

// CHECK-LABEL: func.func @f
// CHECK-NOT: math.{{exp|tanh|erf|powf}}
// CHECK: return
// FAST-LABEL: func.func @f
// FAST-NOT: math.{{exp|tanh|erf|powf}}
// FAST: return
func.func @f(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  %1 = math.tanh %0 : vector<16xf32>
  %2 = math.erf %1 : vector<16xf32>
  %3 = math.powf %2, %y : vector<16xf32>
  return %3 : vector<16xf32>
}

// CHECK-LABEL: func.func @sine
// CHECK: %[[LARGE:.*]] = arith.cmpf ogt
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %{{.*}} : vector<32xi1> into i1
// CHECK: scf.if %[[ANY]] -> (vector<2x16xf32>)
// CHECK: math.sin %{{.*}} {dlc.exact}
// CHECK: else
// CHECK-NOT: math.sin
// CHECK: arith.truncf {{.*}} : vector<2x16xf64> to vector<2x16xf32>
func.func @sine(%x: vector<2x16xf32>) -> vector<2x16xf32> {
  %y = math.sin %x : vector<2x16xf32>
  return %y : vector<2x16xf32>
}

// CHECK-LABEL: func.func @hyperbolic
// CHECK-NOT: math.{{sinh|cosh|asinh|acosh|atanh|asin|acos|atan}}
// CHECK: return
func.func @hyperbolic(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.sinh %x : vector<16xf32>
  %1 = math.cosh %0 : vector<16xf32>
  %2 = math.asinh %1 : vector<16xf32>
  %3 = math.acosh %2 : vector<16xf32>
  %4 = math.atanh %3 : vector<16xf32>
  %5 = math.asin %4 : vector<16xf32>
  %6 = math.acos %5 : vector<16xf32>
  %7 = math.atan %6 : vector<16xf32>
  return %7 : vector<16xf32>
}

// f64 is libm's.
// CHECK-LABEL: func.func @double
// CHECK: math.exp
// CHECK: math.cos
func.func @double(%x: vector<8xf64>) -> vector<8xf64> {
  %0 = math.exp %x : vector<8xf64>
  %1 = math.cos %0 : vector<8xf64>
  return %1 : vector<8xf64>
}
