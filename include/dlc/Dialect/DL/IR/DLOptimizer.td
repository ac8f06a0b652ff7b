//===- DLOptimizer.td - Optimisers ------------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One step of an optimiser for one parameter. It computes the new value and state from
// the old ones, the gradient, and the learning rate, which is a scalar of rank 0.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLOPTIMIZER_TD
#define DLC_DIALECT_DL_IR_DLOPTIMIZER_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

class DL_Optimizer<string mnemonic, string formula, dag states, dag more,
                   dag next>
    : DL_InferredOp<mnemonic, [
          DeclareOpInterfaceMethods<DL_DecomposableOpInterface>,
          DL_NotDifferentiable]> {
  let summary = formula;
  let arguments = !con((ins DL_FloatTensor:$p, DL_FloatTensor:$g), states,
                       (ins DL_FloatTensor:$rate), more,
                       (ins DefaultValuedAttr<F64Attr, "0.0">:$weight_decay));
  let results = !con((outs DL_FloatTensor:$new_p), next);
  let hasVerifier = 1;
}

def DL_SgdOp : DL_Optimizer<"sgd", "p' = p - rate (g + weight_decay p)", (ins), (ins),
                            (outs)> {
  let description = [{Gradient descent.}];
  let assemblyFormat = [{
    $p `,` $g `,` $rate attr-dict `:` type($p) `,` type($g) `,` type($rate)
  }];
}

defvar stateFormat = [{
  $p `,` $g `,` $s `,` $rate attr-dict `:` type($p) `,` type($g) `,` type($s) `,`
  type($rate)
}];

def DL_MomentumOp : DL_Optimizer<"momentum",
    "v' = momentum v + g, p' = p - rate v'", (ins DL_FloatTensor:$s),
    (ins DefaultValuedAttr<F64Attr, "0.9">:$momentum, UnitAttr:$nesterov),
    (outs DL_FloatTensor:$new_s)> {
  let description = [{
    Gradient descent with momentum (Polyak, 1964). With `nesterov` the step is
    g + momentum v' (Sutskever et al., 2013). Weight decay adds weight_decay p to g.
  }];
  let assemblyFormat = stateFormat;
}

def DL_AdamOp : DL_Optimizer<"adam",
    "m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, p' = p - rate m^ / (sqrt v^ + epsilon)",
    (ins DL_FloatTensor:$m, DL_FloatTensor:$v, DL_IndexTensor:$step),
    (ins DefaultValuedAttr<F64Attr, "0.9">:$beta1,
         DefaultValuedAttr<F64Attr, "0.999">:$beta2,
         DefaultValuedAttr<F64Attr, "1e-8">:$epsilon, UnitAttr:$decoupled),
    (outs DL_FloatTensor:$new_m, DL_FloatTensor:$new_v)> {
  let description = [{
    Adam (Kingma and Ba, 2015), with m^ = m' / (1 - b1^t) and v^ = v' / (1 - b2^t). t
    is the number of the step, counted from 1 (a tensor of rank 0). Weight decay adds
    weight_decay p to g. With `decoupled`, rate weight_decay p is subtracted from the
    parameter instead (AdamW; Loshchilov and Hutter, 2019).
  }];
  let assemblyFormat = [{
    $p `,` $g `,` $m `,` $v `,` $step `,` $rate attr-dict `:` type($p) `,` type($g)
    `,` type($m) `,` type($v) `,` type($step) `,` type($rate)
  }];
}

def DL_RmspropOp : DL_Optimizer<"rmsprop",
    "s' = rho s + (1 - rho) g^2, p' = p - rate g / (sqrt s' + epsilon)",
    (ins DL_FloatTensor:$s),
    (ins DefaultValuedAttr<F64Attr, "0.9">:$rho,
         DefaultValuedAttr<F64Attr, "1e-8">:$epsilon), (outs DL_FloatTensor:$new_s)> {
  let description = [{RMSprop (Hinton, lecture 6e, 2012).}];
  let assemblyFormat = stateFormat;
}

def DL_AdagradOp : DL_Optimizer<"adagrad",
    "s' = s + g^2, p' = p - rate g / (sqrt s' + epsilon)", (ins DL_FloatTensor:$s),
    (ins DefaultValuedAttr<F64Attr, "1e-10">:$epsilon), (outs DL_FloatTensor:$new_s)> {
  let description = [{Adagrad (Duchi et al., 2011).}];
  let assemblyFormat = stateFormat;
}

def DL_ClipByGlobalNormOp : DL_InferredOp<"clip_by_global_norm", [
    DeclareOpInterfaceMethods<DL_DecomposableOpInterface>, DL_NotDifferentiable]> {
  let summary = "gradients scaled down together if their norm is above a limit";
  let description = [{
    Multiplies each tensor by min(1, limit / n), where n is the root of the sum of
    squares of all elements of all tensors (Pascanu et al., 2013).
  }];
  let arguments = (ins Variadic<DL_FloatTensor>:$gradients, F64Attr:$limit);
  let results = (outs Variadic<DL_FloatTensor>:$clipped);
  let assemblyFormat = [{
    $gradients `to` $limit attr-dict `:` type($gradients)
  }];
  let hasVerifier = 1;
}

def DL_ScheduleKind : I32EnumAttr<"ScheduleKind", "how a learning rate changes", [
    I32EnumAttrCase<"constant", 0>,
    I32EnumAttrCase<"step", 1>,
    I32EnumAttrCase<"exponential", 2>,
    I32EnumAttrCase<"linear", 3>,
    I32EnumAttrCase<"cosine", 4>]> {
  let cppNamespace = "::dlc::dl";
}

def DL_LearningRateOp : DL_InferredOp<"learning_rate", [
    DeclareOpInterfaceMethods<DL_DecomposableOpInterface>, DL_NotDifferentiable]> {
  let summary = "the learning rate at a step, by a schedule";
  let description = [{
    `step` counts from 0 (i64 of rank 0). The result is a float of rank 0 of type
    `element`. With rate r and t steps after the warm-up:

    - `constant` r
    - `step` r decay^floor(t / steps)
    - `exponential` r decay^(t / steps)
    - `linear` r (1 - u) + r decay u with u = min(t / steps, 1)
    - `cosine` r decay + r (1 - decay) (1 + cos(pi u)) / 2

    During the first `warmup` steps the rate is r (step + 1) / warmup.
  }];
  let arguments = (ins DL_IndexTensor:$step, DL_ScheduleKind:$kind, F64Attr:$rate,
                       DefaultValuedAttr<F64Attr, "0.1">:$decay,
                       DefaultValuedAttr<I64Attr, "1000">:$steps,
                       DefaultValuedAttr<I64Attr, "0">:$warmup, TypeAttr:$element);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = [{
    $step $kind $rate oilist(`decay` $decay | `steps` $steps | `warmup` $warmup)
    `to` $element attr-dict `:` type($step)
  }];
  let hasVerifier = 1;
}

#endif // DLC_DIALECT_DL_IR_DLOPTIMIZER_TD
