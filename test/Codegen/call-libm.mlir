// RUN: dlc-opt %s -dlc-call-libm -split-input-file | FileCheck %s

// Each element of a vector is a call of the function for its type.
// CHECK-DAG: func.func private @atanf(f32) -> f32
// CHECK-DAG: func.func private @tanh(f64) -> f64
// CHECK-LABEL: func.func @elements
// CHECK: %[[X:.*]] = vector.extract %arg0[0]
// CHECK: %[[Y:.*]] = call @atanf(%[[X]])
// CHECK: vector.insert %[[Y]], %{{.*}} [0]
// CHECK: vector.extract %arg0[1]
// CHECK: call @atanf
// CHECK: call @tanh(%arg1)
// CHECK-NOT: math.
// CHECK: return
func.func @elements(%x: vector<2xf32>, %y: f64) -> (vector<2xf32>, f64) {
  %0 = math.atan %x : vector<2xf32>
  %1 = math.tanh %y : f64
  return %0, %1 : vector<2xf32>, f64
}

// -----

// Narrow types, for which libm has no function, are computed in f32.
// CHECK-LABEL: func.func @narrow
// CHECK: %[[X:.*]] = arith.extf %arg0 : bf16 to f32
// CHECK: %[[Y:.*]] = call @log1pf(%[[X]])
// CHECK: arith.truncf %[[Y]] : f32 to bf16
func.func @narrow(%x: bf16) -> bf16 {
  %0 = math.log1p %x : bf16
  return %0 : bf16
}

// -----

// Instructions stay.
// CHECK-NOT: func.func private
// CHECK-LABEL: func.func @instructions
// CHECK: math.sqrt
// CHECK: math.floor
// CHECK: math.roundeven
// CHECK: math.fma
func.func @instructions(%x: f32) -> f32 {
  %0 = math.sqrt %x : f32
  %1 = math.floor %0 : f32
  %2 = math.roundeven %1 : f32
  %3 = math.fma %0, %1, %2 : f32
  return %3 : f32
}
