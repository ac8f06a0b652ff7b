// RUN: dlc-opt %s -split-input-file -verify-diagnostics -dlc-check-extents=analysis=true -o %t.null

// What is missing is an error at the op that relies on it.
func.func @cast(%x: tensor<?xf32>) -> tensor<4xf32> {
  // expected-error@below {{no check before it rules out: a tensor has another shape}}
  %z = tensor.cast %x : tensor<?xf32> to tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func @operands(%x: tensor<?xf32>, %y: tensor<?xf32>, %z: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@below {{operands differ in dimension 0 of operand 1}}
  // expected-error@below {{operands differ in dimension 0 of operand 2}}
  %0 = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%z : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @slice(%x: tensor<8xf32>, %from: index, %n: index) -> tensor<?xf32> {
  // expected-error@below {{a slice has a negative size}}
  // expected-error@below {{a slice begins before the first element}}
  // expected-error@below {{a slice leaves its tensor in dimension 0}}
  %0 = tensor.extract_slice %x[%from] [%n] [1] : tensor<8xf32> to tensor<?xf32>
  return %0 : tensor<?xf32>
}
