//===- Passes.td - From dl to linalg ----------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CONVERSION_DLTOLINALG_PASSES_TD
#define DLC_CONVERSION_DLTOLINALG_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertDLToLinalg : Pass<"convert-dl-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Lower dl to linalg on tensors";
  let description = [{
    Replaces every `dl` op by ops of `linalg`, `tensor` and `arith`, a `dl.scan` by a loop of
    `scf`, and loads of constant globals by constants. f16 and bf16 are widened to f32 inside
    each op. Elements of fewer than 8 bits, other than i1, and floats of 8 bits become bytes.
    Unknown extents that must agree are compared by a `codegen.require`; `dlc-check-extents`, which
    runs next, adds the checks that the new ops rely on.

    ```mlir
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %z = dl.add %x, %y : tensor<?xf32>
      return %z : tensor<?xf32>
    }
    // becomes
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %m = tensor.dim %x, %c0 : tensor<?xf32>
      %n = tensor.dim %y, %c0 : tensor<?xf32>
      %same = arith.cmpi eq, %m, %n : index
      codegen.require %same, "... dl.add: operands differ in dimension 0 of the result"
      %e = tensor.empty(%m) : tensor<?xf32>
      %z = linalg.generic {...} ins(%x, %y : tensor<?xf32>, tensor<?xf32>)
          outs(%e : tensor<?xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %s = arith.addf %a, %b : f32
        linalg.yield %s : f32
      } -> tensor<?xf32>
      return %z : tensor<?xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::dlc::codegen::CodegenDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

#endif // DLC_CONVERSION_DLTOLINALG_PASSES_TD
