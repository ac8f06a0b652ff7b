//===- DLInterfaces.td - Interfaces of the dl dialect -----------*- tablegen -*-===//

#ifndef DLC_DIALECT_DL_IR_DLINTERFACES_TD
#define DLC_DIALECT_DL_IR_DLINTERFACES_TD

include "mlir/IR/OpBase.td"

def DL_ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::dlc::dl";
  let description = [{
    An op that computes each element of its result from the elements at the same
    place of its operands, after NumPy broadcasting. One scalar expression
    describes it completely; lowering, constant folding and fusion build on it.
  }];
  let methods = [InterfaceMethod<
      [{Builds the scalar expression. `args` holds one scalar an operand, already
        widened to the type that is computed in (f32 for f16 and bf16).}],
      "::mlir::Value", "buildScalar",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::ValueRange":$args)>,
    InterfaceMethod<
      [{Builds what reaches operand number `operand` when `cotangent`, of the type
        of the result, reaches the result; before the sum over dimensions that
        were stretched. Null where the derivative is zero.}],
      "::mlir::Value", "buildGradient",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "unsigned":$operand, "::mlir::Value":$cotangent)>];
}

def DL_DecomposableOpInterface : OpInterface<"DecomposableOpInterface"> {
  let cppNamespace = "::dlc::dl";
  let description = [{
    An op that other ops of dl describe completely. The pass `dl-decompose` spells
    it out; derivatives and lowerings of those are its own.
  }];
  let methods = [InterfaceMethod<
      [{Builds the same from other ops, at the builder's place: one value a
        result.}],
      "::llvm::SmallVector<::mlir::Value>", "decompose",
      (ins "::mlir::OpBuilder &":$builder)>];
}

/// An op that has no derivative by any of its operands: its results are places,
/// truth values or integers. That it says so tells it from one whose rule was
/// forgotten.
def DL_NotDifferentiable : NativeOpTrait<"NotDifferentiable"> {
  let cppNamespace = "::dlc::dl";
}

/// No operand and no result has more elements than an address space holds; what
/// an op decomposes to may have some times as many.
def DL_BoundedTensors : NativeOpTrait<"BoundedTensors"> {
  let cppNamespace = "::dlc::dl";
}

#endif // DLC_DIALECT_DL_IR_DLINTERFACES_TD
