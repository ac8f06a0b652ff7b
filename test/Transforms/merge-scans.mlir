// RUN: dlc-opt %s -dl-merge-scans | FileCheck %s

// Over the same input, in the same direction: one loop. What reads the first comes after it.
// CHECK-LABEL: func.func @same
// CHECK: dl.scan states(%[[A:.*]] = %arg1 : tensor<4xf32>, %[[B:.*]] = %arg2 : tensor<4xf32>) inputs(%[[X:.*]] = %arg0 : tensor<?x4xf32>, %[[Y:.*]] = %arg0 : tensor<?x4xf32>) {
// CHECK: %[[S:.*]] = dl.add %[[A]], %[[X]]
// CHECK: %[[M:.*]] = dl.mul %[[B]], %[[Y]]
// CHECK: dl.yield states(%[[S]], %[[M]] : tensor<4xf32>, tensor<4xf32>) outputs(%[[S]] : tensor<4xf32>)
// CHECK: dl.exp
// CHECK-NOT: dl.scan
func.func @same(%xs: tensor<?x4xf32>, %a0: tensor<4xf32>, %b0: tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>, tensor<4xf32>) {
  %a, %ya = dl.scan states(%h = %a0 : tensor<4xf32>) inputs(%x = %xs : tensor<?x4xf32>) {
    %s = dl.add %h, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%s : tensor<4xf32>) outputs(%s : tensor<4xf32>)
  }
  %e = dl.exp %a : tensor<4xf32>
  %b = dl.scan states(%h = %b0 : tensor<4xf32>) inputs(%x = %xs : tensor<?x4xf32>) {
    %m = dl.mul %h, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%m : tensor<4xf32>)
  }
  return %e, %ya, %b : tensor<4xf32>, tensor<?x4xf32>, tensor<4xf32>
}

// One that reads the other, or goes the other way, stays by itself.
// CHECK-LABEL: func.func @apart
// CHECK-COUNT-3: dl.scan
func.func @apart(%xs: tensor<8x4xf32>, %a0: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a, %ya = dl.scan states(%h = %a0 : tensor<4xf32>) inputs(%x = %xs : tensor<8x4xf32>) {
    %s = dl.add %h, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%s : tensor<4xf32>) outputs(%s : tensor<4xf32>)
  }
  %b = dl.scan states(%h = %a0 : tensor<4xf32>) inputs(%y = %ya : tensor<8x4xf32>) {
    %m = dl.mul %h, %y : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%m : tensor<4xf32>)
  }
  %c = dl.scan states(%h = %a0 : tensor<4xf32>) inputs(%x = %xs : tensor<8x4xf32>) reverse {
    %m = dl.mul %h, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%m : tensor<4xf32>)
  }
  return %b, %c : tensor<4xf32>, tensor<4xf32>
}
