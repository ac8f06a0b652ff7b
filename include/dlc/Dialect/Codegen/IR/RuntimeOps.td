//===- RuntimeOps.td - Calls of the runtime ----------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// dlc-convert-codegen-to-llvm and dlc-emit-dispatch lower these to calls. No
// other pass knows the names of the runtime's functions. The ops declare no
// memory effects, so each counts as reading and writing all memory.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_CODEGEN_IR_RUNTIMEOPS_TD
#define DLC_DIALECT_CODEGEN_IR_RUNTIMEOPS_TD

include "dlc/Dialect/Codegen/IR/CodegenDialect.td"
include "mlir/IR/SymbolInterfaces.td"

class Codegen_Op<string mnemonic, list<Trait> traits = []>
    : Op<Codegen_Dialect, mnemonic, traits>;

/// The context of the call: the first argument of each kernel.
def Codegen_Context
    : Type<CPred<"::llvm::isa<::mlir::LLVM::LLVMPointerType>($_self)">, "a pointer to the context",
           "::mlir::LLVM::LLVMPointerType">,
      BuildableType<"::mlir::LLVM::LLVMPointerType::get($_builder.getContext())">;

def Codegen_Bytes
    : Type<CPred<"::dlc::codegen::isBytes($_self)">, "memref<?xi8>", "::mlir::MemRefType">,
      BuildableType<"::mlir::MemRefType::get({::mlir::ShapedType::kDynamic}, $_builder.getI8Type())">;

/// Builders that omit the result's type, as there is only one.
class Codegen_MemoryBuilder<dag arguments, string names>
    : OpBuilder<arguments, "build($_builder, $_state, ::mlir::MemRefType::get("
                           "{::mlir::ShapedType::kDynamic}, $_builder.getI8Type()), " # names # ");">;

def Codegen_WorkerOp : Codegen_Op<"worker"> {
  let summary = "the number of the worker that runs the body of a parallel loop";
  let description = [{
    From 0 to the number of workers, exclusive, which is an argument of the kernel. Used in an
    `scf.forall`; `dlc-outline-parallel-loops` replaces it by an argument.
  }];
  let results = (outs Index:$number);
  let assemblyFormat = "attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, $_builder.getIndexType()); }]>];
}

def Codegen_ParallelForOp
    : Codegen_Op<"parallel_for", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs tasks on as many threads as pay off";
  let description = [{
    Calls `task(begin, end, worker, captures...)` for ranges that together cover all tasks from 0 to
    `tasks` (exclusive), in any order, on any threads, and waits for them. `cost` is the estimated
    nanoseconds of one task.

    ```mlir
    codegen.parallel_for %context, %tasks cost %cost @f.0.task(%x, %y) : memref<?xf32>, memref<?xf32>
    ```
  }];
  let arguments = (ins Codegen_Context:$callContext, AnyTypeOf<[Index, I64]>:$tasks,
                       AnyTypeOf<[Index, I64]>:$cost, FlatSymbolRefAttr:$task,
                       Variadic<AnyType>:$captures);
  let assemblyFormat = [{
    $callContext `,` $tasks `cost` $cost $task `(` $captures `)` attr-dict
    `:` type($tasks) `,` type($cost) (`,` type($captures)^)?
  }];
}

def Codegen_AllocateOp : Codegen_Op<"allocate"> {
  let summary = "memory until the context's next call";
  let arguments = (ins Codegen_Context:$callContext, Index:$bytes);
  let results = (outs Codegen_Bytes:$memory);
  let assemblyFormat = "$callContext `,` $bytes attr-dict";
  let builders = [Codegen_MemoryBuilder<(ins "::mlir::Value":$context, "::mlir::Value":$bytes),
                                        "context, bytes">];
}

def Codegen_WeightMemoryOp : Codegen_Op<"weight_memory"> {
  let summary = "the memory of the constants that are stored apart from the code";
  let description = [{The module's `codegen.weights` has their offsets.}];
  let arguments = (ins Codegen_Context:$callContext);
  let results = (outs Codegen_Bytes:$memory);
  let assemblyFormat = "$callContext attr-dict";
  let builders = [Codegen_MemoryBuilder<(ins "::mlir::Value":$context), "context">];
}

def Codegen_StateMemoryOp : Codegen_Op<"state_memory"> {
  let summary = "the memory of the context's state";
  let description = [{The module's `codegen.states` has the offsets of its tensors.}];
  let arguments = (ins Codegen_Context:$callContext);
  let results = (outs Codegen_Bytes:$memory);
  let assemblyFormat = "$callContext attr-dict";
  let builders = [Codegen_MemoryBuilder<(ins "::mlir::Value":$context), "context">];
}

def Codegen_SetResultOp : Codegen_Op<"set_result"> {
  let summary = "hands over a result whose extents depend on values";
  let description = [{
    The buffer is dense and must stay valid until the context's next call. `number` is the index
    among all results of the function, including those of known extents.
  }];
  let arguments = (ins Codegen_Context:$callContext,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$number, AnyMemRef:$buffer);
  let assemblyFormat = "$callContext `[` $number `]` `,` $buffer attr-dict `:` type($buffer)";
}

def Codegen_SetExtentOp : Codegen_Op<"set_extent"> {
  let summary = "sets an extent of a result that is handed over";
  let description = [{`number` counts the extents of all results, one after the other.}];
  let arguments = (ins Codegen_Context:$callContext,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$number, Index:$extent);
  let assemblyFormat = "$callContext `[` $number `]` `,` $extent attr-dict";
}

def Codegen_FailOp : Codegen_Op<"fail"> {
  let summary = "ends the call with a message";
  let description = [{It does not return.}];
  let arguments = (ins Codegen_Context:$callContext, StrAttr:$message);
  let assemblyFormat = "$callContext `,` $message attr-dict";
}

def Codegen_BeginRegionOp : Codegen_Op<"begin_region"> {
  let summary = "the time from here on is that of a region";
  let arguments = (ins Codegen_Context:$callContext,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$number);
  let assemblyFormat = "$callContext `[` $number `]` attr-dict";
}

def Codegen_EndRegionOp : Codegen_Op<"end_region"> {
  let summary = "the time from here on is that of no region";
  let arguments = (ins Codegen_Context:$callContext);
  let assemblyFormat = "$callContext attr-dict";
}

#endif // DLC_DIALECT_CODEGEN_IR_RUNTIMEOPS_TD
