//===- DLIndexing.td - Ops that search and scatter --------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that visit their elements in order, because what they write, or how much,
// depends on values.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLINDEXING_TD
#define DLC_DIALECT_DL_IR_DLINDEXING_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_ScatterKind : I32EnumAttr<"ScatterKind", "what happens to the old element", [
    I32EnumAttrCase<"replace", 0>,
    I32EnumAttrCase<"add", 1>,
    I32EnumAttrCase<"mul", 2>,
    I32EnumAttrCase<"max", 3>,
    I32EnumAttrCase<"min", 4>]> {
  let cppNamespace = "::dlc::dl";
}

def DL_ScatterOp : DL_InferredOp<"scatter"> {
  let summary = "x with the rows that `indices` name replaced or added to";
  let description = [{
    `x` is `[n, rest...]`, `indices` `[k]` and `updates` `[k, rest...]`. Row
    indices[i] of the result is updates[i], or with a `kind` the sum, product,
    maximum or minimum of the old row and all updates with this index. Updates are
    applied in order. Negative indices count from the end. Indices beyond either end
    are then clamped to it.
  }];
  let arguments = (ins DL_Tensor:$x, DL_IndexTensor:$indices, DL_Tensor:$updates,
                       DefaultValuedAttr<DL_ScatterKind, "ScatterKind::replace">:$kind);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x `,` $indices `,` $updates (`kind` $kind^)? attr-dict `:` type($x) `,`
    type($indices) `,` type($updates)
  }];
}

def DL_TopKOp : DL_Op<"top_k"> {
  let summary = "the k largest or smallest elements of the last dimension, in order";
  let description = [{
    Values and their positions, best first; of equal elements the first. NaN counts as
    the largest. k is at most the extent of the dimension.
  }];
  let arguments = (ins DL_NumberTensor:$x, Index:$k, UnitAttr:$smallest);
  let results = (outs DL_NumberTensor:$values, DL_IndexTensor:$indices);
  let assemblyFormat = [{
    $x `,` $k (`smallest` $smallest^)? attr-dict `:` type($x) `to` type($values)
    `,` type($indices)
  }];
  let hasVerifier = 1;
}

def DL_ArgsortOp : DL_InferredOp<"argsort", [DL_NotDifferentiable]> {
  let summary = "the order of the rows of a matrix, the smallest first";
  let description = [{
    Row y[0] of the `[n, m]` matrix x is the smallest, row y[n-1] the largest. Rows
    are compared lexicographically; NaN is above every number. Equal rows keep their
    order.
  }];
  let arguments = (ins DL_NumberTensor:$x);
  let results = (outs RankedTensorOf<[I64]>:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def DL_NonzeroOp : DL_InferredOp<"nonzero", [DL_NotDifferentiable]> {
  let summary = "the positions of true elements, one per column";
  let description = [{
    y[d, j] is the index along dimension d of the j-th true element in row-major
    order. The number of columns is known only at run time.
  }];
  let arguments = (ins DL_BoolTensor:$x);
  let results = (outs RankedTensorOf<[I64]>:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

#endif // DLC_DIALECT_DL_IR_DLINDEXING_TD
