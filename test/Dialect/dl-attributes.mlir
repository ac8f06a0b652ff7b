// RUN: dlc-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// CHECK: func.func @f(%arg0: tensor<?x4xf32> {dl.dims = ["n", ""], dl.name = "x"})
// CHECK-SAME: -> (tensor<?x4xf32> {dl.name = "y"})
func.func @f(%x: tensor<?x4xf32> {dl.name = "x", dl.dims = ["n", ""]}) -> (tensor<?x4xf32> {dl.name = "y"}) {
  // CHECK: arith.constant {dl.parameter = "w"}
  %w = arith.constant {dl.parameter = "w"} dense<1.0> : tensor<4xf32>
  return %x : tensor<?x4xf32>
}

// -----

// expected-error @below {{'dl.name' is 3 : i64, expected a string}}
func.func @f(%x: tensor<4xf32> {dl.name = 3}) {
  return
}

// -----

// expected-error @below {{'dl.nmae' on an argument, expected 'dl.name' or 'dl.dims'}}
func.func @f(%x: tensor<4xf32> {dl.nmae = "x"}) {
  return
}

// -----

// expected-error @below {{'dl.dims' is ["n"], expected a list of strings, one a dimension}}
func.func @f(%x: tensor<?x4xf32> {dl.dims = ["n"]}) {
  return
}

// -----

// expected-error @below {{'dl.dims' is [1, "c"], expected a list of strings, one a dimension}}
func.func @f(%x: tensor<?x4xf32> {dl.dims = [1, "c"]}) {
  return
}

// -----

// expected-error @below {{'dl.dims' on a result, expected 'dl.name'}}
func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32> {dl.dims = ["n"]}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{'dl.name' is unit, expected a string}}
func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32> {dl.name}) {
  return %x : tensor<4xf32>
}

// -----

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'dl.parameter' on dl.relu, expected 'dl.parameter' on arith.constant, 'dl.name' or 'dl.dims' on an argument of a function}}
  %0 = dl.relu %x {dl.parameter = "x"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @below {{'dl.parameter' is 1 : i64, expected a string}}
%w = arith.constant {dl.parameter = 1} dense<1.0> : tensor<4xf32>
