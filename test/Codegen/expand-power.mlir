// RUN: dlc-opt %s -dlc-approximate-math | FileCheck %s

// Powers with the exponents of normalisations call no function.
// CHECK-LABEL: func.func @f
// CHECK-NOT: math.powf
// CHECK: %[[X:.*]] = arith.addf %arg0
// CHECK: %[[ROOT:.*]] = math.sqrt %[[X]]
// CHECK: %[[FOURTH:.*]] = math.sqrt %[[ROOT]]
// CHECK: %[[POWER:.*]] = arith.mulf %[[ROOT]], %[[FOURTH]]
// CHECK: %[[INFINITE:.*]] = arith.cmpf oeq, %arg0
// CHECK: arith.select %[[INFINITE]], %{{.*}}, %[[POWER]]
func.func @f(%x: vector<16xf64>) -> vector<16xf64> {
  %e = arith.constant dense<0.75> : vector<16xf64>
  %y = math.powf %x, %e : vector<16xf64>
  return %y : vector<16xf64>
}

// CHECK-LABEL: func.func @square
// CHECK-NOT: math.powf
// CHECK: arith.mulf %arg0, %arg0
func.func @square(%x: f64) -> f64 {
  %e = arith.constant 2.0 : f64
  %y = math.powf %x, %e : f64
  return %y : f64
}
