//===- CodegenOps.td - What code generation has no upstream op for -*- tablegen -*-===//

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD
#define DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Codegen_Dialect : Dialect {
  let name = "codegen";
  let cppNamespace = "::dlc::codegen";
  let summary = "What the way from linalg to a library has no upstream op for";
}

class Codegen_Op<string mnemonic, list<Trait> traits = []>
    : Op<Codegen_Dialect, mnemonic, traits>;

def Codegen_RequireOp : Codegen_Op<"require", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "end the call with a message unless a condition holds";
  let description = [{
    What stands behind it may rely on the condition; what stands before it may not. It
    reads and writes memory, so that no pass takes it out, doubles it or moves an access
    across it. It goes away where its condition is the constant `true` only.

    `dlc-check-extents` makes its conditions functions of the extents of arguments and of
    values, never of an intermediate tensor's `tensor.dim`: upstream's patterns infer static
    extents from one op for another, on the understanding that the program has no error, and
    would fold the very check that shows that it has one.

    `dlc-outline-shape-functions` takes those that follow from arguments' extents out of a
    kernel, the runtime calls them first; `dlc-emit-checks` makes branches of the others.
  }];
  let arguments = (ins I1:$condition, StrAttr:$message);
  let assemblyFormat = "$condition `,` $message attr-dict";
  let hasCanonicalizeMethod = 1;
}

#endif // DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD
