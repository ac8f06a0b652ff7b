//===- MathPasses.td - Functions of numbers -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_MATHPASSES_TD
#define DLC_CODEGEN_MATHPASSES_TD

include "mlir/Pass/PassBase.td"

def ApproximateMath : Pass<"dlc-approximate-math"> {
  let summary = "Replace functions of f32 by polynomials";
  let description = [{
    Functions of f32 become polynomials that are within two units in the last place of the exact
    result, unless said below. Scalars and vectors use the same formulas, so a result does not depend on whether an
    element is in a vector or in the remainder. exp, tanh and erf are polynomials of f32. Sine,
    cosine, powers and others are polynomials of f64, where rounding errors in the last bits do not
    matter. Logarithms and expm1 are upstream's; log1p and expm1 are within two and a half units.
    Angles beyond 2^50 and functions of f64 are left to libm.
    With `fast`, tanh and erf are within five units, and take three quarters and nine tenths of the
    time.

    ```mlir
    func.func @f(%x: vector<16xf32>) -> vector<16xf32> {
      %y = math.exp %x : vector<16xf32>
      return %y : vector<16xf32>
    }
    // becomes
    func.func @f(%x: vector<16xf32>) -> vector<16xf32> {
      ...
      // x = n ln 2 + r; n stands in the lowest bits of %k.
      %k = math.fma %x, %reciprocal, %magic : vector<16xf32>
      %n = arith.subf %k, %magic : vector<16xf32>
      ...
      // e^r by a polynomial, then n added to its exponent.
      %p = math.fma ... : vector<16xf32>
      %bits = arith.bitcast %p : vector<16xf32> to vector<16xi32>
      %m = arith.bitcast %k : vector<16xf32> to vector<16xi32>
      %shifted = arith.shli %m, %mantissa : vector<16xi32>
      %scaled = arith.addi %bits, %shifted : vector<16xi32>
      %e = arith.bitcast %scaled : vector<16xi32> to vector<16xf32>
      ...
      return %y : vector<16xf32>
    }
    ```
  }];
  let options = [Option<"fast", "fast", "bool", /*default=*/"false",
                        "tanh and erf within five units in the last place">];
  let dependentDialects = [
    "::mlir::scf::SCFDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect",
    "::mlir::arith::ArithDialect"];
}

def CallLibm : Pass<"dlc-call-libm", "::mlir::ModuleOp"> {
  let summary = "Call libm for functions that have no polynomial";
  let description = [{
    Functions that `dlc-approximate-math` leaves become calls of the C library, one per element of a
    vector, and in f32 for narrower types. Square roots, rounding and multiply-add are instructions
    and are not changed.

    ```mlir
    func.func @f(%x: vector<2xf64>) -> vector<2xf64> {
      %y = math.atan %x : vector<2xf64>
      %z = math.sqrt %y : vector<2xf64>
      return %z : vector<2xf64>
    }
    // becomes
    func.func private @atan(f64) -> f64 ...
    func.func @f(%x: vector<2xf64>) -> vector<2xf64> {
      %zeros = arith.constant dense<0.0> : vector<2xf64>
      %a = vector.extract %x[0] : f64 from vector<2xf64>
      %b = call @atan(%a) : (f64) -> f64
      %u = vector.insert %b, %zeros [0] : f64 into vector<2xf64>
      %c = vector.extract %x[1] : f64 from vector<2xf64>
      %d = call @atan(%c) : (f64) -> f64
      %y = vector.insert %d, %u [1] : f64 into vector<2xf64>
      %z = math.sqrt %y : vector<2xf64>
      return %z : vector<2xf64>
    }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::vector::VectorDialect"];
}

def ExpandArith : Pass<"dlc-expand-arith"> {
  let summary = "Expand rounded divisions";
  let description = [{
    Upstream's expansion of rounded divisions, without its patterns for minima and maxima: these
    create comparisons and selects where LLVM has an instruction.

    ```mlir
    func.func @f(%i: index, %n: index) -> index {
      %q = arith.ceildivui %i, %n : index
      return %q : index
    }
    // becomes
    func.func @f(%i: index, %n: index) -> index {
      %empty = arith.cmpi eq, %i, %c0 : index
      %last = arith.subi %i, %c1 : index
      %d = arith.divui %last, %n : index
      %r = arith.addi %d, %c1 : index
      %q = arith.select %empty, %c0, %r : index
      return %q : index
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

#endif // DLC_CODEGEN_MATHPASSES_TD
