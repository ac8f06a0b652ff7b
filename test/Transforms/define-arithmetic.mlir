// Division by zero, shifts beyond the width and conversions that overflow get values;
// what is constant and harmless stays as it is.
// RUN: dlc-opt %s --define-arithmetic | FileCheck %s

// CHECK-LABEL: func.func @constants
func.func @constants(%a: i32) -> (i32, i32) {
  %c = arith.constant 3 : i32
  // CHECK: %[[Q:.*]] = arith.divsi %{{.*}}, %{{.*}}
  // CHECK-NEXT: %[[S:.*]] = arith.shli
  // CHECK-NEXT: return %[[Q]], %[[S]]
  %q = arith.divsi %a, %c : i32
  %s = arith.shli %a, %c : i32
  return %q, %s : i32, i32
}

// CHECK-LABEL: func.func @promises
// CHECK-NOT: nsw
// CHECK-NOT: exact
// CHECK-NOT: nnan
// CHECK: contract
func.func @promises(%a: i32, %x: f32) -> (i32, f32, f32) {
  %c = arith.constant 3 : i32
  %s = arith.addi %a, %a overflow<nsw, nuw> : i32
  %q = arith.divsi %s, %c exact : i32
  %y = arith.addf %x, %x fastmath<nnan,contract> : f32
  %z = math.exp %y fastmath<nnan> : f32
  return %q, %z, %y : i32, f32, f32
}

// CHECK-LABEL: func.func @step
func.func @step(%n: index, %step: index, %x: f32) -> f32 {
  %zero = arith.constant 0 : index
  // What a loop counts neither stands still nor wraps around.
  // CHECK: %[[LEAST:.*]] = arith.maxsi %{{.*}}, %c-1152921504606846976
  // CHECK: %[[END:.*]] = arith.minsi %[[LEAST]], %c1152921504606846976
  // CHECK: %[[POSITIVE:.*]] = arith.maxsi %{{.*}}, %c1
  // CHECK: %[[STEP:.*]] = arith.minsi %[[POSITIVE]], %c1152921504606846976
  // CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %[[STEP]]
  %y = scf.for %i = %zero to %n step %step iter_args(%v = %x) -> f32 {
    %next = arith.addf %v, %x : f32
    scf.yield %next : f32
  }
  return %y : f32
}
