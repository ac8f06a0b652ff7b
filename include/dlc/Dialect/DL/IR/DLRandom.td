//===- DLRandom.td - Random numbers, initialisers, dropout ------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers are functions of a counter. Element i of op `stream` at step t with
// seed s is always the same, whatever runs before it and for any number of threads.
// The ops read a state `tensor<2xi64>`: the seed and the step.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLRANDOM_TD
#define DLC_DIALECT_DL_IR_DLRANDOM_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_RandomState : RankedTensorOf<[I64]>;

def DL_RandomBitsOp : DL_Op<"random_bits", [DL_NotDifferentiable]> {
  let summary = "random words of 32 bits";
  let description = [{
    Element i (row-major) is word `word` of the block that Philox 4x32-10 (Salmon et
    al., Parallel random numbers: as easy as 1, 2, 3, SC 2011) computes from the counter
    (i, stream, step) with the seed as key. i has 32 bits of the counter; its upper bits
    are added to those of the stream.
  }];
  let arguments = (ins DL_RandomState:$state, Variadic<Index>:$extents,
                       I64Attr:$stream, DefaultValuedAttr<I64Attr, "0">:$word);
  let results = (outs RankedTensorOf<[UI32]>:$y);
  let assemblyFormat = [{
    $state (`[` $extents^ `]`)? `stream` $stream (`word` $word^)? attr-dict `:`
    type($state) `to` type($y)
  }];
  let hasVerifier = 1;
}

class DL_Random<string mnemonic, string formula, dag more>
    : DL_Op<mnemonic, [DL_NotDifferentiable,
                       DeclareOpInterfaceMethods<DL_DecomposableOpInterface>]> {
  let summary = formula;
  let arguments = !con((ins DL_RandomState:$state, Variadic<Index>:$extents,
                            I64Attr:$stream), more);
  let results = (outs DL_FloatTensor:$y);
  let hasVerifier = 1;
}

def DL_RandomUniformOp : DL_Random<"random_uniform",
    "numbers uniformly distributed from `low` to below `high`",
    (ins DefaultValuedAttr<F64Attr, "0.0">:$low,
         DefaultValuedAttr<F64Attr, "1.0">:$high)> {
  let description = [{
    low + (high - low) u, where u in [0, 1) is a multiple of 2^-24 (in f64 of 2^-53),
    from the upper bits of `dl.random_bits`.
  }];
  let assemblyFormat = [{
    $state (`[` $extents^ `]`)? `stream` $stream oilist(`low` $low | `high` $high)
    attr-dict `:` type($state) `to` type($y)
  }];
}

def DL_RandomNormalOp : DL_Random<"random_normal",
    "normally distributed numbers",
    (ins DefaultValuedAttr<F64Attr, "0.0">:$mean,
         DefaultValuedAttr<F64Attr, "1.0">:$deviation)> {
  let description = [{
    mean + deviation sqrt(-2 ln(1 - u)) cos(2 pi v) with u and v uniform in [0, 1) (Box
    and Muller, 1958).
  }];
  let assemblyFormat = [{
    $state (`[` $extents^ `]`)? `stream` $stream
    oilist(`mean` $mean | `deviation` $deviation) attr-dict `:` type($state) `to`
    type($y)
  }];
}

def DL_InitializerKind : I32EnumAttr<"InitializerKind", "how weights are initialised", [
    I32EnumAttrCase<"glorot_uniform", 0>,
    I32EnumAttrCase<"glorot_normal", 1>,
    I32EnumAttrCase<"he_uniform", 2>,
    I32EnumAttrCase<"he_normal", 3>,
    I32EnumAttrCase<"orthogonal", 4>]> {
  let cppNamespace = "::dlc::dl";
}

def DL_InitializeOp : DL_Random<"initialize", "initial values of weights",
    (ins DL_InitializerKind:$kind)> {
  let description = [{
    For weights `[window..., in, out]`, fan_in = window in and fan_out = window out. For
    a vector both are its extent.

    - `glorot_uniform` uniform in [-a, a], a = sqrt(6 / (fan_in + fan_out));
      `glorot_normal` deviation sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010)
    - `he_uniform` a = sqrt(6 / fan_in); `he_normal` deviation sqrt(2 / fan_in) (He et
      al., 2015)
    - `orthogonal` orthonormal columns (or rows, if there are fewer) of the matrix
      [window in, out] (Saxe et al., 2014), by the Gram-Schmidt process with each step
      done twice.
  }];
  let assemblyFormat = [{
    $kind $state (`[` $extents^ `]`)? `stream` $stream attr-dict `:` type($state) `to`
    type($y)
  }];
}

def DL_DropoutOp : DL_InferredOp<"dropout",
    [DeclareOpInterfaceMethods<DL_DecomposableOpInterface>,
     DeclareOpInterfaceMethods<DL_TrainingFormOpInterface, ["getStreamCount"]>]> {
  let summary = "elements zeroed at random in training, the identity at inference";
  let description = [{
    Training zeroes a fraction `rate` of the elements at random and scales the rest
    by 1 / (1 - rate) (Srivastava et al., 2014). Without a random state the op is in
    inference form: it decomposes to its operand.
  }];
  let arguments = (ins DL_FloatTensor:$x, Optional<DL_RandomState>:$state,
                       DefaultValuedAttr<F64Attr, "0.5">:$rate,
                       DefaultValuedAttr<I64Attr, "0">:$stream);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = [{
    $x oilist(`rate` $rate | `random` `(` $state `:` type($state) `)` |
    `stream` $stream) attr-dict `:` type($x)
  }];
  let hasVerifier = 1;
}

#endif // DLC_DIALECT_DL_IR_DLRANDOM_TD
