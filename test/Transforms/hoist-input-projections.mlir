// RUN: dlc-opt %s -split-input-file -dl-hoist-input-projections -canonicalize | FileCheck %s

// The input's product is one of all steps; the state's stays.
// CHECK-LABEL: func.func @product
// CHECK: %[[ALL:.*]] = dl.dense %arg0, %arg2 : tensor<?x2x6xf32>, tensor<6x8xf32>
// CHECK: dl.scan states(%[[H:.*]] = %arg1 : tensor<2x8xf32>) inputs(%[[X:.*]] = %[[ALL]] : tensor<?x2x8xf32>) {
// CHECK-NEXT: %[[R:.*]] = dl.dense %[[H]], %arg3
// CHECK-NEXT: dl.add %[[X]], %[[R]]
func.func @product(%xs: tensor<?x2x6xf32>, %h0: tensor<2x8xf32>, %w: tensor<6x8xf32>, %u: tensor<8x8xf32>) -> tensor<2x8xf32> {
  %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<?x2x6xf32>) {
    %p = dl.dense %x, %w : tensor<2x6xf32>, tensor<6x8xf32>
    %r = dl.dense %h, %u : tensor<2x8xf32>, tensor<8x8xf32>
    %s = dl.add %p, %r : tensor<2x8xf32>, tensor<2x8xf32>
    dl.yield states(%s : tensor<2x8xf32>)
  }
  return %last : tensor<2x8xf32>
}

// -----

// A product of input and state side by side is split, so that its half can leave.
// CHECK-LABEL: func.func @concatenated
// CHECK-DAG: %[[UPPER:.*]] = dl.slice %arg2 [0, 0] to [8,
// CHECK-DAG: %[[LOWER:.*]] = dl.slice %arg2 [8, 0] to [14,
// CHECK: dl.dense %arg0, %[[LOWER]] : tensor<?x2x6xf32>, tensor<6x8xf32>
// CHECK: dl.scan
// CHECK-NOT: dl.concat
// CHECK: dl.dense %{{.*}}, %[[UPPER]], %arg3 : tensor<2x8xf32>, tensor<8x8xf32>, tensor<8xf32>
// CHECK-NOT: dl.dense
func.func @concatenated(%xs: tensor<?x2x6xf32>, %h0: tensor<2x8xf32>, %w: tensor<14x8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<?x2x6xf32>) {
    %hx = dl.concat %h, %x axis 1 : tensor<2x8xf32>, tensor<2x6xf32>
    %p = dl.dense %hx, %w, %b : tensor<2x14xf32>, tensor<14x8xf32>, tensor<8xf32>
    %s = dl.tanh %p : tensor<2x8xf32>
    dl.yield states(%s : tensor<2x8xf32>)
  }
  return %last : tensor<2x8xf32>
}

// -----

// Parts of one kind stay one: two products, not three.
// CHECK-LABEL: func.func @kinds
// CHECK: dl.dense %arg0, %{{.*}} : tensor<?x2x6xf32>, tensor<6x8xf32>
// CHECK: dl.scan
// CHECK: dl.concat
// CHECK: dl.dense %{{.*}} : tensor<2x16xf32>, tensor<16x8xf32>
// CHECK-NOT: dl.dense
func.func @kinds(%xs: tensor<?x2x6xf32>, %h0: tensor<2x8xf32>, %w: tensor<22x8xf32>) -> tensor<2x8xf32> {
  %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<?x2x6xf32>) {
    %n = dl.neg %h : tensor<2x8xf32>
    %hx = dl.concat %h, %n, %x axis 1 : tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x6xf32>
    %p = dl.dense %hx, %w : tensor<2x22xf32>, tensor<22x8xf32>
    dl.yield states(%p : tensor<2x8xf32>)
  }
  return %last : tensor<2x8xf32>
}

// -----

// Where nothing can leave, the product stays whole.
// CHECK-LABEL: func.func @whole
// CHECK: dl.concat
// CHECK-NEXT: dl.dense %{{.*}}, %arg1 : tensor<2x8xf32>, tensor<8x4xf32>
// CHECK-NOT: dl.dense
func.func @whole(%h0: tensor<2x4xf32>, %w: tensor<8x4xf32>, %xs: tensor<5x2x4xf32>) -> tensor<2x4xf32> {
  %last = dl.scan states(%h = %h0 : tensor<2x4xf32>) inputs(%x = %xs : tensor<5x2x4xf32>) {
    %a = dl.mul %h, %x : tensor<2x4xf32>
    %b = dl.add %h, %x : tensor<2x4xf32>
    %both = dl.concat %a, %b axis 1 : tensor<2x4xf32>, tensor<2x4xf32>
    %p = dl.dense %both, %w : tensor<2x8xf32>, tensor<8x4xf32>
    dl.yield states(%p : tensor<2x4xf32>)
  }
  return %last : tensor<2x4xf32>
}

// -----

// What the product needs goes along, beside another axis too; what depends on nothing of the
// scan leaves as well.
// CHECK-LABEL: func.func @needed
// CHECK-DAG: %[[W:.*]] = dl.exp %arg2
// CHECK-DAG: %[[Y:.*]] = dl.relu %arg0 : tensor<2x?x6xf32>
// CHECK: dl.dense %[[Y]], %[[W]]
// CHECK: dl.scan
// CHECK-NOT: dl.relu
func.func @needed(%xs: tensor<2x?x6xf32>, %h0: tensor<2x8xf32>, %w: tensor<6x8xf32>) -> tensor<2x8xf32> {
  %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<2x?x6xf32>) axis 1 {
    %e = dl.exp %w : tensor<6x8xf32>
    %y = dl.relu %x : tensor<2x6xf32>
    %p = dl.dense %y, %e : tensor<2x6xf32>, tensor<6x8xf32>
    %s = dl.add %p, %h : tensor<2x8xf32>, tensor<2x8xf32>
    dl.yield states(%s : tensor<2x8xf32>)
  }
  return %last : tensor<2x8xf32>
}

// -----

// Arithmetic alone stays: there its operands are in registers.
// CHECK-LABEL: func.func @arithmetic
// CHECK: dl.scan
// CHECK: dl.exp
// CHECK: dl.yield
func.func @arithmetic(%xs: tensor<?x8xf32>, %h0: tensor<8xf32>) -> tensor<8xf32> {
  %last = dl.scan states(%h = %h0 : tensor<8xf32>) inputs(%x = %xs : tensor<?x8xf32>) {
    %y = dl.exp %x : tensor<8xf32>
    %s = dl.add %y, %h : tensor<8xf32>, tensor<8xf32>
    dl.yield states(%s : tensor<8xf32>)
  }
  return %last : tensor<8xf32>
}
