// RUN: dlc-opt %s -split-input-file -verify-diagnostics | dlc-opt -split-input-file | FileCheck %s
// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s --check-prefix=LOOP
// RUN: dlc-opt %s -split-input-file -verify-diagnostics -convert-dl-to-linalg | FileCheck %s --check-prefix=LOOP
// RUN: rm -rf %t && mkdir %t && %python %source/test/EndToEnd/scans.py %t | FileCheck %s --check-prefix=VALUES
// VALUES: {{^}}0 wrong

func.func @example(%xs: tensor<?x2x4xf32>, %h0: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<?x2x4xf32>) {
  %last, %all = dl.scan states(%h = %h0 : tensor<2x4xf32>) inputs(%x = %xs : tensor<?x2x4xf32>) reverse {
    %next = dl.add %h, %x : tensor<2x4xf32>, tensor<2x4xf32>
    dl.yield states(%next : tensor<2x4xf32>) outputs(%next : tensor<2x4xf32>)
  }
  return %last, %all : tensor<2x4xf32>, tensor<?x2x4xf32>
}
// CHECK-LABEL: func.func @example
// CHECK: %[[LAST:.*]], %[[ALL:.*]] = dl.scan states(%[[H:.*]] = %arg1 : tensor<2x4xf32>) inputs(%[[X:.*]] = %arg0 : tensor<?x2x4xf32>) reverse {
// CHECK-NEXT: %[[NEXT:.*]] = dl.add %[[H]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: dl.yield states(%[[NEXT]] : tensor<2x4xf32>) outputs(%[[NEXT]] : tensor<2x4xf32>)
// CHECK: return %[[LAST]], %[[ALL]]

// LOOP-LABEL: func.func @example
// LOOP: scf.for %[[I:.*]] = {{.*}} iter_args(%[[H:.*]] = %arg1, %[[ALL:.*]] = %{{.*}})
// LOOP: tensor.extract_slice %arg0[%[[AT:.*]], 0, 0] [1, 2, 4]
// LOOP: linalg.generic
// LOOP: tensor.insert_slice %{{.*}} into %[[ALL]]
// LOOP: scf.yield

// -----

// Beyond its length a sample keeps its state and gives 0.
func.func @lengths(%xs: tensor<5x2x4xf32>, %h0: tensor<2x4xf32>, %n: tensor<2xi64>) -> (tensor<2x4xf32>, tensor<5x2x4xf32>) {
  %last, %all = dl.scan states(%h = %h0 : tensor<2x4xf32>) inputs(%x = %xs : tensor<5x2x4xf32>) lengths(%n : tensor<2xi64>) {
    %next = dl.add %h, %x : tensor<2x4xf32>, tensor<2x4xf32>
    dl.yield states(%next : tensor<2x4xf32>) outputs(%next : tensor<2x4xf32>)
  }
  return %last, %all : tensor<2x4xf32>, tensor<5x2x4xf32>
}
// CHECK-LABEL: func.func @lengths
// CHECK: lengths(%arg2 : tensor<2xi64>) {
// LOOP-LABEL: func.func @lengths
// LOOP: codegen.require %{{.*}}, "{{.*}}: dl.scan: a length is negative or above the number of steps"
// LOOP: scf.for
// LOOP: arith.cmpi slt
// LOOP: arith.select
// LOOP: arith.select

// -----

// Steps without inputs, ended by the cell, along another axis.
func.func @until(%h0: tensor<2xi64>, %n: index) -> (tensor<2xi64>, tensor<2x?xi64>, tensor<i64>) {
  %ten = arith.constant dense<10> : tensor<i64>
  %last, %all, %count = dl.scan states(%h = %h0 : tensor<2xi64>) steps(%n) axis 1 {
    %next = dl.add %h, %h : tensor<2xi64>, tensor<2xi64>
    %sum = dl.reduce_sum %next axes [0] : tensor<2xi64>
    %stop = dl.greater %sum, %ten : tensor<i64>, tensor<i64>
    dl.yield states(%next : tensor<2xi64>) outputs(%next : tensor<2xi64>) until(%stop : tensor<i1>)
  }
  return %last, %all, %count : tensor<2xi64>, tensor<2x?xi64>, tensor<i64>
}
// CHECK-LABEL: func.func @until
// CHECK: dl.scan states(%{{.*}} = %arg0 : tensor<2xi64>) steps(%arg1) axis 1 {
// CHECK: until(%{{.*}} : tensor<i1>)
// LOOP-LABEL: func.func @until
// LOOP: scf.while
// LOOP: scf.condition

// -----

func.func @refused(%h0: tensor<2x4xf32>) {
  // expected-error @below {{has neither inputs nor steps, expected a number of steps: no scan is endless}}
  %last = dl.scan states(%h = %h0 : tensor<2x4xf32>) {
    dl.yield states(%h : tensor<2x4xf32>)
  }
  return
}

// -----

func.func @refused1(%h0: tensor<2x4xf32>, %xs: tensor<5x2x4xf32>) {
  %last = dl.scan states(%h = %h0 : tensor<2x4xf32>) inputs(%x = %xs : tensor<5x2x4xf32>) {
    %wide = dl.concat %h, %x axis 1 : tensor<2x4xf32>, tensor<2x4xf32>
    // expected-error @below {{yields a state 0 of type 'tensor<2x8xf32>', expected 'tensor<2x4xf32>' as its first value}}
    dl.yield states(%wide : tensor<2x8xf32>)
  }
  return
}

// -----

func.func @refused2(%xs: tensor<5x2x4xf32>, %zs: tensor<6x2x4xf32>) {
  // expected-error @below {{input of shape 6x2x4, expected 5 steps in dimension 0 as the other inputs}}
  %all = dl.scan inputs(%x = %xs : tensor<5x2x4xf32>, %z = %zs : tensor<6x2x4xf32>) {
    %y = dl.add %x, %z : tensor<2x4xf32>, tensor<2x4xf32>
    dl.yield outputs(%y : tensor<2x4xf32>)
  }
  return
}

// -----

// A state as it was is kept before the next one is written in its place, so no step copies one.
func.func @kept(%h0: tensor<?x4xf32>, %xs: tensor<5x?x4xf32>) -> tensor<5x?x4xf32> {
  %last, %all = dl.scan states(%h = %h0 : tensor<?x4xf32>) inputs(%x = %xs : tensor<5x?x4xf32>) {
    %next = dl.add %h, %x : tensor<?x4xf32>
    dl.yield states(%next : tensor<?x4xf32>) outputs(%h : tensor<?x4xf32>)
  }
  return %all : tensor<5x?x4xf32>
}
// LOOP-LABEL: func.func @kept
// LOOP: scf.for {{.*}} iter_args(%[[H:[a-z0-9]+]] = %arg0, %[[ALL:[a-z0-9]+]] =
// LOOP:   tensor.insert_slice %[[H]] into %[[ALL]]
// LOOP:   linalg.generic
// LOOP:   tensor.insert_slice %{{.*}} into %[[H]]

// -----

func.func @refused3(%xs: tensor<5x2x4xf32>, %n: tensor<3xi32>) {
  // expected-error @below {{has lengths of shape 3 and a state or output of shape 2x4, expected [B, ...]}}
  %all = dl.scan inputs(%x = %xs : tensor<5x2x4xf32>) lengths(%n : tensor<3xi32>) {
    dl.yield outputs(%x : tensor<2x4xf32>)
  }
  return
}

// -----

func.func @refused4(%h0: tensor<2xf32>) {
  %n = arith.constant -3 : index
  // expected-error @below {{has -3 steps, expected 0 or more}}
  %last = dl.scan states(%h = %h0 : tensor<2xf32>) steps(%n) {
    dl.yield states(%h : tensor<2xf32>)
  }
  return
}

// -----

func.func @refused5(%xs: tensor<5xf32>) {
  // expected-error @below {{'dl.scan' op input of type 'tensor<5xf32>', expected a tensor with a dimension 1 for steps}}
  %all = dl.scan inputs(%x = %xs : tensor<5xf32>) axis 1 {
    dl.yield outputs(%x : tensor<5xf32>)
  }
  return
}
