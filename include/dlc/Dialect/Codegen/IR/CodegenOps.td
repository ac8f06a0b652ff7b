//===- CodegenOps.td - What code generation has no upstream op for -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD
#define DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD

include "dlc/Dialect/Codegen/IR/CodegenAttrs.td"
include "dlc/Dialect/Codegen/IR/RuntimeOps.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

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

def Codegen_ScaleCostOp : Codegen_Op<"scale_cost", [MemoryEffects<[MemWrite]>]> {
  let summary = "tell how the cost of a task grows with an extent";
  let description = [{
    Stands in the body of an `scf.forall`. The attribute `codegen.cost` of that loop is about the
    nanoseconds of one iteration where `extent` is `assumed`; they are proportional to it. The
    extent comes from outside of the loop. `dlc-outline-parallel-loops` computes the cost of the
    extents at hand, by which the runtime decides how many threads a loop is worth, and takes
    the op away. It counts as a write, so that it stays where it is until then.

    ```mlir
    scf.forall (%i) = (0) to (512) step (32) {
      codegen.scale_cost %rows assumed 256
      ...
    } {codegen.cost = 21845 : i64}
    ```
  }];
  let arguments = (ins Index:$extent, ConfinedAttr<I64Attr, [IntPositive]>:$assumed);
  let assemblyFormat = "$extent `assumed` $assumed attr-dict";
}

#endif // DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD
