//===- Passes.td - Differentiation ------------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_AUTODIFF_PASSES_TD
#define DLC_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def Differentiate : Pass<"dl-differentiate", "::mlir::ModuleOp"> {
  let summary = "Replace dl.grad by reverse-mode derivatives";
  let description = [{
    Each `dl.grad` becomes the body of its function and behind it, in reverse order, what the rule
    of each op gives: `dl` again, to be simplified, fused and tiled with everything else.
    Innermost derivatives come first, so that a derivative of a derivative works. Ops that other
    ops describe are decomposed on the way.

    ```mlir
    // dlc-opt --dl-differentiate --canonicalize
    func.func private @loss(%x: tensor<8xf32>) -> tensor<f32> {
      %y = dl.tanh %x : tensor<8xf32>
      %z = dl.square %y : tensor<8xf32>
      %l = dl.reduce_sum %z : tensor<8xf32>
      return %l : tensor<f32>
    }
    func.func @gradient(%x: tensor<8xf32>) -> tensor<8xf32> {
      %g = dl.grad @loss(%x) : (tensor<8xf32>) -> tensor<8xf32>
      return %g : tensor<8xf32>
    }
    // becomes
    func.func private @loss(%x: tensor<8xf32>) -> tensor<f32> {
      ...
    }
    func.func @gradient(%x: tensor<8xf32>) -> tensor<8xf32> {
      %ones = arith.constant dense<1.0> : tensor<8xf32>
      %two = arith.constant dense<2.0> : tensor<f32>
      %one = arith.constant dense<1.0> : tensor<f32>
      %y = dl.tanh %x : tensor<8xf32>
      // Of the square: 2 y.
      %a = dl.mul %two, %ones : tensor<f32>, tensor<8xf32>
      %dy = dl.mul %a, %y : tensor<8xf32>
      // Of the tanh: 1 - y y.
      %b = dl.mul %y, %y : tensor<8xf32>
      %c = dl.sub %one, %b : tensor<f32>, tensor<8xf32>
      %g = dl.mul %dy, %c : tensor<8xf32>
      return %g : tensor<8xf32>
    }
    ```

    The derivative of a `dl.scan` is back-propagation through time: a scan over the same steps
    from the other end. What it needs of the cell is kept for each step; arithmetic is computed
    again. `recompute=1` keeps the states before each step alone and runs the cell once more.
    `recompute=k` keeps those before every k-th step and runs k steps once more: T / k states and
    what k steps keep, which is least for k near the root of T (Chen et al., 2016). Scans of an
    unknown number of steps, with lengths or an `until`, and `truncate` are taken as k = 1.
    `memory` chooses k, if any, for the scans that keep most, until all keep no more than so many
    bytes. `truncate` cuts the way back through the states at every k-th step.

    With `memory` other ops are computed again as well. What the backward part reads of the
    forward part is cut into segments, of which only what passes between them is kept. The inside
    of each is repeated in front of the first backward op that reads it, from `dl.barrier`s of
    what was kept.

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
