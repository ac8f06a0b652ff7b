// RUN: dlc-opt %s -dl-hoist-output-projections -canonicalize | FileCheck %s

// The sum of a' g over the steps is one product over all steps and rows; the sum of
// rows is one sum; the output is one product.
func.func @gradient(%a: tensor<7x2x3xf32>, %g: tensor<7x2x4xf32>, %s0: tensor<2x4xf32>, %w: tensor<4x5xf32>,
                    %dw: tensor<3x4xf32>, %db: tensor<4xf32>)
    -> (tensor<3x4xf32>, tensor<4xf32>, tensor<7x2x5xf32>, tensor<2x4xf32>) {
  %ds, %sum, %rows, %all = dl.scan states(%s = %s0 : tensor<2x4xf32>, %x = %dw : tensor<3x4xf32>, %y = %db : tensor<4xf32>)
      inputs(%at = %a : tensor<7x2x3xf32>, %gt = %g : tensor<7x2x4xf32>) reverse {
    %v = dl.mul %s, %gt : tensor<2x4xf32>
    %t = dl.transpose %at [1, 0] : tensor<2x3xf32>
    %p = dl.matmul %t, %v : tensor<3x2xf32>, tensor<2x4xf32>
    %x1 = dl.add %x, %p : tensor<3x4xf32>
    %r = dl.reduce_sum %v axes [0] : tensor<2x4xf32>
    %y1 = dl.add %y, %r : tensor<4xf32>
    %o = dl.dense %v, %w : tensor<2x4xf32>, tensor<4x5xf32>
    dl.yield states(%v, %x1, %y1 : tensor<2x4xf32>, tensor<3x4xf32>, tensor<4xf32>) outputs(%o : tensor<2x5xf32>)
  }
  return %sum, %rows, %all, %ds : tensor<3x4xf32>, tensor<4xf32>, tensor<7x2x5xf32>, tensor<2x4xf32>
}
// CHECK-LABEL: func.func @gradient
// CHECK: %[[LAST:.*]], %[[V:.*]] = dl.scan states(%[[S:.*]] = %arg2 : tensor<2x4xf32>) inputs(%{{.*}} = %arg1 : tensor<7x2x4xf32>) reverse {
// CHECK-NEXT: %[[NEXT:.*]] = dl.mul
// CHECK-NEXT: dl.yield states(%[[NEXT]] : tensor<2x4xf32>) outputs(%[[NEXT]] : tensor<2x4xf32>)
// CHECK: %[[A:.*]] = dl.reshape %arg0 : tensor<7x2x3xf32> to tensor<14x3xf32>
// CHECK: %[[T:.*]] = dl.transpose %[[A]]
// CHECK: %[[G:.*]] = dl.reshape %[[V]] : tensor<7x2x4xf32> to tensor<14x4xf32>
// CHECK: %[[P:.*]] = dl.matmul %[[T]], %[[G]]
// CHECK: dl.add %arg4, %[[P]]
// CHECK: dl.reduce_sum
// CHECK: dl.dense %[[V]], %arg3 : tensor<7x2x4xf32>, tensor<4x5xf32>

// Nothing is added to a sum that begins with zeros.
func.func @zeros(%g: tensor<7x2x4xf32>) -> tensor<4xf32> {
  %zeros = arith.constant dense<0.0> : tensor<4xf32>
  %rows = dl.scan states(%y = %zeros : tensor<4xf32>) inputs(%gt = %g : tensor<7x2x4xf32>) {
    %r = dl.reduce_sum %gt axes [0] : tensor<2x4xf32>
    %y1 = dl.add %y, %r : tensor<4xf32>
    dl.yield states(%y1 : tensor<4xf32>)
  }
  return %rows : tensor<4xf32>
}
// CHECK-LABEL: func.func @zeros
// CHECK-NOT: dl.scan
// CHECK: %[[SUM:.*]] = dl.reduce_sum
// CHECK-NEXT: return %[[SUM]]

// A result keeps the type of the state where less is inferred of it.
func.func @wider(%g: tensor<7x2x?xf32>) -> tensor<4xf32> {
  %zeros = arith.constant dense<0.0> : tensor<4xf32>
  %rows = dl.scan states(%y = %zeros : tensor<4xf32>) inputs(%gt = %g : tensor<7x2x?xf32>) {
    %r = "dl.reduce_sum"(%gt) {axes = array<i64: 0>} : (tensor<2x?xf32>) -> tensor<4xf32>
    %y1 = dl.add %y, %r : tensor<4xf32>
    dl.yield states(%y1 : tensor<4xf32>)
  }
  return %rows : tensor<4xf32>
}
// CHECK-LABEL: func.func @wider
// CHECK: %[[SUM:.*]] = dl.reduce_sum {{.*}}tensor<14x?xf32>
// CHECK: %[[CAST:.*]] = tensor.cast %[[SUM]] : tensor<?xf32> to tensor<4xf32>
// CHECK-NEXT: return %[[CAST]]

// A sum that is read on the way stays.
func.func @read(%g: tensor<7x2x4xf32>, %db: tensor<4xf32>) -> (tensor<4xf32>, tensor<7x4xf32>) {
  %rows, %all = dl.scan states(%y = %db : tensor<4xf32>) inputs(%gt = %g : tensor<7x2x4xf32>) {
    %r = dl.reduce_sum %gt axes [0] : tensor<2x4xf32>
    %y1 = dl.add %y, %r : tensor<4xf32>
    dl.yield states(%y1 : tensor<4xf32>) outputs(%y1 : tensor<4xf32>)
  }
  return %rows, %all : tensor<4xf32>, tensor<7x4xf32>
}
// CHECK-LABEL: func.func @read
// CHECK: dl.scan
// CHECK: dl.add
// CHECK: dl.yield states
