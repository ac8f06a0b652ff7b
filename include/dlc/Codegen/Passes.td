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
    For products of f32 with a constant (weights) whose innermost sum runs over an even
    number of elements. The constant is rounded and laid out in pairs here: `[k, n]`
    becomes `[k / 2, 2 n]`, the two elements that meet neighbours of a row side by side,
    as the instructions for bf16 want them. The left operand is rounded where it is
    computed, which fuses with what computes it: by an instruction where there is one, so
    denormals may be lost (`fastmath<afn>`). The product becomes a `linalg.generic` with a
    loop over the pair. Products of two values that are both computed, depthwise ones and
    those with few columns keep f32.
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
    "::mlir::arith::ArithDialect"];
}

def CheckIndices : Pass<"dlc-check-indices", "::mlir::func::FuncOp"> {
  let summary = "Bound the indices that a model computes itself";
  let description = [{
    For a model as it was read: what later passes write stays inside by its making. An
    index of `tensor.extract` or `tensor.insert` outside of its tensor ends the call with a
    message. In the body of an op that computes elements (`linalg.generic`, a cell of
    `dl.scan`), where a call cannot end, the nearest place is taken instead, and a
    tensor without elements ends the call before that op.
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def CheckExtents : Pass<"dlc-check-extents", "::mlir::func::FuncOp"> {
  let summary = "Check every extent that an op relies on";
  let description = [{
    An op of `linalg`, `tensor` or `scf` on tensors of unknown extents relies on some of
    them: that operands have the extents of its loops, that a slice lies inside its tensor,
    that a cast to a known extent is true, that an extent is not negative and a tensor has
    bytes that 64 bits can count. What types and the bounds of loops do not prove becomes a
    `codegen.require`, unless one of the same condition stands before.

    Extents are followed from op to op: each `tensor.dim` is replaced by the extent of an
    argument, a value, or arithmetic on these. A condition therefore does not depend on
    any op that upstream's patterns infer a static extent of. Carried tensors of loops keep
    the extents that they begin with where each round is seen to keep them; others, and
    results of `scf.if` with different extents, are asked by a `tensor.dim` where they are
    made.

    To run directly on what a conversion made, before anything is canonicalised. With
    `analysis` nothing is added; an op that would need a check is an error.
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
    A check and the arithmetic of its condition move up to the last value that they read,
    and out of `scf.for` loops, which they leave as "holds, or the loop does not run".
    Whatever has an extent stands behind the value that this follows from. So it stands
    behind the check too, and may be folded by it in any way. Equal checks become one.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def OutlineShapeFunctions : Pass<"dlc-outline-shape-functions", "::mlir::ModuleOp"> {
  let summary = "Give every public function a function that checks and infers shapes";
  let description = [{
    For `@f` a function `@f.shapes(inputs..., %out : memref<?xi64>)` is made that
    reads nothing but extents. It writes the extents of all results, one after the
    other, to `%out[1...]`, and to `%out[0]` zero or the number (from 1) of the first
    `codegen.require` that does not hold. These leave `@f`; their messages go into
    the module attribute `dlc.checks`. Extents that follow from values are written
    as -1 and listed in the module attribute `dlc.computed`; checks that do stay.
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def PassResultsByDestination
    : Pass<"dlc-pass-results-by-destination", "::mlir::ModuleOp"> {
  let summary = "Make results of public functions buffers that the caller gives";
  let description = [{
    `@f(tensors) -> tensors` becomes `@f(%context : !llvm.ptr, %workers : index,
    inputs as memrefs..., results as memrefs...)`. A result with extents that follow
    from values has no buffer of the caller's: the kernel tells the context where it
    lies and how large it is.
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::LLVM::LLVMDialect"];
}

def FuseElementwise : Pass<"dlc-fuse-elementwise"> {
  let summary = "Fuse element-wise ops into the op that uses them";
  let description = [{
    Upstream's fusion, restricted: a producer moves only into its single user, and
    only where each of its elements is still computed once (never into the
    operands of a contraction or along a broadcast). Beyond that, a producer that others
    read as well becomes one op of several results with the consumer whose loops and
    places are the same: new moments and the parameter that follows from them.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def DecomposePads : Pass<"dlc-decompose-pads"> {
  let summary = "Spell tensor.pad as filled strips around an interior";
  let description = [{
    Upstream fills the whole result first and then copies the source over it; this
    writes each element once, and a source that is computed in the function can be
    computed in its place.
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
    Does what `codegen.nest` and `codegen.schedule` say of each op. Tasks are `scf.forall`
    iterations with an attribute `codegen.cost` (about the nanoseconds of one), by which
    the runtime decides how many threads pay; where that depends on extents that are not
    known, `codegen.scale_cost` tells how. The tasks do not depend on the number of
    threads, so neither do results. The outermost loop of each nest tells what it computes
    (`codegen.region`), for the report and for profiles.
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect",
    "::mlir::tensor::TensorDialect"];
}

def Multiversion : Pass<"dlc-multiversion", "::mlir::ModuleOp"> {
  let summary = "Say for which processor each kernel is, and copy it for others";
  let description = [{
    Of the module's `codegen.targets` the first keeps the kernel `@f`, any other gets a copy
    `@f.name`. Each has its own as `codegen.target`, which the passes that choose tiles and
    vectors go by; functions that are shared have the first. The runtime takes the best
    kernel that the processor can run when a context is made.

    ```mlir
    module attributes {codegen.targets = [
        #codegen.cpu<name = "x86-64-v3", vectorBits = 256, vectorRegisters = 16>,
        #codegen.cpu<name = "x86-64-v4">]} {
      func.func @f.kernel(...)
    }
    // becomes
    func.func @f.kernel(...) attributes {codegen.target = #codegen.cpu<name = "x86-64-v3", ...>}
    func.func @f.kernel.x86-64-v4(...) attributes {codegen.target = #codegen.cpu<name = "x86-64-v4">}
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def MarkRegions : Pass<"dlc-mark-regions", "::mlir::ModuleOp"> {
  let summary = "Number the fused loop nests of a module";
  let description = [{
    Every loop nest that `dlc-tile-and-fuse` made carries a description (`dlc.region`:
    name, operations, bytes, tiles). They are collected in the module's attribute
    `dlc.regions`, of which `dlc --report` prints a table. With `calls` each nest is
    put between two calls of the runtime, by which `dlc-run --profile` knows how long
    it takes.
  }];
  let options = [Option<"calls", "calls", "bool", /*default=*/"false",
                        "Call the runtime where a region begins and ends">];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def PeelLoops : Pass<"dlc-peel-loops", "::mlir::func::FuncOp"> {
  let summary = "Split off a last partial round, so that tiles have constant sizes";
  let dependentDialects = [
    "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def PackWeights : Pass<"dlc-pack-weights", "::mlir::func::FuncOp"> {
  let summary = "Lay out constant operands in the order in which tiles read them";
  let description = [{
    A tile of a product reads a panel of some columns of its right operand, whose rows
    lie a whole row of the operand apart: each in a page of its own. Where the operand
    is constant, its panels are put one after the other while compiling; the slices
    that tiles take become slices of that.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect"];
}

def PrefetchTiles : Pass<"dlc-prefetch-tiles", "::mlir::func::FuncOp"> {
  let summary = "Ask for what an epilogue reads before the sums of its tile begin";
  let description = [{
    The tile of a residual is a few lines in each of a dozen rows, which no hardware
    prefetcher follows; where it lies in memory the epilogue would wait for every line.
    They are asked for in front of the loop that adds up, which runs long enough.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def UnrollShortLoops : Pass<"dlc-unroll-short-loops", "::mlir::func::FuncOp"> {
  let summary = "Unroll loops of few rounds that carry vectors";
  let description = [{
    The loops over a small window: unrolled, neighbouring positions share what they
    read, and sums are not moved from register to register at each round.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def TilePartialRows : Pass<"dlc-tile-partial-rows", "::mlir::func::FuncOp"> {
  let summary = "Compute the rows of a tile of unknown size one by one";
  let description = [{
    After peeling, only last rounds have tiles of unknown size. A mask over rows
    would compute rows that do not exist, which for a batch of one is most of them;
    a loop over single rows computes what is there. The contiguous dimension keeps
    its mask.
  }];
  let dependentDialects = [
    "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect"];
}

def TileReductions : Pass<"dlc-tile-reductions", "::mlir::func::FuncOp"> {
  let summary = "Tile the reduction dimensions of tiled ops";
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect",
    "::mlir::tensor::TensorDialect"];
}

def SimplifyWindows : Pass<"dlc-simplify-windows", "::mlir::func::FuncOp"> {
  let summary = "Replace window accesses of one element by strided slices";
  let description = [{
    An operand indexed by `place * stride + offset * dilation` where the offset (or
    the place) has extent 1 is a strided slice indexed by the other alone. No
    upstream pattern does this for every rank and for pooling; the vectoriser needs
    it, since it takes projected permutations only.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect"];
}

def SliceGathers : Pass<"dlc-slice-gathers", "::mlir::func::FuncOp"> {
  let summary = "Replace elements that are looked up along a row by the row";
  let description = [{
    A nest whose innermost loop takes the elements of a row of another tensor one by
    one (`tensor.extract %table[%row, %i]`), and whose other loops take one step,
    gets the row as an operand, a slice. The vectoriser then loads it as a vector:
    upstream's knows contiguous reads only where the row is the same for the whole
    nest, and takes one element at a time where it comes from an operand.

    ```mlir
    %y = linalg.generic {...} ins(%ids : tensor<1xi64>) outs(%to : tensor<1x64xf32>) {
    ^bb0(%id: i64, %out: f32):
      %row = arith.index_cast %id : i64 to index
      %i = linalg.index 1 : index
      %x = tensor.extract %table[%row, %i] : tensor<20x64xf32>
      linalg.yield %x : f32
    }
    // becomes
    %id = tensor.extract %ids[%c0] : tensor<1xi64>
    %row = arith.index_cast %id : i64 to index
    %x = tensor.extract_slice %table[%row, 0] [1, 64] [1, 1]
    %y = linalg.generic {...} ins(%ids, %x : ...) outs(%to : tensor<1x64xf32>)
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
}

def VectorizeTiles : Pass<"dlc-vectorize-tiles", "::mlir::func::FuncOp"> {
  let summary = "Turn tiles into vectors, with masks where a size is not known";
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::vector::VectorDialect",
    "::mlir::tensor::TensorDialect", "::mlir::affine::AffineDialect",
    "::mlir::x86vector::X86VectorDialect"];
}

def LowerVectors : Pass<"dlc-lower-vectors", "::mlir::func::FuncOp"> {
  let summary = "Lower contractions, masks and transfers to the machine's vectors";
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::x86vector::X86VectorDialect",
    "::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

def ApproximateMath : Pass<"dlc-approximate-math"> {
  let summary = "Replace functions of f32 by polynomials";
  let description = [{
    Within two units in the last place of the exact result; scalars and vectors alike,
    so that a result does not depend on where a vector ends. exp, tanh and erf by
    polynomials of f32; sine, cosine and powers by polynomials of f64, which f32 needs
    no care with. Logarithms are upstream's. Angles beyond 2^50 are left to libm. With
    `fast`, tanh and erf are within five units, in three quarters and nine tenths of the
    time.
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
    Square roots, rounding and multiply-add stay: they are instructions.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::vector::VectorDialect"];
}

def LegalizeElementTypes : Pass<"dlc-legalize-element-types", "::mlir::ModuleOp"> {
  let summary = "Make bf16 and truth values what memory and registers hold";
  let description = [{
    Up to here bf16 is bf16. Few processors convert it, and some of those lose denormals;
    LLVM calls the compiler's runtime library for the others, which a model's library
    does not have, and takes vectors of it apart where it has no instruction for them. So
    its bits are kept as `i16`: buffers, vectors and numbers change their type, conversions
    become shifts and roundings of integers (to the nearest, ties to even; NaN stays NaN),
    and what only moves elements moves bits. Instructions that take bf16 keep it.

    ```mlir
    %v = vector.load %x[%i] : memref<?xbf16>, vector<16xbf16>
    %f = arith.extf %v : vector<16xbf16> to vector<16xf32>
    // becomes
    %v = vector.load %x[%i] : memref<?xi16>, vector<16xi16>
    %w = arith.extui %v : vector<16xi16> to vector<16xi32>
    %s = arith.shli %w, %c16 : vector<16xi32>
    %f = arith.bitcast %s : vector<16xi32> to vector<16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

def ExpandArith : Pass<"dlc-expand-arith"> {
  let summary = "Expand rounded divisions";
  let description = [{
    Upstream's patterns without those for extrema: its pass makes comparisons and
    selections of them, where LLVM has an instruction.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

def ExpandCopies : Pass<"dlc-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "Turn copies between strided buffers into loops of vectors";
  let description = [{
    Rows that are contiguous on both sides are copied by vectors, what is left of a row by
    halves of them; other copies become `linalg.copy`. Upstream would call a function of its
    runner library for all of them. Copies of whole buffers stay: they are calls of memcpy.

    ```mlir
    memref.copy %x, %y : memref<?x20xf32> to memref<?x20xf32, strided<[?, 1]>>
    // becomes, for vectors of 512 bits, a loop over
    %0 = vector.load %x[%i, %c0] : memref<?x20xf32>, vector<16xf32>
    vector.store %0, %y[%i, %c0] : ...
    %1 = vector.load %x[%i, %c16] : memref<?x20xf32>, vector<4xf32>
    vector.store %1, %y[%i, %c16] : ...
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
    `memref.expand_shape` and `collapse_shape` become `memref.reinterpret_cast`.
    Upstream folds them into loads and stores instead, where each access then
    divides its index (`affine.delinearize_index`), and its
    `expand-strided-metadata` crashes on several unknown extents in a group.
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect"];
}

def UnrollMaskedWrites : Pass<"dlc-unroll-masked-writes"> {
  let summary = "Split masked writes of several rows into writes of one";
  let description = [{
    Before aliases fold: a masked write that gets a permutation map by folding a
    rank-reducing subview loses its mask in upstream's lowering and then writes
    past its tile.
  }];
  let dependentDialects = ["::mlir::vector::VectorDialect", "::mlir::affine::AffineDialect"];
}

def ReshapeDestinations : Pass<"dlc-reshape-destinations"> {
  let summary = "Write results in the shape in which they were computed";
  let description = [{
    A result that is reshaped last is materialised in a reshaped view of its
    destination, so that it is computed there and not copied.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def PlanArena : Pass<"dlc-plan-arena", "::mlir::ModuleOp"> {
  let summary = "Place all intermediate buffers in one arena that the caller gives";
  let description = [{
    Each `memref.alloc` becomes a view into a new last argument of its function,
    `memref<?xi8>`. Buffers that are never alive together, from the first access to the
    last, share memory. Buffers of
    known size are packed; those of a size known at run time share slots. A buffer
    inside a parallel loop gets a place for each worker. `@f.workspace` (same
    arguments), the kernel's `codegen.workspace`, returns the bytes needed.
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
    A network repeats itself: blocks of the same shape, the update of each parameter,
    and the forward part that inference, evaluation and the training step have in
    common. Nests at the top of kernels that do the same on other buffers become calls
    of one function `@f.shared.N(%context, %workers, captures...)`, so that the rest of
    the way down, most of the compile time, is gone once for all of them. What they
    allocate lies in a buffer that the caller gives as the last argument. Upstream's
    `duplicate-function-elimination` compares whole functions.
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
    LLVM's time for a function grows faster than its loops: the step of a residual
    network has a thousand. What stands at the top of such a function moves, some
    hundred loops at a time and in order, into functions `@f.part.N` without results.
    Pure ops that they read (views of the arena, constants) are made again there, other
    values are arguments; an op whose result is read by others stays. A function of
    fewer than two parts stays whole.
  }];
  let options = [Option<"loops", "loops", "int64_t", "100", "Of a part, about">];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def OutlineParallelLoops : Pass<"dlc-outline-parallel-loops", "::mlir::ModuleOp"> {
  let summary = "Move bodies of scf.forall into functions over a range of tasks";
  let description = [{
    Each becomes `@f.task(%begin, %end, %worker, captures...)`, called through a
    declared `@f.dispatch(%context, %tasks, %cost, captures...)` that
    `dlc-emit-dispatch` defines. Upstream's way through the `omp` dialect ends in
    libomp's private entry points; this way ends in one runtime call, and a library
    needs libc alone.
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::scf::SCFDialect"];
}

def ParallelizeLoops : Pass<"dlc-parallelize-loops", "::mlir::func::FuncOp"> {
  let summary = "Run loops that do not need each other as tasks";
  let description = [{
    Two loops of one block that take long enough and touch no memory that the other
    writes (the two directions of a recurrent layer) become the two tasks of an
    `scf.forall`; what stands between them moves before the first or stays behind
    both. Loops with tasks of their own stay as they are. On buffers, while their
    slices are still `memref.subview`s: parts of one buffer that do not meet are told
    by these.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def HideIndices : Pass<"dlc-hide-indices", "::mlir::func::FuncOp"> {
  let summary = "Put casts behind indices, that analyses do not look further";
  let description = [{
    Upstream compares parts of tensors by constraints over everything that leads to
    their offsets and sizes. Where extents follow from a free one through many layers
    that takes minutes. A cast of an index to itself, behind each one that is neither a
    constant nor an `affine.apply`, ends the search; equal values and sums of them stay
    comparable. Canonicalisation drops the casts.
  }];
}

def CarryInPlace : Pass<"dlc-carry-in-place"> {
  let summary = "Copy what a loop hands on into the buffer of the value before";
  let description = [{
    The state of a loop over time that is not written into the buffer of the state
    before would be a new buffer in every step. It is inserted there as a whole. The
    analysis of buffers drops the copy where the state can be computed in place, and
    takes new memory where that would overwrite what is still read. Just before that
    analysis: an insertion of everything is folded by canonicalisation.

    What else an `scf.while` yields is copied, unless its second region has made it: two
    values carried must never be one buffer, nor an argument of the function.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::mlir::tensor::TensorDialect"];
}

def WriteResults : Pass<"dlc-write-results", "::mlir::func::FuncOp"> {
  let summary = "Insert each result into its destination as a tensor";
  let description = [{
    `bufferization.materialize_in_destination` into a buffer is a write that the analysis
    of buffers does not see. Once upstream's elimination of empty tensors has put another
    value into that buffer, which is read again later, the write spoils it. So each becomes
    an insertion of everything into the tensor of the buffer: a value that is still read
    keeps the place, and the result goes to other memory first. Copies at the very end of the
    function bring such results home; of all others they are copies to themselves, which
    fold.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"];
}

def UnshareDestinations : Pass<"dlc-unshare-destinations"> {
  let summary = "Give each result the writes that it begins with, for itself";
  let description = [{
    Common subexpression elimination lets two results begin with one fill or one
    slice. Upstream's elimination of empty tensors then puts the shared part into
    the buffer of the first result and reads it from there for the second, after it
    was overwritten. Empty tensors, fills and inserted slices that are written to
    more than once are made again for each. So is the empty tensor that all layers of
    one shape share, with the slices of it that tiles were written to: the analysis
    would compare every layer with all others.
  }];
}

def DropEmptyLoops : Pass<"dlc-drop-empty-loops"> {
  let summary = "Replace linalg ops that loop over nothing by what they begin with";
  let description = [{
    An extent of 0 is a tensor like any other; tiles and vectors of it are not.
  }];
}

def PlaceWeights : Pass<"dlc-place-weights", "::mlir::ModuleOp"> {
  let summary = "Put constants side by side, apart from the code";
  let description = [{
    Constant buffers of at least `least` bytes become views of one memory, asked for
    by a call of `@dlc.weight_memory` at the beginning of each kernel. Their values and
    places go to the module attributes `dlc.weights` and `dlc.weight_offsets`, so
    that they can be written to a file as they are, without a way through LLVM.
  }];
  let options = [Option<"least", "least", "int64_t", "256",
                        "Smallest constant in bytes that is put aside">];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect"];
}

def UpdateInPlace : Pass<"dlc-update-in-place", "::mlir::func::FuncOp"> {
  let summary = "Compute new state where the old one lies";
  let description = [{
    A function of the state that is stored there again, element by element, takes the
    old value for its destination instead of an operand, so that it is computed in its
    memory. Where something reads the old value later, bufferisation makes a copy.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def PlaceState : Pass<"dlc-place-state", "::mlir::ModuleOp"> {
  let summary = "Put mutable globals side by side in the context's memory";
  let description = [{
    Buffers that are no constants become views of one memory, asked for by a call of
    `@dlc.state_memory` at the beginning of each kernel: every context has a state of
    its own. The module attribute `dlc.states` tells names, types and places; first
    values that are not zero join the weights.
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect"];
}

def CheckBounds : Pass<"dlc-check-bounds", "::mlir::func::FuncOp"> {
  let summary = "Check every load, store, slice, cast and view of a buffer before it happens";
  let description = [{
    For finding defects of the compiler, not for models: `dlc --check-bounds`. What upstream's
    runtime verification knows of buffers and linalg ops becomes `codegen.require`, so that a
    call ends with the op and its place instead of the process; to it come vectors in memory,
    with or without a mask, views of raw memory and groups of expanded dimensions. Runs where
    tensors have become buffers and once more where vectors have become loads.
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
    Each `codegen.require` of a kernel becomes a branch to the runtime's `dlc_rt_fail` with
    the context and the message; it does not return.
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
    Each `codegen.parallel_for` becomes a call of a function that stores what the loop captures
    and calls the runtime with it; a thunk takes it from there to the task. Constants, and
    what lies at a known distance from a captured value, are made again in the thunk.
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // DLC_CODEGEN_PASSES_TD
