//===- CodegenAttrs.td - Targets and decisions -------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGENATTRS_TD
#define DLC_DIALECT_CODEGEN_IR_CODEGENATTRS_TD

include "dlc/Dialect/Codegen/IR/CodegenDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"

class Codegen_Attr<string cppName, string name> : AttrDef<Codegen_Dialect, cppName> {
  let mnemonic = name;
  let assemblyFormat = "`<` struct(params) `>`";
}

//===----------------------------------------------------------------------===//
// Targets
//===----------------------------------------------------------------------===//

def Codegen_CPUAttr : Codegen_Attr<"CPU", "cpu"> {
  let summary = "the properties of a processor that tiles and vectors depend on";
  let description = [{
    The module's `codegen.targets` are the processors that a library is for, the least capable
    first. `dlc-multiversion` creates one version of each kernel per target and gives every function
    one `codegen.target`, which all later passes read. A function without one is for a processor
    with the default parameters.

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
    DefaultValuedParameter<"int64_t", "512 << 10", "bytes of a core's second level cache">
      :$cacheBytes,
    DefaultValuedParameter<"int64_t", "8 << 20", "more than a core's share of the last level cache, in bytes">
      :$sharedCacheBytes,
    DefaultValuedParameter<"bool", "false",
      "whether an instruction multiplies pairs of bf16 and adds both products to an f32">
      :$hasBF16Dot);
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// A processor with the default parameters.
    static CPUAttr getDefault(::mlir::MLIRContext *context);
    /// The number of elements of `type` in a vector register.
    int64_t lanes(::mlir::Type type) const {
      unsigned bits = type.getIntOrFloatBitWidth();
      return std::max<int64_t>(1, getVectorBits() / std::max(8u, bits));
    }
    /// The operations on `type` that a core performs in a nanosecond at its peak:
    /// two vector multiply-adds, of two operations each, a cycle at 3 GHz.
    double peakFlops(::mlir::Type type) const { return 2 * 2 * 3 * lanes(type); }
    /// The bytes that a core reads from its second level cache in a nanosecond.
    double cacheBandwidth() const { return 80; }
    /// The bytes that a core can keep in its second-level cache beside data
    /// that is streamed through it.
    int64_t residentCacheBytes() const { return getCacheBytes() / 2; }
  }];
}

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

def Codegen_Role : I32EnumAttr<"Role", "what an op is in its loop nest", [
    I32EnumAttrCase<"Product", 0, "product">,
    I32EnumAttrCase<"Depthwise", 1, "depthwise">,
    I32EnumAttrCase<"Epilogue", 2, "epilogue">,
    I32EnumAttrCase<"Pool", 3, "pool">,
    I32EnumAttrCase<"Row", 4, "row">,
    I32EnumAttrCase<"Reduction", 5, "reduction">,
    I32EnumAttrCase<"Elementwise", 6, "elementwise">,
    I32EnumAttrCase<"Fill", 7, "fill">]> {
  let cppNamespace = "::dlc::codegen";
  let genSpecializedAttr = 0;
}

def Codegen_NestAttr : AttrDef<Codegen_Dialect, "Nest"> {
  let mnemonic = "nest";
  let summary = "the loop nest that an op becomes part of";
  let description = [{
    Ops with the same number in one function become one loop nest. The last of them in the block is
    the root; the others are computed in its tiles. The roles are:

    * `product`, `depthwise`: a contraction; each column of a depthwise one has a sum of its own;
    * `epilogue`: reads a contraction element by element, in its tiles;
    * `pool`: reads a product in windows, one row of windows at a time;
    * `row`: one of several ops that compute each row from the same row of their operands;
    * `reduction`, `elementwise`: the only op of its nest;
    * `fill`: the initial value of sums, computed in the tiles of its users.

    `sharedLoops` is the number of outer loops that all ops of the nest share: the rows of `row` and
    `pool`.

    ```mlir
    %1 = linalg.matmul {codegen.nest = #codegen.nest<0, product>} ...
    %2 = linalg.exp {codegen.nest = #codegen.nest<0, epilogue>} ins(%1 : ...) ...
    ```
  }];
  let parameters = (ins "int64_t":$number, EnumParameter<Codegen_Role>:$role,
                        DefaultValuedParameter<"int64_t", "0">:$sharedLoops);
  let assemblyFormat = "`<` $number `,` $role (`,` $sharedLoops^)? `>`";
  let genVerifyDecl = 1;
}

class Codegen_Sizes<string text> : OptionalParameter<"::mlir::DenseI64ArrayAttr", text>;

def Codegen_ScheduleAttr : Codegen_Attr<"Schedule", "schedule"> {
  let summary = "how an op is tiled";
  let description = [{
    Each list has one entry per loop of the op; 0 leaves the loop whole. From the outermost loops to
    the innermost:

    * `tasks`, on the root of a nest: parallel tasks, each with all ops of the nest in it;
    * `rows`, on the root: sequential loops with all ops of the nest in them;
    * `tile`, on each op except a contraction with an epilogue, which is computed in the epilogue's
      tiles; `order` is the order of the tiles' loops, outermost first;
    * `steps`: loops over parts of a reduction.

    `cost` is the estimated nanoseconds of a task if the loops of unknown extent have the extents in
    `assumed`. `packing` is the width of the panels in which a contraction reads a constant right
    operand; `dlc-pack-weights` lays out the constant accordingly. `panel` is the tile of the copy
    that each task makes of its part of a right operand that is not constant.

    `dlc-choose-schedules` does not change a nest whose root has a schedule: the schedules of all
    its ops are then written by hand or absent.

    ```mlir
    #codegen.schedule<tasks = [0, 32, 0], tile = [8, 32, 0], order = [1, 0, 2],
                      steps = [0, 0, 4], cost = 21845>
    ```
  }];
  let parameters = (ins
    Codegen_Sizes<"of the parallel tasks">:$tasks,
    Codegen_Sizes<"of the loops in order around all ops of the nest">:$rows,
    Codegen_Sizes<"of the innermost tiles">:$tile,
    Codegen_Sizes<"of the tiles' loops, outermost first">:$order,
    Codegen_Sizes<"of the reduction loops inside a tile">:$steps,
    Codegen_Sizes<"extents that `cost` assumes for loops of unknown extent">:$assumed,
    Codegen_Sizes<"of the copy of a task's part of the right operand">:$panel,
    DefaultValuedParameter<"int64_t", "0", "nanoseconds of a task">:$cost,
    DefaultValuedParameter<"int64_t", "0", "columns of a panel of a constant operand">:$packing);
  let genVerifyDecl = 1;
}

def Codegen_RegisterTileAttr : Codegen_Attr<"RegisterTile", "register_tile"> {
  let summary = "the register tile of a contraction's schedule";
  let description = [{
    The result of a measurement by `dlc --tune`, which keeps its results in a file. With `rowsFirst`
    all columns are computed for one row of an image before the next row. Otherwise all rows are
    computed for one panel of columns before the next panel.
  }];
  let parameters = (ins
    "int64_t":$rows,
    AttrParameter<"int64_t", "width in vector registers">:$vectors,
    DefaultValuedParameter<"bool", "false">:$rowsFirst);
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// What a nest computes
//===----------------------------------------------------------------------===//

def Codegen_RegionKind : I32EnumAttr<"RegionKind", "what a loop nest is", [
    I32EnumAttrCase<"Product", 0, "product">,
    I32EnumAttrCase<"Depthwise", 1, "depthwise">,
    I32EnumAttrCase<"Rows", 2, "rows">,
    I32EnumAttrCase<"Reduction", 3, "reduction">,
    I32EnumAttrCase<"Elementwise", 4, "elementwise">,
    I32EnumAttrCase<"Copy", 5, "copy">]> {
  let cppNamespace = "::dlc::codegen";
  let genSpecializedAttr = 0;
}

def Codegen_Layout : I32EnumAttr<"Layout", "how a contraction reads its right operand", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"AsIs", 1, "as_is">,
    I32EnumAttrCase<"Packed", 2, "packed">,
    I32EnumAttrCase<"Panels", 3, "panels">]> {
  let cppNamespace = "::dlc::codegen";
  let genSpecializedAttr = 0;
}

def Codegen_DefaultLayout : EnumParameter<Codegen_Layout> {
  let defaultValue = "::dlc::codegen::Layout::None";
}

def Codegen_RegionAttr : Codegen_Attr<"Region", "region"> {
  let summary = "what a loop nest computes";
  let description = [{
    The compiler's report and a library's profile are based on these. Counts are per run of the
    nest, and per call once `dlc-mark-regions` has collected them; they are -1 if extents are
    unknown. `layout` is how a contraction reads its right operand: as it is, packed by
    `dlc-pack-weights`, or in panels that each task copies.

    ```mlir
    #codegen.region<number = 0, name = "dense", kind = product, flops = 8192, bytes = 3584,
                    cost = 154, tile = [4, 8, 0], tasks = [0, 16, 0], layout = packed>
    ```
  }];
  let parameters = (ins
    AttrParameter<"int64_t", "in its function">:$number,
    StringRefParameter<"nodes or lines that it comes from">:$name,
    EnumParameter<Codegen_RegionKind>:$kind,
    AttrParameter<"int64_t", "arithmetic operations">:$flops,
    AttrParameter<"int64_t", "read from and written to other nests">:$bytes,
    AttrParameter<"int64_t", "expected nanoseconds on one core">:$cost,
    Codegen_Sizes<"of the innermost tiles">:$tile,
    Codegen_Sizes<"of the tasks">:$tasks,
    Codegen_DefaultLayout:$layout,
    OptionalParameter<"::mlir::FlatSymbolRefAttr", "that it is part of">:$function);
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Codegen_WeightAttr : Codegen_Attr<"Weight", "weight"> {
  let summary = "a constant that is stored apart from the code";
  let parameters = (ins
    AttrParameter<"int64_t", "bytes from the first">:$offset,
    AttrParameter<"::mlir::ElementsAttr", "its elements">:$values);
  let genVerifyDecl = 1;
}

def Codegen_StateAttr : Codegen_Attr<"State", "state"> {
  let summary = "a tensor of the state, of which each context has its own";
  let parameters = (ins
    AttrParameter<"::mlir::StringAttr", "as the model has it">:$name,
    AttrParameter<"::mlir::RankedTensorType", "of known extents">:$type,
    AttrParameter<"int64_t", "bytes from the beginning of the state">:$offset,
    DefaultValuedParameter<"int64_t", "-1",
      "where its first value begins among the weights; -1: all zeros">:$first);
  let genVerifyDecl = 1;
}

#endif // DLC_DIALECT_CODEGEN_IR_CODEGENATTRS_TD
