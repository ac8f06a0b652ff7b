//===- DLCheck.td - Checks of values ----------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each op is the identity. A call in which a value fails its check ends with a message,
// before any state has changed.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLCHECK_TD
#define DLC_DIALECT_DL_IR_DLCHECK_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_RequireRangeOp : DL_InferredOp<"require_range", [DL_NotDifferentiable]> {
  let summary = "x, with a check that all elements are from `least` to below `past`";
  let description = [{`what` names the elements in the message: "a label".}];
  let arguments = (ins DL_IndexTensor:$x, I64Attr:$least, I64Attr:$past,
                       StrAttr:$what);
  let results = (outs DL_IndexTensor:$y);
  let assemblyFormat = "$what $x `from` $least `to` $past attr-dict `:` type($x)";
}

def DL_RequireFiniteOp : DL_InferredOp<"require_finite"> {
  let summary = "x, with a check that no element is infinite or NaN";
  let description = [{`what` names the elements in the message: "dl.log at net.mlir:7".}];
  let arguments = (ins DL_FloatTensor:$x, StrAttr:$what);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$what $x attr-dict `:` type($x)";
}

#endif // DLC_DIALECT_DL_IR_DLCHECK_TD
