//===- DLPooling.td - Pooling -----------------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLPOOLING_TD
#define DLC_DIALECT_DL_IR_DLPOOLING_TD

include "dlc/Dialect/DL/IR/DLWindow.td"

class DL_Pool<string mnemonic, dag more = (ins), list<Trait> traits = []>
    : DL_InferredOp<mnemonic, traits> {
  let arguments = !con((ins DL_FloatTensor:$x, DenseI64ArrayAttr:$window,
                            UnitAttr:$ceil_mode),
                       windowAttributes, more);
  let results = (outs DL_FloatTensor:$y);
  let hasVerifier = 1;
}

def DL_MaxPoolOp : DL_Pool<"max_pool"> {
  let summary = "the largest element of each window";
  let description = [{
    `x` is `[N, spatial..., C]` with 1, 2 or 3 spatial dimensions. The strides default
    to 1. With `ceil_mode` the last window may extend past the edge, as long as it
    begins inside the input or its leading padding: 7x7 with window 2x2 and stride 2
    gives 4x4. Padding counts as minus infinity, so it is never the maximum.

    ```mlir
    %y = dl.max_pool %x window [2, 2] strides [2, 2] : tensor<?x28x28x6xf32>
    ```
  }];
  let assemblyFormat = [{
    $x `window` $window
    oilist(`strides` custom<Extents>($strides) | `dilations` custom<Extents>($dilations)
           | `padding` custom<Padding>($auto_padding, $padding)
           | `ceil_mode` $ceil_mode)
    attr-dict `:` type($x)
  }];
}

def DL_ArgMaxPoolOp : DL_Pool<"arg_max_pool", (ins), [DL_NotDifferentiable]> {
  let summary = "the position of the largest element of each window";
  let description = [{
    As `max_pool`, but the result is the row-major position of the element in the
    spatial dimensions of x; in two dimensions h W + w. Of equal elements the first.
  }];
  let results = (outs RankedTensorOf<[I64]>:$y);
  let assemblyFormat = [{
    $x `window` $window
    oilist(`strides` custom<Extents>($strides) | `dilations` custom<Extents>($dilations)
           | `padding` custom<Padding>($auto_padding, $padding)
           | `ceil_mode` $ceil_mode)
    attr-dict `:` type($x)
  }];
}

def DL_AvgPoolOp : DL_Pool<"avg_pool", (ins UnitAttr:$count_padding)> {
  let summary = "the mean of each window";
  let description = [{
    As `max_pool`, but the sum of the window divided by the number of its elements
    inside the input, or with `count_padding` inside the padded input.
  }];
  let assemblyFormat = [{
    $x `window` $window
    oilist(`strides` custom<Extents>($strides) | `dilations` custom<Extents>($dilations)
           | `padding` custom<Padding>($auto_padding, $padding)
           | `ceil_mode` $ceil_mode | `count_padding` $count_padding)
    attr-dict `:` type($x)
  }];
}

class DL_GlobalPool<string mnemonic, string formula> : DL_InferredOp<mnemonic> {
  let summary = formula;
  let arguments = (ins DL_FloatTensor:$x);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def DL_GlobalMaxPoolOp : DL_GlobalPool<"global_max_pool",
    "y[n, 1..., c] = max over all positions of x[n, ..., c]">;
def DL_GlobalAvgPoolOp : DL_GlobalPool<"global_avg_pool",
    "y[n, 1..., c] = mean over all positions of x[n, ..., c]">;

#endif // DLC_DIALECT_DL_IR_DLPOOLING_TD
