// RUN: split-file %s %t
// RUN: not dlc %t/arguments.mlir --emit=dl -o %t/o.mlir 2>&1 | FileCheck %s --check-prefix=ARGUMENTS
// RUN: not dlc %t/results.mlir --emit=dl -o %t/o.mlir 2>&1 | FileCheck %s --check-prefix=RESULTS
// RUN: not dlc %t/left.mlir --emit=dl -o %t/o.mlir 2>&1 | FileCheck %s --check-prefix=LEFT
// RUN: dlc %t/fine.mlir --emit=dl -o %t/o.mlir
// RUN: dlc %t/places.mlir --emit=dl -o %t/o.mlir
// RUN: not dlc %t/attribute.mlir --emit=dl -o %t/o.mlir 2>&1 | FileCheck %s --check-prefix=ATTRIBUTE
// RUN: not dlc %t/number.mlir --emit=dl -o %t/o.mlir 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not dlc %t/freed.mlir --emit=dl -o %t/o.mlir 2>&1 | FileCheck %s --check-prefix=FREED
// Many names in a list are looked through once, not once each.
// RUN: %python -c "print('func.func @f() {', ', '.join(f'%%a{i}' for i in range(300000)), ': f32 return }')" > %t/list.mlir
// RUN: not dlc %t/list.mlir --emit=dl -o %t/o.mlir 2>&1 | FileCheck %s --check-prefix=LIST
// LIST: list.mlir:1:{{[0-9]+}}: error:

//--- arguments.mlir
// ARGUMENTS: arguments.mlir:6:8: error: '%a' is used above, before it is defined; expected each value above what uses it
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.map { math.exp } ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>)
  %z = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  return %z : tensor<4xf32>
}

//--- results.mlir
// RESULTS: results.mlir:4:7: error: '%y' is used above
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %z = dl.exp %y#1 : tensor<4xf32>
  %w, %y:2 = func.call @g(%x) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
  return %z : tensor<4xf32>
}

//--- left.mlir
// What a region has defined is gone after it.
// LEFT: left.mlir:8:8: error: '%a' is used above
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.reduce ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) dimensions = [0] (%b: f32, %a: f32) {
    linalg.yield %a : f32
  }
  %z = math.exp %a : f32
  ^bb1(%a: f32):
  return %y : tensor<4xf32>
}

//--- places.mlir
// Arguments of regions may have a place between their name and the rest.
func.func @f(%x: tensor<3x2xf32> loc(callsite("in" at "file":1:2)), %h: tensor<2xf32> loc(unknown)) -> tensor<2xf32> {
  %last, %all = dl.scan states(%a loc(callsite("(" at ")")) = %h : tensor<2xf32>) inputs(%b loc(fused["x", "y"]) = %x : tensor<3x2xf32>) {
    %c = dl.add %a, %b : tensor<2xf32>, tensor<2xf32> loc("sum")
    dl.yield states(%c : tensor<2xf32>) outputs(%c : tensor<2xf32>)
  }
  return %last : tensor<2xf32>
} loc("whole")

//--- fine.mlir
// Names are used again, in regions beside each other and in other functions.
func.func @"a b"(%x: tensor<2x3xf32> {dl.name = "x"}) -> (tensor<2xf32> {dl.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %a = linalg.reduce ins(%x : tensor<2x3xf32>) outs(%zero : tensor<2xf32>) dimensions = [1] (%in: f32, %s: f32) {
    %t = arith.addf %in, %s : f32
    linalg.yield %t : f32
  }
  %b = linalg.reduce ins(%x : tensor<2x3xf32>) outs(%zero : tensor<2xf32>) dimensions = [1] (%in: f32, %s: f32) {
    %t = arith.mulf %s, %in : f32
    linalg.yield %t : f32
  }
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%s = %a) -> (tensor<2xf32>) {
    %t = dl.add %s, %b : tensor<2xf32>, tensor<2xf32>
    scf.yield %t : tensor<2xf32>
  }
  %n, %q:2 = scf.while (%i = %c0, %s = %r, %t = %r) : (index, tensor<2xf32>, tensor<2xf32>) -> (index, tensor<2xf32>, tensor<2xf32>) {
    %go = arith.cmpi slt, %i, %c3 : index
    scf.condition(%go) %i, %s, %t : index, tensor<2xf32>, tensor<2xf32>
  } do {
  ^bb0(%i: index, %s: tensor<2xf32>, %t: tensor<2xf32>):
    %m = arith.addi %i, %c1 : index
    scf.yield %m, %t, %s : index, tensor<2xf32>, tensor<2xf32>
  }
  return %q#1 : tensor<2xf32>
}
func.func @second(%a: tensor<3xf32>) -> tensor<3xf32> {
  %x = dl.exp %a : tensor<3xf32>
  return %x : tensor<3xf32>
}

//--- attribute.mlir
// ATTRIBUTE: attribute.mlir:4:3: error: '%z' is used above
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = dl.neg %z {func.func} : tensor<4xf32>
  %z = dl.exp %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

//--- number.mlir
// NUMBER: number.mlir:7:3: error: '%0' is used above
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = scf.if %0->(tensor<4xf32>) {
    scf.yield %x : tensor<4xf32>
  } else { scf.yield %x : tensor<4xf32> }
  // What a number names ends with its digits.
  %0 = arith.constant true
  return %r : tensor<4xf32>
}

//--- freed.mlir
// The second region fails after its arguments, which the first one's ops use.
// FREED: freed.mlir:9:5: error: '%s' is used above
#id = affine_map<(i) -> (i)>
func.func @momentum(%p: tensor<8xf32>, %v: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %velocity = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%v, %g : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
    linalg.yield %s : f32
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %parameter = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%p, %p : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
  ^i(%a: f32, %b: f32, %o: f32):
  } -> tensor<8xf32>
  return %velocity, %e : tensor<8xf32>, tensor<8xf32>
}