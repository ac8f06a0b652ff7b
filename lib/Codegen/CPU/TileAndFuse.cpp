//===- TileAndFuse.cpp - Tasks and register tiles -------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "dlc/Codegen/Tensors/Regions.h"
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
using dlc::codegen::Role;

namespace dlc {
#define GEN_PASS_DEF_TILEANDFUSE
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

SmallVector<OpFoldResult> toSizes(OpBuilder &b, ArrayRef<int64_t> sizes) {
  return getAsIndexOpFoldResult(b.getContext(), sizes);
}

/// Whether `sizes` leave all loops untiled.
bool isWhole(ArrayRef<int64_t> sizes) {
  return llvm::all_of(sizes, [](int64_t size) { return size == 0; });
}

/// Returns a filter of the producers to fuse into the tiles of a root: fills
/// and `contraction`.
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
  explicit Tiler(func::FuncOp function)
      : function(function), rewriter(function.getContext()) {}

  LogicalResult run() {
    // In order of number: a root precedes the roots that produce its operands.
    for (auto &[number, nest] : collectNests(function)) {
      if (failed(checkNest(nest)))
        return failure();
      linalg::LinalgOp root = nest.root();
      if (root->use_empty()) { // all its users have fused it
        rewriter.eraseOp(root);
        continue;
      }
      block = root->getBlock();
      codegen::RegionAttr region = describeRegion(nest, number);
      if (failed(tile(nest)))
        return failure();
      // On the outermost of the new loops.
      block->findAncestorOpInBlock(*innermost)
          ->setAttr(codegen::region, region);
    }
    return success();
  }

private:
  LogicalResult tile(const Nest &nest) {
    innermost = nest.root();
    switch (*roleOf(nest.root())) {
    case Role::Row:
      return tileRows(nest);
    case Role::Pool:
      return tileSlabs(nest);
    default:
      return tileTasks(Root{nest.root(), nest.contraction()});
    }
  }

  /// Tiles a root by parallel tasks, and these by the innermost tiles.
  LogicalResult tileTasks(Root root) {
    codegen::ScheduleAttr schedule = scheduleOf(root.op);
    if (!schedule)
      return success();
    ArrayRef<int64_t> tasks = sizesOf(schedule.getTasks());
    if (!isWhole(tasks)) {
      SmallVector<std::pair<Value, int64_t>> assumed = findAssumed(root, tasks);
      FailureOr<Root> task = tileOnce(
          root, scf::SCFTilingOptions()
                    .setLoopType(scf::SCFTilingOptions::LoopType::ForallOp)
                    .setTileSizes(toSizes(rewriter, tasks)));
      if (failed(task))
        return failure();
      root = *task;
      if (auto forall = root.op->getParentOfType<scf::ForallOp>()) {
        setCost(forall, schedule);
        rewriter.setInsertionPointToStart(forall.getBody());
        for (auto [extent, guess] : assumed)
          codegen::ScaleCostOp::create(rewriter, forall.getLoc(), extent,
                                       guess);
      }
      if (root.contraction)
        copyPanel(root.contraction);
    }
    return tileInnermost(root, schedule);
  }

  void setCost(scf::ForallOp forall, codegen::ScheduleAttr schedule) {
    forall->setAttr(codegen::cost,
                    rewriter.getI64IntegerAttr(schedule.getCost()));
  }

  LogicalResult tileInnermost(Root root, codegen::ScheduleAttr schedule) {
    if (ArrayRef<int64_t> tile = sizesOf(schedule.getTile()); !isWhole(tile)) {
      auto options =
          scf::SCFTilingOptions().setTileSizes(toSizes(rewriter, tile));
      if (DenseI64ArrayAttr order = schedule.getOrder())
        options.setInterchange(order.asArrayRef());
      FailureOr<Root> tiled = tileOnce(root, options);
      if (failed(tiled))
        return failure();
      root = *tiled;
    }
    for (linalg::LinalgOp op : root.operations())
      dropAppliedSchedule(op);
    innermost = root.op;
    return success();
  }

  /// Removes the parts of the schedule that are done. The steps and the packing
  /// are for later passes.
  static void dropAppliedSchedule(linalg::LinalgOp op) {
    codegen::ScheduleAttr schedule = scheduleOf(op);
    if (!schedule)
      return;
    if (!schedule.getSteps() && !schedule.getPacking())
      op->removeAttr(codegen::schedule);
    else
      op->setAttr(codegen::schedule,
                  codegen::ScheduleAttr::get(op->getContext(), {}, {}, {}, {},
                                             schedule.getSteps(), {}, {}, 0,
                                             schedule.getPacking()));
  }

  /// Returns the unknown extents that a task's duration is proportional to,
  /// with the extents that were assumed. An extent of a loop that is split into
  /// tasks is at most the task's size.
  SmallVector<std::pair<Value, int64_t>> findAssumed(Root root,
                                                     ArrayRef<int64_t> tasks) {
    SmallVector<std::pair<Value, int64_t>> found;
    linalg::LinalgOp op = root.contraction ? root.contraction : root.op;
    codegen::ScheduleAttr schedule = scheduleOf(op);
    if (!schedule || !schedule.getAssumed())
      return found;
    Location loc = op.getLoc();
    rewriter.setInsertionPoint(root.op);
    SmallVector<Range> domain =
        cast<TilingInterface>(op.getOperation()).getIterationDomain(rewriter);
    for (auto [loop, guess] : llvm::enumerate(sizesOf(schedule.getAssumed()))) {
      if (!guess)
        continue;
      Value extent =
          getValueOrCreateConstantIndexOp(rewriter, loc, domain[loop].size);
      if (int64_t size = taskSize(root, tasks, loop))
        extent = arith::MinUIOp::create(
            rewriter, loc, extent,
            arith::ConstantIndexOp::create(rewriter, loc, size));
      found.push_back({extent, guess});
    }
    return found;
  }

  /// Returns the size of a task in the contraction's loop `loop`, or 0 for all
  /// of it.
  static int64_t taskSize(Root root, ArrayRef<int64_t> tasks, unsigned loop) {
    if (!root.contraction || root.contraction == root.op)
      return tasks[loop];
    AffineMap out = root.contraction.getIndexingMapsArray().back();
    auto position =
        out.getResultPosition(getAffineDimExpr(loop, out.getContext()));
    return position ? tasks[*position] : 0;
  }

  /// The options of the loops around all ops of a nest, outermost first.
  std::vector<scf::SCFTilingOptions>
  outerLoops(codegen::ScheduleAttr schedule) {
    std::vector<scf::SCFTilingOptions> levels;
    if (ArrayRef<int64_t> tasks = sizesOf(schedule.getTasks()); !isWhole(tasks))
      levels.push_back(
          scf::SCFTilingOptions()
              .setLoopType(scf::SCFTilingOptions::LoopType::ForallOp)
              .setTileSizes(toSizes(rewriter, tasks)));
    if (ArrayRef<int64_t> rows = sizesOf(schedule.getRows()); !isWhole(rows))
      levels.push_back(
          scf::SCFTilingOptions().setTileSizes(toSizes(rewriter, rows)));
    return levels;
  }

  /// Tiles by tasks of rows and by single rows, then each op within a row
  /// separately.
  LogicalResult tileRows(const Nest &nest) {
    linalg::LinalgOp op = nest.root();
    codegen::ScheduleAttr schedule = scheduleOf(op);
    if (!schedule)
      return success();
    llvm::SmallPtrSet<Operation *, 8> producers;
    for (linalg::LinalgOp member : nest.members)
      if (member != op)
        producers.insert(member);
    for (const scf::SCFTilingOptions &options : outerLoops(schedule)) {
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
      if (op == nest.root())
        for (linalg::LinalgOp taken : llvm::reverse(nest.members))
          if (taken != op && taken->use_empty())
            rewriter.eraseOp(taken);
      op = tiled;
      // An op that two ops of the row read has been fused twice.
      DominanceInfo dominance(function);
      eliminateCommonSubExpressions(rewriter, dominance, op->getParentOp());
      producers.clear();
      for (auto other : op->getBlock()->getOps<linalg::LinalgOp>())
        if (isa<linalg::FillOp>(other))
          placeFill(other, {});
        else if (other != op)
          producers.insert(other);
      if (auto forall = op->getParentOfType<scf::ForallOp>())
        setCost(forall, schedule);
    }
    // Within a row every op is tiled separately.
    producers.insert(op);
    SmallVector<linalg::LinalgOp> ops;
    for (auto other : op->getBlock()->getOps<linalg::LinalgOp>())
      if (producers.contains(other))
        ops.push_back(other);
    for (linalg::LinalgOp member : llvm::reverse(ops))
      if (codegen::ScheduleAttr steps = scheduleOf(member))
        if (failed(tileInnermost(Root{member, {}}, steps)))
          return failure();
    return success();
  }

  /// Tiles the pooling by tasks of rows and by single rows, with the slab of
  /// the product that a row reads; then the product and the pooling separately.
  LogicalResult tileSlabs(const Nest &nest) {
    linalg::LinalgOp pool = nest.root();
    Root product{nest.product(), nest.contraction()};
    codegen::ScheduleAttr schedule = scheduleOf(pool);
    if (!schedule)
      return success();
    for (const scf::SCFTilingOptions &options : outerLoops(schedule)) {
      FailureOr<Slab> slab = tileSlab(pool, product, options);
      if (failed(slab))
        return failure();
      pool = slab->pool;
      product = slab->product;
      if (auto forall = pool->getParentOfType<scf::ForallOp>())
        setCost(forall, schedule);
    }
    shrinkDestinations(product);
    codegen::ScheduleAttr ofProduct = scheduleOf(product.op);
    if (failed(tileInnermost(Root{pool, {}}, schedule)))
      return failure();
    return ofProduct ? tileInnermost(product, ofProduct) : success();
  }

  /// Gives a slab memory of its own in place of a slice of the whole result.
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
    rewriter.replaceOp(pool, result->replacements.lookup(pool->getResult(0)));
    // Unused slices would keep the producers alive that have been fused.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(*slab.pool->getBlock())))
      if (isOpTriviallyDead(&op))
        rewriter.eraseOp(&op);
    for (Operation *op : product.operations())
      if (op->use_empty())
        rewriter.eraseOp(op);
    Nest tiled;
    for (auto op : slab.pool->getBlock()->getOps<linalg::LinalgOp>())
      if (isa<linalg::FillOp>(op))
        placeFill(op, {});
      else if (roleOf(op))
        tiled.members.push_back(op);
    slab.product = {tiled.product(), tiled.contraction()};
    if (!slab.product.contraction)
      return slab.pool->emitError("lost the product that it reads");
    return slab;
  }

  /// Tiles the root and fuses fills and its contraction into the tiles.
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
    for (Operation *op : result->tiledAndFusedOps) {
      if (op == tiled.op)
        continue;
      if (isa<linalg::FillOp>(op))
        placeFill(op, root.contraction);
      else if (root.contraction)
        tiled.contraction = cast<linalg::LinalgOp>(op);
    }
    SmallVector<Value> replacements;
    for (Value value : root.op->getResults())
      replacements.push_back(result->replacements.lookup(value));
    Operation *contraction = root.contraction;
    rewriter.replaceOp(root.op, replacements);
    if (!isContraction && contraction && contraction->use_empty())
      rewriter.eraseOp(contraction);
    return tiled;
  }

  /// Moves a fused fill to the nest of the op that it was fused into. Its own
  /// schedule no longer applies.
  void placeFill(Operation *fill, linalg::LinalgOp contraction) {
    fill->removeAttr(codegen::schedule);
    fill->removeAttr(codegen::nest);
    if (!contraction)
      return;
    auto nest = contraction->getAttrOfType<codegen::NestAttr>(codegen::nest);
    fill->setAttr(codegen::nest,
                  codegen::NestAttr::get(fill->getContext(), nest.getNumber(),
                                         Role::Fill, 0));
  }

  /// Copies the right operand's slice, whose rows are far apart, into a
  /// contiguous buffer: neighbouring rows then share pages and map to different
  /// cache sets.
  void copyPanel(linalg::LinalgOp contraction) {
    codegen::ScheduleAttr schedule = scheduleOf(contraction);
    OpOperand *right = contraction.getDpsInputOperand(1);
    auto slice = right->get().getDefiningOp<tensor::ExtractSliceOp>();
    if (!schedule || !schedule.getPanel() || !slice)
      return;
    Location loc = contraction.getLoc();
    rewriter.setInsertionPoint(contraction);
    Value empty = tensor::EmptyOp::create(rewriter, loc, slice.getMixedSizes(),
                                          slice.getType().getElementType());
    // Rank-reduced slices are not copied.
    if (empty.getType() != slice.getType())
      return;
    auto copy = linalg::CopyOp::create(rewriter, loc, slice.getResult(), empty);
    rewriter.modifyOpInPlace(contraction,
                             [&] { right->set(copy->getResult(0)); });
    (void)tileOnce(Root{cast<linalg::LinalgOp>(copy.getOperation()), {}},
                   scf::SCFTilingOptions().setTileSizes(
                       toSizes(rewriter, schedule.getPanel().asArrayRef())));
  }

  func::FuncOp function;
  Block *block = nullptr;
  /// An op inside the loops that were created last.
  Operation *innermost = nullptr;
  IRRewriter rewriter;
};

struct TileAndFuse : dlc::impl::TileAndFuseBase<TileAndFuse> {
  using TileAndFuseBase::TileAndFuseBase;
  void runOnOperation() override {
    if (failed(Tiler(getOperation()).run()))
      return signalPassFailure();
  }
};

} // namespace
