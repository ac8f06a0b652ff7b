//===- CodegenDialect.td - The codegen dialect -------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGENDIALECT_TD
#define DLC_DIALECT_CODEGEN_IR_CODEGENDIALECT_TD

include "mlir/IR/OpBase.td"

def Codegen_Dialect : Dialect {
  let name = "codegen";
  let cppNamespace = "::dlc::codegen";
  let summary = "What the way from linalg to a library has no upstream op for";
  let description = [{
    The target, the decisions of passes, and the calls of the runtime.

    These attributes on ops and functions of other dialects are verified:

    | attribute | on | what it says |
    |---|---|---|
    | `codegen.targets` | the module | the processors that the library is for, the least first |
    | `codegen.target` | a function | the one that it is for |
    | `codegen.version_of` | a function | the kernel of which it is the version for its target |
    | `codegen.shapes` | a kernel | its function that checks and infers shapes |
    | `codegen.workspace` | a kernel | its function that tells the bytes of its arena |
    | `codegen.messages` | a shape function | one message a check, in the order of their numbers |
    | `codegen.computed` | a kernel | which extents of its results follow from values |
    | `codegen.steps` | `scf.for` | it runs over the steps of a scan |
    | `codegen.cost` | `scf.forall` | about the nanoseconds of one iteration on one core |
    | `codegen.register_tile` | a contraction | what `dlc-choose-schedules` is to choose for it |
    | `codegen.nest` | a linalg op | the loop nest that it becomes part of |
    | `codegen.schedule` | a linalg op | how it is tiled |
    | `codegen.region` | the last op of a nest, then its outermost loop | what the nest computes |
    | `codegen.regions` | the module | all regions, by number |
    | `codegen.weights` | the module | the constants that were put aside |
    | `codegen.states` | the module | the tensors of the state |
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

#endif // DLC_DIALECT_CODEGEN_IR_CODEGENDIALECT_TD
