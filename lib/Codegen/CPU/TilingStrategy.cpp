//===- TilingStrategy.cpp - Tile sizes from a machine model ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Codegen/Tensors/Gathers.h"
#include "dlc/Codegen/Tensors/Structure.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace dlc::cpu {

/// Work shorter than this, in nanoseconds, is not split into tasks.
static constexpr int64_t leastParallelWork = 20000;
/// The same for products, whose tasks also spread the weights over the
/// second-level caches.
static constexpr int64_t leastParallelProduct = 8000;
/// The target duration of a task, in nanoseconds: long against a dispatch (a
/// microsecond), short enough to keep 64 cores busy on large work.
static constexpr int64_t taskWork = 200000;

static bool isDynamic(int64_t size) { return ShapedType::isDynamic(size); }

/// The extents assumed for a product's unknown rows and reduction loops: a
/// batch of sequences, or inside a loop over the steps of sequences a batch.
static constexpr int64_t assumedRows = 256, assumedRowsOfStep = 8;
/// The minimum duration, in nanoseconds, of tasks of an unknown number of rows,
/// unless there are too few rows.
static constexpr int64_t rowTaskWork = 50000;

/// Returns loop extents with unknown ones replaced by `guess`.
static SmallVector<int64_t> guessedRanges(ArrayRef<int64_t> known,
                                          int64_t guess) {
  SmallVector<int64_t> ranges(known);
  for (int64_t &range : ranges)
    if (isDynamic(range))
      range = guess;
  return ranges;
}

static double product(ArrayRef<int64_t> values) {
  double result = 1;
  for (int64_t value : values)
    result *= value;
  return result;
}

/// Returns the number of rows of a register tile with `columns` registers per
/// row: as many as the registers hold, chosen such that few rows are left over.
/// The cost of a tile is its rows plus about half a row. A tile of few rows
/// waits for the latency of its sums or for the right operand.
static int64_t chooseRows(int64_t extent, int64_t columns, int64_t stride,
                          int64_t limit, Machine machine) {
  // A sixth of the registers is left for operands: with fewer, the register
  // allocator spills sums (seen with 14 rows of 2 in 32).
  int64_t most = std::max<int64_t>(1, (machine.getVectorRegisters() - columns -
                                       machine.getVectorRegisters() / 6) /
                                          columns);
  most = std::min(most, limit);
  // Rows whose addresses differ by about a multiple of the page size map to one
  // set of the first-level cache, which holds 8 lines (12 on some processors).
  // More rows would evict each other at every step (12 rows reach 81 % of peak,
  // 8 rows 87 %).
  int64_t apart = stride % 4096;
  if (stride && std::min(apart, 4096 - apart) < 64)
    most = std::min<int64_t>(most, 8);
  if (isDynamic(extent))
    return std::min<int64_t>(most, 8);
  if (extent <= most)
    return extent;
  int64_t best = most;
  double bestCost = 1e300;
  for (int64_t rows = most; rows >= std::max<int64_t>(1, most / 2); --rows) {
    int64_t full = extent / rows, rest = extent % rows;
    double cost =
        full * (rows + 0.5) + (rest ? std::max<int64_t>(rest, 4) + 1 : 0);
    if (cost < bestCost) {
      bestCost = cost;
      best = rows;
    }
  }
  return best;
}

/// Returns a task size near `wanted`, a multiple of `unit`. A nearby size that
/// divides `extent` is preferred.
static int64_t chooseTaskSize(int64_t extent, double wanted, int64_t unit) {
  int64_t size = std::max<int64_t>(1, std::llround(wanted / unit));
  for (int64_t more = 0; more <= size / 2; ++more)
    for (int64_t candidate : {size + more, size - more})
      if (candidate > 0 && extent % (candidate * unit) == 0)
        return candidate * unit;
  return size * unit;
}

/// Returns the bytes between neighbouring rows (loop `m`) of the left operand,
/// or 0 if unknown.
static int64_t rowStride(linalg::LinalgOp op, unsigned m) {
  auto type = cast<ShapedType>(op.getDpsInputs()[0].getType());
  AffineMap map = op.getIndexingMapsArray()[0];
  for (unsigned d = 0; d < map.getNumResults(); ++d) {
    if (!map.getResult(d).isFunctionOfDim(m))
      continue;
    int64_t stride = type.getElementTypeBitWidth() / 8;
    for (int64_t extent : type.getShape().drop_front(d + 1)) {
      if (isDynamic(extent))
        return 0;
      stride *= extent;
    }
    return stride;
  }
  return 0;
}

/// Whether the right operand is constant and there are several rows of an image
/// (loops.outer), so that taking rows first may pay. Sets `rightBytes` to the
/// size of the right operand in either case; whether the second-level cache
/// holds it is for the caller to decide.
static bool mayTakeRowsFirst(linalg::LinalgOp op, const Contraction &loops,
                             double &rightBytes) {
  SmallVector<int64_t> guessed = guessedRanges(op.getStaticLoopRanges(), 8);
  rightBytes =
      getElementTypeOrSelf(op.getDpsInputs()[1]).getIntOrFloatBitWidth() / 8.0;
  for (unsigned loop = 0; loop < guessed.size(); ++loop)
    if (op.getIndexingMapsArray()[1].isFunctionOfDim(loop))
      rightBytes *= guessed[loop];
  return !loops.isDepthwise &&
         op.getDpsInputs()[1].getDefiningOp<arith::ConstantOp>() &&
         llvm::any_of(loops.outer,
                      [&](unsigned loop) { return guessed[loop] > 1; });
}

RegisterTile chooseRegisterTile(linalg::LinalgOp op, const Contraction &loops,
                                Machine machine) {
  if (auto given =
          op->getAttrOfType<codegen::RegisterTileAttr>(codegen::registerTile))
    return {given.getRows(), given.getVectors(), given.getRowsFirst()};
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t lanes = machine.lanes(getElementTypeOrSelf(op->getResult(0)));
  RegisterTile tile;
  // Two registers wide, or one if the result is narrow or the left operand
  // needs registers too.
  int64_t n = ranges[loops.n];
  tile.vectors = loops.isDepthwise || (!isDynamic(n) && n <= lanes) ? 1 : 2;
  if (loops.m)
    tile.rows =
        chooseRows(ranges[*loops.m], tile.vectors, rowStride(op, *loops.m),
                   loops.isDepthwise ? 8 : 16, machine);
  // By default all rows pass under one panel of the right operand: rows are
  // innermost. A constant operand that fits in the second-level cache as a
  // whole (packed, without gaps) passes under each row of an image instead.
  // That row then stays in the cache and the result is written sequentially.
  double rightBytes;
  tile.rowsFirst = mayTakeRowsFirst(op, loops, rightBytes) &&
                   rightBytes <= machine.residentCacheBytes();
  // A few rows times weights that are streamed from memory: wide tiles, as each
  // line of the left operand then serves more of the stream (8 rows of 4096:
  // 1.2 times as fast).
  if (loops.m && !loops.isDepthwise &&
      rightBytes >= machine.getSharedCacheBytes() && ranges[*loops.m] > 2 &&
      ranges[*loops.m] <= 16 && n >= 4 * lanes &&
      machine.getVectorRegisters() >= 32) {
    tile.vectors = 4;
    tile.rows = std::min<int64_t>(ranges[*loops.m], 6);
  }
  return tile;
}

SmallVector<RegisterTile> listRegisterTiles(linalg::LinalgOp op,
                                            const Contraction &loops,
                                            Machine machine) {
  SmallVector<RegisterTile> all{chooseRegisterTile(op, loops, machine)};
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t lanes = machine.lanes(getElementTypeOrSelf(op->getResult(0)));
  double rightBytes;
  bool mayChange = mayTakeRowsFirst(op, loops, rightBytes);
  auto add = [&](RegisterTile tile) {
    if (llvm::none_of(all, [&](const RegisterTile &other) {
          return other.rows == tile.rows && other.vectors == tile.vectors &&
                 other.rowsFirst == tile.rowsFirst;
        }))
      all.push_back(tile);
  };
  const int64_t rows = loops.m ? ranges[*loops.m] : 1;
  for (int64_t columns : {1, 2, 3, 4, 8}) {
    // Narrow tiles of wide products, and wide tiles of many rows, load too much
    // per multiplication.
    if ((columns > 1 && (columns - 1) * lanes >= ranges[loops.n]) ||
        (columns == 1 && ranges[loops.n] > 2 * lanes) ||
        (columns == 8 && rows > 2))
      continue;
    int64_t fit =
        std::min((machine.getVectorRegisters() - columns - 2) / columns, rows);
    if (fit < 1)
      continue;
    SmallVector<int64_t, 2> counts{fit, std::max<int64_t>(fit - 2, 1)};
    for (int64_t rows : counts)
      for (bool rowsFirst : {false, true})
        if (rowsFirst <= mayChange)
          add({rows, columns, rowsFirst});
  }
  return all;
}

/// Returns the loops over tiles of a contraction, outermost first: all rows
/// pass under a panel of columns, or with `rowsFirst` all columns under a row.
static SmallVector<int64_t> orderTiles(const Contraction &loops,
                                       ArrayRef<utils::IteratorType> iterators,
                                       bool rowsFirst) {
  SmallVector<int64_t> order(loops.shared.begin(), loops.shared.end());
  if (!rowsFirst)
    order.push_back(loops.n);
  order.append(loops.outer.begin(), loops.outer.end());
  if (rowsFirst)
    order.push_back(loops.n);
  if (loops.m)
    order.push_back(*loops.m);
  for (auto [loop, kind] : llvm::enumerate(iterators))
    if (kind == utils::IteratorType::reduction)
      order.push_back(loop);
  return order;
}

/// Sets the tasks of a contraction that takes `work` nanoseconds, with panels
/// of `width` columns: one per index of the shared loops and per panel; then
/// rows are split until there are enough. Returns the number of tasks and the
/// rows of one.
static std::pair<double, double>
splitIntoTasks(const Contraction &loops, ArrayRef<int64_t> ranges,
               ArrayRef<int64_t> guessed, bool rowsFirst, bool isInLoop,
               double work, int64_t width, Tiles &tiles) {
  double tasks = 1;
  for (unsigned loop : loops.shared) {
    tiles.tasks[loop] = 1;
    tasks *= guessed[loop];
  }
  double wanted = std::max(1.0, std::min(64.0, work / taskWork));
  if (!rowsFirst) {
    tiles.tasks[loops.n] =
        isDynamic(ranges[loops.n]) ? width : std::min(ranges[loops.n], width);
    tasks *= std::ceil(double(guessed[loops.n]) / width);
  }
  SmallVector<unsigned> rowLoops(loops.outer);
  if (loops.m)
    rowLoops.push_back(*loops.m);
  double rowsPerTask = 1;
  for (unsigned loop : rowLoops) {
    double left = wanted / tasks;
    // At least two tasks: in the function of a task LLVM keeps the sums in
    // registers, while it spilled them in the code of a whole network (twice
    // the time).
    if (rowsFirst && tasks == 1 && guessed[loop] > 1)
      left = std::max(left, 2.0);
    // The number of rows is unknown: the size of a task is fixed, and the
    // number of tasks depends on the rows.
    if (loop == loops.m && isDynamic(ranges[loop]) && !isInLoop) {
      double row = work / tasks / guessed[loop];
      int64_t unit = tiles.inner[loop];
      int64_t size = std::max<int64_t>(
          64, llvm::divideCeil(int64_t(rowTaskWork / row), unit) * unit);
      tiles.tasks[loop] = size;
      tasks *= std::ceil(double(guessed[loop]) / size);
      rowsPerTask *= std::min(guessed[loop], size);
      continue;
    }
    if (left <= 1.5 || guessed[loop] == 1) {
      rowsPerTask *= guessed[loop];
      continue;
    }
    int64_t unit = tiles.inner[loop];
    int64_t size = chooseTaskSize(guessed[loop], guessed[loop] / left, unit);
    tiles.tasks[loop] = size;
    tasks *= std::ceil(double(guessed[loop]) / size);
    rowsPerTask *= size;
  }
  return {tasks, rowsPerTask};
}

Tiles tileContraction(linalg::LinalgOp op, const Contraction &loops,
                      Machine machine) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<int64_t> guessed = guessedRanges(ranges, 8);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  unsigned rank = ranges.size();
  const bool isInLoop = isa<LoopLikeOpInterface>(op->getParentOp());
  for (unsigned loop = 0; loop < rank; ++loop)
    if (isDynamic(ranges[loop]) &&
        (loop == loops.m || iterators[loop] == utils::IteratorType::reduction))
      guessed[loop] = isInLoop ? assumedRowsOfStep : assumedRows;
  int64_t lanes = machine.lanes(getElementTypeOrSelf(op->getResult(0)));
  double flops = 2 * product(guessed);
  double speed = machine.peakFlops(getElementTypeOrSelf(op->getResult(0))) / 2;
  if (loops.pair && machine.getHasBF16Dot())
    speed *= 2;

  Tiles tiles;
  tiles.tasks.assign(rank, 0);
  tiles.inner.assign(rank, 0);
  const RegisterTile tile = chooseRegisterTile(op, loops, machine);
  const bool rowsFirst = tile.rowsFirst;
  int64_t n = ranges[loops.n], width = tile.vectors * lanes;
  for (unsigned loop = 0; loop < rank; ++loop)
    if (iterators[loop] == utils::IteratorType::parallel)
      tiles.inner[loop] = 1;
  tiles.inner[loops.n] = isDynamic(n) ? width : std::min(n, width);
  if (loops.m)
    tiles.inner[*loops.m] = tile.rows;

  tiles.order = orderTiles(loops, iterators, rowsFirst);

  // At least the time in which the right operand is read from a second-level
  // cache.
  double rightBytes;
  mayTakeRowsFirst(op, loops, rightBytes);
  double work = std::max(flops / speed, rightBytes / machine.cacheBandwidth());
  if (work < leastParallelProduct)
    return tiles;

  auto [tasks, rowsPerTask] = splitIntoTasks(loops, ranges, guessed, rowsFirst,
                                             isInLoop, work, width, tiles);
  tiles.cost = std::max<int64_t>(1, work / tasks);
  for (unsigned loop = 0; loop < rank; ++loop)
    if (isDynamic(ranges[loop]) && loop != loops.n) {
      int64_t size = tiles.tasks[loop] ? tiles.tasks[loop] : guessed[loop];
      tiles.assumed.push_back({loop, std::min(size, guessed[loop])});
    }
  // Copying the panel costs about as much as a few rows of the product. An
  // unknown number of rows may be as small, so the copy must then save more.
  bool mayBeFew = loops.m && isDynamic(ranges[*loops.m]);
  tiles.packPanel = rowsPerTask >= 32 && (isDynamic(n) || n > width) &&
                    (!mayBeFew || rightBytes > machine.residentCacheBytes());
  return tiles;
}

/// Returns how many vectors of the result a tile of an element-wise op holds: 1
/// if the body calls functions that polynomials approximate, since their
/// evaluation needs registers.
static int64_t vectorsAtOnce(linalg::LinalgOp op) {
  bool hasMath = false;
  int64_t operations = 0;
  op.getBlock()->walk([&](Operation *inner) {
    hasMath |= isa<math::MathDialect>(inner->getDialect()) &&
               !isa<math::AbsFOp, math::SqrtOp, math::FloorOp, math::CeilOp,
                    math::RoundEvenOp, math::FmaOp>(inner);
    // Without an instruction, a conversion of bf16 takes several operations.
    bool convertsBF16 = isa<arith::ExtFOp, arith::TruncFOp>(inner) &&
                        (inner->getOperand(0).getType().isBF16() ||
                         inner->getResult(0).getType().isBF16());
    operations += convertsBF16 ? 4 : 1;
  });
  return hasMath ? 1 : operations > 8 ? 2 : 4;
}

Tiles tileOther(linalg::LinalgOp op, ArrayRef<int64_t> ranges,
                Machine machine) {
  SmallVector<int64_t> guessed = guessedRanges(ranges, 8);
  unsigned rank = ranges.size();
  Tiles tiles;
  tiles.tasks.assign(rank, 0);
  tiles.inner.assign(rank, 0);
  if (rank == 0)
    return tiles;
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  AffineMap out = op.getIndexingMapsArray()[op.getNumDpsInputs()];
  Type element = getElementTypeOrSelf(op.getDpsInits()[0].getType());
  int64_t lanes = machine.lanes(element);

  SmallVector<unsigned> parallel;
  for (unsigned loop = 0; loop < rank; ++loop)
    if (iterators[loop] == utils::IteratorType::parallel)
      parallel.push_back(loop);

  bool gathers = !findGathers(op).empty();
  if (gathers || isVectorizable(op)) {
    for (unsigned loop : parallel)
      tiles.inner[loop] = 1;
    // Vectors run along the result's last dimension, which is contiguous.
    if (out.getNumResults() && out.isProjectedPermutation()) {
      unsigned last = out.getDimPosition(out.getNumResults() - 1);
      // A reduction over the innermost dimension has its vectors there.
      bool alongReduction =
          op.getNumReductionLoops() &&
          llvm::none_of(op.getDpsInputOperands(), [&](OpOperand *input) {
            AffineMap map = op.getMatchingIndexingMap(input);
            return map.getNumResults() &&
                   map.getResult(map.getNumResults() - 1).isFunctionOfDim(last);
          });
      if (!alongReduction)
        tiles.inner[last] =
            lanes * (op.getNumReductionLoops() ? 2 : vectorsAtOnce(op));
      // Square tiles where an operand is contiguous along another dimension (a
      // transpose). Gathered rows are tiled along their own loop only.
      if (op.getNumReductionLoops() == 0 && !gathers)
        for (OpOperand *input : op.getDpsInputOperands()) {
          AffineMap map = op.getMatchingIndexingMap(input);
          if (!map.getNumResults() || !map.isProjectedPermutation())
            continue;
          unsigned inner = map.getDimPosition(map.getNumResults() - 1);
          if (inner != last && guessed[inner] > 1 && map.isFunctionOfDim(last))
            tiles.inner[inner] = tiles.inner[last] = lanes;
        }
    }
    for (unsigned loop : parallel)
      if (!isDynamic(ranges[loop]))
        tiles.inner[loop] = std::min(tiles.inner[loop], ranges[loop]);
  }
  for (unsigned loop = 0; loop < rank; ++loop)
    tiles.order.push_back(loop);

  // Tasks along the outermost parallel dimension of more than one index.
  // Assumes ten bytes per nanosecond, and four times as long for bodies with
  // approximated functions.
  double bytes =
      product(guessed) * std::max(8u, element.getIntOrFloatBitWidth()) / 8;
  double work = bytes / 10 * (vectorsAtOnce(op) == 1 ? 4 : 1);
  if (work < leastParallelWork)
    return tiles;
  for (unsigned loop : parallel) {
    if (guessed[loop] == 1)
      continue;
    double wanted = std::max(1.0, std::min(64.0, work / taskWork));
    int64_t unit = std::max<int64_t>(tiles.inner[loop], 1);
    int64_t size = chooseTaskSize(guessed[loop], guessed[loop] / wanted, unit);
    tiles.tasks[loop] = size;
    tiles.cost =
        std::max<int64_t>(1, work / std::ceil(double(guessed[loop]) / size));
    break;
  }
  return tiles;
}

SmallVector<int64_t> tileReductions(linalg::LinalgOp op, Machine machine) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<int64_t> sizes(ranges.size(), 0);
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  if (reductions.empty())
    return sizes;
  std::optional<Contraction> contraction = analyzeContraction(op);
  std::optional<unsigned> pair = contraction ? contraction->pair : std::nullopt;
  // Find the loop along which the first operand is contiguous.
  OpOperand *first = firstTensor(op);
  if (!first) {
    for (unsigned loop : reductions)
      sizes[loop] = 1;
    return sizes;
  }
  Type element = getElementTypeOrSelf(first->get().getType());
  AffineMap map = op.getMatchingIndexingMap(first);
  AffineExpr last = map.getResult(map.getNumResults() - 1);
  for (unsigned loop : reductions) {
    // Both iterations of the pair loop are one instruction.
    if (pair == loop)
      continue;
    bool contiguous = last.isFunctionOfDim(loop);
    if (!contiguous) {
      sizes[loop] = 1;
    } else if (pair) {
      // A step is one pair per row; a few steps per iteration keep the loop
      // overhead small.
      sizes[loop] =
          !isDynamic(ranges[loop]) && ranges[loop] % 4 && ranges[loop] % 5 == 0
              ? 5
              : 4;
    } else if (contraction) {
      // Unrolled steps of the register tile: at least 4, as a single step is
      // not recognised as a multiply-add. Four are as fast as sixteen (within 1
      // % on products and convolutions of all sizes) and compile in half the
      // time.
      int64_t step = 4;
      if (!isDynamic(ranges[loop]))
        for (int64_t candidate : {4, 5, 6, 7, 9, 10})
          if (ranges[loop] % candidate == 0) {
            step = candidate;
            break;
          }
      sizes[loop] = step;
    } else {
      sizes[loop] = machine.lanes(element) * 4;
    }
    if (!isDynamic(ranges[loop]))
      sizes[loop] = std::min(sizes[loop], ranges[loop]);
  }
  return sizes;
}

} // namespace dlc::cpu
