//===- CodegenOps.td - What code generation has no upstream op for -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD
#define DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD

include "dlc/Dialect/Codegen/IR/CodegenAttrs.td"
include "dlc/Dialect/Codegen/IR/RuntimeOps.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Codegen_RequireOp : Codegen_Op<"require", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "ends the call with a message unless a condition holds";
  let description = [{
    Ops after this one may rely on the condition; ops before it may not. It reads and writes memory,
    so that no pass removes it, duplicates it or moves an access across it. It is only removed if
    its condition is the constant `true`.

    The conditions of `dlc-check-extents` are functions of the extents of arguments and of values,
    never of an intermediate tensor's `tensor.dim`. Upstream's patterns infer static extents of one
    op from another, assuming that the program is correct. They would fold the very check that shows
    that it is not.

    `dlc-outline-shape-functions` moves the checks that depend on extents of arguments alone from a
    kernel to its shape function, which the runtime calls first; `dlc-emit-checks` turns the others
    into branches.
  }];
  let arguments = (ins I1:$condition, StrAttr:$message);
  let assemblyFormat = "$condition `,` $message attr-dict";
  let hasCanonicalizeMethod = 1;
}

def Codegen_ScaleCostOp : Codegen_Op<"scale_cost", [MemoryEffects<[MemWrite]>]> {
  let summary = "says that the cost of a task is proportional to an extent";
  let description = [{
    Used in the body of an `scf.forall`. The attribute `codegen.cost` of that loop is the estimated
    nanoseconds of one iteration if `extent` is `assumed`; the cost is proportional to the extent.
    The extent must be defined outside of the loop. `dlc-outline-parallel-loops` computes the cost
    from the actual extents, by which the runtime decides how many threads a loop is worth, and
    removes the op. The op counts as a write, so that it stays in place until then.

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
