//===- Passes.td - Differentiation ------------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_AUTODIFF_PASSES_TD
#define DLC_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def Differentiate : Pass<"dl-differentiate", "::mlir::ModuleOp"> {
  let summary = "Replace dl.grad by reverse-mode derivatives";
  let description = [{
    Each `dl.grad` becomes the body of its function, followed in reverse order by the ops that the
    rule of each op emits. These are ops of `dl` again, which are simplified, fused and tiled with
    everything else. Innermost derivatives come first, so that second derivatives work. Ops that
    decompose into others are decomposed first.

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

    The derivative of a `dl.scan` is back-propagation through time: a scan over the same steps in
    the opposite direction. The values of the cell that it reads are kept for each step; results
    of arithmetic are computed again. `recompute=1` keeps only the states before each step and runs
    the cell once more. `recompute=k` keeps the states before every k-th step and runs k steps once
    more. That takes memory for T / k states and for the values of k steps, which is least for k
    near the square root of T (Chen et al., 2016). Scans with an unknown number of steps, lengths,
    an `until` or `truncate` are treated as if k were 1. `memory` chooses k for the scans that keep
    most, until all together keep no more than this number of bytes. `truncate` stops the gradient
    through the states at every k-th step.

    With `memory` other ops are computed again as well. The forward ops are cut into segments, and
    only values that cross between segments are kept. What the backward ops read of the inside of a
    segment is computed again before the first of them, from `dl.barrier`s of the kept values.

    An `scf.for` that carries tensors is treated as a scan without inputs.
  }];
  let options = [
    Option<"recompute", "recompute", "int64_t", "0",
           "Keep only the states of every k-th step of a scan; 0: all values that are needed">,
    Option<"memory", "memory", "int64_t", "0",
           "Bytes that may be kept for the backward part; 0: any number">,
    Option<"truncate", "truncate", "int64_t", "0",
           "Cut back-propagation through time every k steps; 0: never">];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::linalg::LinalgDialect"];
}

#endif // DLC_AUTODIFF_PASSES_TD
