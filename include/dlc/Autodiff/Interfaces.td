//===- Interfaces.td - What has a derivative --------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_AUTODIFF_INTERFACES_TD
#define DLC_AUTODIFF_INTERFACES_TD

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::dlc";
  let description = [{
    An op with a rule of reverse-mode differentiation. Rules are in lib/Autodiff, one
    file per family, and are attached as external models, so the dialect does not
    depend on them. Element-wise ops of dl need none: their .td entry has the derivative.
  }];
  let methods = [InterfaceMethod<
      [{Adds to the cotangents of the operands, given those of the results. At least
        one result has a cotangent, and the gradient of one operand is needed. Emits
        ops of dl (for an op of another dialect, ops that have rules themselves). A
        failure has been reported.}],
      "::llvm::LogicalResult", "differentiate",
      (ins "::dlc::Gradients &":$gradients)>];
}

#endif // DLC_AUTODIFF_INTERFACES_TD
