//===- Passes.td - Differentiation ------------------------------*- tablegen -*-===//

#ifndef DLC_AUTODIFF_PASSES_TD
#define DLC_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def Differentiate : Pass<"dl-differentiate", "::mlir::ModuleOp"> {
  let summary = "Replace dl.grad by reverse-mode derivatives";
  let description = [{
    Each `dl.grad` becomes the body of its function and behind it, in reverse order,
    what the rule of each op gives: `dl` again, to be simplified, fused and tiled with
    everything else. Innermost derivatives first, so a derivative of a derivative
    works. Ops that other ops describe are spelled out on the way.

    The derivative of a `dl.scan` is back-propagation through time: a scan over the
    same steps from the other end. What it needs of the cell at each step is kept, but
    for arithmetic, which is computed again; with `recompute` the states before each step
    alone are kept, and the cell runs once more. `truncate` k
    cuts the way back through the states at every k-th step.
  }];
  let options = [
    Option<"recompute", "recompute", "bool", "false",
           "Keep the states of a scan alone and run its cell again">,
    Option<"truncate", "truncate", "int64_t", "0",
           "Cut back-propagation through time every k steps; 0: never">];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::linalg::LinalgDialect"];
}

#endif // DLC_AUTODIFF_PASSES_TD
