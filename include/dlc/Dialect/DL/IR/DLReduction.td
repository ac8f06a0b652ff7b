//===- DLReduction.td - Reductions ------------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLREDUCTION_TD
#define DLC_DIALECT_DL_IR_DLREDUCTION_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

class DL_Reduction<string mnemonic, string formula> : DL_InferredOp<mnemonic> {
  let summary = formula;
  let description = [{
    Over `axes` (default: all; negative counts from the end). With `keep_dims` a
    reduced dimension is kept with extent 1, otherwise it is dropped. A reduction over
    no elements gives the neutral element of the operation.
  }];
  let arguments = (ins DL_NumberTensor:$x, OptionalAttr<DenseI64ArrayAttr>:$axes,
                       UnitAttr:$keep_dims);
  let results = (outs DL_NumberTensor:$y);
  let assemblyFormat = [{
    $x oilist(`axes` custom<Extents>($axes) | `keep_dims` $keep_dims) attr-dict `:` type($x)
  }];
}

def DL_ReduceSumOp : DL_Reduction<"reduce_sum", "the sum">;
def DL_ReduceMeanOp : DL_Reduction<"reduce_mean", "the arithmetic mean">;
def DL_ReduceMaxOp : DL_Reduction<"reduce_max", "the largest element, NaN if one is">;
def DL_ReduceMinOp : DL_Reduction<"reduce_min", "the smallest element, NaN if one is">;
def DL_ReduceProdOp : DL_Reduction<"reduce_prod", "the product">;

class DL_ArgReduction<string mnemonic, string formula>
    : DL_InferredOp<mnemonic, [DL_NotDifferentiable]> {
  let summary = formula;
  let description = [{
    The index (i64) along `axis`; of equal elements the first counts. NaN counts as
    larger (arg_max) or smaller (arg_min) than every number.
  }];
  let arguments = (ins DL_NumberTensor:$x, I64Attr:$axis, UnitAttr:$keep_dims);
  let results = (outs DL_IndexTensor:$y);
  let assemblyFormat = [{
    $x `axis` $axis (`keep_dims` $keep_dims^)? attr-dict `:` type($x)
  }];
}

def DL_ArgMaxOp : DL_ArgReduction<"arg_max", "the position of the largest element">;
def DL_ArgMinOp : DL_ArgReduction<"arg_min", "the position of the smallest element">;

def DL_CumulativeKind : I32EnumAttr<"CumulativeKind", "how elements accumulate", [
    I32EnumAttrCase<"sum", 0>,
    I32EnumAttrCase<"prod", 1>]> {
  let cppNamespace = "::dlc::dl";
}

def DL_CumulativeOp : DL_InferredOp<"cumulative"> {
  let summary = "cumulative sum or product along `axis`";
  let description = [{
    y[i] = x[0] + ... + x[i]. `exclusive` leaves out x[i], and `reverse` starts at the
    other end.
  }];
  let arguments = (ins DL_NumberTensor:$x, DL_CumulativeKind:$kind,
                       I64Attr:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs DL_NumberTensor:$y);
  let assemblyFormat = [{
    $kind $x `axis` $axis (`exclusive` $exclusive^)? (`reverse` $reverse^)?
    attr-dict `:` type($x)
  }];
}

#endif // DLC_DIALECT_DL_IR_DLREDUCTION_TD
