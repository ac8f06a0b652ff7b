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
           "::mlir::ValueRange":$args)>];
}

#endif // DLC_DIALECT_DL_IR_DLINTERFACES_TD
