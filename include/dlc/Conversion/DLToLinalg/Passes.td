//===- Passes.td - From dl to linalg ----------------------------*- tablegen -*-===//

#ifndef DLC_CONVERSION_DLTOLINALG_PASSES_TD
#define DLC_CONVERSION_DLTOLINALG_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertDLToLinalg : Pass<"convert-dl-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Spell out the mathematics of dl as linalg on tensors";
  let description = [{
    A `dl.scan` becomes a loop of `scf`. Replaces every `dl` op by `linalg`, `tensor` and
    `arith` ops. f16 and bf16 are widened to f32 inside each op; elements of fewer than 8
    bits, and floats of 8, become bytes, but for i1; loads of constant globals become
    constants. Extents
    that must agree and are not known become `codegen.require`s on `tensor.dim`s, to which
    `dlc-check-extents` adds.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::dlc::codegen::CodegenDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

#endif // DLC_CONVERSION_DLTOLINALG_PASSES_TD
