// What later passes do not support is refused before them, in every pipeline.
// RUN: dlc-opt %s --split-input-file --verify-diagnostics --dl-verify-types -o %t.null
// RUN: dlc-opt %s --split-input-file --verify-diagnostics --dlc-simplify-pipeline -o %t.null
// RUN: dlc-opt %s --split-input-file --verify-diagnostics --dlc-cpu-pipeline -o %t.null

// expected-error @below {{a result of type 'tensor<2xindex>' is not allowed in a model}}
// expected-error @below {{an argument of type 'tensor<2xindex>' is not allowed in a model}}
func.func @index(%x: tensor<2xindex>) -> tensor<2xindex> {
  return %x : tensor<2xindex>
}
// -----
// expected-error @below {{a result of type 'tensor<2xi48>' is not allowed in a model}}
// expected-error @below {{an argument of type 'tensor<2xi48>' is not allowed in a model}}
func.func @odd(%x: tensor<2xi48>) -> tensor<2xi48> {
  return %x : tensor<2xi48>
}
// -----
// expected-error @below {{an argument of type 'tensor<2xcomplex<f32>>' is not allowed in a model}}
func.func @complex(%x: tensor<2xcomplex<f32>>) {
  return
}
// -----
// expected-error @below {{an argument of type 'tensor<*xf32>' is not allowed in a model}}
func.func @unranked(%x: tensor<*xf32>) {
  return
}
// -----
func.func @inside(%x: tensor<2xf32>, %n: tensor<1xi64>) -> tensor<2xf32> {
  %zero = arith.constant 0 : index
  // expected-error @below {{a result of type 'tensor<2xi7>' is not allowed in a model}}
  %e = tensor.empty() : tensor<2xi7>
  // expected-error @below {{a result of type 'i7' is not allowed in a model}}
  %i = tensor.extract %e[%zero] : tensor<2xi7>
  return %x : tensor<2xf32>
}
