//===- DLCheck.td - Values that must be what they should --------*- tablegen -*-===//
//
// Each is the identity; a call in which a value is not what it must be ends with a
// message, before anything of the state has changed.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLCHECK_TD
#define DLC_DIALECT_DL_IR_DLCHECK_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_RequireRangeOp : DL_InferredOp<"require_range", [DL_NotDifferentiable]> {
  let summary = "x, all of whose elements are from `least` to below `past`";
  let description = [{`what` says in the message what they are: "a label".}];
  let arguments = (ins DL_IndexTensor:$x, I64Attr:$least, I64Attr:$past,
                       StrAttr:$what);
  let results = (outs DL_IndexTensor:$y);
  let assemblyFormat = "$what $x `from` $least `to` $past attr-dict `:` type($x)";
}

def DL_RequireFiniteOp : DL_InferredOp<"require_finite"> {
  let summary = "x, all of whose elements are numbers: neither infinite nor NaN";
  let description = [{`what` says in the message what they are: "dl.log at net.mlir:7".}];
  let arguments = (ins DL_FloatTensor:$x, StrAttr:$what);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$what $x attr-dict `:` type($x)";
}

#endif // DLC_DIALECT_DL_IR_DLCHECK_TD
