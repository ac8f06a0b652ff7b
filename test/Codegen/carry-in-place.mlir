// RUN: dlc-opt %s -dlc-carry-in-place | FileCheck %s

// The state goes into the buffer of the one before.
// CHECK-LABEL: func @state(
// CHECK: %[[NEXT:.*]] = linalg.exp
// CHECK: tensor.insert_slice %[[NEXT]] into %{{.*}}[0] [4] [1]
func.func @state(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (tensor<4xf32>) {
    %e = bufferization.alloc_tensor() : tensor<4xf32>
    %y = linalg.exp ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %y : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// One of another extent has no place there.
// CHECK-LABEL: func @changes(
// CHECK-NOT: tensor.insert_slice
func.func @changes(%x: tensor<?xf32>, %y: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %y, %c0 : tensor<?xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x) -> (tensor<?xf32>) {
    %e = bufferization.alloc_tensor(%m) : tensor<?xf32>
    %z = linalg.exp ins(%y : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %z : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// What the condition hands on stands where it came in: %b is third of the first
// region, was first of the second.
// CHECK-LABEL: func @aligned(
// CHECK: %[[R:.*]]:3 = scf.while (%[[I:.*]] = %c0, %[[C:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}})
// CHECK: scf.condition(%{{.*}}) %[[I]], %[[C]], %[[B]]
// CHECK: ^bb0(%[[J:.*]]: index, %{{.*}}: i1, %[[V:.*]]: tensor<4xf32>):
// CHECK: tensor.insert %{{.*}} into %[[V]]
// CHECK: return %[[R]]#2
func.func @aligned(%x: tensor<4xf32>, %go: i1, %f: f32) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.while (%i = %c0, %c = %go, %b = %x)
      : (index, i1, tensor<4xf32>) -> (tensor<4xf32>, index) {
    scf.condition(%c) %b, %i : tensor<4xf32>, index
  } do {
  ^bb0(%b: tensor<4xf32>, %i: index):
    %n = tensor.insert %f into %b[%i] : tensor<4xf32>
    %next = arith.addi %i, %c1 : index
    %more = arith.cmpi slt, %next, %c1 : index
    scf.yield %next, %more, %n : index, i1, tensor<4xf32>
  }
  return %r#0 : tensor<4xf32>
}

// One value carried in two places becomes two.
// CHECK-LABEL: func @twice(
// CHECK: ^bb0(%{{.*}}: tensor<?xf32>, %[[B:.*]]: tensor<?xf32>):
// CHECK: %[[OWN:.*]] = bufferization.alloc_tensor() copy(%[[B]])
// CHECK: scf.yield %[[OWN]], %[[B]]
func.func @twice(%x: tensor<?xf32>, %y: tensor<?xf32>, %go: i1)
    -> (tensor<?xf32>, tensor<?xf32>) {
  %r:2 = scf.while (%a = %x, %b = %y)
      : (tensor<?xf32>, tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
    scf.condition(%go) %a, %b : tensor<?xf32>, tensor<?xf32>
  } do {
  ^bb0(%a: tensor<?xf32>, %b: tensor<?xf32>):
    scf.yield %b, %b : tensor<?xf32>, tensor<?xf32>
  }
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xf32>
}
