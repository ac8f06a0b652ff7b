//===- CPUPasses.td - Tiles and vectors of a processor -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_CPUPASSES_TD
#define DLC_CODEGEN_CPUPASSES_TD

include "mlir/Pass/PassBase.td"

def RoundOperands : Pass<"dlc-round-operands", "::mlir::ModuleOp"> {
  let summary = "Round the operands of products to bf16; sums stay f32";
  let description = [{
    Applies to products of f32 whose right operand is a constant (weights) and whose innermost
    reduction has an even number of steps. The constant is rounded to bf16 at compile time and laid
    out as the instructions for bf16 read it: `[k, n]` becomes `[k / 2, 2 n]`, so that the two
    elements that are added in one step are adjacent. The left operand is rounded where it is
    computed, so that the rounding fuses with its producer; `fastmath<afn>` allows the instruction
    that treats denormals as zeros. The product becomes a `linalg.generic` with a loop over the
    pair, and sums stay f32. Products of two computed values, depthwise products and products of few
    columns are not changed. Pairs are a CPU's: the layout is that of its bf16 instructions, and all
    versions of a kernel share the constant; `dlc-vectorize-tiles` makes of a pair what each
    version's target has.

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

def ChooseSchedules : Pass<"dlc-choose-schedules", "::mlir::func::FuncOp"> {
  let summary = "Decide how each loop nest is tiled";
  let description = [{
    Uses the machine model (TilingStrategy.h) and the function's `codegen.target`, or the
    `codegen.register_tile` of a contraction. The decision is the attribute `codegen.schedule` of
    the nest's root and of each op that needs entries of its own. Tiling, packing, reductions,
    vectorisation and the report follow it. A nest whose root already has a schedule is not changed,
    so a schedule can be edited by hand.

    ```mlir
    func.func @f(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>)
        -> tensor<8x512xf32> {
      %d = linalg.matmul {codegen.nest = #codegen.nest<0, product>}
          ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>)
          outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
      %e = linalg.exp {codegen.nest = #codegen.nest<0, epilogue>}
          ins(%d : tensor<8x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
      return %e : tensor<8x512xf32>
    }
    // becomes
    func.func @f(%a: tensor<8x512xf32>, %b: tensor<512x512xf32>, %c: tensor<8x512xf32>)
        -> tensor<8x512xf32> {
      %d = linalg.matmul {codegen.nest = #codegen.nest<0, product>,
          codegen.schedule = #codegen.schedule<steps = [0, 0, 4]>}
          ins(%a, %b : tensor<8x512xf32>, tensor<512x512xf32>)
          outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
      %e = linalg.exp {codegen.nest = #codegen.nest<0, epilogue>,
          codegen.schedule = #codegen.schedule<tasks = [0, 32], tile = [8, 32], order = [1, 0],
              cost = 2730>}
          ins(%d : tensor<8x512xf32>) outs(%c : tensor<8x512xf32>) -> tensor<8x512xf32>
      return %e : tensor<8x512xf32>
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def TileAndFuse : Pass<"dlc-tile-and-fuse", "::mlir::func::FuncOp"> {
  let summary = "Tile each loop nest into parallel tasks and register-sized tiles";
  let description = [{
    Applies `codegen.nest` and `codegen.schedule` of each op, from the last nest to the first:
    tasks, inside them rows of all ops of the nest, and inside these the tiles of each op.

    Tasks are iterations of an `scf.forall`. Its attribute `codegen.cost`, the estimated nanoseconds
    of one iteration, lets the runtime decide how many threads pay off. If the cost depends on
    unknown extents, `codegen.scale_cost` says how. The tasks do not depend on the number of
    threads, so neither do the results. The outermost loop of each nest has the attribute
    `codegen.region`, which describes the nest for `dlc-mark-regions`.

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
      } {codegen.cost = 2730 : i64, codegen.region = #codegen.region<..., kind = product, ...>}
      return %r : tensor<8x512xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect",
    "::mlir::tensor::TensorDialect"];
}

def PackWeights : Pass<"dlc-pack-weights", "::mlir::func::FuncOp"> {
  let summary = "Lay out constant operands in the order in which tiles read them";
  let description = [{
    A tile of a product reads a panel of some columns of its right operand. The rows of a panel are
    a whole row of the operand apart, so each may be in a page of its own. If the product's schedule
    has a `packing`, the panels of a constant operand are laid out one after the other at compile
    time, and the tiles' slices are taken from there. A last, narrower panel is filled up with
    zeros. Slices that do not begin at a multiple of the panel width are not changed.

    ```mlir
    // dlc-opt --dl-fold-constants --dlc-pack-weights
    func.func @f(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
      %w = dl.iota axis 0 : tensor<64x64xf32>  // folded to a constant of 16 KB
      %z = scf.forall (%j) = (0) to (64) step (32) shared_outs(%o = %y) -> (tensor<8x64xf32>) {
        %p = tensor.extract_slice %w[0, %j] [64, 32] [1, 1] : tensor<64x64xf32> to tensor<64x32xf32>
        %oj = tensor.extract_slice %o[0, %j] [8, 32] [1, 1] : tensor<8x64xf32> to tensor<8x32xf32>
        %t = linalg.matmul {codegen.schedule = #codegen.schedule<packing = 32>}
            ins(%x, %p : tensor<8x64xf32>, tensor<64x32xf32>)
            outs(%oj : tensor<8x32xf32>) -> tensor<8x32xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %t into %o[0, %j] [8, 32] [1, 1]
              : tensor<8x32xf32> into tensor<8x64xf32>
        }
      }
      return %z : tensor<8x64xf32>
    }
    // becomes
    func.func @f(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
      %panels = arith.constant dense_resource<packed> : tensor<2x64x32xf32>
      %w = arith.constant ... : tensor<64x64xf32>
      %z = scf.forall (%j) = (0) to (64) step (32) shared_outs(%o = %y) -> (tensor<8x64xf32>) {
        %k = affine.apply affine_map<(d0) -> (d0 floordiv 32)>(%j)
        %p = tensor.extract_slice %panels[%k, 0, 0] [1, 64, 32] [1, 1, 1]
            : tensor<2x64x32xf32> to tensor<64x32xf32>
        %oj = tensor.extract_slice %o[0, %j] [8, 32] [1, 1] : tensor<8x64xf32> to tensor<8x32xf32>
        %t = linalg.matmul {...} ins(%x, %p : tensor<8x64xf32>, tensor<64x32xf32>)
            outs(%oj : tensor<8x32xf32>) -> tensor<8x32xf32>
        ...
      }
      return %z : tensor<8x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect"];
}

def PrefetchTiles : Pass<"dlc-prefetch-tiles", "::mlir::func::FuncOp"> {
  let summary = "Prefetch what an epilogue reads before the sums of its tile begin";
  let description = [{
    After the loop that accumulates a tile of a product, the epilogue reads a tile of another
    buffer, such as a residual: a few cache lines in each of a dozen rows, which no hardware
    prefetcher predicts. This pass prefetches these lines, and the lines that are written next,
    before the loop, which takes longer than they need to arrive. It does not prefetch buffers below
    128 KB, constants, or addresses that depend on the loop's results.

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
  let summary = "Unroll loops of few iterations that carry vectors";
  let description = [{
    Unrolls loops that carry vectors, have at most nine iterations and contain few instructions,
    inner loops first: typically loops over a small window. After unrolling, neighbouring positions
    share loads, and sums are not moved between registers in every iteration.

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
    After `dlc-peel-loops` only last iterations have tiles of unknown size. A mask over rows would
    compute rows that do not exist, which are most of them for a batch of one. A loop over single
    rows computes the existing ones only. Applies to ops in the body of an `scf.for`, which are
    tiles; producers that compute for this tile alone are fused into the loop. The contiguous
    dimension gets no loop, since `dlc-vectorize-tiles` masks it; products are the exception, as
    they are not masked.

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
    Consumes the `steps` of each op's schedule. A product accumulates a few steps of its sum at a
    time, while its tile of the result stays in registers. Any other sum along a contiguous
    dimension becomes a vector of partial sums, which is reduced once after the loop: a reduction
    across lanes in every iteration would be a dependency chain. A number of columns that is not a
    power of two is split into powers of two first, since LLVM keeps no other vectors in registers
    across a loop. Runs after `dlc-peel-loops`, as it depends on the sizes of tiles.

    ```mlir
    func.func @f(%x: tensor<2x24xf32>, %w: tensor<24x16xf32>, %y: tensor<2x16xf32>)
        -> tensor<2x16xf32> {
      %z = linalg.matmul {codegen.nest = #codegen.nest<0, product>,
          codegen.schedule = #codegen.schedule<steps = [0, 0, 4]>}
          ins(%x, %w : tensor<2x24xf32>, tensor<24x16xf32>)
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
        %t = linalg.matmul {codegen.nest = #codegen.nest<0, product>}
            ins(%xk, %wk : tensor<2x4xf32>, tensor<4x16xf32>)
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

def VectorizeTiles : Pass<"dlc-vectorize-tiles", "::mlir::func::FuncOp"> {
  let summary = "Turn tiles into vectors, with masks where a size is not known";
  let description = [{
    A `linalg` op on a tile becomes ops on one vector of the tile's shape, which `dlc-lower-vectors`
    splits into vectors of the machine. The contiguous dimension is rounded up to whole vectors, and
    an unknown extent is replaced by the upper bound that the tile gives; reads and writes are
    masked there. Lanes out of bounds hold zeros. The tile of a contraction has vectors of exactly
    its size. The sums of a loop over the steps of a product are carried as vectors and written
    after the loop. Ops that are too large for a tile, or whose extents are unbounded, stay loops.

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
    order: masks, contractions, transfers. Contractions become multiply-adds, transfers become loads
    and stores that keep their mask, transpositions become shuffles. Patterns of this project run
    first where upstream's would produce scalars: contractions of one step, a sum across one vector,
    and reads with permuted dimensions. Requires memrefs.

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

#endif // DLC_CODEGEN_CPUPASSES_TD
