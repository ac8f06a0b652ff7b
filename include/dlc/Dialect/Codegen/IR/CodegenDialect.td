//===- CodegenDialect.td - The codegen dialect -------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGENDIALECT_TD
#define DLC_DIALECT_CODEGEN_IR_CODEGENDIALECT_TD

include "mlir/IR/OpBase.td"

def Codegen_Dialect : Dialect {
  let name = "codegen";
  let cppNamespace = "::dlc::codegen";
  let summary = "What code generation has no upstream op for";
  let description = [{
    The target, the decisions of passes, and the calls of the runtime.

    These attributes on ops and functions of other dialects are verified:

    | attribute | on | what it says |
    |---|---|---|
    | `codegen.targets` | the module | the processors of the library, the least capable first |
    | `codegen.target` | a function | the one that it is for |
    | `codegen.version_of` | a function | the kernel that it is a version of, for its own target |
    | `codegen.shapes` | a kernel | its function that checks and infers shapes |
    | `codegen.workspace` | a kernel | its function that returns the bytes of its arena |
    | `codegen.messages` | a shape function | the message of each check, by number |
    | `codegen.computed` | a kernel | which extents of its results depend on values |
    | `codegen.steps` | `scf.for` | it runs over the steps of a scan |
    | `codegen.cost` | `scf.forall` | the estimated nanoseconds of one iteration on one core |
    | `codegen.register_tile` | a contraction | the tile that `dlc-choose-schedules` uses for it |
    | `codegen.nest` | a linalg op | the loop nest that it becomes part of |
    | `codegen.schedule` | a linalg op | how it is tiled |
    | `codegen.region` | the last op of a nest, then its outermost loop | what the nest computes |
    | `codegen.regions` | the module | all regions, by number |
    | `codegen.weights` | the module | the constants that are stored apart from the code |
    | `codegen.states` | the module | the tensors of the state |
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

#endif // DLC_DIALECT_CODEGEN_IR_CODEGENDIALECT_TD
