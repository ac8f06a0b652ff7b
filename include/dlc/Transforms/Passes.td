//===- Passes.td - Simplification of dl -------------------------*- tablegen -*-===//

#ifndef DLC_TRANSFORMS_PASSES_TD
#define DLC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

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

def FoldConstants : Pass<"dl-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Compute what depends on constants alone while compiling";
  let description = [{
    Every maximal group of `dl` ops whose inputs are constants or constant globals
    is evaluated, and what the rest of the function uses of it becomes a constant.
    Results of more than `limit` bytes stay as they are, unless they replace at
    least half as many bytes of weights. The evaluator is the compiler itself: see
    Driver/Evaluate.cpp.
  }];
  let options = [
    Option<"limit", "limit", "int64_t", "1 << 20",
           "Largest result in bytes that does not replace a weight">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

#endif // DLC_TRANSFORMS_PASSES_TD
