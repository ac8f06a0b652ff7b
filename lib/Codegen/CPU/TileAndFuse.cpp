//===- TileAndFuse.cpp - Tasks and register tiles -------------------------===//

#include "Roots.h"
#include "dlc/Codegen/CPU/Regions.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

namespace dlc {
#define GEN_PASS_DEF_TILEANDFUSE
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// Marks an op whose tiles are chosen, so that its copies are not taken again.
constexpr StringLiteral tiledMark = "dlc.tiled";

SmallVector<OpFoldResult> toSizes(OpBuilder &b, ArrayRef<int64_t> sizes) {
  return getAsIndexOpFoldResult(b.getContext(), sizes);
}

/// The contraction's tiles in the loops of the root that consumes it: both see
/// the result's dimensions, in this order.
Tiles toRootLoops(const Tiles &tiles, linalg::LinalgOp contraction,
                  linalg::LinalgOp root) {
  if (contraction == root)
    return tiles;
  AffineMap out = contraction.getIndexingMapsArray().back();
  unsigned rank = root.getNumLoops();
  Tiles result = tiles;
  result.tasks.assign(rank, 0);
  result.inner.assign(rank, 0);
  result.order.clear();
  for (unsigned d = 0; d < rank; ++d) {
    result.tasks[d] = tiles.tasks[out.getDimPosition(d)];
    result.inner[d] = tiles.inner[out.getDimPosition(d)];
  }
  for (int64_t loop : tiles.order)
    if (auto d =
            out.getResultPosition(getAffineDimExpr(loop, root.getContext())))
      result.order.push_back(*d);
  return result;
}

/// Which producers move into the tiles of a root: what it computes from scratch
/// (fills) and its contraction.
scf::SCFTileAndFuseOptions::ControlFnTy fuseOnly(Operation *contraction) {
  return [contraction](tensor::ExtractSliceOp, OpResult producer, bool)
             -> std::optional<scf::SCFTileAndFuseOptions::ControlFnResult> {
    Operation *op = producer.getOwner();
    if (op == contraction || isa<linalg::FillOp>(op))
      return scf::SCFTileAndFuseOptions::ControlFnResult{};
    return std::nullopt;
  };
}

class Tiler {
public:
  Tiler(func::FuncOp function, Machine machine)
      : function(function), machine(machine), rewriter(function.getContext()) {}

  /// Everything in the function, and in the loops over time and the branches
  /// that it has before any tile is cut.
  LogicalResult run() {
    SmallVector<Block *> blocks;
    function.walk([&](linalg::LinalgOp op) {
      Operation *parent = op->getParentOp();
      if (isa<func::FuncOp, scf::ForOp, scf::WhileOp, scf::IfOp>(parent) &&
          !llvm::is_contained(blocks, op->getBlock()))
        blocks.push_back(op->getBlock());
    });
    for (Block *next : blocks) {
      block = next;
      if (failed(tileBlock()))
        return failure();
    }
    return success();
  }

private:
  LogicalResult tileBlock() {
    // Last to first: a root's producers come after it.
    SmallVector<linalg::LinalgOp> ops;
    for (auto op : block->getOps<linalg::LinalgOp>())
      if (op.hasPureTensorSemantics())
        ops.push_back(op);
    llvm::SmallPtrSet<Operation *, 8> fused;
    for (linalg::LinalgOp op : llvm::reverse(ops)) {
      if (fused.contains(op))
        continue;
      if (op->use_empty()) { // all its users have taken it inside
        rewriter.eraseOp(op);
        continue;
      }
      Root root{op, analyzeContraction(op) ? op : findContraction(op)};
      if (root.contraction && root.contraction != op)
        fused.insert(root.contraction);
      if (!root.contraction) {
        if (Root pooled = findPooled(op); pooled.contraction)
          if (std::optional<unsigned> row = choosePooledRow(op, pooled)) {
            for (linalg::LinalgOp taken : pooled.operations())
              fused.insert(taken);
            if (failed(tileSlabs(op, pooled, *row)))
              return failure();
            continue;
          }
        if (Rows rows = findRows(op); rows.loops) {
          if (failed(tileRows(op, rows)))
            return failure();
          continue;
        }
        root.op = flatten(rewriter, op);
      }
      if (failed(tile(root)))
        return failure();
    }
    return success();
  }

  LogicalResult tile(Root root) {
    Tiles tiles;
    if (root.contraction) {
      tiles = toRootLoops(tileContraction(root.contraction,
                                          *analyzeContraction(root.contraction),
                                          machine),
                          root.contraction, root.op);
      root.contraction->setAttr(tiledMark, rewriter.getUnitAttr());
    } else {
      tiles = tileOther(root.op, machine);
    }
    root.op->setAttr(tiledMark, rewriter.getUnitAttr());
    SmallVector<linalg::LinalgOp> members(llvm::reverse(root.operations()));
    DictionaryAttr region =
        describeRegion(members, kindOf(root), tiles, regions++);
    FailureOr<linalg::LinalgOp> tiled = apply(root, tiles);
    if (failed(tiled))
      return failure();
    describe(*tiled, region);
    return success();
  }

  static StringRef kindOf(const Root &root) {
    if (root.contraction)
      return analyzeContraction(root.contraction)->isDepthwise ? "depthwise"
                                                               : "product";
    return linalg::LinalgOp(root.op).getNumReductionLoops() ? "reduction"
                                                            : "element-wise";
  }

  /// On the outermost of the loops that were made around an op.
  void describe(Operation *op, DictionaryAttr region) {
    block->findAncestorOpInBlock(*op)->setAttr(names::region, region);
  }

  FailureOr<linalg::LinalgOp> apply(Root root, const Tiles &tiles) {
    if (tiles.hasTasks()) {
      SmallVector<std::pair<Value, int64_t>> assumed = findAssumed(root, tiles);
      auto options = scf::SCFTilingOptions()
                         .setLoopType(scf::SCFTilingOptions::LoopType::ForallOp)
                         .setTileSizes(toSizes(rewriter, tiles.tasks));
      FailureOr<Root> task = tileOnce(root, options);
      if (failed(task))
        return failure();
      root = *task;
      auto forall = root.op->getParentOfType<scf::ForallOp>();
      if (forall) {
        forall->setAttr(names::cost, rewriter.getI64IntegerAttr(tiles.cost));
        rewriter.setInsertionPointToStart(forall.getBody());
        for (auto [extent, guess] : assumed)
          codegen::ScaleCostOp::create(rewriter, forall.getLoc(), extent,
                                       guess);
      }
      if (tiles.packPanel && root.contraction)
        packPanel(root.contraction);
    }
    if (llvm::all_of(tiles.inner, [](int64_t size) { return size == 0; }))
      return root.op;
    auto options =
        scf::SCFTilingOptions().setTileSizes(toSizes(rewriter, tiles.inner));
    if (tiles.order.size() == root.op.getNumLoops())
      options.setInterchange(tiles.order);
    FailureOr<Root> tiled = tileOnce(root, options);
    if (failed(tiled))
      return failure();
    return tiled->op;
  }

  /// The extents, and what was assumed of them, by which a task takes longer:
  /// of a loop that is cut into tasks no more than a task's part.
  SmallVector<std::pair<Value, int64_t>> findAssumed(Root root,
                                                     const Tiles &tiles) {
    SmallVector<std::pair<Value, int64_t>> found;
    if (tiles.assumed.empty())
      return found;
    linalg::LinalgOp op = root.contraction ? root.contraction : root.op;
    Location loc = op.getLoc();
    rewriter.setInsertionPoint(root.op);
    SmallVector<Range> domain =
        cast<TilingInterface>(op.getOperation()).getIterationDomain(rewriter);
    for (auto [loop, guess] : tiles.assumed) {
      Value extent =
          getValueOrCreateConstantIndexOp(rewriter, loc, domain[loop].size);
      if (int64_t size = taskSize(root, tiles, loop))
        extent = arith::MinUIOp::create(
            rewriter, loc, extent,
            arith::ConstantIndexOp::create(rewriter, loc, size));
      found.push_back({extent, guess});
    }
    return found;
  }

  /// How much of a loop of the contraction a task takes; 0: all.
  static int64_t taskSize(Root root, const Tiles &tiles, unsigned loop) {
    if (!root.contraction || root.contraction == root.op)
      return tiles.tasks[loop];
    AffineMap out = root.contraction.getIndexingMapsArray().back();
    auto place =
        out.getResultPosition(getAffineDimExpr(loop, out.getContext()));
    return place ? tiles.tasks[*place] : 0;
  }

  /// Tasks of rows, in them one row at a time; then each op of the row alone.
  LogicalResult tileRows(linalg::LinalgOp op, const Rows &rows) {
    llvm::SmallPtrSet<Operation *, 8> producers = rows.producers;
    Tiles tiles = tileOther(op, machine);
    std::fill(tiles.inner.begin(), tiles.inner.end(), 0);
    std::fill_n(tiles.inner.begin(), rows.loops, 1);
    // A task has whole rows.
    for (unsigned loop = rows.loops; loop < tiles.tasks.size(); ++loop)
      tiles.tasks[loop] = 0;
    SmallVector<linalg::LinalgOp> members;
    for (Operation &other : *op->getBlock())
      if (&other == op || producers.contains(&other))
        members.push_back(cast<linalg::LinalgOp>(other));
    DictionaryAttr region = describeRegion(members, "rows", tiles, regions++);
    std::vector<scf::SCFTilingOptions> levels;
    if (tiles.hasTasks())
      levels.push_back(
          scf::SCFTilingOptions()
              .setLoopType(scf::SCFTilingOptions::LoopType::ForallOp)
              .setTileSizes(toSizes(rewriter, tiles.tasks)));
    levels.push_back(
        scf::SCFTilingOptions().setTileSizes(toSizes(rewriter, tiles.inner)));
    for (const scf::SCFTilingOptions &options : levels) {
      rewriter.setInsertionPoint(op);
      llvm::SmallPtrSet<Operation *, 8> untiled = producers;
      auto fuse = scf::SCFTileAndFuseOptions().setTilingOptions(options);
      fuse.setFusionControlFn(
          [&](tensor::ExtractSliceOp, OpResult producer, bool)
              -> std::optional<scf::SCFTileAndFuseOptions::ControlFnResult> {
            Operation *owner = producer.getOwner();
            if (untiled.contains(owner) || isa<linalg::FillOp>(owner))
              return scf::SCFTileAndFuseOptions::ControlFnResult{};
            return std::nullopt;
          });
      FailureOr<scf::SCFTileAndFuseResult> result =
          scf::tileConsumerAndFuseProducersUsingSCF(
              rewriter, cast<TilingInterface>(op.getOperation()), fuse);
      if (failed(result))
        return op->emitError("could not be tiled by rows");
      auto tiled = cast<linalg::LinalgOp>(result->tiledAndFusedOps.front());
      rewriter.replaceOp(op, result->replacements.lookup(op->getResult(0)));
      op = tiled;
      // What two ops of the row read has been pulled in twice.
      DominanceInfo dominance(function);
      eliminateCommonSubExpressions(rewriter, dominance, op->getParentOp());
      producers.clear();
      for (auto other : op->getBlock()->getOps<linalg::LinalgOp>())
        if (other != op && !isa<linalg::FillOp>(other))
          producers.insert(other);
      if (auto forall = op->getParentOfType<scf::ForallOp>())
        forall->setAttr(names::cost, rewriter.getI64IntegerAttr(tiles.cost));
    }
    describe(op, region);
    // Inside a row, every op by itself.
    producers.insert(op);
    SmallVector<linalg::LinalgOp> ops;
    for (auto other : op->getBlock()->getOps<linalg::LinalgOp>())
      if (producers.contains(other))
        ops.push_back(other);
    for (linalg::LinalgOp member : llvm::reverse(ops)) {
      member->setAttr(tiledMark, rewriter.getUnitAttr());
      Tiles steps = tileOther(member, machine);
      std::fill_n(steps.inner.begin(), rows.loops, 0);
      if (llvm::all_of(steps.inner, [](int64_t size) { return size == 0; }))
        continue;
      auto options =
          scf::SCFTilingOptions().setTileSizes(toSizes(rewriter, steps.inner));
      if (failed(tileOnce(Root{member, {}}, options)))
        return failure();
    }
    return success();
  }

  /// Tasks of a pooling's rows, in them one row at a time with the slab of the
  /// product that it reads; then each of the two by itself.
  LogicalResult tileSlabs(linalg::LinalgOp pool, Root product, unsigned row) {
    const Contraction loops = *analyzeContraction(product.contraction);
    Tiles whole = tileContraction(product.contraction, loops, machine);
    SmallVector<linalg::LinalgOp> members(llvm::reverse(product.operations()));
    members.push_back(pool);
    DictionaryAttr region =
        describeRegion(members, "product", whole, regions++);
    // As many tasks as the product alone would have.
    SmallVector<int64_t> ranges = product.contraction.getStaticLoopRanges();
    int64_t tasks = 1;
    for (auto [size, range] : llvm::zip(whole.tasks, ranges))
      if (size)
        tasks *= llvm::divideCeil(range, size);
    SmallVector<int64_t> sizes(pool.getNumLoops(), 0);
    for (unsigned loop = 0; loop <= row; ++loop)
      sizes[loop] = 1;
    std::vector<scf::SCFTilingOptions> levels;
    if (whole.hasTasks()) {
      SmallVector<int64_t> outer(sizes);
      outer[row] = llvm::divideCeil(pool.getStaticLoopRanges()[row],
                                    std::min<int64_t>(tasks, 64));
      levels.push_back(
          scf::SCFTilingOptions()
              .setLoopType(scf::SCFTilingOptions::LoopType::ForallOp)
              .setTileSizes(toSizes(rewriter, outer)));
    }
    levels.push_back(
        scf::SCFTilingOptions().setTileSizes(toSizes(rewriter, sizes)));
    for (const scf::SCFTilingOptions &options : levels) {
      FailureOr<Slab> slab = tileSlab(pool, product, options);
      if (failed(slab))
        return failure();
      pool = slab->pool;
      product = slab->product;
      if (auto forall = pool->getParentOfType<scf::ForallOp>())
        forall->setAttr(names::cost, rewriter.getI64IntegerAttr(whole.cost));
    }
    shrinkDestinations(product);
    describe(pool, region);
    pool->setAttr(tiledMark, rewriter.getUnitAttr());
    auto inner = scf::SCFTilingOptions().setTileSizes(
        toSizes(rewriter, tileOther(pool, machine).inner));
    if (failed(tileOnce(Root{pool, {}}, inner)))
      return failure();
    Tiles tiles = toRootLoops(whole, product.contraction, product.op);
    tiles.tasks.assign(tiles.tasks.size(), 0);
    product.op->setAttr(tiledMark, rewriter.getUnitAttr());
    product.contraction->setAttr(tiledMark, rewriter.getUnitAttr());
    return success(succeeded(apply(product, tiles)));
  }

  /// A slab goes to memory of its own instead of to its part of a whole result.
  void shrinkDestinations(Root product) {
    SmallVector<OpOperand *> inits;
    for (linalg::LinalgOp op : product.operations()) {
      inits.push_back(&op.getDpsInitsMutable()[0]);
      if (auto fill = op.getDpsInits()[0].getDefiningOp<linalg::FillOp>())
        inits.push_back(&fill.getDpsInitsMutable()[0]);
    }
    for (OpOperand *init : inits) {
      Value source = init->get();
      while (auto slice = source.getDefiningOp<tensor::ExtractSliceOp>())
        source = slice.getSource();
      auto slice = init->get().getDefiningOp<tensor::ExtractSliceOp>();
      if (!slice || !source.getDefiningOp<tensor::EmptyOp>())
        continue;
      rewriter.setInsertionPoint(slice);
      Value empty = tensor::EmptyOp::create(rewriter, slice.getLoc(),
                                            slice.getMixedSizes(),
                                            slice.getType().getElementType());
      if (empty.getType() == slice.getType())
        rewriter.modifyOpInPlace(init->getOwner(), [&] { init->set(empty); });
    }
  }

  struct Slab {
    linalg::LinalgOp pool;
    Root product;
  };

  FailureOr<Slab> tileSlab(linalg::LinalgOp pool, Root product,
                           const scf::SCFTilingOptions &options) {
    rewriter.setInsertionPoint(pool);
    auto fuse = scf::SCFTileAndFuseOptions().setTilingOptions(options);
    fuse.setFusionControlFn(
        [&](tensor::ExtractSliceOp, OpResult producer, bool)
            -> std::optional<scf::SCFTileAndFuseOptions::ControlFnResult> {
          Operation *op = producer.getOwner();
          if (op == product.op || op == product.contraction ||
              isa<linalg::FillOp>(op))
            return scf::SCFTileAndFuseOptions::ControlFnResult{};
          return std::nullopt;
        });
    FailureOr<scf::SCFTileAndFuseResult> result =
        scf::tileConsumerAndFuseProducersUsingSCF(
            rewriter, cast<TilingInterface>(pool.getOperation()), fuse);
    if (failed(result))
      return pool->emitError("could not be tiled with the product it reads");
    Slab slab;
    slab.pool = cast<linalg::LinalgOp>(result->tiledAndFusedOps.front());
    slab.product = findPooled(slab.pool);
    rewriter.replaceOp(pool, result->replacements.lookup(pool->getResult(0)));
    // Slices that nobody reads keep what was taken inside alive.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(*slab.pool->getBlock())))
      if (isOpTriviallyDead(&op))
        rewriter.eraseOp(&op);
    for (Operation *op : product.operations())
      if (op->use_empty())
        rewriter.eraseOp(op);
    if (!slab.product.contraction)
      return slab.pool->emitError("lost the product that it reads");
    return slab;
  }

  /// Tiles the root and pulls fills and the contraction inside.
  FailureOr<Root> tileOnce(Root root, const scf::SCFTilingOptions &options) {
    rewriter.setInsertionPoint(root.op);
    auto fuse = scf::SCFTileAndFuseOptions()
                    .setTilingOptions(options)
                    .setFusionControlFn(fuseOnly(root.contraction));
    FailureOr<scf::SCFTileAndFuseResult> result =
        scf::tileConsumerAndFuseProducersUsingSCF(
            rewriter, cast<TilingInterface>(root.op.getOperation()), fuse);
    if (failed(result))
      return root.op->emitError("could not be tiled");
    Root tiled;
    bool isContraction = root.contraction == root.op;
    tiled.op = cast<linalg::LinalgOp>(result->tiledAndFusedOps.front());
    if (isContraction)
      tiled.contraction = tiled.op;
    else if (root.contraction)
      for (Operation *op : result->tiledAndFusedOps)
        if (op->getName() == root.contraction->getName() && op != tiled.op &&
            analyzeContraction(cast<linalg::LinalgOp>(op)))
          tiled.contraction = cast<linalg::LinalgOp>(op);
    SmallVector<Value> replacements;
    for (Value value : root.op->getResults())
      replacements.push_back(result->replacements.lookup(value));
    Operation *contraction = root.contraction;
    rewriter.replaceOp(root.op, replacements);
    if (!isContraction && contraction && contraction->use_empty())
      rewriter.eraseOp(contraction);
    return tiled;
  }

  /// Copies the right operand's slice, whose rows lie far apart, into a buffer
  /// without gaps: neighbouring rows share pages and fall into different sets
  /// of the cache.
  void packPanel(linalg::LinalgOp contraction) {
    OpOperand *right = contraction.getDpsInputOperand(1);
    auto slice = right->get().getDefiningOp<tensor::ExtractSliceOp>();
    // What PackWeights lays out needs no copy.
    if (!slice || slice.getSource().getDefiningOp<arith::ConstantOp>())
      return;
    Location loc = contraction.getLoc();
    rewriter.setInsertionPoint(contraction);
    Value empty = tensor::EmptyOp::create(rewriter, loc, slice.getMixedSizes(),
                                          slice.getType().getElementType());
    // Rank-reduced slices keep their own shape.
    if (empty.getType() != slice.getType())
      return;
    auto copy = linalg::CopyOp::create(rewriter, loc, slice.getResult(), empty);
    rewriter.modifyOpInPlace(contraction,
                             [&] { right->set(copy->getResult(0)); });
    tileCopy(copy);
  }

  void tileCopy(linalg::CopyOp copy) {
    auto op = cast<linalg::LinalgOp>(copy.getOperation());
    Root root{op, {}};
    Tiles tiles = tileOther(op, machine);
    copy->setAttr(tiledMark, rewriter.getUnitAttr());
    (void)tileOnce(root, scf::SCFTilingOptions().setTileSizes(
                             toSizes(rewriter, tiles.inner)));
  }

  func::FuncOp function;
  Block *block = nullptr;
  Machine machine;
  IRRewriter rewriter;
  int64_t regions = 0;
};

struct TileAndFuse : dlc::impl::TileAndFuseBase<TileAndFuse> {
  using TileAndFuseBase::TileAndFuseBase;
  void runOnOperation() override {
    if (getOperation().isDeclaration() ||
        !llvm::hasSingleElement(getOperation().getBody()))
      return;
    Machine machine = Machine::of(getOperation());
    if (failed(Tiler(getOperation(), machine).run()))
      return signalPassFailure();
  }
};

} // namespace
