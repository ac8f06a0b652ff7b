//===- Passes.td - Simplification of dl -------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TRANSFORMS_PASSES_TD
#define DLC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AddTraining : Pass<"dl-add-training", "::mlir::ModuleOp"> {
  let summary = "Add the training step of a model to it";
  let description = [{
    The constant globals that a public function reads become its parameters, and so mutable, as
    do the running averages of its batch normalisations; the optimiser's state joins them. The
    function itself stays as it is, for inference. Beside it come

    - `step(inputs..., target) -> loss, metrics...`: loss and gradient of the model in training
      form (`dl.dropout` with random numbers, `dl.batch_norm_training`), then the optimiser;
      parameters and states are stored;
    - `evaluate(inputs..., target) -> loss, metrics...` of the model as it is;
    - `initialize(seed)`: new first values for parameters and states.

    The loss is taken of the function's first result. A cross entropy is taken of the logits,
    where the result is made of them by a softmax or logistic function, or else of the result
    itself. Globals that match one of `frozen` (shell patterns) stay constant. The ops that
    options become part of refuse numbers that are out of range.

    Its options are the words of `dlc --train`, which `dlc --list-training-words` prints.

    ```mlir
    // dlc-opt --dl-add-training="loss=mse optimizer=sgd rate=0.5"
    ml_program.global private @w(dense<0.0> : tensor<3x2xf32>) : tensor<3x2xf32>
    func.func @predict(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
      %w = ml_program.global_load_const @w : tensor<3x2xf32>
      %y = dl.dense %x, %w : tensor<4x3xf32>, tensor<3x2xf32>
      return %y : tensor<4x2xf32>
    }
    // becomes
    ml_program.global private mutable @w(dense<0.0> : tensor<3x2xf32>) : tensor<3x2xf32>
    ml_program.global private mutable @training.random(dense<0> : tensor<2xi64>) : tensor<2xi64>
    func.func @predict(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
      %w = ml_program.global_load @w : tensor<3x2xf32>
      ...
    }
    func.func private @predict.loss(%x: tensor<4x3xf32>, %t: tensor<4x2xf32>, %r: tensor<2xi64>)
        -> tensor<f32> {
      ...
      %l = dl.mean_squared_error %y, %t : tensor<4x2xf32>, tensor<4x2xf32>
      return %l : tensor<f32>
    }
    func.func @evaluate(%x: tensor<4x3xf32>, %t: tensor<4x2xf32> {dl.name = "target"})
        -> (tensor<f32> {dl.name = "loss"}) {
      ...
    }
    func.func @step(%x: tensor<4x3xf32>, %t: tensor<4x2xf32> {dl.name = "target"})
        -> (tensor<f32> {dl.name = "loss"}) {
      // The seed, and the number of the step.
      %r = ml_program.global_load @training.random : tensor<2xi64>
      %g:2 = dl.grad @predict.loss(%x, %t, %r) parameters [@w] with_value : ...
      ...
      %rate = dl.learning_rate %number constant 0.5 to f32 : tensor<i64>
      %w = ml_program.global_load @w : tensor<3x2xf32>
      %v = dl.sgd %w, %g#1, %rate : tensor<3x2xf32>, tensor<3x2xf32>, tensor<f32>
      ml_program.global_store @w = %v : tensor<3x2xf32>
      ...
      ml_program.global_store @training.random = %next : tensor<2xi64>
      return %g#0 : tensor<f32>
    }
    func.func @initialize(%seed: tensor<i64> {dl.name = "seed"}) {
      ...
      %w = dl.initialize glorot_uniform %r stream ... : tensor<2xi64> to tensor<3x2xf32>
      ml_program.global_store @w = %w : tensor<3x2xf32>
      ml_program.global_store @training.random = %r : tensor<2xi64>
      return
    }
    ```
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
    `dl.rnn`, `dl.lstm` and `dl.gru` become a `dl.scan` for each direction, whose cell is one
    product of the input, one of the state, and the arithmetic of the gates. Losses, metrics,
    optimisers, initialisers and layers in training form become the arithmetic of their formulas.
    Dropout without random numbers goes. Later passes know none of these ops.

    ```mlir
    func.func @f(%xs: tensor<?x2x3xf32>, %w: tensor<3x4xf32>, %u: tensor<4x4xf32>)
        -> tensor<?x2x4xf32> {
      %ys, %last = dl.rnn %xs, %w, %u : tensor<?x2x3xf32>, tensor<3x4xf32>, tensor<4x4xf32>
      return %ys : tensor<?x2x4xf32>
    }
    // becomes
    func.func @f(%xs: tensor<?x2x3xf32>, %w: tensor<3x4xf32>, %u: tensor<4x4xf32>)
        -> tensor<?x2x4xf32> {
      %zero = arith.constant dense<0.0> : tensor<f32>
      %h0 = dl.broadcast %zero : tensor<f32> to tensor<2x4xf32>
      %last, %ys = dl.scan states(%h = %h0 : tensor<2x4xf32>)
          inputs(%x = %xs : tensor<?x2x3xf32>) {
        %a = dl.dense %x, %w : tensor<2x3xf32>, tensor<3x4xf32>
        %b = dl.dense %h, %u : tensor<2x4xf32>, tensor<4x4xf32>
        %c = dl.add %a, %b : tensor<2x4xf32>
        %d = dl.tanh %c : tensor<2x4xf32>
        dl.yield states(%d : tensor<2x4xf32>) outputs(%d : tensor<2x4xf32>)
      }
      return %ys : tensor<?x2x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::tensor::TensorDialect"];
}

def DefineArithmetic : Pass<"define-arithmetic"> {
  let summary = "Give every op of arith and scf a value for every operand";
  let description = [{
    `arith` and `scf` leave some results undefined, and a model that brings their ops may ask for
    them: division by zero (a trap), shifts by the width or more, floats that no integer holds,
    the promises `overflow<nsw>`, `exact` and `nnan`, a loop whose step is below 1. They get the
    answers of `dl`: x / 0 is 0, the least number divided by -1 is the least number, a shift by
    the width or more leaves no bit, conversions saturate and NaN becomes 0, a step is at least
    1, and promises are dropped.

    ```mlir
    func.func @f(%a: i32, %b: i32) -> i32 {
      %s = arith.addi %a, %b overflow<nsw> : i32
      %q = arith.divui %s, %b : i32
      return %q : i32
    }
    // becomes
    func.func @f(%a: i32, %b: i32) -> i32 {
      %s = arith.addi %a, %b : i32
      %none = arith.cmpi eq, %b, %c0_i32 : i32
      %divisor = arith.select %none, %c1_i32, %b : i32
      %d = arith.divui %s, %divisor : i32
      %q = arith.select %none, %c0_i32, %d : i32
      return %q : i32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def VerifyTypes : Pass<"dl-verify-types", "::mlir::ModuleOp"> {
  let summary = "Refuse types that no pass behind takes";
  let description = [{
    The values of a model are ranked tensors of at most 16 dimensions and 2^45 elements, or
    single numbers, of the element types of `dl`; `index` is the type of a number but of no
    element. What else MLIR can write (complex and odd integers, memrefs, unranked tensors,
    encodings) is an error, all of it at once and each with its place. With `entries` public
    functions take and give ranked tensors alone.

    ```mlir
    func.func @f(%x: tensor<2xi48>) {
      return
    }
    // error: an argument of type 'tensor<2xi48>' is not allowed in a model
    ```

    ```mlir
    // dlc-opt --dl-verify-types=entries=true
    func.func @f(%x: f32) {
      return
    }
    // error: public function 'f' takes or gives 'f32', expected ranked tensors alone
    ```
  }];
  let options = [Option<"entries", "entries", "bool", "false",
                        "Whether public functions have to be entries of a library">];
  let dependentDialects = ["::mlir::tosa::TosaDialect"];
}

def FoldBatchNorm : Pass<"dl-fold-batch-norm"> {
  let summary = "Fold inference batch normalisation into the layer before it";
  let description = [{
    A `dl.batch_norm` that is the only user of a `dl.conv`, a `dl.conv_transpose` (of one group)
    or a `dl.dense` becomes part of its weights and bias, by output channel:

        w' = w s,   b' = (b - mean) s + offset,   s = scale / sqrt(variance + epsilon)

    The new weights are `dl` ops on the old ones; where those are constants, `dl-fold-constants`
    computes them while compiling. Results differ by rounding, a few units in the last place.

    ```mlir
    func.func @f(%x: tensor<1x2xf32>, %w: tensor<2x5xf32>, %scale: tensor<5xf32>,
        %offset: tensor<5xf32>, %mean: tensor<5xf32>, %variance: tensor<5xf32>) -> tensor<1x5xf32> {
      %y = dl.dense %x, %w : tensor<1x2xf32>, tensor<2x5xf32>
      %z = dl.batch_norm %y, %scale, %offset, %mean, %variance : tensor<1x5xf32>, tensor<5xf32>
      return %z : tensor<1x5xf32>
    }
    // becomes
    func.func @f(%x: tensor<1x2xf32>, %w: tensor<2x5xf32>, %scale: tensor<5xf32>,
        %offset: tensor<5xf32>, %mean: tensor<5xf32>, %variance: tensor<5xf32>) -> tensor<1x5xf32> {
      %epsilon = arith.constant dense<9.99999974E-6> : tensor<5xf32>
      %a = dl.add %variance, %epsilon : tensor<5xf32>
      %b = dl.sqrt %a : tensor<5xf32>
      %s = dl.div %scale, %b : tensor<5xf32>
      %v = dl.mul %w, %s : tensor<2x5xf32>, tensor<5xf32>
      %c = dl.neg %mean : tensor<5xf32>
      %d = dl.mul %c, %s : tensor<5xf32>
      %bias = dl.add %d, %offset : tensor<5xf32>
      %z = dl.dense %x, %v, %bias : tensor<1x2xf32>, tensor<2x5xf32>, tensor<5xf32>
      return %z : tensor<1x5xf32>
    }
    ```
  }];
}

def CheckFinite : Pass<"dl-check-finite", "::mlir::func::FuncOp"> {
  let summary = "End a call with the first op whose result is not finite";
  let description = [{
    Behind each op of a function stands a `dl.require_finite` of its results of floats; what a
    scan computes inside is looked at as the scan's results. Ops run one by one then: this is for
    finding where numbers go wrong (`dlc --check-finite`).

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = dl.log %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = dl.log %x : tensor<4xf32>
      %z = dl.require_finite "dl.log at ...:2:8" %y : tensor<4xf32>
      return %z : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def HoistInputProjections : Pass<"dl-hoist-input-projections"> {
  let summary = "Multiply the inputs of all steps of a scan at once";
  let description = [{
    A `dl.dense` in a cell that reads inputs of the scan but no states leaves the scan, with the
    arithmetic that it needs: one large product over all steps, whose result is an input of the
    scan, instead of a small one in each step. The product of a concatenation of input and state
    is split for it. Loop-invariant ops leave as well. Arithmetic on inputs alone stays, since its
    operands are in registers there.

    ```mlir
    // dlc-opt --dl-hoist-input-projections --canonicalize
    func.func @f(%xs: tensor<?x2x6xf32>, %h0: tensor<2x8xf32>, %w: tensor<6x8xf32>)
        -> tensor<2x8xf32> {
      %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<?x2x6xf32>) {
        %p = dl.dense %x, %w : tensor<2x6xf32>, tensor<6x8xf32>
        %s = dl.add %p, %h : tensor<2x8xf32>
        dl.yield states(%s : tensor<2x8xf32>)
      }
      return %last : tensor<2x8xf32>
    }
    // becomes
    func.func @f(%xs: tensor<?x2x6xf32>, %h0: tensor<2x8xf32>, %w: tensor<6x8xf32>)
        -> tensor<2x8xf32> {
      %ps = dl.dense %xs, %w : tensor<?x2x6xf32>, tensor<6x8xf32>
      %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%p = %ps : tensor<?x2x8xf32>) {
        %s = dl.add %p, %h : tensor<2x8xf32>
        dl.yield states(%s : tensor<2x8xf32>)
      }
      return %last : tensor<2x8xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::tensor::TensorDialect"];
}

def HoistOutputProjections : Pass<"dl-hoist-output-projections"> {
  let summary = "Multiply what a scan gives at all steps at once";
  let description = [{
    The counterpart of `dl-hoist-input-projections`, for the shape of derivatives. An output that
    is a product with weights from outside leaves the scan: one large product of the outputs of
    all steps. A state that only adds up products a' g, or the rows of g, as the gradient of
    weights does, becomes one product over all steps and rows: the sum is not read and written in
    each step. A sum that is read on the way stays.

    ```mlir
    // dlc-opt --dl-hoist-output-projections --canonicalize
    func.func @f(%xs: tensor<7x2x4xf32>, %h0: tensor<2x4xf32>, %w: tensor<4x5xf32>)
        -> tensor<7x2x5xf32> {
      %last, %ys = dl.scan states(%h = %h0 : tensor<2x4xf32>)
          inputs(%x = %xs : tensor<7x2x4xf32>) {
        %s = dl.mul %h, %x : tensor<2x4xf32>
        %y = dl.dense %s, %w : tensor<2x4xf32>, tensor<4x5xf32>
        dl.yield states(%s : tensor<2x4xf32>) outputs(%y : tensor<2x5xf32>)
      }
      return %ys : tensor<7x2x5xf32>
    }
    // becomes
    func.func @f(%xs: tensor<7x2x4xf32>, %h0: tensor<2x4xf32>, %w: tensor<4x5xf32>)
        -> tensor<7x2x5xf32> {
      %last, %all = dl.scan states(%h = %h0 : tensor<2x4xf32>)
          inputs(%x = %xs : tensor<7x2x4xf32>) {
        %s = dl.mul %h, %x : tensor<2x4xf32>
        dl.yield states(%s : tensor<2x4xf32>) outputs(%s : tensor<2x4xf32>)
      }
      %ys = dl.dense %all, %w : tensor<7x2x4xf32>, tensor<4x5xf32>
      return %ys : tensor<7x2x5xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::tensor::TensorDialect"];
}

def MergeProducts : Pass<"dl-merge-products"> {
  let summary = "One product for all gates of a cell that multiply the same value";
  let description = [{
    Several `dl.dense` (or `dl.matmul` by a matrix) of one value in a cell, whose weights come
    from outside, become one product by the weights side by side, and slices of its result: the
    state is read once, and the product has columns that tasks can share.

    ```mlir
    func.func @f(%xs: tensor<?x2x8xf32>, %h0: tensor<2x8xf32>, %u: tensor<8x8xf32>,
        %v: tensor<8x8xf32>) -> tensor<2x8xf32> {
      %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<?x2x8xf32>) {
        %a = dl.dense %h, %u : tensor<2x8xf32>, tensor<8x8xf32>
        %b = dl.dense %h, %v : tensor<2x8xf32>, tensor<8x8xf32>
        %s = dl.mul %a, %b : tensor<2x8xf32>
        dl.yield states(%s : tensor<2x8xf32>)
      }
      return %last : tensor<2x8xf32>
    }
    // becomes
    func.func @f(%xs: tensor<?x2x8xf32>, %h0: tensor<2x8xf32>, %u: tensor<8x8xf32>,
        %v: tensor<8x8xf32>) -> tensor<2x8xf32> {
      %uv = dl.concat %u, %v axis 1 : tensor<8x8xf32>, tensor<8x8xf32>
      %last = dl.scan states(%h = %h0 : tensor<2x8xf32>) inputs(%x = %xs : tensor<?x2x8xf32>) {
        %ab = dl.dense %h, %uv : tensor<2x8xf32>, tensor<8x16xf32>
        %a = dl.slice %ab [0, 0] to [..., 8] : tensor<2x16xf32>
        %b = dl.slice %ab [0, 8] to [..., 16] : tensor<2x16xf32>
        %s = dl.mul %a, %b : tensor<2x8xf32>
        dl.yield states(%s : tensor<2x8xf32>)
      }
      return %last : tensor<2x8xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def BlockScans : Pass<"dl-block-scans"> {
  let summary = "Multiply the inputs of a long scan a block of steps at a time";
  let description = [{
    The product that `dl-hoist-input-projections` has taken out of a scan may be larger than the
    caches: then it is written to memory, and read from there step by step. Such a scan becomes
    one over blocks of steps. Each block multiplies its inputs and scans them while they lie in
    the second level cache. Relies on a known number of steps that has a divisor of about the
    right size.

    ```mlir
    func.func @f(%xs: tensor<128x32x64xf32>, %h0: tensor<32x512xf32>, %w: tensor<64x512xf32>)
        -> tensor<32x512xf32> {
      %zs = dl.dense %xs, %w : tensor<128x32x64xf32>, tensor<64x512xf32>
      %last = dl.scan states(%h = %h0 : tensor<32x512xf32>)
          inputs(%z = %zs : tensor<128x32x512xf32>) {
        %s = dl.add %h, %z : tensor<32x512xf32>
        dl.yield states(%s : tensor<32x512xf32>)
      }
      return %last : tensor<32x512xf32>
    }
    // becomes
    func.func @f(%xs: tensor<128x32x64xf32>, %h0: tensor<32x512xf32>, %w: tensor<64x512xf32>)
        -> tensor<32x512xf32> {
      %blocks = dl.reshape %xs : tensor<128x32x64xf32> to tensor<32x4x32x64xf32>
      %last = dl.scan states(%g = %h0 : tensor<32x512xf32>)
          inputs(%block = %blocks : tensor<32x4x32x64xf32>) {
        %zs = dl.dense %block, %w : tensor<4x32x64xf32>, tensor<64x512xf32>
        %r = dl.scan states(%h = %g : tensor<32x512xf32>) inputs(%z = %zs : tensor<4x32x512xf32>) {
          %s = dl.add %h, %z : tensor<32x512xf32>
          dl.yield states(%s : tensor<32x512xf32>)
        }
        dl.yield states(%r : tensor<32x512xf32>)
      }
      return %last : tensor<32x512xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::dlc::dl::DLDialect", "::mlir::arith::ArithDialect"];
}

def MergeScans : Pass<"dl-merge-scans"> {
  let summary = "Run scans that take the same steps in one loop";
  let description = [{
    Two scans of one block become one with the states, inputs and outputs of both, if they have
    the same known number of steps or the same input, the same direction and the same lengths,
    and neither needs the other. Scans that end by a condition (`until`) stay apart.

    ```mlir
    func.func @f(%xs: tensor<?x4xf32>, %a0: tensor<4xf32>, %b0: tensor<4xf32>)
        -> (tensor<4xf32>, tensor<4xf32>) {
      %a = dl.scan states(%h = %a0 : tensor<4xf32>) inputs(%x = %xs : tensor<?x4xf32>) {
        %s = dl.add %h, %x : tensor<4xf32>
        dl.yield states(%s : tensor<4xf32>)
      }
      %b = dl.scan states(%h = %b0 : tensor<4xf32>) inputs(%x = %xs : tensor<?x4xf32>) {
        %s = dl.mul %h, %x : tensor<4xf32>
        dl.yield states(%s : tensor<4xf32>)
      }
      return %a, %b : tensor<4xf32>, tensor<4xf32>
    }
    // becomes
    func.func @f(%xs: tensor<?x4xf32>, %a0: tensor<4xf32>, %b0: tensor<4xf32>)
        -> (tensor<4xf32>, tensor<4xf32>) {
      %ab:2 = dl.scan states(%g = %a0 : tensor<4xf32>, %h = %b0 : tensor<4xf32>)
          inputs(%x = %xs : tensor<?x4xf32>, %y = %xs : tensor<?x4xf32>) {
        %s = dl.add %g, %x : tensor<4xf32>
        %t = dl.mul %h, %y : tensor<4xf32>
        dl.yield states(%s, %t : tensor<4xf32>, tensor<4xf32>)
      }
      return %ab#0, %ab#1 : tensor<4xf32>, tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def PipelineScans : Pass<"dl-pipeline-scans"> {
  let summary = "Let stacked recurrent layers run one block of steps apart";
  let description = [{
    Where a scan takes the outputs of another step by step, as stacked recurrent layers do, both
    are cut into about eight blocks of steps, and the second works on a block while the first
    works on the next one. The two loops of an iteration do not need each other then, and
    `dlc-parallelize-loops` makes tasks of them: a wavefront of two layers. Takes forward scans
    of a known number of steps whose products are large enough to share.

    ```mlir
    func.func @f(%xs: tensor<64x1x256xf32>, %h0: tensor<1x256xf32>, %u: tensor<256x256xf32>)
        -> tensor<1x256xf32> {
      %a, %ys = dl.scan states(%g = %h0 : tensor<1x256xf32>)
          inputs(%x = %xs : tensor<64x1x256xf32>) {
        %p = dl.dense %g, %u : tensor<1x256xf32>, tensor<256x256xf32>
        %s = dl.add %p, %x : tensor<1x256xf32>
        dl.yield states(%s : tensor<1x256xf32>) outputs(%s : tensor<1x256xf32>)
      }
      %b = dl.scan states(%h = %h0 : tensor<1x256xf32>) inputs(%y = %ys : tensor<64x1x256xf32>) {
        %p = dl.dense %h, %u : tensor<1x256xf32>, tensor<256x256xf32>
        %s = dl.mul %p, %y : tensor<1x256xf32>
        dl.yield states(%s : tensor<1x256xf32>)
      }
      return %b : tensor<1x256xf32>
    }
    // becomes
    func.func @f(%xs: tensor<64x1x256xf32>, %h0: tensor<1x256xf32>, %u: tensor<256x256xf32>)
        -> tensor<1x256xf32> {
      // The first layer's first block.
      %x0 = dl.slice %xs [0, 0, 0] to [8, ...] : tensor<64x1x256xf32>
      %a0, %y0 = dl.scan states(%g = %h0 : tensor<1x256xf32>)
          inputs(%x = %x0 : tensor<8x1x256xf32>) {
        ...
      }
      %rest = dl.slice %xs [8, 0, 0] to [64, ...] : tensor<64x1x256xf32>
      %blocks = dl.reshape %rest : tensor<56x1x256xf32> to tensor<7x8x1x256xf32>
      %r:3 = dl.scan states(%a = %a0 : tensor<1x256xf32>, %b = %h0 : tensor<1x256xf32>,
          %before = %y0 : tensor<8x1x256xf32>) inputs(%block = %blocks : tensor<7x8x1x256xf32>) {
        %an, %ys = dl.scan states(%g = %a : tensor<1x256xf32>)
            inputs(%x = %block : tensor<8x1x256xf32>) {
          ...
        }
        %bn = dl.scan states(%h = %b : tensor<1x256xf32>)
            inputs(%y = %before : tensor<8x1x256xf32>) {
          ...
        }
        dl.yield states(%an, %bn, %ys : tensor<1x256xf32>, tensor<1x256xf32>, tensor<8x1x256xf32>)
      }
      // The second layer's last block.
      %b = dl.scan states(%h = %r#1 : tensor<1x256xf32>) inputs(%y = %r#2 : tensor<8x1x256xf32>) {
        ...
      }
      return %b : tensor<1x256xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::dlc::dl::DLDialect"];
}

def UnrollScans : Pass<"dl-unroll-scans"> {
  let summary = "Take several steps of a scan in one iteration";
  let description = [{
    The cell is written out `factor` times, and an input of an iteration holds as many steps.
    Takes scans whose number of steps is known and a multiple of the factor, without lengths and
    without a condition that ends them. It pays off where a step is shorter than what a loop
    costs. Compile time grows with the factor and never with the steps.

    ```mlir
    // dlc-opt --dl-unroll-scans=factor=2
    func.func @f(%xs: tensor<6x4xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
      %last = dl.scan states(%h = %h0 : tensor<4xf32>) inputs(%x = %xs : tensor<6x4xf32>) {
        %s = dl.add %h, %x : tensor<4xf32>
        dl.yield states(%s : tensor<4xf32>)
      }
      return %last : tensor<4xf32>
    }
    // becomes
    func.func @f(%xs: tensor<6x4xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
      %pairs = dl.reshape %xs : tensor<6x4xf32> to tensor<3x2x4xf32>
      %last = dl.scan states(%h = %h0 : tensor<4xf32>) inputs(%pair = %pairs : tensor<3x2x4xf32>) {
        %a = dl.slice %pair [0, 0] to [1, ...] : tensor<2x4xf32>
        %x = dl.reshape %a : tensor<1x4xf32> to tensor<4xf32>
        %s = dl.add %h, %x : tensor<4xf32>
        %b = dl.slice %pair [1, 0] to [2, ...] : tensor<2x4xf32>
        %y = dl.reshape %b : tensor<1x4xf32> to tensor<4xf32>
        %t = dl.add %s, %y : tensor<4xf32>
        dl.yield states(%t : tensor<4xf32>)
      }
      return %last : tensor<4xf32>
    }
    ```
  }];
  let options = [Option<"factor", "factor", "int64_t", "1", "Steps an iteration">];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def PadChannels : Pass<"dl-pad-channels"> {
  let summary = "Give layers of few output channels a power of two of them";
  let description = [{
    A `dl.conv` or `dl.dense` of f32 with constant weights and 3 to 15 outputs, but no power of
    two of them, would add up scalars, or vectors in pieces. It gets channels of zeros up to the
    next power of two, and a `dl.slice` takes the others back, behind activations and pooling,
    which work on each channel by itself. Layers of little work stay as they are.

    ```mlir
    func.func @f(%x: tensor<64x64xf32>) -> tensor<64x6xf32> {
      %w = arith.constant dense<0.5> : tensor<64x6xf32>
      %y = dl.dense %x, %w : tensor<64x64xf32>, tensor<64x6xf32>
      %z = dl.relu %y : tensor<64x6xf32>
      return %z : tensor<64x6xf32>
    }
    // becomes
    func.func @f(%x: tensor<64x64xf32>) -> tensor<64x6xf32> {
      %w = arith.constant dense<0.5> : tensor<64x6xf32>
      %v = dl.pad %w low [0, 0] high [0, 2] : tensor<64x6xf32>
      %y = dl.dense %x, %v : tensor<64x64xf32>, tensor<64x8xf32>
      %a = dl.relu %y : tensor<64x8xf32>
      %z = dl.slice %a [0, 0] to [..., 6] : tensor<64x8xf32>
      return %z : tensor<64x6xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::dlc::dl::DLDialect"];
}

def SinkTransposes : Pass<"dl-sink-transposes"> {
  let summary = "Move transposes behind the ops that can do without them";
  let description = [{
    Element-wise ops, reductions, softmax, concat, split, pad and slice work in any order of
    dimensions: a transpose of their operands becomes one of their result. So the transposes
    around the layers of a channels-first model meet and cancel, and the few that are left stand
    at its inputs and outputs. A transpose that only moves dimensions of one element becomes a
    reshape.

    ```mlir
    func.func @f(%x: tensor<1x4x4x8xf32>, %y: tensor<1x4x4x8xf32>) -> tensor<1x16x4x4xf32> {
      %a = dl.transpose %x [0, 3, 1, 2] : tensor<1x4x4x8xf32>
      %b = dl.transpose %y [0, 3, 1, 2] : tensor<1x4x4x8xf32>
      %z = dl.concat %a, %b axis 1 : tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>
      return %z : tensor<1x16x4x4xf32>
    }
    // becomes
    func.func @f(%x: tensor<1x4x4x8xf32>, %y: tensor<1x4x4x8xf32>) -> tensor<1x16x4x4xf32> {
      %c = dl.concat %x, %y axis 3 : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>
      %z = dl.transpose %c [0, 3, 1, 2] : tensor<1x4x4x16xf32>
      return %z : tensor<1x16x4x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def NameParameters : Pass<"dl-name-parameters", "::mlir::ModuleOp"> {
  let summary = "Constants with a name become constant globals";
  let description = [{
    Each `arith.constant` with the attribute `dl.parameter = "name"`, which the importer of ONNX
    gives its initialisers, becomes a read of an `ml_program.global` of that name, by which
    training and `--parameters` know weights.

    ```mlir
    func.func @f() -> tensor<2xf32> {
      %w = arith.constant {dl.parameter = "fc.weight"} dense<[1.0, 2.0]> : tensor<2xf32>
      return %w : tensor<2xf32>
    }
    // becomes
    ml_program.global private @fc.weight(dense<[1.0, 2.0]> : tensor<2xf32>) : tensor<2xf32>
    func.func @f() -> tensor<2xf32> {
      %w = ml_program.global_load_const @fc.weight : tensor<2xf32>
      return %w : tensor<2xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::ml_program::MLProgramDialect"];
}

def FoldConstants : Pass<"dl-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Compute what depends on constants alone while compiling";
  let description = [{
    Every maximal group of `dl` ops whose inputs are constants or constant globals is evaluated,
    and what the rest of the function reads of it becomes a constant. A result of more than
    `limit` bytes stays as it is, unless it replaces at least half as many bytes of weights. The
    evaluator is the compiler itself, through an interface of the dialect `dl`
    (`dlc::registerEvaluator`).

    ```mlir
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %b = dl.neg %a : tensor<2xf32>
      %c = dl.square %b : tensor<2xf32>
      %y = dl.add %x, %c : tensor<2xf32>
      return %y : tensor<2xf32>
    }
    // becomes
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %c = arith.constant dense<[1.0, 4.0]> : tensor<2xf32>
      %y = dl.add %x, %c : tensor<2xf32>
      return %y : tensor<2xf32>
    }
    ```

    With `keep-parameters`, what follows from one constant global alone becomes a global in its
    place, and what follows from several is left to be computed: weights that will be learnt or
    replaced keep their names, in the layout in which they are read.

    ```mlir
    // dlc-opt --dl-fold-constants=keep-parameters=true
    ml_program.global private @w(dense<[[1.0, 2.0]]> : tensor<1x2xf32>) : tensor<1x2xf32>
    func.func @f(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
      %w = ml_program.global_load_const @w : tensor<1x2xf32>
      %t = dl.transpose %w [1, 0] : tensor<1x2xf32>
      %y = dl.dense %x, %t : tensor<3x2xf32>, tensor<2x1xf32>
      return %y : tensor<3x1xf32>
    }
    // becomes
    ml_program.global private @w(dense<[[1.0], [2.0]]> : tensor<2x1xf32>) : tensor<2x1xf32>
    func.func @f(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
      %w = ml_program.global_load_const @w : tensor<2x1xf32>
      %y = dl.dense %x, %w : tensor<3x2xf32>, tensor<2x1xf32>
      return %y : tensor<3x1xf32>
    }
    ```
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
