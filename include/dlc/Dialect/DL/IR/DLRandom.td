//===- DLRandom.td - Ops with randomness ------------------------*- tablegen -*-===//

#ifndef DLC_DIALECT_DL_IR_DLRANDOM_TD
#define DLC_DIALECT_DL_IR_DLRANDOM_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_DropoutOp : DL_InferredOp<"dropout"> {
  let summary = "the identity at inference";
  let description = [{
    Training zeroes a fraction `rate` of the elements at random and scales the rest
    by 1 / (1 - rate) (Srivastava et al., 2014); at inference nothing happens, and
    the op folds away.
  }];
  let arguments = (ins DL_FloatTensor:$x, DefaultValuedAttr<F64Attr, "0.5">:$rate);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$x (`rate` $rate^)? attr-dict `:` type($x)";
  let hasVerifier = 1;
}

#endif // DLC_DIALECT_DL_IR_DLRANDOM_TD
