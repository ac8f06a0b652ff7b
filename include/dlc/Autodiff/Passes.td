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
    for arithmetic, which is computed again. `recompute=1` keeps the states before each
    step alone and runs the cell once more; `recompute=k` keeps those before every k-th
    step and runs k steps once more: T / k states and what k steps keep, least for k near
    the root of T (Chen et al., 2016). Steps of unknown number, with lengths or an
    `until`, and `truncate` are taken as k = 1. `memory` chooses k, if any, for the
    scans that keep most until all keep no more than so many bytes. `truncate` k cuts
    the way back through the states at every k-th step.

    With `memory` other ops are computed again as well: what the backward part reads of
    the forward part is cut into segments, of which only what passes between them is
    kept; the inside of each is repeated, from `dl.barrier`s of what was kept, in front
    of the first backward op that reads it.

    An `scf.for` that carries tensors is taken as a scan without inputs.
  }];
  let options = [
    Option<"recompute", "recompute", "int64_t", "0",
           "Keep the states of every so many steps of a scan alone; 0: all that is needed">,
    Option<"memory", "memory", "int64_t", "0",
           "Bytes that the backward part may keep; 0: any number">,
    Option<"truncate", "truncate", "int64_t", "0",
           "Cut back-propagation through time every k steps; 0: never">];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::linalg::LinalgDialect"];
}

#endif // DLC_AUTODIFF_PASSES_TD
