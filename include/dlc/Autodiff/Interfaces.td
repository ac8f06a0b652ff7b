//===- Interfaces.td - What has a derivative --------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_AUTODIFF_INTERFACES_TD
#define DLC_AUTODIFF_INTERFACES_TD

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::dlc";
  let description = [{
    An op with a rule of reverse-mode differentiation. Rules stand by family in
    lib/Autodiff and are attached as external models, so the dialect knows nothing
    of them; element-wise ops of dl need none, their derivative stands in the .td.
  }];
  let methods = [InterfaceMethod<
      [{Adds what reaches the operands, given what reaches the results. At least
        one result is reached by something and one operand's gradient is needed.
        Emits dl (of an op of another dialect, what has rules itself). A failure
        has been reported.}],
      "::llvm::LogicalResult", "differentiate",
      (ins "::dlc::Gradients &":$gradients)>];
}

#endif // DLC_AUTODIFF_INTERFACES_TD
