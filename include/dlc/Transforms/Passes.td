//===- Passes.td - Simplification of dl -------------------------*- tablegen -*-===//

#ifndef DLC_TRANSFORMS_PASSES_TD
#define DLC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AddTraining : Pass<"dl-add-training", "::mlir::ModuleOp"> {
  let summary = "Add the training step of a model to it";
  let description = [{
    The constant globals that a public function reads become its parameters: mutable,
    as are the running averages of its batch normalisations and the state of the
    optimiser. Beside the function, which stays as it is for inference, come

    - `step(inputs..., target) -> loss, metrics...`: loss and gradient of the model in
      training form (`dl.dropout` with random numbers, `dl.batch_norm_training`), then
      the optimiser; parameters and states are stored;
    - `evaluate(inputs..., target) -> loss, metrics...` of the model as it is;
    - `initialize(seed)`: new first values for parameters and states.

    The loss is taken of the function's first result; a cross entropy of what comes
    before the softmax or logistic function that the result is made by, if it is, or
    else of the result itself. Globals that match one of `frozen` (shell patterns) stay
    constant. Numbers out of range are refused by the ops that they become part of.

    Its options are the words of `dlc --train`, which `dlc --list-training-words`
    prints.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::arith::ArithDialect",
                           "::dlc::codegen::CodegenDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::ml_program::MLProgramDialect",
                           "::mlir::tensor::TensorDialect"];
}

def Decompose : Pass<"dl-decompose"> {
  let summary = "Spell out the ops that other ops describe completely";
  let description = [{
    `dl.rnn`, `dl.lstm` and `dl.gru` become a `dl.scan` for each direction, whose cell
    is one product of the input, one of the state and the gates' arithmetic; losses,
    metrics, optimisers, initialisers and layers in training form become the
    arithmetic of their formulas; dropout at inference goes. From here on nothing
    knows their names.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::tensor::TensorDialect"];
}

def DefineArithmetic : Pass<"define-arithmetic"> {
  let summary = "Give every op of arith and scf a value for every operand";
  let description = [{
    Models that bring `arith` and `scf` bring what these leave undefined: division by
    zero (a trap), shifts by the width or more, floats that no integer holds, promises
    such as `overflow<nsw>`, `exact` and `nnan`, a step of a loop below 1. They get the
    answers of dl: x / 0 = 0, the quotient of the least number and -1 is the least,
    shifts beyond the width leave no bit, conversions saturate and NaN becomes 0, a
    step is 1 at least; promises are dropped.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def VerifyTypes : Pass<"dl-verify-types", "::mlir::ModuleOp"> {
  let summary = "Refuse types that no pass behind takes";
  let description = [{
    Values are ranked tensors of at most 16 dimensions and 2^45 elements, or single
    numbers, of the element types of dl; index is a number but no element. What else
    MLIR can write (complex and odd integers, memrefs, unranked tensors, encodings) is
    reported, all of it, with its places. With `entries` public functions take and give
    ranked tensors alone.
  }];
  let options = [Option<"entries", "entries", "bool", "false",
                        "Whether public functions have to be entries of a library">];
  let dependentDialects = ["::mlir::tosa::TosaDialect"];
}

def FoldBatchNorm : Pass<"dl-fold-batch-norm"> {
  let summary = "Fold inference batch normalisation into the layer before it";
  let description = [{
    A `dl.batch_norm` that is the only user of a `dl.conv`, `dl.conv_transpose`
    (one group) or `dl.dense` becomes part of its weights and bias:

        w' = w s,   b' = (b - mean) s + offset,   s = scale / sqrt(variance + epsilon)

    by output channel. The new weights are `dl` ops on the old ones; where those are
    constants `dl-fold-constants` computes them while compiling. Rounding differs by
    a few units in the last place.
  }];
}

def CheckFinite : Pass<"dl-check-finite", "::mlir::func::FuncOp"> {
  let summary = "End a call with the first op whose result is not finite";
  let description = [{
    Behind each op of a function stands a `dl.require_finite` of its results (those of
    the ops inside a scan are looked at as its results). Ops run one by one then: for
    finding where numbers go wrong.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def HoistInputProjections : Pass<"dl-hoist-input-projections"> {
  let summary = "Multiply the inputs of all steps of a scan at once";
  let description = [{
    A `dl.dense` in a cell that reads inputs of the scan and not its states leaves it,
    with the arithmetic that it needs: one large product over all steps instead of a
    small one at each, whose result is an input of the scan. The product of a
    concatenation of input and state is split for it. What depends on neither leaves
    as well.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::tensor::TensorDialect"];
}

def HoistOutputProjections : Pass<"dl-hoist-output-projections"> {
  let summary = "Multiply what a scan gives at all steps at once";
  let description = [{
    The counterpart of `dl-hoist-input-projections`, for what derivatives look like. An
    output that is a product with weights from outside leaves the scan: one large product
    of the outputs of all steps. A state that only adds up products a' g (or the rows of
    g), as the gradient of weights does, becomes one product over all steps and rows: the
    sum is not read and written at each step.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::tensor::TensorDialect"];
}

def MergeProducts : Pass<"dl-merge-products"> {
  let summary = "One product for all gates of a cell that multiply the same value";
  let description = [{
    Several `dl.dense` (or `dl.matmul` with a matrix) of one value in a cell, whose
    weights come from outside, become one with the weights side by side, and slices of
    its result: the state is read once, and the product has columns to share.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def BlockScans : Pass<"dl-block-scans"> {
  let summary = "Multiply the inputs of a long scan a block of steps at a time";
  let description = [{
    The product that `dl-hoist-input-projections` has taken out of a scan may be larger
    than the caches: written to memory, and read from there step by step. Then the scan
    becomes one over blocks of steps, each of which multiplies its inputs and scans
    them while they lie in the second level cache. The number of steps is known and
    has a divisor of about the right size.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::arith::ArithDialect"];
}

def MergeScans : Pass<"dl-merge-scans"> {
  let summary = "Run scans that take the same steps in one loop";
  let description = [{
    Two scans in a block, of the same known number of steps or over the same input, in
    the same direction and with the same lengths, neither of which needs the other,
    become one with the states, inputs and outputs of both. Scans that end themselves
    stay apart.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def PipelineScans : Pass<"dl-pipeline-scans"> {
  let summary = "Let stacked recurrent layers run one block of steps apart";
  let description = [{
    Where a scan takes the outputs of another step by step, both are cut into about
    eight blocks of steps: while the first works on a block, the second works on the
    block before. The two loops inside do not need each other then, and
    `dlc-parallelize-loops` makes tasks of them (a wavefront of two layers). For a
    known number of steps, forward, and products large enough to share.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def UnrollScans : Pass<"dl-unroll-scans"> {
  let summary = "Take several steps of a scan in one iteration";
  let description = [{
    The cell is laid out `factor` times, the inputs of as many steps are one element.
    For scans whose steps are known and a multiple of the factor, without lengths and
    without an end on the way; others stay. It pays where one step is shorter than
    what a loop costs; compile time grows with the factor and never with the steps.
  }];
  let options = [Option<"factor", "factor", "int64_t", "1", "Steps an iteration">];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def PadChannels : Pass<"dl-pad-channels"> {
  let summary = "Give layers of few output channels a power of two of them";
  let description = [{
    A `dl.conv` or `dl.dense` of f32 with constant weights and 3 to 15 outputs that are
    no power of two would add up scalars, or vectors in pieces. It gets channels of zeros
    up to the next power of two, and a `dl.slice` takes the others back; that moves
    behind activations and pooling, which work on each channel by itself.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def SinkTransposes : Pass<"dl-sink-transposes"> {
  let summary = "Move transposes behind the ops that can do without them";
  let description = [{
    Element-wise ops, reductions, softmax, concat, split, pad and slice work in any
    order of dimensions: a transpose of their operands becomes one of their result.
    So the transposes around the layers of a channels-first model meet and cancel,
    and the few that are left stand at its inputs and outputs. A transpose that only
    moves dimensions of one element becomes a reshape.
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def NameParameters : Pass<"dl-name-parameters", "::mlir::ModuleOp"> {
  let summary = "Constants with a name become constant globals";
  let description = [{
    Each `arith.constant` with the attribute `dl.parameter = "name"`, which the importer
    of ONNX gives its initialisers, becomes a read of an `ml_program.global` of that
    name: what training and `--parameters` know weights by.
  }];
  let dependentDialects = ["::mlir::ml_program::MLProgramDialect"];
}

def FoldConstants : Pass<"dl-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Compute what depends on constants alone while compiling";
  let description = [{
    Every maximal group of `dl` ops whose inputs are constants or constant globals
    is evaluated, and what the rest of the function uses of it becomes a constant.
    Results of more than `limit` bytes stay as they are, unless they replace at
    least half as many bytes of weights. The evaluator is the compiler itself, an
    interface of the dialect `dl` (`dlc::registerEvaluator`).

    With `keep-parameters`, what follows from one constant global alone becomes a global
    in its place, and what follows from several stays to be computed: weights that will
    be learnt or replaced keep their names, in the layout in which they are read.
  }];
  let options = [
    Option<"limit", "limit", "int64_t", "1 << 20",
           "Largest result in bytes that does not replace a weight">,
    Option<"keepParameters", "keep-parameters", "bool", "false",
           "Results of one constant global become a global">];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect"];
}

#endif // DLC_TRANSFORMS_PASSES_TD
