//===- DLInterfaces.td - Interfaces of the dl dialect -----------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLINTERFACES_TD
#define DLC_DIALECT_DL_IR_DLINTERFACES_TD

include "mlir/IR/OpBase.td"

def DL_ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::dlc::dl";
  let description = [{
    An op that computes each element of its result from the elements at the same
    position of its operands, after NumPy broadcasting. A single scalar expression
    describes it completely. Lowering, constant folding and fusion build on it.
  }];
  let methods = [InterfaceMethod<
      [{Builds the scalar expression. `args` holds one scalar per operand, already
        widened to the compute type (f32 for f16 and bf16).}],
      "::mlir::Value", "buildScalar",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::ValueRange":$args)>,
    InterfaceMethod<
      [{Builds the cotangent of operand number `operand` from that of the result,
        before the sum over broadcast dimensions. Null if the derivative is zero.}],
      "::mlir::Value", "buildGradient",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "unsigned":$operand, "::mlir::Value":$cotangent)>];
}

def DL_DecomposableOpInterface : OpInterface<"DecomposableOpInterface"> {
  let cppNamespace = "::dlc::dl";
  let description = [{
    An op that other ops of dl express completely. The pass `dl-decompose` replaces it
    by them, so it needs neither a derivative nor a lowering of its own.
  }];
  let methods = [InterfaceMethod<
      [{Builds the equivalent ops at the insertion point, and returns one value per
        result.}],
      "::llvm::SmallVector<::mlir::Value>", "decompose",
      (ins "::mlir::OpBuilder &":$builder)>];
}

def DL_TrainingFormOpInterface : OpInterface<"TrainingFormOpInterface"> {
  let cppNamespace = "::dlc::dl";
  let description = [{
    An op that computes something else in training than at inference. The op itself is
    the inference form; `dl-add-training` asks it for the training form.
  }];
  let methods = [
    InterfaceMethod<
      [{The operands that hold running averages of the statistics that the training
        form takes from the batch.}],
      "::llvm::SmallVector<::mlir::Value>", "getRunningAverages", (ins), "",
      [{ return {}; }]>,
    InterfaceMethod<
      [{How many streams of random numbers the training form draws from.}],
      "int64_t", "getStreamCount", (ins), "", [{ return 0; }]>,
    InterfaceMethod<
      [{Builds the training form at the insertion point. Returns one value per result,
        then for each running average the statistic of the batch. `random` holds the
        seed and the step, `stream` is the first of the op's streams.}],
      "::llvm::SmallVector<::mlir::Value>", "buildTrainingForm",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Value":$random,
           "int64_t":$stream)>];
}

def DL_UnitOperandsOpInterface : OpInterface<"UnitOperandsOpInterface"> {
  let cppNamespace = "::dlc::dl";
  let description = [{
    An op with operands that are initialised to 1, not 0, where they are parameters:
    scales and variances.
  }];
  let methods = [InterfaceMethod<
      [{These operands; null for one that is absent.}],
      "::llvm::SmallVector<::mlir::Value>", "getUnitOperands", (ins), "",
      [{ return {$_op.getScale()}; }]>];
}

/// An op without a derivative with respect to any operand: its results are
/// positions, truth values or integers. The trait distinguishes it from an op whose
/// rule was forgotten.
def DL_NotDifferentiable : NativeOpTrait<"NotDifferentiable"> {
  let cppNamespace = "::dlc::dl";
}

/// No operand and no result has more elements than fit into the address space. What
/// the op decomposes to may have a few times as many.
def DL_BoundedTensors : NativeOpTrait<"BoundedTensors"> {
  let cppNamespace = "::dlc::dl";
}

#endif // DLC_DIALECT_DL_IR_DLINTERFACES_TD
