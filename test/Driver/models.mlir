// Wrong models: each problem with its place, what was found and what is expected.
// RUN: rm -rf %t && split-file %s %t
// RUN: not dlc %t/syntax.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=SYNTAX
// SYNTAX: syntax.mlir:2:18: error: expected ':'
// RUN: not dlc %t/op.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=OP
// OP: op.mlir:2:8: error: {{.*}}dl.rely
// RUN: not dlc %t/attribute.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=ATTRIBUTE
// ATTRIBUTE: attribute.mlir:2:{{.*}}: error:
// RUN: not dlc %t/shape.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: shape.mlir:2:8: error: 'dl.dense' op input of shape 1x3 does not meet weights of shape 4x5
// RUN: not dlc %t/huge.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=HUGE
// HUGE: huge.mlir:2:8: error: 'dl.concat' op result has more than 2^45 elements, which no memory holds
// RUN: not dlc %t/argument.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=ARGUMENT
// ARGUMENT: argument.mlir:1:1: error: an argument of type 'tensor<4611686018427387904xf32>' has more than 2^45 elements, which no memory holds
// RUN: not dlc %t/recursion.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=RECURSION
// RECURSION: recursion.mlir:{{[15]}}:1: error: function '{{[fg]}}' calls itself, directly or through others, expected no recursion
// RECURSION: recursion.mlir:{{[15]}}:1: error: function '{{[fg]}}' calls itself
// RUN: not dlc %t/type.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=TYPE
// Both problems, not the first alone.
// TYPE: type.mlir:1:1: error: 'x0' of function 'f' has type 'i32', expected a ranked tensor
// TYPE: type.mlir:4:1: error: function 'g' returns nothing, expected at least one tensor
// RUN: not dlc %t/empty.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: the model has no public function, expected at least one func.func
// RUN: not dlc %t/global.mlir -o %t/x.so 2>&1 | FileCheck %s --check-prefix=GLOBAL
// GLOBAL: global.mlir:2:8: error:
// RUN: ls %t | FileCheck %s --check-prefix=LEFT
// LEFT-NOT: x.so
// LEFT-NOT: x.h

//--- syntax.mlir
func.func @f(%x: tensor<1xf32>) -> tensor<1xf32> {
  %y = dl.relu %x tensor<1xf32>
  return %y : tensor<1xf32>
}
//--- op.mlir
func.func @f(%x: tensor<1xf32>) -> tensor<1xf32> {
  %y = dl.rely %x : tensor<1xf32>
  return %y : tensor<1xf32>
}
//--- attribute.mlir
func.func @f(%x: tensor<1x3x3x1xf32>) -> tensor<1x3x3x1xf32> {
  %y = dl.max_pool %x window [1, 1] paces [1, 1] : tensor<1x3x3x1xf32>
  return %y : tensor<1x3x3x1xf32>
}
//--- shape.mlir
func.func @f(%x: tensor<1x3xf32>, %w: tensor<4x5xf32>) -> tensor<1x5xf32> {
  %y = dl.dense %x, %w : tensor<1x3xf32>, tensor<4x5xf32>
  return %y : tensor<1x5xf32>
}
//--- huge.mlir
func.func @f(%c: tensor<2305843009213693952xf32>) -> tensor<4611686018427387904xf32> {
  %y = dl.concat %c, %c axis 0 : tensor<2305843009213693952xf32>, tensor<2305843009213693952xf32>
  return %y : tensor<4611686018427387904xf32>
}
//--- argument.mlir
func.func @f(%x: tensor<4611686018427387904xf32>) -> tensor<4611686018427387904xf32> {
  return %x : tensor<4611686018427387904xf32>
}
//--- recursion.mlir
func.func @f(%x: tensor<1xf32>) -> tensor<1xf32> {
  %y = call @g(%x) : (tensor<1xf32>) -> tensor<1xf32>
  return %y : tensor<1xf32>
}
func.func @g(%x: tensor<1xf32>) -> tensor<1xf32> {
  %y = call @f(%x) : (tensor<1xf32>) -> tensor<1xf32>
  return %y : tensor<1xf32>
}
//--- type.mlir
func.func @f(%x: i32) -> tensor<1xi32> {
  %y = tensor.from_elements %x : tensor<1xi32>
  return %y : tensor<1xi32>}
func.func @g(%x: tensor<1xf32>) {
  return
}
//--- empty.mlir
func.func private @f(%x: tensor<1xf32>) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}
//--- global.mlir
func.func @f() -> tensor<1xf32> {
  %y = ml_program.global_load_const @none : tensor<1xf32>
  return %y : tensor<1xf32>
}
