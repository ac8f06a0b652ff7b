// RUN: dlc-opt %s -dl-unroll-scans=factor=2 | FileCheck %s
// RUN: not dlc-opt %s -dl-unroll-scans=factor=0 2>&1 | FileCheck %s --check-prefix=ZERO
// ZERO: error: unroll factor 0, expected 1 or more

// Two steps an iteration; backwards the later one of a pair comes first.
// CHECK-LABEL: func.func @reverse
// CHECK: %[[PAIRS:.*]] = dl.reshape %arg0 : tensor<6x4xf32> to tensor<3x2x4xf32>
// CHECK: dl.scan states(%[[H:.*]] = %arg1 : tensor<4xf32>) inputs(%[[X:.*]] = %[[PAIRS]] : tensor<3x2x4xf32>) reverse {
// CHECK: dl.slice %[[X]] [1, 0]
// CHECK: %[[FIRST:.*]] = dl.add %[[H]], %{{.*}}
// CHECK: dl.slice %[[X]] [0, 0]
// CHECK: %[[SECOND:.*]] = dl.add %[[FIRST]], %{{.*}}
// CHECK: dl.concat
// CHECK: dl.yield states(%[[SECOND]] : tensor<4xf32>) outputs(%{{.*}} : tensor<2x4xf32>)
// CHECK: dl.reshape %{{.*}} : tensor<3x2x4xf32> to tensor<6x4xf32>
func.func @reverse(%xs: tensor<6x4xf32>, %h0: tensor<4xf32>) -> (tensor<4xf32>, tensor<6x4xf32>) {
  %last, %all = dl.scan states(%h = %h0 : tensor<4xf32>) inputs(%x = %xs : tensor<6x4xf32>) reverse {
    %s = dl.add %h, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%s : tensor<4xf32>) outputs(%s : tensor<4xf32>)
  }
  return %last, %all : tensor<4xf32>, tensor<6x4xf32>
}

// Steps that are no multiple, or not known, stay as they are.
// CHECK-LABEL: func.func @odd
// CHECK: inputs(%{{.*}} = %arg0 : tensor<5x4xf32>)
// CHECK: inputs(%{{.*}} = %arg1 : tensor<?x4xf32>)
func.func @odd(%xs: tensor<5x4xf32>, %ys: tensor<?x4xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
  %a = dl.scan states(%h = %h0 : tensor<4xf32>) inputs(%x = %xs : tensor<5x4xf32>) {
    %s = dl.add %h, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%s : tensor<4xf32>)
  }
  %b = dl.scan states(%h = %a : tensor<4xf32>) inputs(%x = %ys : tensor<?x4xf32>) {
    %s = dl.add %h, %x : tensor<4xf32>, tensor<4xf32>
    dl.yield states(%s : tensor<4xf32>)
  }
  return %b : tensor<4xf32>
}
