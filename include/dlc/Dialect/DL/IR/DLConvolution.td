//===- DLConvolution.td - Convolutions --------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLCONVOLUTION_TD
#define DLC_DIALECT_DL_IR_DLCONVOLUTION_TD

include "dlc/Dialect/DL/IR/DLWindow.td"

class DL_Convolution<string mnemonic, dag more = (ins)> : DL_InferredOp<mnemonic> {
  let arguments = !con((ins DL_FloatTensor:$x, DL_FloatTensor:$filter,
                            Optional<DL_FloatTensor>:$bias,
                            OptionalAttr<I64Attr>:$groups),
                       windowAttributes, more);
  let results = (outs DL_FloatTensor:$y);
  let hasVerifier = 1;
}

def DL_ConvOp : DL_Convolution<"conv"> {
  let summary = "convolution of rank 1, 2 or 3, channels-last";
  let description = [{
    `x` is `[N, spatial..., C]`, the filter `[window..., C / groups, F]`, the bias
    `[F]`, the result `[N, out..., F]`. In two dimensions and one group:

    y[n, i, j, f] = b[f] + sum over p, q, c of
        x[n, i s - lo + p d, j s - lo + q d, c] filter[p, q, c, f]

    with stride s, dilation d, padding lo before and hi after. Elements outside are
    zero. The output extent is 1 + floor((W + lo + hi - (K - 1) d - 1) / s). With
    `groups` g, input channels and filters are split into g groups; each group of
    filters reads one group of channels. groups = C is the depthwise convolution. (As
    usual in the field this is cross-correlation: the filter is not mirrored.)

    ```mlir
    %y = dl.conv %x, %w, %b strides [2, 2] padding same
       : tensor<?x28x28x1xf32>, tensor<5x5x1x6xf32>, tensor<6xf32>
    ```
  }];
  let assemblyFormat = [{
    $x `,` $filter (`,` $bias^)?
    oilist(`strides` custom<Extents>($strides) | `dilations` custom<Extents>($dilations) | `groups` custom<Number>($groups)
           | `padding` custom<Padding>($auto_padding, $padding))
    attr-dict `:` type($x) `,` type($filter) (`,` type($bias)^)?
  }];
}

def DL_ConvTransposeOp : DL_Convolution<"conv_transpose",
    (ins OptionalAttr<DenseI64ArrayAttr>:$output_padding)> {
  let summary = "transposed convolution, the gradient of `conv` with respect to its input";
  let description = [{
    `x` is `[N, spatial..., C]`. The filter is `[window..., F / groups, C]`, which is
    that of the `conv` that maps `[N, out..., F]` to the shape of `x`. Each input
    element adds a patch of the size of the filter to the output, at stride s. The
    output extent is (W - 1) s - lo - hi + (K - 1) d + 1 + output_padding, with
    padding `same` W s.
  }];
  let assemblyFormat = [{
    $x `,` $filter (`,` $bias^)?
    oilist(`strides` custom<Extents>($strides) | `dilations` custom<Extents>($dilations) | `groups` custom<Number>($groups)
           | `padding` custom<Padding>($auto_padding, $padding)
           | `output_padding` custom<Extents>($output_padding))
    attr-dict `:` type($x) `,` type($filter) (`,` type($bias)^)?
  }];
}

def DL_ConvFilterGradOp : DL_InferredOp<"conv_filter_grad"> {
  let summary = "the gradient of `conv` with respect to its filter";
  let description = [{
    `x` is the input `[N, spatial..., C]` of a convolution, `g` the cotangent
    `[N, out..., F]` of its result. The attributes are those of the convolution. The
    result has the shape of its filter, `[window..., C / groups, F]`. In two dimensions
    and one group:

    y[p, q, c, f] = sum over n, i, j of
        x[n, i s - lo + p d, j s - lo + q d, c] g[n, i, j, f]

    ```mlir
    %dw = dl.conv_filter_grad %x, %g window [5, 5] strides [2, 2] padding same
        : tensor<?x28x28x1xf32>, tensor<?x14x14x6xf32>
    ```
  }];
  let arguments = !con((ins DL_FloatTensor:$x, DL_FloatTensor:$g,
                            DenseI64ArrayAttr:$window,
                            OptionalAttr<I64Attr>:$groups), windowAttributes);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = [{
    $x `,` $g `window` $window
    oilist(`strides` custom<Extents>($strides) | `dilations` custom<Extents>($dilations) | `groups` custom<Number>($groups)
           | `padding` custom<Padding>($auto_padding, $padding))
    attr-dict `:` type($x) `,` type($g)
  }];
}

#endif // DLC_DIALECT_DL_IR_DLCONVOLUTION_TD
