//===- TileAndFuse.cpp - Tasks and register tiles -------------------------===//

#include "dlc/Codegen/CPU/Regions.h"
#include "dlc/Codegen/Codegen.h"
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

/// A root with the contraction, if any, that its tiles pull in.
struct Root {
  linalg::LinalgOp op;
  linalg::LinalgOp contraction;
};

/// The single-use contraction that `op` reads element by element.
linalg::LinalgOp findContraction(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() || op->getNumResults() != 1)
    return {};
  AffineMap out = op.getIndexingMapsArray()[op.getNumDpsInputs()];
  if (!out.isIdentity())
    return {};
  // Tiles of contractions have vectors of any length, and LLVM selects no code
  // for some lengths of f16.
  for (Value operand : op->getOperands())
    if (getElementTypeOrSelf(operand).isF16())
      return {};
  for (OpOperand *input : op.getDpsInputOperands()) {
    auto producer = input->get().getDefiningOp<linalg::LinalgOp>();
    if (producer && input->get().hasOneUse() &&
        op.getMatchingIndexingMap(input).isIdentity() &&
        analyzeContraction(producer))
      return producer;
  }
  return {};
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

  LogicalResult run() {
    // Last to first: a root's producers come after it.
    SmallVector<linalg::LinalgOp> ops;
    for (auto op : function.getBody().front().getOps<linalg::LinalgOp>())
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
        if (Rows rows = findRows(op); rows.loops) {
          if (failed(tileRows(op, rows)))
            return failure();
          continue;
        }
        root.op = flatten(op);
      }
      if (failed(tile(root)))
        return failure();
    }
    return success();
  }

private:
  /// Element-wise ops whose operands all run through memory alike have one
  /// loop: few, long vectors and no short inner loops.
  linalg::LinalgOp flatten(linalg::LinalgOp op) {
    auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
    if (!generic || generic.getNumResults() != 1 ||
        generic.getNumReductionLoops() || !isVectorizable(op))
      return op;
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    if (!llvm::all_of(
            maps, [](AffineMap map) { return map.isProjectedPermutation(); }))
      return op;
    // Neighbouring loops that every operand has in order, or has neither of.
    SmallVector<ReassociationIndices> groups;
    for (unsigned loop = 0; loop < generic.getNumLoops(); ++loop) {
      if (!groups.empty()) {
        ReassociationIndices grown = groups.back();
        grown.push_back(loop);
        if (linalg::areDimSequencesPreserved(maps, {grown})) {
          groups.back() = grown;
          continue;
        }
      }
      groups.push_back({loop});
    }
    if (groups.size() == generic.getNumLoops())
      return op;
    rewriter.setInsertionPoint(op);
    FailureOr<linalg::CollapseResult> collapsed =
        linalg::collapseOpIterationDims(op, groups, rewriter);
    if (failed(collapsed))
      return op;
    rewriter.replaceOp(op, collapsed->results);
    // An empty tensor in the loop's shape, which bufferisation can replace by
    // the place that the result goes to; a reshaped one it cannot.
    OpOperand &init = collapsed->collapsedOp.getDpsInitsMutable()[0];
    auto reshape = init.get().getDefiningOp<tensor::CollapseShapeOp>();
    if (reshape && reshape.getSrc().getDefiningOp<tensor::EmptyOp>()) {
      rewriter.setInsertionPoint(reshape);
      ReifiedRankedShapedTypeDims extents;
      if (succeeded(reifyResultShapes(rewriter, reshape, extents)))
        rewriter.replaceOpWithNewOp<tensor::EmptyOp>(
            reshape, extents[0], reshape.getResultType().getElementType());
    }
    return collapsed->collapsedOp;
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
    SmallVector<linalg::LinalgOp> members{root.op};
    if (root.contraction && root.contraction != root.op)
      members.insert(members.begin(), root.contraction);
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

  /// On the outermost loop around an op.
  static void describe(Operation *op, DictionaryAttr region) {
    while (!isa<func::FuncOp>(op->getParentOp()))
      op = op->getParentOp();
    op->setAttr(names::region, region);
  }

  FailureOr<linalg::LinalgOp> apply(Root root, const Tiles &tiles) {
    if (tiles.hasTasks()) {
      auto options = scf::SCFTilingOptions()
                         .setLoopType(scf::SCFTilingOptions::LoopType::ForallOp)
                         .setTileSizes(toSizes(rewriter, tiles.tasks));
      FailureOr<Root> task = tileOnce(root, options);
      if (failed(task))
        return failure();
      root = *task;
      auto forall = root.op->getParentOfType<scf::ForallOp>();
      if (forall)
        forall->setAttr(names::cost, rewriter.getI64IntegerAttr(tiles.cost));
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
    Machine machine =
        Machine::of(getOperation(), {vectorBits, vectorRegisters, bf16Dot});
    if (failed(Tiler(getOperation(), machine).run()))
      return signalPassFailure();
  }
};

} // namespace
