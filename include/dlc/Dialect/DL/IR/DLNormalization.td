//===- DLNormalization.td - Softmax and normalisation -----------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLNORMALIZATION_TD
#define DLC_DIALECT_DL_IR_DLNORMALIZATION_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

class DL_SoftmaxBase<string mnemonic, string formula> : DL_InferredOp<mnemonic> {
  let summary = formula;
  let description = [{
    Over `axis` (default: the last; negative counts from the end). The largest
    element of each slice is subtracted first, so no finite input overflows.
  }];
  let arguments = (ins DL_FloatTensor:$x, DefaultValuedAttr<I64Attr, "-1">:$axis);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$x (`axis` $axis^)? attr-dict `:` type($x)";
}

def DL_SoftmaxOp : DL_SoftmaxBase<"softmax", "y[i] = exp x[i] / sum over j of exp x[j]">;
def DL_LogSoftmaxOp : DL_SoftmaxBase<"log_softmax",
    "y[i] = x[i] - ln(sum over j of exp x[j])">;

def DL_BatchNormOp : DL_InferredOp<"batch_norm",
    [AllTypesMatch<["scale", "offset", "mean", "variance"]>,
     DeclareOpInterfaceMethods<DL_TrainingFormOpInterface, ["getRunningAverages"]>,
     DeclareOpInterfaceMethods<DL_UnitOperandsOpInterface, ["getUnitOperands"]>]> {
  let summary = "y = scale (x - mean) / sqrt(variance + epsilon) + offset, by channel";
  let description = [{
    The inference form (Ioffe and Szegedy, 2015): the statistics are given. `x` is
    `[..., C]`, everything else `[C]`.
  }];
  let arguments = (ins DL_FloatTensor:$x, DL_FloatTensor:$scale,
                       DL_FloatTensor:$offset, DL_FloatTensor:$mean,
                       DL_FloatTensor:$variance,
                       DefaultValuedAttr<F64Attr, "1e-5">:$epsilon);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = [{
    $x `,` $scale `,` $offset `,` $mean `,` $variance (`epsilon` $epsilon^)?
    attr-dict `:` type($x) `,` type($scale)
  }];
  let hasVerifier = 1;
}

def DL_BatchNormTrainingOp : DL_InferredOp<"batch_norm_training",
    [DeclareOpInterfaceMethods<DL_DecomposableOpInterface>]> {
  let summary = "batch_norm with the statistics of the batch, which are results too";
  let description = [{
    The training form (Ioffe and Szegedy, 2015): mean and (biased) variance of each
    channel over all other dimensions of `x`, `[..., C]`. The results are the statistics
    that were used. `dl.batch_norm` takes running averages of both at inference.
  }];
  let arguments = (ins DL_FloatTensor:$x, DL_FloatTensor:$scale,
                       DL_FloatTensor:$offset,
                       DefaultValuedAttr<F64Attr, "1e-5">:$epsilon);
  let results = (outs DL_FloatTensor:$y, DL_FloatTensor:$mean,
                      DL_FloatTensor:$variance);
  let assemblyFormat = [{
    $x `,` $scale `,` $offset (`epsilon` $epsilon^)? attr-dict `:` type($x) `,`
    type($scale) `,` type($offset)
  }];
  let hasVerifier = 1;
}

/// Normalises by statistics of the sample itself, then applies scale and offset, if
/// given.
class DL_SampleNorm<string mnemonic, string formula, dag more = (ins)>
    : DL_InferredOp<mnemonic, [AttrSizedOperandSegments,
                               DL_UnitOperandsOpInterface]> {
  let summary = formula;
  let arguments = !con((ins DL_FloatTensor:$x, Optional<DL_FloatTensor>:$scale,
                            Optional<DL_FloatTensor>:$offset), more,
                       (ins DefaultValuedAttr<F64Attr, "1e-5">:$epsilon));
  let results = (outs DL_FloatTensor:$y);
  let hasVerifier = 1;
}

def DL_LayerNormOp : DL_SampleNorm<"layer_norm",
    "y = scale (x - mean) / sqrt(variance + epsilon) + offset, over trailing dimensions",
    (ins DefaultValuedAttr<I64Attr, "-1">:$axis)> {
  let description = [{
    Mean and (biased) variance over the dimensions from `axis` to the last
    (Ba et al., 2016). Scale and offset have the shape of those dimensions; the
    offset needs a scale.
  }];
  let assemblyFormat = [{
    $x (`,` $scale^ (`,` $offset^)?)? oilist(`axis` $axis | `epsilon` $epsilon)
    attr-dict `:` type($x) (`,` type($scale)^ (`,` type($offset)^)?)?
  }];
}

def DL_GroupNormOp : DL_SampleNorm<"group_norm",
    "y = scale (x - mean) / sqrt(variance + epsilon) + offset, over groups of channels",
    (ins I64Attr:$groups)> {
  let description = [{
    `x` is `[N, spatial..., C]`. Mean and (biased) variance are taken over all positions
    and over each of `groups` equal groups of consecutive channels (Wu and He, 2018).
    Scale and offset are `[C]`.
  }];
  let assemblyFormat = [{
    $x (`,` $scale^ (`,` $offset^)?)? `groups` $groups (`epsilon` $epsilon^)?
    attr-dict `:` type($x) (`,` type($scale)^ (`,` type($offset)^)?)?
  }];
}

def DL_InstanceNormOp : DL_SampleNorm<"instance_norm",
    "y = scale (x - mean) / sqrt(variance + epsilon) + offset, by sample and channel"> {
  let description = [{
    `x` is `[N, spatial..., C]`. Mean and (biased) variance are taken over all positions
    of one channel of one sample (Ulyanov et al., 2016). Scale and offset are `[C]`.
  }];
  let assemblyFormat = [{
    $x (`,` $scale^ (`,` $offset^)?)? (`epsilon` $epsilon^)?
    attr-dict `:` type($x) (`,` type($scale)^ (`,` type($offset)^)?)?
  }];
}

#endif // DLC_DIALECT_DL_IR_DLNORMALIZATION_TD
