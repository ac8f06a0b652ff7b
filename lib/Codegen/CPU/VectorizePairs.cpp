//===- VectorizePairs.cpp - Products of pairs of bf16 ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "VectorizePairs.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace dlc::cpu {

/// Larger tiles stay loops.
static constexpr int64_t maxSteps = 4096;

namespace {

class PairVectorizer {
public:
  PairVectorizer(RewriterBase &b, linalg::LinalgOp op, const Contraction &loops,
                 Machine machine)
      : b(b), op(op), loc(op.getLoc()), loops(loops),
        lanes(machine.getVectorBits() / 32), ranges(op.getStaticLoopRanges()),
        maps(op.getIndexingMapsArray()) {
    hasDot = machine.getHasBF16Dot();
    columns = ranges[loops.n];
    // Full vectors of the machine, then shorter ones. Without the instruction
    // LLVM splits vectors itself.
    if (hasDot && columns % 4 == 0) {
      for (int64_t at = 0; at < columns;) {
        int64_t size = std::min<int64_t>(
            lanes, int64_t(llvm::bit_floor(uint64_t(columns - at))));
        chunks.push_back({at, size});
        at += size;
      }
    } else {
      hasDot = false;
      chunks.push_back({0, columns});
    }
  }

  void run() {
    Value init = op.getDpsInits()[0];
    auto type = cast<RankedTensorType>(init.getType());
    Type f32 = b.getF32Type();
    auto accType = VectorType::get(type.getShape(), f32);
    SmallVector<Value> origin(type.getRank(), index(0));
    Value acc = read(accType, init, origin);

    // One sum per row and chunk.
    SmallVector<unsigned> rowLoops, sumLoops;
    for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
      if (loop == loops.n || loop == *loops.pair)
        continue;
      (kind == utils::IteratorType::parallel ? rowLoops : sumLoops)
          .push_back(loop);
    }
    SmallVector<SmallVector<int64_t>> rows = points(rowLoops);
    SmallVector<SmallVector<int64_t>> steps = points(sumLoops);
    SmallVector<SmallVector<Value>> sums;
    AffineMap out = maps.back();
    SmallVector<SmallVector<int64_t>> positions;
    for (ArrayRef<int64_t> row : rows) {
      SmallVector<int64_t> position = at(out, row);
      position.pop_back();
      positions.push_back(position);
      Value line = position.empty()
                       ? acc
                       : vector::ExtractOp::create(b, loc, acc, position);
      sums.emplace_back();
      for (auto [first, size] : chunks)
        sums.back().push_back(
            size == columns ? line
                            : vector::ExtractStridedSliceOp::create(
                                  b, loc, line, ArrayRef<int64_t>{first},
                                  ArrayRef<int64_t>{size}, ArrayRef<int64_t>{1})
                                  .getResult());
    }
    // Step by step, so that the right operand's vectors serve all rows.
    for (ArrayRef<int64_t> step : steps) {
      SmallVector<Right> right;
      std::optional<SmallVector<int64_t>> known;
      for (auto [row, sum] : llvm::zip(rows, sums)) {
        SmallVector<int64_t> point(row);
        for (unsigned loop : sumLoops)
          point[loop] = step[loop];
        SmallVector<int64_t> rightAt = at(maps[1], point);
        if (!known || *known != rightAt) {
          right = readRight(rightAt);
          known = rightAt;
        }
        Value pair = readLeft(at(maps[0], point));
        for (auto [i, chunk] : llvm::enumerate(chunks))
          sum[i] = multiplyAdd(pair, right[i], sum[i], chunk.second);
      }
    }
    for (auto [position, sum] : llvm::zip(positions, sums)) {
      Value line = sum.front();
      if (chunks.size() > 1) {
        line = position.empty()
                   ? acc
                   : Value(vector::ExtractOp::create(b, loc, acc, position));
        for (auto [i, chunk] : llvm::enumerate(chunks))
          line = vector::InsertStridedSliceOp::create(
              b, loc, sum[i], line, ArrayRef<int64_t>{chunk.first},
              ArrayRef<int64_t>{1});
      }
      acc = position.empty()
                ? line
                : Value(vector::InsertOp::create(b, loc, line, acc, position));
    }
    auto write = vector::TransferWriteOp::create(
        b, loc, acc, init, origin, SmallVector<bool>(type.getRank(), true));
    b.replaceOp(op, write->getResults());
  }

private:
  /// The columns of one step: as pairs, or their halves widened to f32.
  struct Right {
    Value pairs, low, high;
  };

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }

  Value read(VectorType type, Value tensor, ValueRange at) {
    return vector::TransferReadOp::create(
        b, loc, type, tensor, at, /*padding=*/std::nullopt,
        SmallVector<bool>(type.getRank(), true));
  }

  Value read(Value tensor, ArrayRef<int64_t> at, int64_t size) {
    SmallVector<Value> indices;
    for (int64_t i : at)
      indices.push_back(index(i));
    return read(VectorType::get(size, b.getBF16Type()), tensor, indices);
  }

  /// Returns all points of the given loops, with the other loops at 0.
  SmallVector<SmallVector<int64_t>> points(ArrayRef<unsigned> over) {
    SmallVector<SmallVector<int64_t>> all{
        SmallVector<int64_t>(ranges.size(), 0)};
    for (unsigned loop : over) {
      SmallVector<SmallVector<int64_t>> more;
      for (ArrayRef<int64_t> point : all)
        for (int64_t i = 0; i < ranges[loop]; ++i) {
          more.emplace_back(point);
          more.back()[loop] = i;
        }
      all = std::move(more);
    }
    return all;
  }

  static SmallVector<int64_t> at(AffineMap map, ArrayRef<int64_t> point) {
    return map.compose(point);
  }

  SmallVector<Right> readRight(SmallVector<int64_t> position) {
    SmallVector<Right> result;
    for (auto [first, size] : chunks) {
      position.back() = 2 * first;
      Value bits = read(op.getDpsInputs()[1], position, 2 * size);
      Right right;
      if (hasDot)
        right.pairs = bits;
      else
        std::tie(right.low, right.high) =
            widen(bitcast(bits, size, b.getI32Type()));
      result.push_back(right);
    }
    return result;
  }

  /// Returns one pair as an i32.
  Value readLeft(ArrayRef<int64_t> position) {
    Value bits = read(op.getDpsInputs()[0], position, 2);
    return vector::ExtractOp::create(b, loc, bitcast(bits, 1, b.getI32Type()),
                                     ArrayRef<int64_t>{0});
  }

  Value bitcast(Value vector, int64_t size, Type element) {
    return vector::BitCastOp::create(b, loc, VectorType::get(size, element),
                                     vector);
  }

  /// Returns the lower and the upper half of each pair, widened to f32.
  std::pair<Value, Value> widen(Value pairs) {
    Type type = pairs.getType();
    Type floats = b.getF32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      floats = vector.clone(floats);
    auto constant = [&](uint32_t value) -> Value {
      TypedAttr attribute = b.getI32IntegerAttr(int32_t(value));
      if (auto vector = dyn_cast<VectorType>(type))
        attribute = DenseElementsAttr::get(vector, Attribute(attribute));
      return arith::ConstantOp::create(b, loc, attribute);
    };
    Value low = arith::ShLIOp::create(b, loc, pairs, constant(16));
    Value high = arith::AndIOp::create(b, loc, pairs, constant(0xffff0000));
    return {arith::BitcastOp::create(b, loc, floats, low),
            arith::BitcastOp::create(b, loc, floats, high)};
  }

  Value multiplyAdd(Value pair, const Right &right, Value sum, int64_t size) {
    auto spread = [&](Value scalar) -> Value {
      return vector::BroadcastOp::create(
          b, loc, VectorType::get(size, scalar.getType()), scalar);
    };
    if (hasDot)
      return x86vector::DotBF16Op::create(
          b, loc, sum.getType(), sum,
          bitcast(spread(pair), 2 * size, b.getBF16Type()), right.pairs);
    auto [low, high] = widen(pair);
    sum = vector::FMAOp::create(b, loc, spread(low), right.low, sum);
    return vector::FMAOp::create(b, loc, spread(high), right.high, sum);
  }

  RewriterBase &b;
  linalg::LinalgOp op;
  Location loc;
  const Contraction &loops;
  int64_t lanes, columns;
  bool hasDot;
  SmallVector<std::pair<int64_t, int64_t>> chunks; // first column, columns
  SmallVector<int64_t> ranges;
  SmallVector<AffineMap> maps;
};

/// Rounds by vcvtneps2bf16, which takes 16 or 8 elements and treats denormals
/// as 0: only for roundings that need not be exact.
struct RoundVector : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &b) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type ||
        !bitEnumContainsAny(
            op.getFastmath().value_or(arith::FastMathFlags::none),
            arith::FastMathFlags::afn) ||
        !type.getElementType().isBF16() || type.getRank() != 1 ||
        type.isScalable() || type.getNumElements() % 8 ||
        !cast<VectorType>(op.getIn().getType()).getElementType().isF32())
      return failure();
    Location loc = op.getLoc();
    int64_t count = type.getNumElements(), width = count % 16 ? 8 : 16;
    auto part = VectorType::get(width, type.getElementType());
    if (count == width) {
      b.replaceOpWithNewOp<x86vector::CvtPackedF32ToBF16Op>(op, part,
                                                            op.getIn());
      return success();
    }
    Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    for (int64_t at = 0; at < count; at += width) {
      Value piece = vector::ExtractStridedSliceOp::create(
          b, loc, op.getIn(), ArrayRef<int64_t>{at}, ArrayRef<int64_t>{width},
          ArrayRef<int64_t>{1});
      piece = x86vector::CvtPackedF32ToBF16Op::create(b, loc, part, piece);
      result = vector::InsertStridedSliceOp::create(
          b, loc, piece, result, ArrayRef<int64_t>{at}, ArrayRef<int64_t>{1});
    }
    b.replaceOp(op, result);
    return success();
  }
};
} // namespace

LogicalResult vectorizePairs(RewriterBase &rewriter, linalg::LinalgOp op,
                             Machine machine) {
  std::optional<Contraction> loops = analyzeContraction(op);
  if (!loops || !loops->pair)
    return failure();
  int64_t steps = 1;
  for (int64_t range : op.getStaticLoopRanges()) {
    if (ShapedType::isDynamic(range) || range == 0)
      return failure();
    steps *= range;
  }
  int64_t columns = op.getStaticLoopRanges()[loops->n];
  if (steps / columns / 2 *
          llvm::divideCeil(columns, machine.getVectorBits() / 32) >
      maxSteps)
    return failure();
  rewriter.setInsertionPoint(op);
  PairVectorizer(rewriter, op, *loops, machine).run();
  return success();
}

void populateRoundVectorsPatterns(RewritePatternSet &patterns,
                                  Machine machine) {
  if (machine.getHasBF16Dot())
    patterns.add<RoundVector>(patterns.getContext());
}

} // namespace dlc::cpu
