// RUN: dlc-opt %s -canonicalize | FileCheck %s
// RUN: dlc-opt %s -loop-invariant-code-motion | FileCheck %s --check-prefix=LICM

// Outputs and inputs that nobody reads go, and a state that does not change is its first value.
// CHECK-LABEL: func.func @unused
// CHECK: %[[LAST:.*]] = dl.scan states(%[[H:.*]] = %arg1 : tensor<4xf32>) inputs(%[[X:.*]] = %arg0 : tensor<?x4xf32>) {
// CHECK: %[[M:.*]] = dl.mul %[[H]], %arg2
// CHECK: dl.yield states(%{{.*}} : tensor<4xf32>)
// CHECK-NOT: outputs
// CHECK: return %[[LAST]], %arg2
func.func @unused(%xs: tensor<?x4xf32>, %h0: tensor<4xf32>, %k: tensor<4xf32>, %ys: tensor<?xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %r:3 = dl.scan states(%h = %h0 : tensor<4xf32>, %c = %k : tensor<4xf32>) inputs(%x = %xs : tensor<?x4xf32>, %y = %ys : tensor<?xf32>) {
    %m = dl.mul %h, %c : tensor<4xf32>, tensor<4xf32>
    %s = dl.add %m, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%s, %c : tensor<4xf32>, tensor<4xf32>) outputs(%m : tensor<4xf32>)
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// The input that alone tells the number of steps stays.
// CHECK-LABEL: func.func @steps
// CHECK: dl.scan states(%{{.*}} = %arg1 : tensor<4xf32>) inputs(%{{.*}} = %arg0 : tensor<?x4xf32>)
func.func @steps(%xs: tensor<?x4xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
  %r = dl.scan states(%h = %h0 : tensor<4xf32>) inputs(%x = %xs : tensor<?x4xf32>) {
    %s = dl.tanh %h : tensor<4xf32>
    dl.yield states(%s : tensor<4xf32>)
  }
  return %r : tensor<4xf32>
}

// What is the same in every step is computed once.
// LICM-LABEL: func.func @invariant
// LICM: dl.exp %arg2
// LICM: dl.scan
func.func @invariant(%xs: tensor<?x4xf32>, %h0: tensor<4xf32>, %k: tensor<4xf32>) -> tensor<4xf32> {
  %r = dl.scan states(%h = %h0 : tensor<4xf32>) inputs(%x = %xs : tensor<?x4xf32>) {
    %e = dl.exp %k : tensor<4xf32>
    %m = dl.mul %h, %e : tensor<4xf32>, tensor<4xf32>
    %s = dl.add %m, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%s : tensor<4xf32>)
  }
  return %r : tensor<4xf32>
}
