//===- DLLoss.td - Losses and metrics ---------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each is a scalar of rank 0, the mean over all examples, and decomposes into the
// arithmetic of its formula. Losses of probabilities take logits, the operands of the
// softmax or logistic function, so that no finite input overflows.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLLOSS_TD
#define DLC_DIALECT_DL_IR_DLLOSS_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

class DL_Loss<string mnemonic, string formula, dag more = (ins),
              Type targets = DL_FloatTensor>
    : DL_InferredOp<mnemonic,
                    [DeclareOpInterfaceMethods<DL_DecomposableOpInterface>]> {
  let summary = formula;
  let arguments = !con((ins DL_FloatTensor:$x, targets:$target), more);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$x `,` $target attr-dict `:` type($x) `,` type($target)";
}

def DL_MeanSquaredErrorOp : DL_Loss<"mean_squared_error",
    "mean of (x - target)^2 over all elements">;
def DL_MeanAbsoluteErrorOp : DL_Loss<"mean_absolute_error",
    "mean of |x - target| over all elements">;

def DL_CrossEntropyOp : DL_Loss<"cross_entropy",
    "mean of -sum over classes of p ln softmax(x)",
    (ins DefaultValuedAttr<F64Attr, "0.0">:$label_smoothing), DL_NumberTensor> {
  let description = [{
    The logits are `[..., C]`. The target p is either a distribution over classes,
    floats `[..., C]`, or the index of the class, i32 or i64 `[...]` (sparse). A call
    with an index outside 0 to C - 1 ends with a message. With `label_smoothing` s the
    target is (1 - s) p + s / C.
  }];
  let assemblyFormat = [{
    $x `,` $target (`smoothing` $label_smoothing^)? attr-dict `:` type($x) `,`
    type($target)
  }];
  let hasVerifier = 1;
}

def DL_BinaryCrossEntropyOp : DL_Loss<"binary_cross_entropy",
    "mean of -(t ln s(x) + (1 - t) ln(1 - s(x))), s the logistic function"> {
  let description = [{
    Computed as max(x, 0) - x t + ln(1 + exp(-|x|)). Targets are from 0 to 1.
  }];
}
def DL_HingeOp : DL_Loss<"hinge", "mean of max(0, 1 - t x), targets -1 and 1"> {
  let description = [{The loss of support vector machines (Cortes and Vapnik, 1995).}];
}
def DL_PerceptronCriterionOp : DL_Loss<"perceptron_criterion",
    "mean of max(0, -t x), targets -1 and 1"> {
  let description = [{
    Its gradient step is Rosenblatt's rule: each example on the wrong side adds its
    input. At x = 0, where neither side is right, an example counts as wrong.
  }];
}
def DL_KlDivergenceOp : DL_Loss<"kl_divergence",
    "mean over examples of sum of p (ln p - ln softmax(x)) over classes"> {
  let description = [{
    The divergence of the target distribution p, `[..., C]`, from that of the logits.
    A p of 0 contributes 0.
  }];
}

def DL_AccuracyOp : DL_Loss<"accuracy", "the share of examples that are classified correctly", (ins),
    DL_NumberTensor> {
  let description = [{
    `x` holds scores `[..., C]`. Targets are class indices `[...]` (i32, i64) or floats
    `[..., C]`. An example is correct if both are largest at the same class. With one
    class (C = 1, or targets of the shape of a vector x) it is correct if the score is
    above 0 exactly where the target is above 1/2.
  }];
}

#endif // DLC_DIALECT_DL_IR_DLLOSS_TD
