//===- Passes.td - Simplification of dl -------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TRANSFORMS_PASSES_TD
#define DLC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AddTraining : Pass<"dl-add-training", "::mlir::ModuleOp"> {
  let summary = "Add a training step to a model";
  let description = [{
    The constant globals that a public function reads become its parameters and thus mutable, as do
    the running averages of its batch normalisations. The optimiser's state is added to them. The
    function itself is not changed and serves inference. The pass adds

    - `step(inputs..., target) -> loss, metrics...`: computes loss and gradient of the model in
      training form (`dl.dropout` with random numbers, `dl.batch_norm_training`), applies the
      optimiser, and stores parameters and states;
    - `evaluate(inputs..., target) -> loss, metrics...`: the same values of the model at inference;
    - `initialize(seed)`: stores new initial values of parameters and states.

    The loss is that of the function's first result. A cross entropy is computed from the logits if
    a softmax or logistic function computes the result from them, otherwise from the result itself.
    Globals that match one of `frozen` (shell patterns) stay constant. Numbers out of range are
    refused by the verifiers of the ops that the options become attributes of.

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
  let summary = "Replace ops by the ops of dl that they consist of";
  let description = [{
    `dl.rnn`, `dl.lstm` and `dl.gru` become a `dl.scan` for each direction, whose cell is one
    product of the input, one of the state, and the arithmetic of the gates. Losses, metrics,
    optimisers, initialisers and layers in training form become the arithmetic of their formulas.
    Dropout without random numbers is removed. Later passes know none of these ops.

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
  let summary = "Define the results of arith and scf for all operands";
  let description = [{
    `arith` and `scf` leave some results undefined, and a model that uses their ops may reach these
    cases: division by zero (a trap), shifts by the width or more, conversions of floats that no
    integer holds, results that break a promise (`overflow<nsw>`, `exact`, `nnan`), a loop with a
    step below 1. They get the results that `dl` defines: x / 0 is 0, the least number divided by -1
    is the least number, a shift by the width or more shifts all bits out, conversions saturate, NaN
    becomes 0, a step is at least 1, and promises are dropped.

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
  let summary = "Refuse types that later passes do not support";
  let description = [{
    The values of a model are ranked tensors of at most 16 dimensions and 2^45 elements, or scalars,
    of the element types of `dl`. `index` is allowed for scalars, not for elements. Other types of
    MLIR (complex numbers, integers of other widths, memrefs, unranked tensors, encodings) are
    errors. All of them are reported, each with its location. With `entries`, arguments and results
    of public functions must be ranked tensors.

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
    // error: public function 'f' takes or gives 'f32', expected only ranked tensors
    ```
  }];
  let options = [Option<"entries", "entries", "bool", "false",
                        "Public functions become functions of a library: check their types">];
  let dependentDialects = ["::mlir::tosa::TosaDialect"];
}

def FoldBatchNorm : Pass<"dl-fold-batch-norm"> {
  let summary = "Fold inference batch normalisation into the layer before it";
  let description = [{
    A `dl.batch_norm` that is the only user of a `dl.conv`, a `dl.conv_transpose` (of one group)
    or a `dl.dense` becomes part of its weights and bias, per output channel:

        w' = w s,   b' = (b - mean) s + offset,   s = scale / sqrt(variance + epsilon)

    The new weights are computed by ops of `dl` from the old ones; if those are constants,
    `dl-fold-constants` evaluates them at compile time. Results differ by rounding, a few units in
    the last place.

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
  let summary = "End a call at the first op whose result is not finite";
  let description = [{
    Adds a `dl.require_finite` after each op of a function for its results of floats. Values inside
    a scan are not checked, only the scan's results. The checks prevent fusion, so this is for
    finding where infinities and NaN come from (`dlc --check-finite`).

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
  let summary = "Hoist products of inputs out of scans";
  let description = [{
    A `dl.dense` in a cell that reads inputs of the scan but no states is hoisted out of the scan,
    with the arithmetic that its operand needs. One large product over all steps, whose result is an
    input of the scan, replaces a small one in each step. The product of a concatenation of input
    and state is split first. Loop-invariant ops are hoisted too. Arithmetic on inputs alone is not,
    since its operands are in registers inside the scan.

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
  let summary = "Move products of outputs and sums of products after scans";
  let description = [{
    The counterpart of `dl-hoist-input-projections`, for the scans of derivatives. An output that is
    a product with weights from outside moves after the scan: one large product of the outputs of
    all steps. A state that only accumulates products a' g, or the rows of g, as the gradient of
    weights does, becomes one product over all steps and rows, so the sum is not read and written in
    each step. A sum that a step reads is not changed.

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
  let summary = "Merge the products of a cell that multiply the same value";
  let description = [{
    Several `dl.dense` (or `dl.matmul` by a matrix) of one value in a cell, whose weights are
    defined outside, become one product by the concatenated weights and slices of its result. The
    state is then read once, and the product has more columns that tasks can share.

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
  let summary = "Multiply the inputs of a long scan one block of steps at a time";
  let description = [{
    The result of a product that `dl-hoist-input-projections` has hoisted out of a scan may be
    larger than the caches. It would then be written to memory and read from there step by step.
    Such a scan becomes a scan over blocks of steps. Each block multiplies its inputs and scans them
    while they are in the second-level cache. The number of steps must be known and have a divisor
    of about the right size.

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
  let summary = "Merge independent scans over the same steps";
  let description = [{
    Two scans of one block become one with the states, inputs and outputs of both, if they have the
    same known number of steps or the same input, the same direction and the same lengths, and
    neither depends on the other. Scans that end by a condition (`until`) are not merged.

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
  let summary = "Run stacked recurrent layers one block of steps apart";
  let description = [{
    If the input of a scan is the output of another, as in stacked recurrent layers, both are cut
    into about eight blocks of steps. The second scan works on one block while the first works on
    the next. The two loops of an iteration are then independent, and `dlc-parallelize-loops` makes
    tasks of them: a wavefront of two layers. Applies to forward scans of a known number of steps
    whose products are large enough for tasks.

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
  let summary = "Run several steps of a scan in one iteration";
  let description = [{
    The cell is repeated `factor` times, and an input of an iteration holds as many steps. Applies
    to scans whose number of steps is known and a multiple of the factor, without lengths and
    without `until`. It pays off if a step takes less time than the overhead of a loop. Compile time
    grows with the factor, not with the number of steps.

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
  let options = [Option<"factor", "factor", "int64_t", "1", "Steps per iteration">];
  let dependentDialects = ["::dlc::dl::DLDialect"];
}

def PadChannels : Pass<"dl-pad-channels"> {
  let summary = "Pad layers of few output channels to a power of two";
  let description = [{
    A `dl.conv` or `dl.dense` of f32 with constant weights and 3 to 15 output channels, if their
    number is not a power of two, would accumulate scalars, or vectors in pieces. It gets channels
    of zeros up to the next power of two. A `dl.slice` selects the original channels, after
    activations and pooling, which work on each channel separately. Layers of little work are not
    changed.

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
  let summary = "Move transposes after ops that work in any layout";
  let description = [{
    Element-wise ops, reductions, softmax, concat, split, pad and slice work in any order of
    dimensions: transposes of their operands become one of their result. So the transposes around
    the layers of a channels-first model meet and cancel, and the few that remain are at its inputs
    and outputs. A transpose that only moves dimensions of extent 1 becomes a reshape.

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
  let summary = "Turn named constants into constant globals";
  let description = [{
    Each `arith.constant` with the attribute `dl.parameter = "name"`, which the ONNX importer sets
    on initialisers, becomes a load of an `ml_program.global` of that name. Training and
    `--parameters` find weights by these names.

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
  let summary = "Evaluate ops of constants at compile time";
  let description = [{
    Every maximal group of `dl` ops whose inputs are constants or constant globals is evaluated, and
    its results that the rest of the function reads become constants. A result of more than `limit`
    bytes is left, unless it replaces at least half as many bytes of weights. The evaluator is the
    compiler itself, through an interface of the dialect `dl` (`dlc::registerEvaluator`).

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

    With `keep-parameters`, a result that depends on one constant global alone becomes a global that
    replaces it, and a result that depends on several is not folded. So weights that will be learnt
    or replaced keep their names, in the layout in which they are read.

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
           "Replace a constant global by the result that depends on it alone">];
  let dependentDialects = ["::dlc::dl::DLDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect"];
}

#endif // DLC_TRANSFORMS_PASSES_TD
