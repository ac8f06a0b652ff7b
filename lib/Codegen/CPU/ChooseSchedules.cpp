//===- ChooseSchedules.cpp - Tiles of each loop nest ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;
using dlc::codegen::Role;

namespace dlc {
#define GEN_PASS_DEF_CHOOSESCHEDULES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// The lists of a ScheduleAttr under construction.
struct Lists {
  SmallVector<int64_t> tasks, rows, tile, order, steps, assumed, panel;
  int64_t cost = 0, packing = 0;
};

/// Sets the op's schedule. Lists that tile no loop are omitted.
void setSchedule(linalg::LinalgOp op, const Lists &lists) {
  MLIRContext *context = op->getContext();
  auto list = [&](ArrayRef<int64_t> sizes) {
    return llvm::all_of(sizes, [](int64_t size) { return size == 0; })
               ? DenseI64ArrayAttr()
               : DenseI64ArrayAttr::get(context, sizes);
  };
  bool isOrdered = lists.order.size() == op.getNumLoops() &&
                   !llvm::is_sorted(lists.order) && list(lists.tile);
  auto order = isOrdered ? DenseI64ArrayAttr::get(context, lists.order)
                         : DenseI64ArrayAttr();
  auto schedule = codegen::ScheduleAttr::get(
      context, list(lists.tasks), list(lists.rows), list(lists.tile), order,
      list(lists.steps), list(lists.assumed), list(lists.panel),
      list(lists.tasks) ? lists.cost : 0, lists.packing);
  if (schedule !=
      codegen::ScheduleAttr::get(context, {}, {}, {}, {}, {}, {}, {}, 0, 0))
    op->setAttr(codegen::schedule, schedule);
}

/// Converts the tiles of a contraction to the loops of its epilogue, which has
/// the result's dimensions in the same order.
Tiles toEpilogueLoops(const Tiles &tiles, linalg::LinalgOp contraction,
                      linalg::LinalgOp epilogue) {
  if (contraction == epilogue)
    return tiles;
  AffineMap out = contraction.getIndexingMapsArray().back();
  unsigned rank = epilogue.getNumLoops();
  Tiles result = tiles;
  result.tasks.assign(rank, 0);
  result.inner.assign(rank, 0);
  result.order.clear();
  for (unsigned d = 0; d < rank; ++d) {
    result.tasks[d] = tiles.tasks[out.getDimPosition(d)];
    result.inner[d] = tiles.inner[out.getDimPosition(d)];
  }
  for (int64_t loop : tiles.order)
    if (auto d = out.getResultPosition(
            getAffineDimExpr(loop, epilogue.getContext())))
      result.order.push_back(*d);
  return result;
}

unsigned sharedLoopsOf(Operation *op) {
  return op->getAttrOfType<codegen::NestAttr>(codegen::nest).getSharedLoops();
}

/// Returns the extents of an op's loops, with the first `ones` loops as single
/// iterations.
SmallVector<int64_t> rangesWithin(linalg::LinalgOp op, unsigned ones) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  std::fill_n(ranges.begin(), std::min<size_t>(ones, ranges.size()), 1);
  return ranges;
}

class Chooser {
public:
  explicit Chooser(Machine machine) : machine(machine) {}

  void choose(const Nest &nest) {
    switch (*roleOf(nest.root())) {
    case Role::Product:
    case Role::Depthwise:
    case Role::Epilogue:
      return chooseProduct(nest);
    case Role::Pool:
      return choosePool(nest);
    case Role::Row:
      return chooseRows(nest);
    case Role::Reduction:
    case Role::Elementwise:
    case Role::Fill:
      return chooseAlone(nest.root());
    }
  }

private:
  /// The part of a contraction's schedule that does not depend on its root.
  Lists ofContraction(linalg::LinalgOp op, const Tiles &tiles) {
    Lists lists;
    lists.steps = tileReductions(op, machine);
    lists.packing = choosePacking(op, tiles);
    return lists;
  }

  void chooseProduct(const Nest &nest) {
    linalg::LinalgOp contraction = nest.contraction(), root = nest.root();
    const Contraction loops = *analyzeContraction(contraction);
    Tiles tiles = tileContraction(contraction, loops, machine);
    Lists lists = ofContraction(contraction, tiles);
    lists.assumed.assign(contraction.getNumLoops(), 0);
    if (tiles.hasTasks())
      for (auto [loop, extent] : tiles.assumed)
        lists.assumed[loop] = extent;
    // Constants are laid out by PackWeights and need no copy.
    if (tiles.hasTasks() && tiles.packPanel &&
        !contraction.getDpsInputs()[1].getDefiningOp<arith::ConstantOp>())
      lists.panel = choosePanel(contraction, tiles);
    setProduct(contraction, root, lists, tiles);
  }

  /// Sets the schedules of a contraction and of the epilogue that reads it,
  /// which may be the contraction itself. `lists` holds what ofContraction()
  /// chose.
  static void setProduct(linalg::LinalgOp contraction,
                         linalg::LinalgOp epilogue, Lists lists,
                         const Tiles &tiles) {
    if (epilogue != contraction) {
      setSchedule(contraction, lists);
      lists = Lists();
    }
    Tiles ofEpilogue = toEpilogueLoops(tiles, contraction, epilogue);
    lists.tasks = ofEpilogue.tasks;
    lists.tile = ofEpilogue.inner;
    lists.order = ofEpilogue.order;
    lists.cost = ofEpilogue.cost;
    setSchedule(epilogue, lists);
  }

  /// Returns the width of the panels into which a constant right operand is
  /// packed, or 0. Operands that fit in the first-level cache in any layout are
  /// not packed. Neither are those of less than two whole panels: zeros would
  /// fill up much of the second.
  static int64_t choosePacking(linalg::LinalgOp op, const Tiles &tiles) {
    Value right = op.getDpsInputs()[1];
    auto type = cast<RankedTensorType>(right.getType());
    const Contraction loops = *analyzeContraction(op);
    // In products of pairs, a column has two elements.
    int64_t elements = loops.pair ? 2 : 1;
    int64_t width = elements * tiles.inner[loops.n],
            columns = elements * op.getStaticLoopRanges()[loops.n],
            bits = type.getElementTypeBitWidth();
    if (!right.getDefiningOp<arith::ConstantOp>() || bits % 8 ||
        type.getNumElements() * bits / 8 < leastPackedBytes || width <= 1 ||
        columns < 2 * width)
      return 0;
    return width;
  }

  /// Returns the tile sizes of the copy of a task's part of the right operand.
  SmallVector<int64_t> choosePanel(linalg::LinalgOp op, const Tiles &tiles) {
    AffineMap map = op.getIndexingMapsArray()[1];
    auto type = cast<RankedTensorType>(op.getDpsInputs()[1].getType());
    SmallVector<int64_t> sizes(map.getNumResults(), 1);
    if (sizes.empty())
      return sizes;
    // Tiled like an element-wise op: four vectors of the contiguous dimension,
    // or all of it.
    sizes.back() = 4 * machine.lanes(type.getElementType());
    auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
    int64_t range = type.getShape().back();
    if (int64_t size = last ? tiles.tasks[last.getPosition()] : 0)
      range = range % size == 0 ? size : ShapedType::kDynamic;
    if (!ShapedType::isDynamic(range))
      sizes.back() = std::min(sizes.back(), range);
    return sizes;
  }

  /// Tasks are ranges of the pooling's rows. Each task computes one row at a
  /// time, together with the slab of the product that it reads. Within a row
  /// the product and the pooling are tiled separately.
  void choosePool(const Nest &nest) {
    linalg::LinalgOp pool = nest.root(), contraction = nest.contraction(),
                     product = nest.product();
    unsigned row = sharedLoopsOf(pool) - 1;
    Tiles whole =
        tileContraction(contraction, *analyzeContraction(contraction), machine);
    // As many tasks as the product alone would have.
    int64_t tasks = 1;
    for (auto [size, range] :
         llvm::zip(whole.tasks, contraction.getStaticLoopRanges()))
      if (size)
        tasks *= llvm::divideCeil(range, size);
    Lists lists;
    lists.rows.assign(pool.getNumLoops(), 0);
    std::fill_n(lists.rows.begin(), row + 1, 1);
    if (whole.hasTasks()) {
      lists.tasks = lists.rows;
      lists.tasks[row] = llvm::divideCeil(pool.getStaticLoopRanges()[row],
                                          std::min<int64_t>(tasks, 64));
      lists.cost = whole.cost;
    }
    lists.tile = tileOther(pool, rangesWithin(pool, row + 1), machine).inner;
    lists.steps = tileReductions(pool, machine);
    setSchedule(pool, lists);

    lists = ofContraction(contraction, whole);
    // The tasks are the pooling's.
    whole.tasks.assign(whole.tasks.size(), 0);
    setProduct(contraction, product, lists, whole);
  }

  /// Tasks are ranges of rows, computed one row at a time. Within a row each op
  /// is tiled separately.
  void chooseRows(const Nest &nest) {
    linalg::LinalgOp root = nest.root();
    unsigned loops = sharedLoopsOf(root);
    for (linalg::LinalgOp op : nest.members) {
      if (roleOf(op) == Role::Fill)
        continue;
      Lists lists;
      lists.tile = tileOther(op, rangesWithin(op, loops), machine).inner;
      std::fill_n(lists.tile.begin(), loops, 0);
      lists.steps = tileReductions(op, machine);
      if (op == root) {
        Tiles tiles = tileOther(op, op.getStaticLoopRanges(), machine);
        lists.tasks = tiles.tasks;
        lists.cost = tiles.cost;
        // A task has whole rows.
        std::fill(lists.tasks.begin() + loops, lists.tasks.end(), 0);
        lists.rows.assign(op.getNumLoops(), 0);
        std::fill_n(lists.rows.begin(), loops, 1);
      }
      setSchedule(op, lists);
    }
  }

  void chooseAlone(linalg::LinalgOp op) {
    Tiles tiles = tileOther(op, op.getStaticLoopRanges(), machine);
    Lists lists;
    lists.tasks = tiles.tasks;
    lists.tile = tiles.inner;
    lists.order = tiles.order;
    lists.cost = tiles.cost;
    lists.steps = tileReductions(op, machine);
    setSchedule(op, lists);
  }

  const Machine machine;
};

struct ChooseSchedules : dlc::impl::ChooseSchedulesBase<ChooseSchedules> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    Chooser chooser(codegen::targetOf(function));
    for (auto &[number, nest] : collectNests(function)) {
      if (failed(checkNest(nest)))
        return signalPassFailure();
      if (!scheduleOf(nest.root()))
        chooser.choose(nest);
    }
  }
};

} // namespace
