//===- CodegenOps.td - What code generation has no upstream op for -*- tablegen -*-===//

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD
#define DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Codegen_Dialect : Dialect {
  let name = "codegen";
  let cppNamespace = "::dlc::codegen";
  let summary = "What the way from linalg to a library has no upstream op for";
  let useDefaultAttributePrinterParser = 1;
}

def Codegen_CPUAttr : AttrDef<Codegen_Dialect, "CPU"> {
  let mnemonic = "cpu";
  let summary = "a processor, as far as the choice of tiles and vectors asks";
  let description = [{
    The module's `codegen.targets` are those that a library is for, the least first;
    `dlc-multiversion` makes each kernel once for each and gives every function one
    `codegen.target`, which all behind it read. A function without one is for a processor of
    the default parameters.

    ```mlir
    module attributes {codegen.targets = [
        #codegen.cpu<name = "x86-64-v3", vectorBits = 256, vectorRegisters = 16>,
        #codegen.cpu<name = "cooperlake", hasBF16Dot = true>]} {
    ```
  }];
  let parameters = (ins
    StringRefParameter<"of the processor, as LLVM knows it">:$name,
    DefaultValuedParameter<"int64_t", "512", "width of a vector register">:$vectorBits,
    DefaultValuedParameter<"int64_t", "32", "number of vector registers">:$vectorRegisters,
    DefaultValuedParameter<"bool", "false",
      "whether an instruction multiplies pairs of bf16 and adds both products to an f32">
      :$hasBF16Dot);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
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

def Codegen_ScaleCostOp : Codegen_Op<"scale_cost", [MemoryEffects<[MemWrite]>]> {
  let summary = "tell how the cost of a task grows with an extent";
  let description = [{
    Stands in the body of an `scf.forall`. The attribute `dlc.cost` of that loop is about the
    nanoseconds of one iteration where `extent` is `assumed`; they are proportional to it. The
    extent comes from outside of the loop. `dlc-outline-parallel-loops` computes the cost of the
    extents at hand, by which the runtime decides how many threads a loop is worth, and takes
    the op away. It counts as a write, so that it stays where it is until then.

    ```mlir
    scf.forall (%i) = (0) to (512) step (32) {
      codegen.scale_cost %rows assumed 256
      ...
    } {dlc.cost = 21845 : i64}
    ```
  }];
  let arguments = (ins Index:$extent, ConfinedAttr<I64Attr, [IntPositive]>:$assumed);
  let assemblyFormat = "$extent `assumed` $assumed attr-dict";
}

#endif // DLC_DIALECT_CODEGEN_IR_CODEGENOPS_TD
