//===- DLRecurrent.td - Scans and recurrent layers --------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLRECURRENT_TD
#define DLC_DIALECT_DL_IR_DLRECURRENT_TD

include "dlc/Dialect/DL/IR/DLDialect.td"
include "mlir/Interfaces/LoopLikeInterface.td"

//===----------------------------------------------------------------------===//
// The primitive
//===----------------------------------------------------------------------===//

def DL_ScanOp : DL_Op<"scan", [AttrSizedOperandSegments, AttrSizedResultSegments,
    SingleBlock,
    DeclareOpInterfaceMethods<LoopLikeOpInterface>]> {
  let summary = "a cell applied to one step after another";
  let description = [{
    The only recurrent primitive. Its region maps the states and the element of each
    input at step t to the next states and the outputs at step t:

        state(t), output(t) = cell(state(t - 1), input(t))

    Inputs are `[T, ...]`. The elements that the region sees lack the dimension T.
    `axis` (default 0) is the position of T in all inputs and outputs. The results are
    the last states, then the outputs of all steps. `reverse` iterates from the last
    step to the first; the output of a step stays at the position of its inputs.

    ```mlir
    %last, %all = dl.scan states(%h = %h0 : tensor<?x8xf32>)
                          inputs(%x = %xs : tensor<?x?x8xf32>) {
      %sum = dl.add %h, %x : tensor<?x8xf32>, tensor<?x8xf32>
      %next = dl.tanh %sum : tensor<?x8xf32>
      dl.yield states(%next : tensor<?x8xf32>) outputs(%next : tensor<?x8xf32>)
    }
    ```

    A state keeps its type, and its `?` extents keep their values. `steps(%n)` gives the
    number of steps if there is no input, and otherwise must equal T.

    `lengths(%n : tensor<Bxi64>)` is the number of steps of each sample, from 0 to T.
    Samples are the first dimension of every state and of every element of an output.
    After its length, the states of a sample are frozen and its outputs are 0. In
    reverse, a sample begins at its own last step.

    A cell that yields `until(%stop : tensor<i1>)` ends the scan after the first step
    that yields true. The outputs of later steps are 0, and an additional last result
    `tensor<i64>` is the number of steps taken. T remains the limit, so no scan is
    endless.

    The region may use live-in values.
  }];
  let arguments = (ins Variadic<DL_Tensor>:$initial, Variadic<DL_Tensor>:$inputs,
                       Optional<DL_IndexTensor>:$lengths, Optional<Index>:$steps,
                       DefaultValuedAttr<I64Attr, "0">:$axis, UnitAttr:$reverse);
  let results = (outs Variadic<DL_Tensor>:$finals, Variadic<DL_Tensor>:$outputs,
                      Optional<RankedTensorOf<[I64]>>:$count);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    YieldOp getYield();
    ::mlir::ValueRange getStates() {
      return getBody().front().getArguments().take_front(getInitial().size());
    }
    ::mlir::ValueRange getElements() {
      return getBody().front().getArguments().drop_front(getInitial().size());
    }
    /// T, if it is known.
    int64_t getStaticSteps();
    /// The type of an element of `type`, whose dimension `axis` is T; null if there
    /// is no such dimension.
    static ::mlir::RankedTensorType elementType(::mlir::RankedTensorType type,
                                                int64_t axis);
    /// The type of all steps of `element`.
    static ::mlir::RankedTensorType allStepsType(::mlir::RankedTensorType element,
                                                 int64_t axis, int64_t steps);
  }];
  // `cell` builds the body. It gets states and elements and ends the block with a
  // dl.yield, from which the result types follow.
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::mlir::ValueRange":$initial,
      "::mlir::ValueRange":$inputs, "::mlir::Value":$lengths,
      "::mlir::Value":$steps, "int64_t":$axis, "bool":$reverse,
      "::llvm::function_ref<void(::mlir::OpBuilder &, ::mlir::Location, "
      "::mlir::ValueRange, ::mlir::ValueRange)>":$cell)>];
}

def DL_YieldOp : DL_Op<"yield", [AttrSizedOperandSegments, Terminator,
                                 HasParent<"ScanOp">]> {
  let summary = "the next states and the outputs of a cell";
  let arguments = (ins Variadic<DL_Tensor>:$states, Variadic<DL_Tensor>:$outputs,
                       Optional<DL_BoolTensor>:$until);
  let assemblyFormat = [{
    (`states` `(` $states^ `:` type($states) `)`)?
    (`outputs` `(` $outputs^ `:` type($outputs) `)`)?
    (`until` `(` $until^ `:` type($until) `)`)? attr-dict
  }];
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

def DL_Direction : I32EnumAttr<"Direction", "the order of the steps", [
    I32EnumAttrCase<"forward", 0>,
    I32EnumAttrCase<"reverse", 1>,
    I32EnumAttrCase<"bidirectional", 2>]> {
  let cppNamespace = "::dlc::dl";
}

/// What all layers share. `dl-decompose` replaces them by scans.
class DL_Recurrent<string mnemonic, int gates, dag before, dag after, dag flags,
                   dag more>
    : DL_InferredOp<mnemonic, [AttrSizedOperandSegments,
                               DeclareOpInterfaceMethods<DL_DecomposableOpInterface>]> {
  let arguments = !con(
      (ins DL_FloatTensor:$x, DL_FloatTensor:$weights, DL_FloatTensor:$recurrent,
           Optional<DL_FloatTensor>:$bias), before,
      (ins Optional<DL_FloatTensor>:$h0), after,
      (ins Optional<DL_IndexTensor>:$lengths,
           DefaultValuedAttr<DL_Direction, "Direction::forward">:$direction,
           UnitAttr:$batch_first,
           OptionalAttr<StrArrayAttr>:$activations,
           OptionalAttr<DenseF64ArrayAttr>:$alpha,
           OptionalAttr<DenseF64ArrayAttr>:$beta,
           OptionalAttr<F64Attr>:$clip), flags);
  let results = !con((outs DL_FloatTensor:$y, DL_FloatTensor:$h), more);
  let hasVerifier = 1;
  let extraClassDeclaration = inferredDeclaration # [{
    static constexpr int64_t gates = }] # gates # [{;
    /// The default activations.
    static ::llvm::ArrayRef<::llvm::StringRef> getDefaultActivations();
  }];
  defvar common = [{
    Sequences are `[T, B, K]`, with `batch_first` `[B, T, K]`. The result `y` holds the
    state of every step, `h` the last one `[B, H]`. Weights are `[K, gates H]`,
    recurrent weights `[H, gates H]`, biases `[gates H]`, with the gates side by side in
    the order of the formulas. A missing bias or initial state is 0. `lengths` (`[B]`)
    are those of `dl.scan`.

    `direction reverse` iterates from the last step to the first. `bidirectional` does
    both: weights, biases and states have a leading dimension of 2 (forward, then
    reverse), and y is `[T, B, 2 H]` with the forward states first.

    `activations` names one function for each position in the order of the formulas:
    any element-wise op of dl with one operand, or `affine`, `scaled_tanh` or
    `thresholded_relu`. For two directions, give twice as many, or one set for both.
    `alpha` and `beta` are their parameters; NaN means the default. `clip` bounds the
    operands of the activations to [-clip, clip].
  }];
}

def DL_RnnOp : DL_Recurrent<"rnn", 1, (ins), (ins), (ins), (outs)> {
  let summary = "a fully connected recurrent layer (Elman, 1990)";
  let description = [{
        h(t) = f(x(t) W + h(t-1) U + b),   f = tanh

  }] # common;
  let assemblyFormat = [{
    $x `,` $weights `,` $recurrent oilist(
      `bias` `(` $bias `:` type($bias) `)` | `init` `(` $h0 `:` type($h0) `)`
      | `lengths` `(` $lengths `:` type($lengths) `)` | `direction` $direction
      | `batch_first` $batch_first | `activations` $activations | `clip` custom<Number>($clip))
    attr-dict `:` type($x) `,` type($weights) `,` type($recurrent)
  }];
}

def DL_LstmOp : DL_Recurrent<"lstm", 4, (ins), (ins Optional<DL_FloatTensor>:$c0,
    Optional<DL_FloatTensor>:$peephole), (ins UnitAttr:$coupled),
    (outs DL_FloatTensor:$c)> {
  let summary = "long short-term memory (Hochreiter and Schmidhuber, 1997)";
  let description = [{
        i, f, g, o = x(t) W + h(t-1) U + b
        c(t) = s(f) c(t-1) + s(i) t(g),   h(t) = s(o) v(c(t))

    with s the logistic function, t and v tanh: `activations ["sigmoid", "tanh", "tanh"]`.
    The `peephole` weights `[3 H]` (Gers, 2000) add p_i c(t-1) to i, p_f c(t-1) to f and
    p_o c(t) to o. With `coupled` the forget gate is 1 - s(i), and f is not used.

  }] # common;
  let assemblyFormat = [{
    $x `,` $weights `,` $recurrent oilist(
      `bias` `(` $bias `:` type($bias) `)` | `init` `(` $h0 `:` type($h0) `)`
      | `cell` `(` $c0 `:` type($c0) `)`
      | `peephole` `(` $peephole `:` type($peephole) `)`
      | `lengths` `(` $lengths `:` type($lengths) `)` | `direction` $direction
      | `batch_first` $batch_first | `activations` $activations | `clip` custom<Number>($clip)
      | `coupled` $coupled)
    attr-dict `:` type($x) `,` type($weights) `,` type($recurrent)
  }];
}

def DL_GruOp : DL_Recurrent<"gru", 3, (ins Optional<DL_FloatTensor>:$recurrent_bias),
    (ins), (ins UnitAttr:$linear_before_reset), (outs)> {
  let summary = "a gated recurrent unit (Cho et al., 2014)";
  let description = [{
        z = s(x(t) Wz + h(t-1) Uz + b),   r = s(x(t) Wr + h(t-1) Ur + b)
        n = t(x(t) Wn + (r h(t-1)) Un + b),   h(t) = (1 - z) n + z h(t-1)

    with gates in the order z, r, n and `activations ["sigmoid", "tanh"]`. With
    `linear_before_reset` the candidate is n = t(x(t) Wn + r (h(t-1) Un + b') + b),
    where b' is the `recurrent_bias` `[3 H]`, which is added to all three gates.

  }] # common;
  let assemblyFormat = [{
    $x `,` $weights `,` $recurrent oilist(
      `bias` `(` $bias `:` type($bias) `)`
      | `recurrent_bias` `(` $recurrent_bias `:` type($recurrent_bias) `)`
      | `init` `(` $h0 `:` type($h0) `)`
      | `lengths` `(` $lengths `:` type($lengths) `)` | `direction` $direction
      | `batch_first` $batch_first | `activations` $activations | `clip` custom<Number>($clip)
      | `linear_before_reset` $linear_before_reset)
    attr-dict `:` type($x) `,` type($weights) `,` type($recurrent)
  }];
}

#endif // DLC_DIALECT_DL_IR_DLRECURRENT_TD
