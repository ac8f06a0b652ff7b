//===- DLLinear.td - Matrix products ----------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLLINEAR_TD
#define DLC_DIALECT_DL_IR_DLLINEAR_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_DenseOp : DL_InferredOp<"dense"> {
  let summary = "y = x W + b, a fully connected layer";
  let description = [{
    `x` is `[..., K]`, the weights `[K, N]`, the bias `[N]`, the result
    `[..., N]`: y[..., n] = sum over k of x[..., k] W[k, n] + b[n].

    ```mlir
    %h = dl.dense %x, %w, %b : tensor<?x784xf32>, tensor<784x128xf32>, tensor<128xf32>
    ```
  }];
  let arguments = (ins DL_FloatTensor:$x, DL_FloatTensor:$weights,
                       Optional<DL_FloatTensor>:$bias);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = [{
    $x `,` $weights (`,` $bias^)? attr-dict `:`
    type($x) `,` type($weights) (`,` type($bias)^)?
  }];
}

def DL_MatmulOp : DL_InferredOp<"matmul"> {
  let summary = "y = a b, the matrix product over the last two dimensions";
  let description = [{
    `a` is `[..., M, K]`, `b` is `[..., K, N]`, the result `[..., M, N]`:
    y[..., m, n] = sum over k of a[..., m, k] b[..., k, n]. The leading (batch)
    dimensions broadcast as in NumPy.
  }];
  let arguments = (ins DL_FloatTensor:$a, DL_FloatTensor:$b);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b)";
}

#endif // DLC_DIALECT_DL_IR_DLLINEAR_TD
