//===- Passes.td - From linalg to machine loops -----------------*- tablegen -*-===//
//
// The order of the CPU pipeline, and what each pass counts on:
//
//   dlc-check-indices              the model as it was read
//   dlc-check-extents              linalg on tensors, before anything is inferred of it
//   dlc-hoist-checks               after it; what relies on a check stands behind it
//   dlc-outline-shape-functions    linalg on tensors, checks as codegen.require
//   dlc-pass-results-by-destination
//   dlc-fuse-elementwise
//   dlc-decompose-pads             after fusion, which looks through no pad
//   dlc-tile-and-fuse              one loop nest a root, its producers inside
//   dlc-peel-loops                 tiles of constant size but in the last round
//   dlc-tile-partial-rows          the last rounds row by row
//   dlc-tile-reductions            after peeling: it reads the sizes
//   dlc-simplify-windows           windows of one element become plain slices
//   dlc-slice-gathers              other loops take one step
//   dlc-vectorize-tiles            what is small is a vector now
//   (upstream one-shot bufferisation)
//   dlc-lower-vectors              needs memrefs
//   dlc-plan-arena                 every buffer that is left gets its place
//   dlc-outline-parallel-loops     after the arena: scratch is by worker
//   dlc-legalize-element-types     after the last copy and loop is made
//   (upstream conversions to the LLVM dialect)
//   dlc-place-weights              needs buffers, before code in tasks reads them
//   dlc-emit-checks                needs the context as an argument, before scf goes
//   dlc-emit-dispatch              needs captures as scalars
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_PASSES_TD
#define DLC_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def RoundOperands : Pass<"dlc-round-operands", "::mlir::func::FuncOp"> {
  let summary = "Round the operands of products to bf16, with sums of f32";
  let description = [{
    Takes products of f32 whose right operand is a constant (weights) and whose innermost sum
    runs over an even number of elements. The constant is rounded to bf16 while compiling and
    laid out as the instructions for bf16 read it: `[k, n]` becomes `[k / 2, 2 n]`, with the
    two elements that are added up in one step side by side. The left operand is rounded where
    it is computed, so that the rounding fuses with its producer; `fastmath<afn>` allows the
    instruction that takes denormals as zeros. The product becomes a `linalg.generic` with a
    loop over the pair, and sums stay f32. Products of two computed values, depthwise ones and
    those of few columns stay as they are.

    ```mlir
    func.func @f(%x: tensor<4x2xf32>, %sums: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %w = arith.constant dense<[[1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0],
                                 [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0]]> : tensor<2x8xf32>
      %y = linalg.matmul ins(%x, %w : tensor<4x2xf32>, tensor<2x8xf32>)
          outs(%sums : tensor<4x8xf32>) -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    // becomes
    func.func @f(%x: tensor<4x2xf32>, %sums: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %e = tensor.empty() : tensor<4x2xbf16>
      %rounded = linalg.generic {...} ins(%x : tensor<4x2xf32>) outs(%e : tensor<4x2xbf16>) {
      ^bb0(%a: f32, %o: bf16):
        %r = arith.truncf %a fastmath<afn> : f32 to bf16
        linalg.yield %r : bf16
      } -> tensor<4x2xbf16>
      // 1, 2, 3, 4, ..., 16
      %pairs = arith.constant dense_resource<rounded> : tensor<1x16xbf16>
      ...
      %pair = tensor.empty() : tensor<2xbf16>
      %y = linalg.generic {
          indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d2 * 2 + d3)>,
                           affine_map<(d0, d1, d2, d3) -> (d2, d1 * 2 + d3)>,
                           affine_map<(d0, d1, d2, d3) -> (d3)>,
                           affine_map<(d0, d1, d2, d3) -> (d0, d1)>],
          iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
          ins(%rounded, %pairs, %pair : tensor<4x2xbf16>, tensor<1x16xbf16>, tensor<2xbf16>)
          outs(%sums : tensor<4x8xf32>) {
      ^bb0(%a: bf16, %b: bf16, %unused: bf16, %sum: f32):
        %c = arith.extf %a : bf16 to f32
        %d = arith.extf %b : bf16 to f32
        %p = arith.mulf %c, %d : f32
        %s = arith.addf %sum, %p : f32
        linalg.yield %s : f32
      } -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
    "::mlir::arith::ArithDialect"];
}

def CheckIndices : Pass<"dlc-check-indices", "::mlir::func::FuncOp"> {
  let summary = "Bound the indices that a model computes itself";
  let description = [{
    For a model as it was read: indices that later passes write are inside by construction. An
    index of `tensor.extract` or `tensor.insert` outside of its tensor ends the call with a
    message.

    ```mlir
    func.func @f(%x: tensor<?xf32>, %i: index) -> f32 {
      %e = tensor.extract %x[%i] : tensor<?xf32>
      return %e : f32
    }
    // becomes
    func.func @f(%x: tensor<?xf32>, %i: index) -> f32 {
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %inside = arith.cmpi ult, %i, %n : index
      codegen.require %inside, "... an index is outside of its tensor in dimension 0"
      %e = tensor.extract %x[%i] : tensor<?xf32>
      return %e : f32
    }
    ```

    In the body of an op that computes elements (`linalg.generic`, a cell of `dl.scan`) a call
    cannot end. There the index is clamped into the tensor, and a tensor without elements ends
    the call before that op.

    ```mlir
    func.func @f(%x: tensor<8xf32>, %ids: tensor<4xindex>, %e: tensor<4xf32>) -> tensor<4xf32> {
      %y = linalg.map ins(%ids : tensor<4xindex>) outs(%e : tensor<4xf32>) (%i: index, %o: f32) {
        %a = tensor.extract %x[%i] : tensor<8xf32>
        linalg.yield %a : f32
      }
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<8xf32>, %ids: tensor<4xindex>, %e: tensor<4xf32>) -> tensor<4xf32> {
      %y = linalg.map ins(%ids : tensor<4xindex>) outs(%e : tensor<4xf32>)
      (%i: index, %o: f32) {
        %n = tensor.dim %x, %c0 : tensor<8xf32>
        %last = arith.subi %n, %c1 : index
        %most = arith.minsi %i, %last : index
        %inside = arith.maxsi %most, %c0 : index
        %a = tensor.extract %x[%inside] : tensor<8xf32>
        linalg.yield %a : f32
      }
      return %y : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def CheckExtents : Pass<"dlc-check-extents", "::mlir::func::FuncOp"> {
  let summary = "Check every extent that an op relies on";
  let description = [{
    An op of `linalg`, `tensor` or `scf` on tensors of unknown extents relies on some of them:
    operands have the extents of the op's loops, a slice lies inside its tensor, a cast to a
    known extent is true, no extent is negative, and 64 bits count the bytes of a tensor. What
    types and loop bounds do not prove becomes a `codegen.require` in front of the op, unless
    one with the same condition stands before it.

    ```mlir
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %z = linalg.exp ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
      return %z : tensor<?xf32>
    }
    // becomes
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %n = tensor.dim %y, %c0 : tensor<?xf32>
      %m = tensor.dim %x, %c0 : tensor<?xf32>
      %same = arith.cmpi eq, %m, %n : index
      codegen.require %same, "... operands differ in dimension 0 of operand 1"
      %z = linalg.exp ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
      return %z : tensor<?xf32>
    }
    ```

    Extents are followed from op to op: each `tensor.dim` is replaced by the extent of an
    argument, by a value, or by arithmetic on these. A condition therefore does not depend on
    any op for which upstream's patterns infer a static extent. A tensor that a loop carries
    has the extents that it begins with, where each iteration is seen to keep them; the extents
    of others, and of results of `scf.if` whose branches differ, are read by a `tensor.dim` of
    the result.

    Runs directly behind a conversion, before anything is canonicalised. With `analysis`
    nothing is added, and an op that needs a check is an error.

    ```mlir
    // dlc-opt --dlc-check-extents=analysis=true
    func.func @f(%x: tensor<?xf32>) -> tensor<4xf32> {
      %y = tensor.cast %x : tensor<?xf32> to tensor<4xf32>
      return %y : tensor<4xf32>
    }
    // error: relies on what no check before it makes sure of
    ```
  }];
  let options = [Option<"isAnalysis", "analysis", "bool", /*default=*/"false",
                        "Report what is missing instead of adding it">];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::dlc::codegen::CodegenDialect",
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def HoistChecks : Pass<"dlc-hoist-checks", "::mlir::func::FuncOp"> {
  let summary = "Move checks to where what they compare is known";
  let description = [{
    A check and the arithmetic of its condition move up, right behind the last value that the
    condition is computed from. A check leaves an `scf.for` loop as "it holds, or the loop does
    not run". Of equal checks one is left. Whatever has an extent stands behind the values that
    the extent follows from, and so behind the check: later passes may use what the check says.
    Checks in a branch stay there.

    ```mlir
    func.func @f(%m: index, %n: index, %steps: index, %x: f32) -> f32 {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %y = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (f32) {
        %same = arith.cmpi eq, %m, %n : index
        codegen.require %same, "extents differ"
        %t = arith.addf %s, %x : f32
        scf.yield %t : f32
      }
      return %y : f32
    }
    // becomes
    func.func @f(%m: index, %n: index, %steps: index, %x: f32) -> f32 {
      %none = arith.cmpi sle, %steps, %c0 : index
      %same = arith.cmpi eq, %m, %n : index
      %holds = arith.ori %same, %none : i1
      codegen.require %holds, "extents differ"
      %y = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (f32) {
        %t = arith.addf %s, %x : f32
        scf.yield %t : f32
      }
      return %y : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def OutlineShapeFunctions : Pass<"dlc-outline-shape-functions", "::mlir::ModuleOp"> {
  let summary = "Give every public function a function that checks and infers shapes";
  let description = [{
    For each public `@f` a function `@f.shapes(inputs..., %out: memref<?xi64>)` is made that
    reads extents alone. It writes the extents of all results, one after the other, to
    `%out[1]` and up, and to `%out[0]` zero or the number (from 1) of the first
    `codegen.require` that does not hold. These checks leave `@f`; their messages go into the
    module attribute `dlc.checks`. An extent that follows from values is written as -1 and
    listed in the module attribute `dlc.computed`; a check of values stays in `@f`.

    ```mlir
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %m = tensor.dim %x, %c0 : tensor<?xf32>
      %n = tensor.dim %y, %c0 : tensor<?xf32>
      %same = arith.cmpi eq, %m, %n : index
      codegen.require %same, "extents differ"
      return %x : tensor<?xf32>
    }
    // becomes
    module attributes {dlc.checks = {f = ["extents differ"]}} {
      func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
        ...
        return %x : tensor<?xf32>
      }
      func.func private @f.shapes(%x: memref<?xf32>, %y: memref<?xf32>, %out: memref<?xi64>) ... {
        %m = memref.dim %x, %c0 : memref<?xf32>
        %n = memref.dim %y, %c0 : memref<?xf32>
        %extent = memref.dim %x, %c0 : memref<?xf32>
        %first = arith.index_cast %extent : index to i64
        memref.store %first, %out[%c1] : memref<?xi64>
        %differ = arith.cmpi ne, %m, %n : index
        %failed = arith.extui %differ : i1 to i64
        memref.store %failed, %out[%c0] : memref<?xi64>
        return
      }
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def PassResultsByDestination
    : Pass<"dlc-pass-results-by-destination", "::mlir::ModuleOp"> {
  let summary = "Make results of public functions buffers that the caller gives";
  let description = [{
    A public `@f(tensors) -> tensors` becomes `@f(%context: !llvm.ptr, %workers: index, inputs
    as memrefs..., results as memrefs...)`. Results are written to the caller's buffers. A
    result whose extents follow from values has none: the kernel tells the context where it
    lies and how large it is. Global tensors become buffers as well; what is stored to them is
    written behind everything else.

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%context: !llvm.ptr, %workers: index,
        %in: memref<4xf32>, %out: memref<4xf32>) ... {
      %x = bufferization.to_tensor %in restrict : memref<4xf32> to tensor<4xf32>
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      bufferization.materialize_in_destination %y in restrict writable %out
          : (tensor<4xf32>, memref<4xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::LLVM::LLVMDialect"];
}

def FuseElementwise : Pass<"dlc-fuse-elementwise"> {
  let summary = "Fuse element-wise ops into the op that uses them";
  let description = [{
    Upstream's fusion of element-wise ops, restricted: a producer moves only into its single
    user, and only where each of its elements is still computed once. So nothing moves into the
    operands of a contraction or along a broadcast. Beyond that, a producer with other users
    becomes one op of several results with a consumer that has the same loops and indexing
    maps: an optimiser's new moments, and the parameter that is computed from them.

    ```mlir
    #id = affine_map<(d0) -> (d0)>
    func.func @f(%x: tensor<8xf32>, %e: tensor<8xf32>) -> tensor<8xf32> {
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
          ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%a: f32, %o: f32):
        %b = math.exp %a : f32
        linalg.yield %b : f32
      } -> tensor<8xf32>
      %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
          ins(%y : tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%b: f32, %o: f32):
        %c = arith.negf %b : f32
        linalg.yield %c : f32
      } -> tensor<8xf32>
      return %z : tensor<8xf32>
    }
    // becomes
    func.func @f(%x: tensor<8xf32>, %unused: tensor<8xf32>) -> tensor<8xf32> {
      %e = tensor.empty() : tensor<8xf32>
      %z = linalg.generic {...} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%a: f32, %o: f32):
        %b = math.exp %a : f32
        %c = arith.negf %b : f32
        linalg.yield %c : f32
      } -> tensor<8xf32>
      return %z : tensor<8xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def DecomposePads : Pass<"dlc-decompose-pads"> {
  let summary = "Spell tensor.pad as filled strips around an interior";
  let description = [{
    Upstream's decomposition fills the whole result and then copies the source over it. This
    one fills strips around the place of the source, so that each element is written once, and
    a source that is computed in the function can be computed in its place. Runs behind
    fusion, which looks through no `tensor.pad`. A padding value that depends on the place is an
    error.

    ```mlir
    func.func @f(%x: tensor<4xf32>, %zero: f32) -> tensor<7xf32> {
      %y = tensor.pad %x low[1] high[2] {
      ^bb0(%i: index):
        tensor.yield %zero : f32
      } : tensor<4xf32> to tensor<7xf32>
      return %y : tensor<7xf32>
    }
    // becomes
    func.func @f(%x: tensor<4xf32>, %zero: f32) -> tensor<7xf32> {
      %e = bufferization.alloc_tensor() : tensor<7xf32>
      %a = tensor.extract_slice %e[0] [1] [1] : tensor<7xf32> to tensor<1xf32>
      %b = linalg.fill ins(%zero : f32) outs(%a : tensor<1xf32>) -> tensor<1xf32>
      %c = tensor.insert_slice %b into %e[0] [1] [1] : tensor<1xf32> into tensor<7xf32>
      %h = tensor.extract_slice %c[5] [2] [1] : tensor<7xf32> to tensor<2xf32>
      %i = linalg.fill ins(%zero : f32) outs(%h : tensor<2xf32>) -> tensor<2xf32>
      %j = tensor.insert_slice %i into %c[5] [2] [1] : tensor<2xf32> into tensor<7xf32>
      %place = tensor.extract_slice %j[1] [4] [1] : tensor<7xf32> to tensor<4xf32>
      %inner = linalg.copy ins(%x : tensor<4xf32>) outs(%place : tensor<4xf32>) -> tensor<4xf32>
      %y = tensor.insert_slice %inner into %j[1] [4] [1] : tensor<4xf32> into tensor<7xf32>
      return %y : tensor<7xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::affine::AffineDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::tensor::TensorDialect"];
}

def FormNests : Pass<"dlc-form-nests", "::mlir::func::FuncOp"> {
  let summary = "Decide which linalg ops become one loop nest";
  let description = [{
    Roots are taken from the last op to the first. A root that consumes a contraction element
    by element takes it along; a pooling whose windows do not overlap takes the product that it
    reads, by rows of windows, where the product's result would leave the second level cache;
    ops that compute a row from a row of what they read, with a reduction among them, go
    together. What is left is alone, and element-wise ops whose operands run through memory
    alike get one loop. The decision is the attribute `codegen.nest` of each op.
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def ChooseSchedules : Pass<"dlc-choose-schedules", "::mlir::func::FuncOp"> {
  let summary = "Decide how each loop nest is tiled";
  let description = [{
    By the machine model (TilingStrategy.h) and the function's `codegen.target`, or by the
    `codegen.register_tile` that a contraction has. The decision is the attribute
    `codegen.schedule` of the nest's root and of each op with something to say of its own; tiling,
    packing, reductions, vectors and the report go by it. A nest whose root has a schedule keeps
    what it has, so a schedule can be edited by hand.
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def TileAndFuse : Pass<"dlc-tile-and-fuse", "::mlir::func::FuncOp"> {
  let summary = "Tile each loop nest into parallel tasks and register-sized tiles";
  let description = [{
    Does what `codegen.nest` and `codegen.schedule` say of each op, from the last nest to the
    first: tasks, in them rows of all ops of the nest, in these the tiles of each.

    Tasks are iterations of `scf.forall` with an attribute `codegen.cost`, about the nanoseconds
    of one, by which the runtime decides how many threads pay off; where that depends on unknown
    extents, `codegen.scale_cost` tells how. The tasks do not depend on the number of threads,
    so neither do results. The outermost loop of each nest tells what it computes,
    `codegen.region`, for `dlc-mark-regions`.

    ```mlir
    // dlc-opt --dlc-form-nests --dlc-choose-schedules --dlc-tile-and-fuse --canonicalize
    func.func @f(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>)
        -> tensor<8x512xf32> {
      %d = linalg.matmul ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>)
          outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
      %e = linalg.exp ins(%d : tensor<8x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
      return %e : tensor<8x512xf32>
    }
    // becomes
    func.func @f(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>)
        -> tensor<8x512xf32> {
      %r = scf.forall (%j) = (0) to (512) step (32) shared_outs(%o = %c) -> (tensor<8x512xf32>) {
        %bj = tensor.extract_slice %b[0, %j] [512, 32] [1, 1] : ... to tensor<512x32xf32>
        %cj = tensor.extract_slice %c[0, %j] [8, 32] [1, 1] : ... to tensor<8x32xf32>
        %oj = tensor.extract_slice %o[0, %j] [8, 32] [1, 1] : ... to tensor<8x32xf32>
        %d = linalg.matmul {...} ins(%a, %bj : tensor<8x512xf32>, tensor<512x32xf32>)
            outs(%cj : tensor<8x32xf32>) -> tensor<8x32xf32>
        %e = linalg.exp {...} ins(%d : tensor<8x32xf32>)
            outs(%oj : tensor<8x32xf32>) -> tensor<8x32xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %e into %o[0, %j] [8, 32] [1, 1] : ...
        }
      } {codegen.cost = 2730 : i64, codegen.region = #codegen.region<..., kind = "product", ...>}
      return %r : tensor<8x512xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect",
    "::mlir::tensor::TensorDialect"];
}

def Multiversion : Pass<"dlc-multiversion", "::mlir::ModuleOp"> {
  let summary = "Say for which processor each kernel is, and copy it for others";
  let description = [{
    Of the module's `codegen.targets`, the least first, the first keeps the kernel `@f`, each
    other one gets a copy `@f.name`. Every function has its target as `codegen.target`, by which
    later passes choose tiles and vectors; functions that kernels share, such as shape
    functions, have the first. The runtime takes the best kernel that the processor can run
    when a context is made.

    ```mlir
    module attributes {codegen.targets = [
        #codegen.cpu<name = "v3", vectorBits = 256, vectorRegisters = 16>,
        #codegen.cpu<name = "v4">]} {
      func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
        return %x : tensor<4xf32>
      }
    }
    // becomes
    module attributes {codegen.targets = ...} {
      func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> attributes
          {codegen.target = #codegen.cpu<name = "v3", vectorBits = 256, vectorRegisters = 16>} {
        return %x : tensor<4xf32>
      }
      func.func @f.v4(%x: tensor<4xf32>) -> tensor<4xf32> attributes
          {codegen.target = #codegen.cpu<name = "v4">} {
        return %x : tensor<4xf32>
      }
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def MarkRegions : Pass<"dlc-mark-regions", "::mlir::ModuleOp"> {
  let summary = "Number the fused loop nests of a module";
  let description = [{
    Every loop nest of `dlc-tile-and-fuse` carries a description, `dlc.region`: name,
    operations, bytes, tiles. This pass collects them in the module attribute `dlc.regions`,
    of which `dlc --report` prints a table. With `calls` each nest of a kernel is put between
    two calls of the runtime, by which `dlc-run --profile` measures how long it takes.

    ```mlir
    // dlc-opt --dlc-mark-regions=calls=true
    func.func @f(%context: !llvm.ptr, %x: memref<64xf32>, %zero: f32) {
      scf.forall (%i) in (64) {
        memref.store %zero, %x[%i] : memref<64xf32>
      } {dlc.region = {bytes = 256 : i64, flops = 0 : i64, kind = "element-wise", name = "fill"}}
      return
    }
    // becomes
    module attributes {dlc.regions = [
        {bytes = 256 : i64, flops = 0 : i64, function = "f", kind = "element-wise", name = "fill"}
        ]} {
      func.func private @dlc_rt_mark(!llvm.ptr, i64)
      func.func @f(%context: !llvm.ptr, %x: memref<64xf32>, %zero: f32) {
        call @dlc_rt_mark(%context, %c0_i64) : (!llvm.ptr, i64) -> ()
        scf.forall (%i) in (64) {
          memref.store %zero, %x[%i] : memref<64xf32>
        }
        call @dlc_rt_mark(%context, %c-1_i64) : (!llvm.ptr, i64) -> ()
        return
      }
    }
    ```
  }];
  let options = [Option<"calls", "calls", "bool", /*default=*/"false",
                        "Call the runtime where a region begins and ends">];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def PeelLoops : Pass<"dlc-peel-loops", "::mlir::func::FuncOp"> {
  let summary = "Split off a last partial round, so that tiles have constant sizes";
  let description = [{
    A loop whose step does not divide its extent becomes a loop over whole tiles and one
    iteration over what is left, outer loops first; so does an `scf.forall` of known bounds,
    which upstream does not peel. Over whole tiles the minimum of step and rest is the step.
    So tiles have constant sizes there, and later passes need no mask; only the rest keeps an
    unknown size, where the bound is unknown. What is known of sizes is folded into types.

    ```mlir
    func.func @f(%x: tensor<100xf32>, %y: tensor<100xf32>) -> tensor<100xf32> {
      %c0 = arith.constant 0 : index
      %c32 = arith.constant 32 : index
      %c100 = arith.constant 100 : index
      %z = scf.for %i = %c0 to %c100 step %c32 iter_args(%o = %y) -> (tensor<100xf32>) {
        %n = affine.min affine_map<(d0) -> (32, 100 - d0)>(%i)
        %a = tensor.extract_slice %x[%i] [%n] [1] : tensor<100xf32> to tensor<?xf32>
        %p = tensor.insert_slice %a into %o[%i] [%n] [1] : tensor<?xf32> into tensor<100xf32>
        scf.yield %p : tensor<100xf32>
      }
      return %z : tensor<100xf32>
    }
    // becomes
    func.func @f(%x: tensor<100xf32>, %y: tensor<100xf32>) -> tensor<100xf32> {
      %whole = scf.for %i = %c0 to %c96 step %c32 iter_args(%o = %y) -> (tensor<100xf32>) {
        %a = tensor.extract_slice %x[%i] [32] [1] : tensor<100xf32> to tensor<32xf32>
        %p = tensor.insert_slice %a into %o[%i] [32] [1] : tensor<32xf32> into tensor<100xf32>
        scf.yield %p : tensor<100xf32>
      }
      %b = tensor.extract_slice %x[96] [4] [1] : tensor<100xf32> to tensor<4xf32>
      %z = tensor.insert_slice %b into %whole[96] [4] [1] : tensor<4xf32> into tensor<100xf32>
      return %z : tensor<100xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def PackWeights : Pass<"dlc-pack-weights", "::mlir::func::FuncOp"> {
  let summary = "Lay out constant operands in the order in which tiles read them";
  let description = [{
    A tile of a product reads a panel of some columns of its right operand. The rows of a panel
    lie a whole row of the operand apart, each in a page of its own. Where the operand is a
    constant (of 8 KB or more), its panels are laid out one after the other while compiling, and
    the tiles' slices are taken from there. A last, narrower panel is filled up with zeros.
    Slices that do not begin at a multiple of a panel's width stay as they are.

    ```mlir
    // dlc-opt --dl-fold-constants --dlc-pack-weights
    func.func @f(%y: tensor<64x64xf32>) -> tensor<64x64xf32> {
      %w = dl.iota axis 0 : tensor<64x64xf32>  // folded to a constant of 16 KB
      %z = scf.forall (%j) = (0) to (64) step (32) shared_outs(%o = %y) -> (tensor<64x64xf32>) {
        %p = tensor.extract_slice %w[0, %j] [64, 32] [1, 1] : tensor<64x64xf32> to tensor<64x32xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %p into %o[0, %j] [64, 32] [1, 1]
              : tensor<64x32xf32> into tensor<64x64xf32>
        }
      }
      return %z : tensor<64x64xf32>
    }
    // becomes
    func.func @f(%y: tensor<64x64xf32>) -> tensor<64x64xf32> {
      %panels = arith.constant dense_resource<packed> : tensor<2x64x32xf32>
      %w = arith.constant ... : tensor<64x64xf32>
      %z = scf.forall (%j) = (0) to (64) step (32) shared_outs(%o = %y) -> (tensor<64x64xf32>) {
        %k = affine.apply affine_map<(d0) -> (d0 floordiv 32)>(%j)
        %p = tensor.extract_slice %panels[%k, 0, 0] [1, 64, 32] [1, 1, 1]
            : tensor<2x64x32xf32> to tensor<64x32xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %p into %o[0, %j] [64, 32] [1, 1]
              : tensor<64x32xf32> into tensor<64x64xf32>
        }
      }
      return %z : tensor<64x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect"];
}

def PrefetchTiles : Pass<"dlc-prefetch-tiles", "::mlir::func::FuncOp"> {
  let summary = "Ask for what an epilogue reads before the sums of its tile begin";
  let description = [{
    Behind the loop that adds up a tile of a product, the epilogue reads a tile of another
    buffer, such as a residual: a few cache lines in each of a dozen rows, which no hardware
    prefetcher follows. These lines, and those that are written next, are prefetched in front
    of the loop, which runs long enough. Left out are buffers below 128 KB, constants, and
    places that follow from the sums.

    ```mlir
    func.func @f(%a: memref<8x16xf32>, %r: memref<512x256xf32>, %y: memref<512x256xf32>,
        %i: index, %zero: vector<16xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      %sum = scf.for %k = %c0 to %c8 step %c1 iter_args(%s = %zero) -> (vector<16xf32>) {
        %v = vector.load %a[%k, %c0] : memref<8x16xf32>, vector<16xf32>
        %t = arith.addf %s, %v : vector<16xf32>
        scf.yield %t : vector<16xf32>
      }
      %v = vector.load %r[%i, %c0] : memref<512x256xf32>, vector<16xf32>
      %w = arith.addf %sum, %v : vector<16xf32>
      vector.store %w, %y[%i, %c0] : memref<512x256xf32>, vector<16xf32>
      return
    }
    // becomes
    func.func @f(%a: memref<8x16xf32>, %r: memref<512x256xf32>, %y: memref<512x256xf32>,
        %i: index, %zero: vector<16xf32>) {
      memref.prefetch %r[%i, %c0], read, locality<2>, data : memref<512x256xf32>
      memref.prefetch %y[%i, %c0], read, locality<2>, data : memref<512x256xf32>
      %sum = scf.for %k = %c0 to %c8 step %c1 iter_args(%s = %zero) -> (vector<16xf32>) {
        ...
      }
      %v = vector.load %r[%i, %c0] : memref<512x256xf32>, vector<16xf32>
      %w = arith.addf %sum, %v : vector<16xf32>
      vector.store %w, %y[%i, %c0] : memref<512x256xf32>, vector<16xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def UnrollShortLoops : Pass<"dlc-unroll-short-loops", "::mlir::func::FuncOp"> {
  let summary = "Unroll loops of few rounds that carry vectors";
  let description = [{
    Unrolls loops that carry vectors, take at most nine iterations and have few instructions,
    inner loops first: those over a small window. Unrolled, neighbouring positions share what
    they read, and sums are not moved between registers in every iteration.

    ```mlir
    // dlc-opt --dlc-unroll-short-loops --canonicalize
    func.func @f(%x: memref<3x16xf32>, %start: vector<16xf32>) -> vector<16xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c3 = arith.constant 3 : index
      %sum = scf.for %i = %c0 to %c3 step %c1 iter_args(%s = %start) -> (vector<16xf32>) {
        %v = vector.load %x[%i, %c0] : memref<3x16xf32>, vector<16xf32>
        %t = arith.addf %s, %v : vector<16xf32>
        scf.yield %t : vector<16xf32>
      }
      return %sum : vector<16xf32>
    }
    // becomes
    func.func @f(%x: memref<3x16xf32>, %start: vector<16xf32>) -> vector<16xf32> {
      %u = vector.load %x[%c0, %c0] : memref<3x16xf32>, vector<16xf32>
      %r = arith.addf %start, %u : vector<16xf32>
      %v = vector.load %x[%c1, %c0] : memref<3x16xf32>, vector<16xf32>
      %s = arith.addf %r, %v : vector<16xf32>
      %w = vector.load %x[%c2, %c0] : memref<3x16xf32>, vector<16xf32>
      %t = arith.addf %s, %w : vector<16xf32>
      return %t : vector<16xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def TilePartialRows : Pass<"dlc-tile-partial-rows", "::mlir::func::FuncOp"> {
  let summary = "Compute the rows of a tile of unknown size one by one";
  let description = [{
    After `dlc-peel-loops` only last iterations have tiles of unknown size. A mask over rows
    would compute rows that do not exist, which for a batch of one is most of them; a loop over
    single rows computes what is there. Ops in the body of an `scf.for` are tiles;
    producers that compute for this tile alone go into the loop. The contiguous dimension gets
    no loop, since `dlc-vectorize-tiles` masks it, except in products, which have no mask.

    ```mlir
    // dlc-opt --dlc-tile-partial-rows --canonicalize
    func.func @f(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %steps: index) -> tensor<?x8xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %z = scf.for %t = %c0 to %steps step %c1 iter_args(%o = %y) -> (tensor<?x8xf32>) {
        %e = linalg.exp ins(%x : tensor<?x8xf32>) outs(%o : tensor<?x8xf32>) -> tensor<?x8xf32>
        scf.yield %e : tensor<?x8xf32>
      }
      return %z : tensor<?x8xf32>
    }
    // becomes
    func.func @f(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %steps: index) -> tensor<?x8xf32> {
      %z = scf.for %t = %c0 to %steps step %c1 iter_args(%o = %y) -> (tensor<?x8xf32>) {
        %rows = tensor.dim %x, %c0 : tensor<?x8xf32>
        %e = scf.for %i = %c0 to %rows step %c1 iter_args(%p = %o) -> (tensor<?x8xf32>) {
          %xi = tensor.extract_slice %x[%i, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
          %pi = tensor.extract_slice %p[%i, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
          %ei = linalg.exp ins(%xi : tensor<1x8xf32>) outs(%pi : tensor<1x8xf32>) -> tensor<1x8xf32>
          %q = tensor.insert_slice %ei into %p[%i, 0] [1, 8] [1, 1]
              : tensor<1x8xf32> into tensor<?x8xf32>
          scf.yield %q : tensor<?x8xf32>
        }
        scf.yield %e : tensor<?x8xf32>
      }
      return %z : tensor<?x8xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect"];
}

def TileReductions : Pass<"dlc-tile-reductions", "::mlir::func::FuncOp"> {
  let summary = "Tile the reduction dimensions of tiled ops";
  let description = [{
    A product adds up a few steps of its sum at a time, while its tile of the result stays in
    registers. Any other sum along a contiguous dimension becomes a vector of sums, which is
    added up once behind the loop: adding across lanes in every iteration would wait for the
    iteration before. Columns that are no power of two are cut into such first, since LLVM keeps
    no other vectors in registers across a loop. Reads the sizes of tiles, so it runs behind
    `dlc-peel-loops`.

    ```mlir
    func.func @f(%x: tensor<2x24xf32>, %w: tensor<24x16xf32>, %y: tensor<2x16xf32>)
        -> tensor<2x16xf32> {
      %z = linalg.matmul ins(%x, %w : tensor<2x24xf32>, tensor<24x16xf32>)
          outs(%y : tensor<2x16xf32>) -> tensor<2x16xf32>
      return %z : tensor<2x16xf32>
    }
    // becomes
    func.func @f(%x: tensor<2x24xf32>, %w: tensor<24x16xf32>, %y: tensor<2x16xf32>)
        -> tensor<2x16xf32> {
      %z = scf.for %k = %c0 to %c24 step %c4 iter_args(%o = %y) -> (tensor<2x16xf32>) {
        %xk = tensor.extract_slice %x[0, %k] [2, 4] [1, 1] : tensor<2x24xf32> to tensor<2x4xf32>
        %wk = tensor.extract_slice %w[%k, 0] [4, 16] [1, 1] : tensor<24x16xf32> to tensor<4x16xf32>
        %s = tensor.extract_slice %o[0, 0] [2, 16] [1, 1] : ...
        %t = linalg.matmul ins(%xk, %wk : tensor<2x4xf32>, tensor<4x16xf32>)
            outs(%s : tensor<2x16xf32>) -> tensor<2x16xf32>
        %p = tensor.insert_slice %t into %o[0, 0] [2, 16] [1, 1] : ...
        scf.yield %p : tensor<2x16xf32>
      }
      return %z : tensor<2x16xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect",
    "::mlir::tensor::TensorDialect"];
}

def SimplifyWindows : Pass<"dlc-simplify-windows", "::mlir::func::FuncOp"> {
  let summary = "Replace window accesses of one element by strided slices";
  let description = [{
    An operand indexed by `place * stride + offset * dilation`, where the loop over the offset
    (or the place) takes one step, becomes a strided slice that the other loop indexes alone.
    The vectoriser needs it, since it takes projected permutations only. No upstream pattern
    does this for every rank and for pooling.

    ```mlir
    func.func @f(%x: tensor<9xf32>, %w: tensor<1xf32>, %y: tensor<5xf32>) -> tensor<5xf32> {
      %z = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0 * 2 + d1)>, affine_map<(d0, d1) -> (d1)>,
                           affine_map<(d0, d1) -> (d0)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%x, %w : tensor<9xf32>, tensor<1xf32>) outs(%y : tensor<5xf32>) {
      ^bb0(%a: f32, %b: f32, %c: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %c, %p : f32
        linalg.yield %s : f32
      } -> tensor<5xf32>
      return %z : tensor<5xf32>
    }
    // becomes
    func.func @f(%x: tensor<9xf32>, %w: tensor<1xf32>, %y: tensor<5xf32>) -> tensor<5xf32> {
      %v = tensor.extract_slice %x[0] [5] [2] : tensor<9xf32> to tensor<5xf32>
      %z = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>,
                           affine_map<(d0, d1) -> (d0)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%v, %w : tensor<5xf32>, tensor<1xf32>) outs(%y : tensor<5xf32>) {
        ...
      } -> tensor<5xf32>
      return %z : tensor<5xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect"];
}

def SliceGathers : Pass<"dlc-slice-gathers", "::mlir::func::FuncOp"> {
  let summary = "Replace elements that are looked up along a row by the row";
  let description = [{
    A `linalg.generic` whose innermost loop reads the elements of a row of another tensor one by
    one (`tensor.extract %table[%row, %i]`), and whose other loops take one step, gets the row
    as an operand: a slice, which the vectoriser loads as vectors. Upstream's vectoriser sees a
    contiguous read only where the row is the same for the whole op, and takes one element at a
    time where it comes from an operand.

    ```mlir
    func.func @f(%table: tensor<20x64xf32>, %ids: tensor<1xi64>, %to: tensor<1x64xf32>)
        -> tensor<1x64xf32> {
      %y = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%ids : tensor<1xi64>) outs(%to : tensor<1x64xf32>) {
      ^bb0(%id: i64, %o: f32):
        %row = arith.index_cast %id : i64 to index
        %i = linalg.index 1 : index
        %e = tensor.extract %table[%row, %i] : tensor<20x64xf32>
        linalg.yield %e : f32
      } -> tensor<1x64xf32>
      return %y : tensor<1x64xf32>
    }
    // becomes
    func.func @f(%table: tensor<20x64xf32>, %ids: tensor<1xi64>, %to: tensor<1x64xf32>)
        -> tensor<1x64xf32> {
      %id = tensor.extract %ids[%c0] : tensor<1xi64>
      %row = arith.index_cast %id : i64 to index
      %x = tensor.extract_slice %table[%row, %c0] [1, 64] [1, 1]
          : tensor<20x64xf32> to tensor<64xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>,
                           affine_map<(d0, d1) -> (d0, d1)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%ids, %x : tensor<1xi64>, tensor<64xf32>) outs(%to : tensor<1x64xf32>) {
      ^bb0(%unused: i64, %e: f32, %o: f32):
        linalg.yield %e : f32
      } -> tensor<1x64xf32>
      return %y : tensor<1x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
}

def VectorizeTiles : Pass<"dlc-vectorize-tiles", "::mlir::func::FuncOp"> {
  let summary = "Turn tiles into vectors, with masks where a size is not known";
  let description = [{
    A `linalg` op on a tile becomes ops on one vector of the tile's shape; `dlc-lower-vectors`
    cuts it into the machine's. The contiguous dimension is rounded up to whole vectors, and an
    unknown extent is taken as the largest that the tile allows; reads and writes have a mask
    there. Lanes beyond it hold zeros. The tile of a contraction has vectors of exactly its size.
    The sums of a loop over the steps of a product are carried as vectors and written behind it.
    An op that is too large for a tile, or whose extents have no bound, stays a loop.

    ```mlir
    func.func @f(%x: tensor<20xf32>, %y: tensor<20xf32>) -> tensor<20xf32> {
      %z = linalg.exp ins(%x : tensor<20xf32>) outs(%y : tensor<20xf32>) -> tensor<20xf32>
      return %z : tensor<20xf32>
    }
    // becomes
    func.func @f(%x: tensor<20xf32>, %y: tensor<20xf32>) -> tensor<20xf32> {
      %zero = arith.constant 0.0 : f32
      %mask = vector.create_mask %c20 : vector<32xi1>
      %v = vector.mask %mask { vector.transfer_read %x[%c0], %zero {in_bounds = [true]}
          : tensor<20xf32>, vector<32xf32> } : vector<32xi1> -> vector<32xf32>
      %w = math.exp %v : vector<32xf32>
      %z = vector.mask %mask { vector.transfer_write %w, %y[%c0] {in_bounds = [true]}
          : vector<32xf32>, tensor<20xf32> } : vector<32xi1> -> tensor<20xf32>
      return %z : tensor<20xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::vector::VectorDialect",
    "::mlir::tensor::TensorDialect", "::mlir::affine::AffineDialect",
    "::mlir::x86vector::X86VectorDialect"];
}

def LowerVectors : Pass<"dlc-lower-vectors", "::mlir::func::FuncOp"> {
  let summary = "Lower contractions, masks and transfers to the machine's vectors";
  let description = [{
    Lowers vectors of several dimensions to vectors of one, by upstream's patterns in upstream's
    order: masks, contractions, transfers. Contractions become multiply-adds, transfers become
    loads and stores that keep their mask, transpositions become shuffles. Where upstream ends
    in scalars, patterns of its own come first: contractions of one step, a sum across one
    vector, reads whose dimensions come in another order than they lie in memory. Relies on
    memrefs.

    ```mlir
    func.func @f(%a: vector<2x1xf32>, %b: vector<1x16xf32>, %y: memref<2x16xf32>) {
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %c = vector.transfer_read %y[%c0, %c0], %zero {in_bounds = [true, true]}
          : memref<2x16xf32>, vector<2x16xf32>
      %d = vector.contract {
          indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>,
                           affine_map<(d0, d1, d2) -> (d2, d1)>,
                           affine_map<(d0, d1, d2) -> (d0, d1)>],
          iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>}
          %a, %b, %c : vector<2x1xf32>, vector<1x16xf32> into vector<2x16xf32>
      vector.transfer_write %d, %y[%c0, %c0] {in_bounds = [true, true]}
          : vector<2x16xf32>, memref<2x16xf32>
      return
    }
    // becomes
    func.func @f(%a: vector<2x1xf32>, %b: vector<1x16xf32>, %y: memref<2x16xf32>) {
      %first = vector.load %y[%c0, %c0] : memref<2x16xf32>, vector<16xf32>
      %second = vector.load %y[%c1, %c0] : memref<2x16xf32>, vector<16xf32>
      %row = vector.extract %b[0] : vector<16xf32> from vector<1x16xf32>
      %a0 = vector.extract %a[0, 0] : f32 from vector<2x1xf32>
      %s0 = vector.broadcast %a0 : f32 to vector<16xf32>
      %d0 = vector.fma %s0, %row, %first : vector<16xf32>
      %a1 = vector.extract %a[1, 0] : f32 from vector<2x1xf32>
      %s1 = vector.broadcast %a1 : f32 to vector<16xf32>
      %d1 = vector.fma %s1, %row, %second : vector<16xf32>
      vector.store %d0, %y[%c0, %c0] : memref<2x16xf32>, vector<16xf32>
      vector.store %d1, %y[%c1, %c0] : memref<2x16xf32>, vector<16xf32>
      return
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::x86vector::X86VectorDialect",
    "::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

def ApproximateMath : Pass<"dlc-approximate-math"> {
  let summary = "Replace functions of f32 by polynomials";
  let description = [{
    Functions of f32 become polynomials that are within two units in the last place of the exact
    result, for scalars and vectors alike, so that a result does not depend on where a vector
    ends. exp, tanh and erf are polynomials of f32; sine, cosine, powers and others are
    polynomials of f64, which need no care for the last bits. Logarithms are upstream's. Angles
    beyond 2^50 are left to libm, and so is f64. With `fast`, tanh and erf are within five units,
    in three quarters and nine tenths of the time.

    ```mlir
    func.func @f(%x: vector<16xf32>) -> vector<16xf32> {
      %y = math.exp %x : vector<16xf32>
      return %y : vector<16xf32>
    }
    // becomes
    func.func @f(%x: vector<16xf32>) -> vector<16xf32> {
      ...
      // x = n ln 2 + r; n stands in the lowest bits of %k.
      %k = math.fma %x, %reciprocal, %magic : vector<16xf32>
      %n = arith.subf %k, %magic : vector<16xf32>
      ...
      // e^r by a polynomial, then n added to its exponent.
      %p = math.fma ... : vector<16xf32>
      %bits = arith.bitcast %p : vector<16xf32> to vector<16xi32>
      %m = arith.bitcast %k : vector<16xf32> to vector<16xi32>
      %shifted = arith.shli %m, %mantissa : vector<16xi32>
      %scaled = arith.addi %bits, %shifted : vector<16xi32>
      %e = arith.bitcast %scaled : vector<16xi32> to vector<16xf32>
      ...
      return %y : vector<16xf32>
    }
    ```
  }];
  let options = [Option<"fast", "fast", "bool", /*default=*/"false",
                        "tanh and erf within five units in the last place">];
  let dependentDialects = [
    "::mlir::scf::SCFDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect",
    "::mlir::arith::ArithDialect"];
}

def CallLibm : Pass<"dlc-call-libm", "::mlir::ModuleOp"> {
  let summary = "Call libm for functions that have no polynomial";
  let description = [{
    What `dlc-approximate-math` leaves of functions becomes calls of the C library, a vector's
    element by element, in f32 for narrower types. Square roots, rounding and multiply-add stay:
    they are instructions.

    ```mlir
    func.func @f(%x: vector<2xf64>) -> vector<2xf64> {
      %y = math.atan %x : vector<2xf64>
      %z = math.sqrt %y : vector<2xf64>
      return %z : vector<2xf64>
    }
    // becomes
    func.func private @atan(f64) -> f64 ...
    func.func @f(%x: vector<2xf64>) -> vector<2xf64> {
      %zeros = arith.constant dense<0.0> : vector<2xf64>
      %a = vector.extract %x[0] : f64 from vector<2xf64>
      %b = call @atan(%a) : (f64) -> f64
      %u = vector.insert %b, %zeros [0] : f64 into vector<2xf64>
      %c = vector.extract %x[1] : f64 from vector<2xf64>
      %d = call @atan(%c) : (f64) -> f64
      %y = vector.insert %d, %u [1] : f64 into vector<2xf64>
      %z = math.sqrt %y : vector<2xf64>
      return %z : vector<2xf64>
    }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::vector::VectorDialect"];
}

def LegalizeElementTypes : Pass<"dlc-legalize-element-types", "::mlir::ModuleOp"> {
  let summary = "Make bf16 and truth values what memory and registers hold";
  let description = [{
    Up to here bf16 is bf16. Few processors convert it, and some of those lose denormals. For the
    others LLVM calls the compiler's runtime library, which a model's library does not have, and
    takes vectors apart. So bf16 is kept by its bits, as `i16`: buffers, vectors and numbers
    change their type, conversions become shifts and roundings of integers (to the nearest, ties
    to even; NaN stays NaN), what only moves elements moves bits, and other arithmetic is done in
    f32. Instructions that take bf16 keep it.

    ```mlir
    func.func @f(%x: memref<?xbf16>, %i: index) -> vector<16xf32> {
      %v = vector.load %x[%i] : memref<?xbf16>, vector<16xbf16>
      %w = arith.extf %v : vector<16xbf16> to vector<16xf32>
      return %w : vector<16xf32>
    }
    // becomes
    func.func @f(%x: memref<?xi16>, %i: index) -> vector<16xf32> {
      %sixteen = arith.constant dense<16> : vector<16xi32>
      %v = vector.load %x[%i] : memref<?xi16>, vector<16xi16>
      %u = arith.extui %v : vector<16xi16> to vector<16xi32>
      %s = arith.shli %u, %sixteen : vector<16xi32>
      %w = arith.bitcast %s : vector<16xi32> to vector<16xf32>
      return %w : vector<16xf32>
    }
    ```

    A truth value is a byte in memory, and `i1` elsewhere.

    ```mlir
    func.func @f(%x: memref<?xi1>, %i: index) -> i1 {
      %b = memref.load %x[%i] : memref<?xi1>
      return %b : i1
    }
    // becomes
    func.func @f(%x: memref<?xi8>, %i: index) -> i1 {
      %byte = memref.load %x[%i] : memref<?xi8>
      %b = arith.cmpi ne, %byte, %c0_i8 : i8
      return %b : i1
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

def ExpandArith : Pass<"dlc-expand-arith"> {
  let summary = "Expand rounded divisions";
  let description = [{
    Upstream's expansion of rounded divisions, without its patterns for extrema: these make
    comparisons and selections where LLVM has an instruction.

    ```mlir
    func.func @f(%i: index, %n: index) -> index {
      %q = arith.ceildivui %i, %n : index
      return %q : index
    }
    // becomes
    func.func @f(%i: index, %n: index) -> index {
      %empty = arith.cmpi eq, %i, %c0 : index
      %last = arith.subi %i, %c1 : index
      %d = arith.divui %last, %n : index
      %r = arith.addi %d, %c1 : index
      %q = arith.select %empty, %c0, %r : index
      return %q : index
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

def ExpandCopies : Pass<"dlc-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "Turn copies between strided buffers into loops of vectors";
  let description = [{
    A copy whose rows are contiguous on both sides becomes a loop over rows that copies vectors,
    and what is left of a row by halves of them. A copy of rows that are not contiguous becomes
    `linalg.copy`. For both, upstream calls a function of its runner's library. Copies of whole
    buffers stay: they become memcpy. Runs while a task is still in the function whose
    `codegen.target` tells the width of vectors.

    ```mlir
    func.func @f(%x: memref<?x20xf32>, %y: memref<?x20xf32, strided<[?, 1]>>) {
      memref.copy %x, %y : memref<?x20xf32> to memref<?x20xf32, strided<[?, 1]>>
      return
    }
    // becomes
    func.func @f(%x: memref<?x20xf32>, %y: memref<?x20xf32, strided<[?, 1]>>) {
      %rows = memref.dim %x, %c0 : memref<?x20xf32>
      scf.for %i = %c0 to %rows step %c1 {
        %a = vector.load %x[%i, %c0] : memref<?x20xf32>, vector<16xf32>
        vector.store %a, %y[%i, %c0] : memref<?x20xf32, strided<[?, 1]>>, vector<16xf32>
        %b = vector.load %x[%i, %c16] : memref<?x20xf32>, vector<4xf32>
        vector.store %b, %y[%i, %c16] : memref<?x20xf32, strided<[?, 1]>>, vector<4xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def ExpandReshapes : Pass<"dlc-expand-reshapes"> {
  let summary = "Turn reshapes of buffers into plain views";
  let description = [{
    `memref.expand_shape` and `memref.collapse_shape` become `memref.reinterpret_cast`. Upstream
    folds them into loads and stores instead, where each access then divides its index
    (`affine.delinearize_index`), and its `expand-strided-metadata` crashes on several unknown
    extents in a group.

    ```mlir
    // dlc-opt --dlc-expand-reshapes --canonicalize
    func.func @f(%x: memref<?xf32>, %m: index, %n: index) -> memref<?x?xf32> {
      %y = memref.expand_shape %x [[0, 1]] output_shape [%m, %n]
          : memref<?xf32> into memref<?x?xf32>
      return %y : memref<?x?xf32>
    }
    // becomes
    func.func @f(%x: memref<?xf32>, %m: index, %n: index) -> memref<?x?xf32> {
      %y = memref.reinterpret_cast %x to offset: [0], sizes: [%m, %n], strides: [%n, 1]
          : memref<?xf32> to memref<?x?xf32>
      return %y : memref<?x?xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect"];
}

def UnrollMaskedWrites : Pass<"dlc-unroll-masked-writes"> {
  let summary = "Split masked writes of several rows into writes of one";
  let description = [{
    A masked write of several rows becomes one of each row with its part of the mask. Runs before
    aliases fold: when a rank-reducing subview is folded into a masked write, it gets a
    permutation map, by which upstream's lowering loses the mask and writes past the tile.

    ```mlir
    // dlc-opt --dlc-unroll-masked-writes --canonicalize
    func.func @f(%v: vector<2x4xf32>, %mask: vector<2x4xi1>, %y: memref<2x3xf32>) {
      %c0 = arith.constant 0 : index
      vector.transfer_write %v, %y[%c0, %c0], %mask {in_bounds = [true, true]}
          : vector<2x4xf32>, memref<2x3xf32>
      return
    }
    // becomes
    func.func @f(%v: vector<2x4xf32>, %mask: vector<2x4xi1>, %y: memref<2x3xf32>) {
      %v0 = vector.extract %v[0] : vector<4xf32> from vector<2x4xf32>
      %m0 = vector.extract %mask[0] : vector<4xi1> from vector<2x4xi1>
      vector.transfer_write %v0, %y[%c0, %c0], %m0 {in_bounds = [true]} : ...
      %v1 = vector.extract %v[1] : vector<4xf32> from vector<2x4xf32>
      %m1 = vector.extract %mask[1] : vector<4xi1> from vector<2x4xi1>
      vector.transfer_write %v1, %y[%c1, %c0], %m1 {in_bounds = [true]} : ...
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::vector::VectorDialect", "::mlir::affine::AffineDialect"];
}

def ReshapeDestinations : Pass<"dlc-reshape-destinations"> {
  let summary = "Write results in the shape in which they were computed";
  let description = [{
    A result that is reshaped at the end is written to a reshaped view of its destination, which
    stands in front of what computes it: so it is computed there and not copied. A destination
    with gaps, or one whose type says less than the value's, has no such view.

    ```mlir
    func.func @f(%x: tensor<2x4xf32>, %y: memref<8xf32>) {
      %e = tensor.empty() : tensor<2x4xf32>
      %z = linalg.exp ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
      %flat = tensor.collapse_shape %z [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
      bufferization.materialize_in_destination %flat in restrict writable %y
          : (tensor<8xf32>, memref<8xf32>) -> ()
      return
    }
    // becomes
    func.func @f(%x: tensor<2x4xf32>, %y: memref<8xf32>) {
      %view = memref.expand_shape %y [[0, 1]] output_shape [2, 4]
          : memref<8xf32> into memref<2x4xf32>
      %e = tensor.empty() : tensor<2x4xf32>
      %z = linalg.exp ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
      %flat = tensor.collapse_shape %z [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
      bufferization.materialize_in_destination %z in restrict writable %view
          : (tensor<2x4xf32>, memref<2x4xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def PlanArena : Pass<"dlc-plan-arena", "::mlir::ModuleOp"> {
  let summary = "Place all intermediate buffers in one arena that the caller gives";
  let description = [{
    Each `memref.alloc` of a kernel becomes a view into a new last argument, `memref<?xi8>`.
    Buffers that are never alive together, from the first access to the last, share memory.
    Buffers of known size are packed; those of a size that is known at run time share slots. A
    buffer inside a parallel loop gets a place for each worker. `@f.workspace`, the kernel's `codegen.workspace`, takes the same
    arguments and returns the bytes that are needed. A result that is handed to the caller gets
    memory of its own instead.

    ```mlir
    // dlc-opt --dlc-plan-arena --canonicalize
    func.func @f(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>) {
      %a = memref.alloc() : memref<64xf32>
      memref.copy %x, %a : memref<64xf32> to memref<64xf32>
      memref.copy %a, %x : memref<64xf32> to memref<64xf32>
      %b = memref.alloc() : memref<64xf32>
      memref.copy %x, %b : memref<64xf32> to memref<64xf32>
      memref.copy %b, %x : memref<64xf32> to memref<64xf32>
      return
    }
    // becomes
    func.func private @f.workspace(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>)
        -> index ... {
      return %c256 : index
    }
    func.func @f(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>, %arena: memref<?xi8>)
        attributes {codegen.workspace = @f.workspace} {
      %a = memref.view %arena[%c0][] : memref<?xi8> to memref<64xf32>
      memref.copy %x, %a : memref<64xf32> to memref<64xf32>
      memref.copy %a, %x : memref<64xf32> to memref<64xf32>
      %b = memref.view %arena[%c0][] : memref<?xi8> to memref<64xf32>
      memref.copy %x, %b : memref<64xf32> to memref<64xf32>
      memref.copy %b, %x : memref<64xf32> to memref<64xf32>
      return
    }
    ```
  }];
  let options = [Option<"share", "share", "bool", "true",
                        "Give buffers that are never alive together one place">];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect",
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

def ShareLoops : Pass<"dlc-share-loops", "::mlir::ModuleOp"> {
  let summary = "Give loop nests that are alike one function";
  let description = [{
    A network repeats itself: blocks of the same shape, the update of each parameter, and the
    forward part that inference, evaluation and the training step have in common. Loop nests at
    the top of kernels that do the same on other buffers become calls of one function
    `@f.shared.N(%context, %workers, captures...)`, so that later passes, which take most of the
    compile time, see it once. What the loops allocate lies in a buffer that the caller gives as
    the last argument. Kernels for different targets share nothing. Upstream's
    `duplicate-function-elimination` compares whole functions.

    ```mlir
    // dlc-opt --dlc-share-loops=least=1
    func.func @f(%context: !llvm.ptr, %workers: index,
        %x: memref<8xf32>, %y: memref<8xf32>, %s: f32) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %y[%i] : memref<8xf32>
      }
      return
    }
    // becomes
    func.func private @f.shared.0(%context: !llvm.ptr, %workers: index,
        %s: f32, %x: memref<8xf32>) {
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      return
    }
    func.func @f(%context: !llvm.ptr, %workers: index,
        %x: memref<8xf32>, %y: memref<8xf32>, %s: f32) {
      call @f.shared.0(%context, %workers, %s, %x) : (!llvm.ptr, index, f32, memref<8xf32>) -> ()
      call @f.shared.0(%context, %workers, %s, %y) : (!llvm.ptr, index, f32, memref<8xf32>) -> ()
      return
    }
    ```
  }];
  let options = [Option<"least", "least", "int64_t", "6",
                        "Operations that a nest has at least">];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect",
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

def SplitFunctions : Pass<"dlc-split-functions", "::mlir::ModuleOp"> {
  let summary = "Cut functions of very many loops into several";
  let description = [{
    LLVM's time for a function grows faster than its number of loops, and the training step of a
    residual network has a thousand. What stands at the top of such a function moves, about
    `loops` loops at a time and in order, into functions `@f.part.N` without results. Pure ops
    that a part reads (views of the arena, constants) are made again there; other values are
    arguments. An op whose result is read by others stays where it is. A function of at most
    `2 * loops` loops stays whole.

    ```mlir
    // dlc-opt --dlc-split-functions=loops=1 --canonicalize
    func.func @f(%arena: memref<?xi8>, %s: f32) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      %x = memref.view %arena[%c0][] : memref<?xi8> to memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      %v = memref.load %x[%c1] : memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %v, %x[%i] : memref<8xf32>
      }
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      return
    }
    // becomes
    func.func private @f.part.0(%s: f32, %arena: memref<?xi8>) ... {
      %x = memref.view %arena[%c0][] : memref<?xi8> to memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      return
    }
    func.func private @f.part.1(%v: f32, %arena: memref<?xi8>) ... {
      ...
    }
    func.func private @f.part.2(%s: f32, %arena: memref<?xi8>) ... {
      ...
    }
    func.func @f(%arena: memref<?xi8>, %s: f32) {
      %x = memref.view %arena[%c0][] : memref<?xi8> to memref<8xf32>
      call @f.part.0(%s, %arena) : (f32, memref<?xi8>) -> ()
      %v = memref.load %x[%c1] : memref<8xf32>
      call @f.part.1(%v, %arena) : (f32, memref<?xi8>) -> ()
      call @f.part.2(%s, %arena) : (f32, memref<?xi8>) -> ()
      return
    }
    ```
  }];
  let options = [Option<"loops", "loops", "int64_t", "100", "Of a part, about">];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def OutlineParallelLoops : Pass<"dlc-outline-parallel-loops", "::mlir::ModuleOp"> {
  let summary = "Move bodies of scf.forall into functions over a range of tasks";
  let description = [{
    The body of each `scf.forall` becomes a function `@f.0.task(%begin, %end, %worker,
    captures...)` over a range of tasks. In its place stands a call of
    `@f.0.dispatch(%context, %tasks, %cost, captures...)`, a declaration that
    `dlc-emit-dispatch` defines. Several dimensions become one, and `codegen.scale_cost` becomes
    part of the cost. Upstream's way through the `omp` dialect ends in private entry points of
    libomp; this way ends in one call of the runtime, so that a library needs libc alone.

    ```mlir
    // dlc-opt --dlc-outline-parallel-loops --canonicalize
    func.func @f(%context: !llvm.ptr, %x: f32, %y: memref<64xf32>) {
      scf.forall (%i) in (64) {
        memref.store %x, %y[%i] : memref<64xf32>
      } {dlc.cost = 1024 : i64}
      return
    }
    // becomes
    func.func private @f.0.task(%begin: index, %end: index, %worker: index, %x: f32,
        %y: memref<64xf32>, %extent: index) {
      scf.for %i = %begin to %end step %c1 {
        memref.store %x, %y[%i] : memref<64xf32>
      }
      return
    }
    func.func private @f.0.dispatch(!llvm.ptr, index, index, f32, memref<64xf32>, index)
    func.func @f(%context: !llvm.ptr, %x: f32, %y: memref<64xf32>) {
      call @f.0.dispatch(%context, %c64, %c1024, %x, %y, %c64)
          : (!llvm.ptr, index, index, f32, memref<64xf32>, index) -> ()
      return
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::scf::SCFDialect"];
}

def ParallelizeLoops : Pass<"dlc-parallelize-loops", "::mlir::func::FuncOp"> {
  let summary = "Run loops that do not need each other as tasks";
  let description = [{
    Two loops over time (`dlc.steps`) in one block that take long enough and touch no memory that
    the other writes become the two tasks of an `scf.forall`: the two directions of a recurrent
    layer, for instance. What stands between them moves before the first or stays behind both.
    Loops with tasks of their own stay as they are. Runs on buffers while their slices are still
    `memref.subview`s, by which parts of one buffer are seen not to overlap.

    ```mlir
    func.func @f(%a: memref<64xf32>, %b: memref<64xf32>, %x: vector<64xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c20000 = arith.constant 20000 : index
      scf.for %t = %c0 to %c20000 step %c1 {
        %v = math.exp %x : vector<64xf32>
        vector.store %v, %a[%c0] : memref<64xf32>, vector<64xf32>
      } {dlc.steps}
      scf.for %t = %c0 to %c20000 step %c1 {
        %v = math.exp %x : vector<64xf32>
        vector.store %v, %b[%c0] : memref<64xf32>, vector<64xf32>
      } {dlc.steps}
      return
    }
    // becomes
    func.func @f(%a: memref<64xf32>, %b: memref<64xf32>, %x: vector<64xf32>) {
      scf.forall (%task) in (2) {
        %first = arith.cmpi eq, %task, %c0 : index
        scf.if %first {
          scf.for %t = %c0 to %c20000 step %c1 {
            %v = math.exp %x : vector<64xf32>
            vector.store %v, %a[%c0] : memref<64xf32>, vector<64xf32>
          } {dlc.steps}
        } else {
          scf.for %t = %c0 to %c20000 step %c1 {
            %v = math.exp %x : vector<64xf32>
            vector.store %v, %b[%c0] : memref<64xf32>, vector<64xf32>
          } {dlc.steps}
        }
      } {dlc.cost = ... : i64}
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def HideIndices : Pass<"dlc-hide-indices", "::mlir::func::FuncOp"> {
  let summary = "Put casts behind indices, that analyses do not look further";
  let description = [{
    Upstream's bufferisation compares slices by constraints over everything that leads to their
    offsets and sizes. Where extents follow from an unknown one through many layers that takes
    minutes. A cast of an index to itself, behind each index that is neither a constant nor an
    `affine.apply`, ends the search; equal values, and sums of them, stay comparable.
    Canonicalisation drops the casts.

    ```mlir
    func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %y = tensor.extract_slice %x[0] [%n] [1] : tensor<?xf32> to tensor<?xf32>
      return %y : tensor<?xf32>
    }
    // becomes
    func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %hidden = builtin.unrealized_conversion_cast %n : index to index
      %y = tensor.extract_slice %x[0] [%hidden] [1] : tensor<?xf32> to tensor<?xf32>
      return %y : tensor<?xf32>
    }
    ```
  }];
}

def CarryInPlace : Pass<"dlc-carry-in-place"> {
  let summary = "Copy what a loop hands on into the buffer of the value before";
  let description = [{
    The state of a loop over time that is not written to the tensor of the state before would be
    a new buffer in every step. So it is inserted there as a whole. Bufferisation drops the copy
    where the state can be computed in place, and takes new memory where that would overwrite
    what is still read. Runs just before bufferisation, since canonicalisation folds an insertion
    of everything.

    ```mlir
    func.func @f(%x: tensor<4xf32>, %steps: index) -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %last = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (tensor<4xf32>) {
        %e = bufferization.alloc_tensor() : tensor<4xf32>
        %t = linalg.exp ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
        scf.yield %t : tensor<4xf32>
      }
      return %last : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<4xf32>, %steps: index) -> tensor<4xf32> {
      %last = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (tensor<4xf32>) {
        %e = bufferization.alloc_tensor() : tensor<4xf32>
        %t = linalg.exp ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
        %u = tensor.insert_slice %t into %s[0] [4] [1] : tensor<4xf32> into tensor<4xf32>
        scf.yield %u : tensor<4xf32>
      }
      return %last : tensor<4xf32>
    }
    ```

    An `scf.while` hands values from its first region to the second in the places where they came
    in, as upstream's bufferisation expects. Whatever else its second region yields is copied,
    unless that region has made it: two carried values must never be one buffer, nor an argument
    of the function.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::mlir::tensor::TensorDialect"];
}

def WriteResults : Pass<"dlc-write-results", "::mlir::func::FuncOp"> {
  let summary = "Insert each result into its destination as a tensor";
  let description = [{
    `bufferization.materialize_in_destination` into a buffer is a write that one-shot
    bufferisation's analysis does not see. Once upstream's elimination of empty tensors has put
    another value into that buffer, which is read again later, the write spoils it. So each
    becomes an insertion of everything into the tensor of the buffer: a value that is still read
    keeps the place, and the result goes to other memory first. A copy at the very end of the
    function brings such a result home; any other copy is one to itself, which folds.

    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: memref<4xf32>) {
      bufferization.materialize_in_destination %x in restrict writable %y
          : (tensor<4xf32>, memref<4xf32>) -> ()
      return
    }
    // becomes
    func.func @f(%x: tensor<4xf32>, %y: memref<4xf32>) {
      %place = bufferization.to_tensor %y restrict writable : memref<4xf32> to tensor<4xf32>
      %z = tensor.insert_slice %x into %place[0] [4] [1] : tensor<4xf32> into tensor<4xf32>
      %b = bufferization.to_buffer %z read_only : tensor<4xf32> to memref<4xf32>
      memref.copy %b, %y : memref<4xf32> to memref<4xf32>
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"];
}

def UnshareDestinations : Pass<"dlc-unshare-destinations"> {
  let summary = "Give each result the writes that it begins with, for itself";
  let description = [{
    Common subexpression elimination lets two results begin with one fill or one slice. Upstream's
    elimination of empty tensors then puts the shared part into the buffer of the first result,
    and the second reads it from there after it was overwritten. So empty tensors, fills and
    inserted slices that are written to more than once are made again for each. The empty tensor
    that layers of one shape share is made again as well, with the slices of it that tiles were
    written to: bufferisation would compare every layer with all others.

    ```mlir
    func.func @f(%a: tensor<1xf32>, %b: tensor<1xf32>, %zero: f32)
        -> (tensor<2xf32>, tensor<2xf32>) {
      %e = tensor.empty() : tensor<2xf32>
      %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
      %x = tensor.insert_slice %a into %zeros[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      %y = tensor.insert_slice %b into %zeros[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      return %x, %y : tensor<2xf32>, tensor<2xf32>
    }
    // becomes
    func.func @f(%a: tensor<1xf32>, %b: tensor<1xf32>, %zero: f32)
        -> (tensor<2xf32>, tensor<2xf32>) {
      %d = tensor.empty() : tensor<2xf32>
      %e = tensor.empty() : tensor<2xf32>
      %ys = linalg.fill ins(%zero : f32) outs(%d : tensor<2xf32>) -> tensor<2xf32>
      %xs = linalg.fill ins(%zero : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
      %x = tensor.insert_slice %a into %xs[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      %y = tensor.insert_slice %b into %ys[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      return %x, %y : tensor<2xf32>, tensor<2xf32>
    }
    ```
  }];
}

def DropEmptyLoops : Pass<"dlc-drop-empty-loops"> {
  let summary = "Replace linalg ops that loop over nothing by what they begin with";
  let description = [{
    A tensor may have no elements, a tile or a vector may not. A `linalg` op that loops over an
    extent of 0 computes nothing, so its results are its `outs`.

    ```mlir
    func.func @f(%x: tensor<4x0xf32>, %start: tensor<4xf32>) -> tensor<4xf32> {
      %y = linalg.reduce {arith.addf} ins(%x : tensor<4x0xf32>) outs(%start : tensor<4xf32>)
          dimensions = [1]
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<4x0xf32>, %start: tensor<4xf32>) -> tensor<4xf32> {
      return %start : tensor<4xf32>
    }
    ```
  }];
}

def PlaceWeights : Pass<"dlc-place-weights", "::mlir::ModuleOp"> {
  let summary = "Put constants side by side, apart from the code";
  let description = [{
    Constant buffers of at least `least` bytes become views of one memory, which a kernel asks for
    by a call of `@dlc.weight_memory` where it begins. Their values and places go to the module
    attributes `dlc.weights` and `dlc.weight_offsets`, so that they are written to a file as they
    are and never become LLVM constants.

    ```mlir
    memref.global "private" constant @w : memref<100xf32> = dense<1.0>
    memref.global "private" constant @small : memref<4xf32> = dense<2.0>
    func.func @f(%context: !llvm.ptr) -> (memref<100xf32>, memref<4xf32>) {
      %w = memref.get_global @w : memref<100xf32>
      %s = memref.get_global @small : memref<4xf32>
      return %w, %s : memref<100xf32>, memref<4xf32>
    }
    // becomes
    module attributes {dlc.weight_offsets = array<i64: 0>,
        dlc.weights = [dense<1.0> : tensor<100xf32>]} {
      func.func private @dlc.weight_memory(!llvm.ptr) -> memref<?xi8>
      memref.global "private" constant @small : memref<4xf32> = dense<2.0>
      func.func @f(%context: !llvm.ptr) -> (memref<100xf32>, memref<4xf32>) {
        %weights = call @dlc.weight_memory(%context) : (!llvm.ptr) -> memref<?xi8>
        %w = memref.view %weights[%c0][] : memref<?xi8> to memref<100xf32>
        %s = memref.get_global @small : memref<4xf32>
        return %w, %s : memref<100xf32>, memref<4xf32>
      }
    }
    ```
  }];
  let options = [Option<"least", "least", "int64_t", "256",
                        "Smallest constant in bytes that is put aside">];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect"];
}

def UpdateInPlace : Pass<"dlc-update-in-place", "::mlir::func::FuncOp"> {
  let summary = "Compute new state where the old one lies";
  let description = [{
    Where an element-wise function of the state is stored back to the state, the old value becomes
    the op's destination instead of an operand, so that the new one is computed in its memory.
    Each element must be computed from the old one at the same place. Where the old value is read
    later, bufferisation makes a copy.

    ```mlir
    #id = affine_map<(d0) -> (d0)>
    func.func @f(%p: memref<8xf32>, %g: tensor<8xf32>) {
      %old = bufferization.to_tensor %p restrict : memref<8xf32> to tensor<8xf32>
      %e = tensor.empty() : tensor<8xf32>
      %new = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
          ins(%old, %g : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %d = arith.subf %a, %b : f32
        linalg.yield %d : f32
      } -> tensor<8xf32>
      %buffer = bufferization.to_buffer %new read_only : tensor<8xf32> to memref<8xf32>
      memref.copy %buffer, %p : memref<8xf32> to memref<8xf32>
      return
    }
    // becomes
    func.func @f(%p: memref<8xf32>, %g: tensor<8xf32>) {
      %old = bufferization.to_tensor %p restrict writable : memref<8xf32> to tensor<8xf32>
      %e = tensor.empty() : tensor<8xf32>
      %new = linalg.generic {...} ins(%g : tensor<8xf32>) outs(%old : tensor<8xf32>) {
      ^bb0(%b: f32, %a: f32):
        %d = arith.subf %a, %b : f32
        linalg.yield %d : f32
      } -> tensor<8xf32>
      %buffer = bufferization.to_buffer %new read_only : tensor<8xf32> to memref<8xf32>
      memref.copy %buffer, %p : memref<8xf32> to memref<8xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def PlaceState : Pass<"dlc-place-state", "::mlir::ModuleOp"> {
  let summary = "Put mutable globals side by side in the context's memory";
  let description = [{
    Global buffers that are not constant become views of one memory, which a kernel asks for by a
    call of `@dlc.state_memory` where it begins: every context has a state of its own. The module
    attribute `dlc.states` tells names, types and places. First values that are not zero join the
    weights, and `first` is their number there, or -1.

    ```mlir
    memref.global "private" @s : memref<4xf32> = dense<2.0>
    func.func @f(%context: !llvm.ptr) -> memref<4xf32> {
      %s = memref.get_global @s : memref<4xf32>
      return %s : memref<4xf32>
    }
    // becomes
    module attributes {
        dlc.states = [
            {first = 0 : i64, name = "s", offset = 0 : i64, type = tensor<4xf32>}
        ],
        dlc.weight_offsets = array<i64: 0>, dlc.weights = [dense<2.0> : tensor<4xf32>]} {
      func.func private @dlc.state_memory(!llvm.ptr) -> memref<?xi8>
      func.func @f(%context: !llvm.ptr) -> memref<4xf32> {
        %states = call @dlc.state_memory(%context) : (!llvm.ptr) -> memref<?xi8>
        %s = memref.view %states[%c0][] : memref<?xi8> to memref<4xf32>
        return %s : memref<4xf32>
      }
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect"];
}

def CheckBounds : Pass<"dlc-check-bounds", "::mlir::func::FuncOp"> {
  let summary = "Check every load, store, slice, cast and view of a buffer before it happens";
  let description = [{
    For finding defects of the compiler, not of models: `dlc --check-bounds`. What upstream's
    runtime verification knows of buffers and `linalg` ops becomes `codegen.require`, so that a
    call ends with the op and its place instead of the process. Vectors in memory, with or
    without a mask, views of raw memory and groups of expanded dimensions are checked as well.
    Runs where tensors have become buffers, and again where vectors have become loads.

    ```mlir
    func.func @f(%x: memref<?xf32>, %i: index) -> vector<8xf32> {
      %v = vector.load %x[%i] : memref<?xf32>, vector<8xf32>
      return %v : vector<8xf32>
    }
    // becomes
    func.func @f(%x: memref<?xf32>, %i: index) -> vector<8xf32> {
      %n = memref.dim %x, %c0 : memref<?xf32>
      %last = arith.subi %n, %c8 : index
      %begins = arith.cmpi sge, %i, %c0 : index
      %ends = arith.cmpi sle, %i, %last : index
      %inside = arith.andi %begins, %ends : i1
      codegen.require %inside, "bounds: ... vector.load: an access outside of its buffer"
      %v = vector.load %x[%i] : memref<?xf32>, vector<8xf32>
      return %v : vector<8xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::index::IndexDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def EmitChecks : Pass<"dlc-emit-checks", "::mlir::ModuleOp"> {
  let summary = "End a call where a check of values does not hold";
  let description = [{
    Each `codegen.require` that is left in a kernel becomes a branch to the runtime's
    `dlc_rt_fail`, which gets the context and the message and does not return. Relies on the
    context as the first argument, and on `scf`.

    ```mlir
    func.func @f(%context: !llvm.ptr, %holds: i1) {
      codegen.require %holds, "extents differ"
      return
    }
    // becomes
    func.func private @dlc_rt_fail(!llvm.ptr, !llvm.ptr)
    llvm.mlir.global internal constant @dlc.check.0("extents differ\00") ...
    func.func @f(%context: !llvm.ptr, %holds: i1) {
      %fails = arith.xori %holds, %true : i1
      scf.if %fails {
        %text = llvm.mlir.addressof @dlc.check.0 : !llvm.ptr
        func.call @dlc_rt_fail(%context, %text) : (!llvm.ptr, !llvm.ptr) -> ()
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::scf::SCFDialect"];
}

def ConvertCodegenToLLVM : Pass<"dlc-convert-codegen-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Make calls of the runtime from ops of codegen";
  let description = [{
    Behind the conversions of buffers and functions: memory that the runtime gives becomes a
    descriptor, what a parallel loop captures the numbers that its task takes. No other pass but
    `dlc-emit-dispatch` knows a function of the runtime.
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::LLVM::LLVMDialect"];
}

def EmitDispatch : Pass<"dlc-emit-dispatch", "::mlir::ModuleOp"> {
  let summary = "Define the dispatch functions: captures to memory, one runtime call";
  let description = [{
    Each `codegen.parallel_for` becomes a call of a function of its own. That one stores what the
    loop captures in a struct on its stack, each value once, and calls the runtime's
    `dlc_rt_parallel_for` with a thunk, which loads the captures and calls the task. Constants, and
    addresses at a known distance from a captured one, are made again in the thunk: the task takes
    fewer registers, the call fewer stores. Relies on captures that are values of the LLVM dialect,
    as `dlc-convert-codegen-to-llvm` makes them.

    ```mlir
    llvm.func @f.task(i64, i64, i64, !llvm.ptr, i64)
    llvm.func @f(%context: !llvm.ptr, %tasks: i64, %cost: i64, %x: !llvm.ptr) {
      %n = llvm.mlir.constant(7 : i64) : i64
      codegen.parallel_for %context, %tasks cost %cost @f.task(%x, %n) : i64, i64, !llvm.ptr, i64
      llvm.return
    }
    // becomes
    llvm.func @dlc_rt_parallel_for(!llvm.ptr, i64, i64, !llvm.ptr, !llvm.ptr)
    llvm.func @f.task(i64, i64, i64, !llvm.ptr, i64)
    llvm.func internal @f.task.thunk(%begin: i64, %end: i64, %worker: i64, %captures: !llvm.ptr) {
      %at = llvm.getelementptr %captures[0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(ptr)>
      %x = llvm.load %at : !llvm.ptr -> !llvm.ptr
      %n = llvm.mlir.constant(7 : i64) : i64
      llvm.call @f.task(%begin, %end, %worker, %x, %n) : (i64, i64, i64, !llvm.ptr, i64) -> ()
      llvm.return
    }
    llvm.func internal @f.dispatch(%context: !llvm.ptr, %tasks: i64, %cost: i64, %x: !llvm.ptr) {
      %one = llvm.mlir.constant(1 : i64) : i64
      %captures = llvm.alloca %one x !llvm.struct<(ptr)> : (i64) -> !llvm.ptr
      %at = llvm.getelementptr %captures[0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(ptr)>
      llvm.store %x, %at : !llvm.ptr, !llvm.ptr
      %thunk = llvm.mlir.addressof @f.task.thunk : !llvm.ptr
      llvm.call @dlc_rt_parallel_for(%context, %tasks, %cost, %thunk, %captures)
          : (!llvm.ptr, i64, i64, !llvm.ptr, !llvm.ptr) -> ()
      llvm.return
    }
    llvm.func @f(%context: !llvm.ptr, %tasks: i64, %cost: i64, %x: !llvm.ptr) {
      ...
      llvm.call @f.dispatch(%context, %tasks, %cost, %x) : (!llvm.ptr, i64, i64, !llvm.ptr) -> ()
      llvm.return
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // DLC_CODEGEN_PASSES_TD
