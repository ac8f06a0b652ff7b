//===- EvaluateMoves.cpp - Moves and reduces known elements ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Tensor.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc::onnx_import {

using Position = SmallVector<int64_t>;

static int64_t linear(RankedTensorType type, ArrayRef<int64_t> position) {
  int64_t at = 0;
  for (auto [index, extent] : llvm::zip(position, type.getShape()))
    at = at * extent + index;
  return at;
}

static Position positionOf(RankedTensorType type, int64_t at) {
  Position position(type.getRank());
  for (int64_t d = type.getRank(); d-- > 0;) {
    position[d] = at % type.getDimSize(d);
    at /= type.getDimSize(d);
  }
  return position;
}

/// Builds a result from elements of x. `from` maps a position in the result to
/// one in x; nothing stands for `otherwise`.
static Elements
move(const Elements &x, RankedTensorType type,
     llvm::function_ref<std::optional<Position>(ArrayRef<int64_t>)> from,
     OpFoldResult otherwise = {}) {
  Elements result{
      type, x.isSplat && !otherwise && type.getNumElements() > 0, {}};
  if (result.isSplat) {
    result.values = x.values;
    return result;
  }
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    auto position = from(positionOf(type, i));
    result.values.push_back(position ? x[linear(x.type, *position)]
                                     : otherwise);
  }
  return result;
}

static Elements broadcast(const Elements &x, RankedTensorType type) {
  int64_t skipped = type.getRank() - x.type.getRank();
  return move(x, type, [&](ArrayRef<int64_t> to) {
    Position from(to.drop_front(skipped));
    for (auto [d, index] : llvm::enumerate(from))
      if (x.type.getDimSize(d) == 1)
        index = 0;
    return from;
  });
}

static Elements slice(const Elements &x, RankedTensorType type,
                      ArrayRef<int64_t> starts, ArrayRef<int64_t> steps) {
  return move(x, type, [&](ArrayRef<int64_t> to) {
    Position from;
    for (size_t d = 0; d < to.size(); ++d)
      from.push_back(starts[d] + to[d] * steps[d]);
    return from;
  });
}

static Elements slice(dl::SliceOp op, const Elements &x,
                      RankedTensorType type) {
  Position starts, steps(x.type.getRank(), 1);
  if (op.getSteps())
    steps.assign(op.getSteps()->begin(), op.getSteps()->end());
  for (auto [d, start] : llvm::enumerate(op.getStarts())) {
    int64_t extent = x.type.getDimSize(d);
    int64_t position = start >= 0        ? start
                       : start < -extent ? -1
                                         : start + extent;
    starts.push_back(steps[d] > 0
                         ? std::clamp<int64_t>(position, 0, extent)
                         : std::clamp<int64_t>(position, -1, extent - 1));
  }
  return slice(x, type, starts, steps);
}

static Elements pad(dl::PadOp op, const Elements &x, RankedTensorType type) {
  Type element = type.getElementType();
  OpFoldResult number;
  if (auto floats = dyn_cast<FloatType>(element))
    number =
        OpFoldResult(FloatAttr::get(floats, op.getValue().convertToDouble()));
  else
    number = OpFoldResult(IntegerAttr::get(
        element, APInt(element.getIntOrFloatBitWidth(),
                       uint64_t(int64_t(op.getValue().convertToDouble())),
                       /*isSigned=*/false, /*implicitTrunc=*/true)));
  return move(
      x, type,
      [&](ArrayRef<int64_t> to) -> std::optional<Position> {
        Position from;
        for (size_t d = 0; d < to.size(); ++d) {
          int64_t extent = x.type.getDimSize(d), at = to[d] - op.getLow()[d];
          bool isInside = at >= 0 && at < extent;
          if (!isInside && op.getMode() == dl::PadMode::constant)
            return std::nullopt;
          if (op.getMode() == dl::PadMode::reflect)
            at = at < 0 ? -at : at >= extent ? 2 * extent - 2 - at : at;
          else if (op.getMode() == dl::PadMode::wrap)
            at = (at + extent) % extent;
          from.push_back(std::clamp<int64_t>(at, 0, extent - 1));
        }
        return from;
      },
      op.getMode() == dl::PadMode::constant ? number : OpFoldResult());
}

static std::optional<Elements> gather(dl::GatherOp op, const Elements &x,
                                      const Elements &indices,
                                      RankedTensorType type) {
  int64_t axis = dl::wrapAxis(op.getAxis(), x.type.getRank());
  int64_t extent = x.type.getDimSize(axis), rank = indices.type.getRank();
  if (!indices.isConstant())
    return std::nullopt;
  return move(x, type, [&](ArrayRef<int64_t> to) {
    int64_t at = toInteger(
        cast<Attribute>(indices[linear(indices.type, to.slice(axis, rank))]));
    at = std::clamp<int64_t>(at < 0 ? at + extent : at, 0, extent - 1);
    Position from(to.take_front(axis));
    from.push_back(at);
    from.append(to.begin() + axis + rank, to.end());
    return from;
  });
}

/// The elements of a null operand remain unknown.
static std::optional<Elements> concat(dl::ConcatOp op,
                                      ArrayRef<const Elements *> operands,
                                      RankedTensorType type) {
  int64_t axis = dl::wrapAxis(op.getAxis(), type.getRank());
  Elements result{type, false, {}};
  result.values.resize(type.getNumElements());
  int64_t offset = 0;
  for (auto [value, operand] : llvm::zip(op.getInputs(), operands)) {
    auto part = dl::tensorType(value);
    for (int64_t i = 0; operand && i < operand->count(); ++i) {
      Position to = positionOf(part, i);
      to[axis] += offset;
      result.values[linear(type, to)] = (*operand)[i];
    }
    offset += part.getDimSize(axis);
  }
  return result;
}

static Elements iota(dl::IotaOp op, RankedTensorType type) {
  Type element = type.getElementType();
  Elements result{type, false, {}};
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    int64_t at = positionOf(type, i)[op.getAxis()];
    Attribute number;
    if (auto floats = dyn_cast<FloatType>(element))
      number = FloatAttr::get(floats, double(at));
    else
      number = IntegerAttr::get(
          element, APInt(element.getIntOrFloatBitWidth(), uint64_t(at),
                         /*isSigned=*/false, /*implicitTrunc=*/true));
    result.values.push_back(number);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// Combines two numbers or extents; null if the result is unknown.
using Combine = llvm::function_ref<OpFoldResult(OpFoldResult, OpFoldResult)>;

/// Combines elements with a scalar element-wise op, which it owns.
namespace {
class Combiner {
public:
  Combiner(Graph &g, OperationName name, Type element) : g(g) {
    auto type = RankedTensorType::get({}, element);
    Location loc = g.loc;
    OperationState state(loc, name);
    state.addOperands(
        {block.addArgument(type, loc), block.addArgument(type, loc)});
    state.addTypes(type);
    OpBuilder b(g.b.getContext());
    b.setInsertionPointToEnd(&block);
    op = b.create(state);
    program = std::make_unique<ScalarProgram>(op);
  }
  OpFoldResult operator()(OpFoldResult a, OpFoldResult c) {
    if (!a || !c)
      return {};
    auto x = dyn_cast<Attribute>(a), y = dyn_cast<Attribute>(c);
    if (!x || !y)
      return evaluateExtents(g, op, {a, c});
    Attribute result = program->run({x, y});
    return result ? OpFoldResult(result) : OpFoldResult();
  }

private:
  Graph &g;
  Block block;
  Operation *op;
  std::unique_ptr<ScalarProgram> program;
};
} // namespace

static OperationName nameOf(MLIRContext *context, StringRef name) {
  return OperationName(name, context);
}

/// Returns the binary op with which a reduction combines elements.
static std::optional<StringRef> combining(Operation *op) {
  if (isa<dl::ReduceSumOp, dl::ReduceMeanOp>(op))
    return dl::AddOp::getOperationName();
  if (isa<dl::ReduceProdOp>(op))
    return dl::MulOp::getOperationName();
  if (isa<dl::ReduceMaxOp>(op))
    return dl::MaximumOp::getOperationName();
  if (isa<dl::ReduceMinOp>(op))
    return dl::MinimumOp::getOperationName();
  if (auto cumulative = dyn_cast<dl::CumulativeOp>(op))
    return cumulative.getKind() == dl::CumulativeKind::sum
               ? dl::AddOp::getOperationName()
               : dl::MulOp::getOperationName();
  return std::nullopt;
}

static std::optional<Elements>
reduce(Graph &g, Operation *op, const Elements &x, RankedTensorType type) {
  int64_t rank = x.type.getRank();
  Type element = type.getElementType();
  SmallVector<bool> isReduced(rank, true);
  if (auto axes = op->getAttrOfType<DenseI64ArrayAttr>("axes")) {
    isReduced.assign(rank, false);
    for (int64_t axis : axes.asArrayRef())
      isReduced[dl::wrapAxis(axis, rank)] = true;
  }
  bool keeps = op->hasAttr("keep_dims"), isMean = isa<dl::ReduceMeanOp>(op);
  // Of no elements the result is the neutral element, and the mean of integers
  // is rounded: both are left to the op itself.
  if (x.count() == 0 || (isMean && !isa<FloatType>(element)))
    return std::nullopt;
  // Narrow types would round or wrap after each step; the op does so once.
  bool isWide = element.isF32() || element.isF64() ||
                element.isSignlessInteger(32) || element.isSignlessInteger(64);
  if (!isWide)
    return std::nullopt;
  Combiner combine(g, nameOf(g.b.getContext(), *combining(op)), element);
  Elements result{type, false, {}};
  result.values.resize(type.getNumElements());
  SmallVector<bool> isFirst(type.getNumElements(), true);
  for (int64_t i = 0; i < x.count(); ++i) {
    Position to;
    Position from = positionOf(x.type, i);
    for (int64_t d = 0; d < rank; ++d)
      if (!isReduced[d])
        to.push_back(from[d]);
      else if (keeps)
        to.push_back(0);
    int64_t at = linear(type, to);
    result.values[at] = isFirst[at] ? x[i] : combine(result.values[at], x[i]);
    isFirst[at] = false;
  }
  if (isMean) {
    int64_t each = x.count() / std::max<int64_t>(type.getNumElements(), 1);
    auto divisor = OpFoldResult(FloatAttr::get(element, double(each)));
    Combiner divide(g, nameOf(g.b.getContext(), dl::DivOp::getOperationName()),
                    element);
    for (OpFoldResult &value : result.values)
      value = divide(value, divisor);
  }
  return result;
}

static std::optional<Elements> cumulate(Graph &g, dl::CumulativeOp op,
                                        const Elements &x,
                                        RankedTensorType type) {
  Type element = type.getElementType();
  int64_t axis = dl::wrapAxis(op.getAxis(), type.getRank());
  if (!element.isF32() && !element.isF64() && !element.isSignlessInteger(32) &&
      !element.isSignlessInteger(64))
    return std::nullopt;
  Combiner combine(g, nameOf(g.b.getContext(), *combining(op)), element);
  double neutral = op.getKind() == dl::CumulativeKind::sum ? 0 : 1;
  auto first = isa<FloatType>(element)
                   ? Attribute(FloatAttr::get(element, neutral))
                   : Attribute(IntegerAttr::get(element, int64_t(neutral)));
  Elements result{type, false, {}};
  result.values.resize(type.getNumElements());
  int64_t extent = type.getDimSize(axis);
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    Position position = positionOf(type, i);
    if (position[axis] != 0)
      continue; // visit each line along the axis once
    OpFoldResult sum = first;
    for (int64_t step = 0; step < extent; ++step) {
      position[axis] = op.getReverse() ? extent - 1 - step : step;
      int64_t at = linear(type, position);
      OpFoldResult next = step == 0 ? x[at] : combine(sum, x[at]);
      result.values[at] = op.getExclusive() ? sum : next;
      sum = next;
    }
  }
  return result;
}

/// Compares a to b: negative, 0 or positive; nothing for NaN or extents.
static std::optional<int> order(OpFoldResult a, OpFoldResult b) {
  auto x = a ? dyn_cast<Attribute>(a) : Attribute(),
       y = b ? dyn_cast<Attribute>(b) : Attribute();
  if (!x || !y)
    return std::nullopt;
  if (auto f = dyn_cast<FloatAttr>(x)) {
    APFloat::cmpResult result =
        f.getValue().compare(cast<FloatAttr>(y).getValue());
    if (result == APFloat::cmpUnordered)
      return std::nullopt;
    return result == APFloat::cmpLessThan ? -1
           : result == APFloat::cmpEqual  ? 0
                                          : 1;
  }
  if (x == y)
    return 0;
  bool isLess = cast<IntegerAttr>(x).getType().isUnsignedInteger()
                    ? uint64_t(toInteger(x)) < uint64_t(toInteger(y))
                    : toInteger(x) < toInteger(y);
  return isLess ? -1 : 1;
}

static std::optional<Elements> argument(Operation *op, const Elements &x,
                                        RankedTensorType type, int64_t axis,
                                        bool isMax) {
  Elements result{type, false, {}};
  axis = dl::wrapAxis(axis, x.type.getRank());
  int64_t extent = x.type.getDimSize(axis);
  if (extent == 0)
    return std::nullopt;
  for (int64_t i = 0; i < x.count(); ++i) {
    Position position = positionOf(x.type, i);
    if (position[axis] != 0)
      continue; // kept dimensions are visited in the same order
    int64_t best = 0;
    OpFoldResult value = x[i];
    for (int64_t at = 1; at < extent; ++at) {
      position[axis] = at;
      OpFoldResult other = x[linear(x.type, position)];
      auto sign = order(other, value);
      if (!sign)
        return std::nullopt;
      if (isMax ? *sign > 0 : *sign < 0) {
        best = at;
        value = other;
      }
    }
    result.values.push_back(
        OpFoldResult(Attribute(IntegerAttr::get(type.getElementType(), best))));
  }
  return result;
}

static std::optional<Elements> nonzero(const Elements &x) {
  if (!x.isConstant())
    return std::nullopt;
  SmallVector<Position> positions;
  for (int64_t i = 0; i < x.count(); ++i)
    if (toInteger(cast<Attribute>(x[i])))
      positions.push_back(positionOf(x.type, i));
  Type i64 = IntegerType::get(x.type.getContext(), 64);
  Elements result{
      RankedTensorType::get({x.type.getRank(), int64_t(positions.size())}, i64),
      false,
      {}};
  for (int64_t d = 0; d < x.type.getRank(); ++d)
    for (const Position &position : positions)
      result.values.push_back(
          OpFoldResult(Attribute(IntegerAttr::get(i64, position[d]))));
  return result;
}

static std::optional<Elements> scatter(Graph &g, dl::ScatterOp op,
                                       const Elements &x,
                                       const Elements &indices,
                                       const Elements &updates) {
  // Kinds that combine values are rare in shape computations.
  if (op.getKind() != dl::ScatterKind::replace || !indices.isConstant() ||
      x.count() == 0)
    return std::nullopt;
  Elements result{x.type, false, {}};
  for (int64_t i = 0; i < x.count(); ++i)
    result.values.push_back(x[i]);
  int64_t rows = x.type.getDimSize(0), row = x.count() / rows;
  for (int64_t i = 0; i < indices.count(); ++i) {
    int64_t at = toInteger(cast<Attribute>(indices[i]));
    at = std::clamp<int64_t>(at < 0 ? at + rows : at, 0, rows - 1);
    for (int64_t j = 0; j < row; ++j)
      result.values[at * row + j] = updates[i * row + j];
  }
  return result;
}

/// Returns the values and indices of the k best elements, in order.
static std::optional<SmallVector<Elements>> topK(dl::TopKOp op,
                                                 const Elements &x) {
  auto values = op.getValues().getType(), indices = op.getIndices().getType();
  if (!values.hasStaticShape())
    return std::nullopt;
  int64_t extent = x.type.getShape().back(), k = values.getShape().back();
  Elements best{values, false, {}}, positions{indices, false, {}};
  for (int64_t row = 0; extent && row < x.count() / extent; ++row) {
    SmallVector<int64_t> at = upTo(extent);
    bool isKnown = true;
    llvm::sort(at, [&](int64_t a, int64_t b) {
      auto sign = order(x[row * extent + a], x[row * extent + b]);
      isKnown &= sign.has_value();
      return sign && *sign != 0 ? (*sign < 0) == op.getSmallest() : a < b;
    });
    if (!isKnown && extent > 1)
      return std::nullopt;
    for (int64_t i = 0; i < k; ++i) {
      best.values.push_back(x[row * extent + at[i]]);
      positions.values.push_back(OpFoldResult(
          Attribute(IntegerAttr::get(indices.getElementType(), at[i]))));
    }
  }
  return SmallVector<Elements>{best, positions};
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

std::optional<SmallVector<Elements>>
evaluateMove(Graph &g, Operation *op, ArrayRef<const Elements *> operands) {
  auto one = [](std::optional<Elements> result) {
    return result ? std::optional(SmallVector<Elements>{std::move(*result)})
                  : std::nullopt;
  };
  if (isa<dl::NonzeroOp>(op))
    return one(nonzero(*operands[0]));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  for (Type result : op->getResultTypes())
    if (!cast<RankedTensorType>(result).hasStaticShape())
      return std::nullopt;
  if (auto iotaOp = dyn_cast<dl::IotaOp>(op))
    return one(iota(iotaOp, type));
  if (auto concatOp = dyn_cast<dl::ConcatOp>(op))
    return one(concat(concatOp, operands, type));
  if (operands.empty())
    return std::nullopt;
  const Elements &x = *operands[0];
  if (isa<dl::ReshapeOp, dl::FlattenOp, tensor::CastOp>(op))
    return one(Elements{type, x.isSplat, x.values});
  if (isa<dl::BroadcastOp>(op))
    return one(broadcast(x, type));
  if (auto transpose = dyn_cast<dl::TransposeOp>(op))
    return one(move(x, type, [&](ArrayRef<int64_t> to) {
      Position from(to.size());
      for (auto [k, d] : llvm::enumerate(transpose.getPermutation()))
        from[d] = to[k];
      return from;
    }));
  if (auto sliceOp = dyn_cast<dl::SliceOp>(op))
    return one(slice(sliceOp, x, type));
  if (auto split = dyn_cast<dl::SplitOp>(op)) {
    int64_t axis = dl::wrapAxis(split.getAxis(), type.getRank());
    Position starts(type.getRank(), 0), steps(type.getRank(), 1);
    SmallVector<Elements> parts;
    for (auto [part, size] : llvm::zip(split.getParts(), split.getSizes())) {
      parts.push_back(slice(x, dl::tensorType(part), starts, steps));
      starts[axis] += size;
    }
    return parts;
  }
  if (auto padOp = dyn_cast<dl::PadOp>(op))
    return one(pad(padOp, x, type));
  if (auto gatherOp = dyn_cast<dl::GatherOp>(op))
    return one(gather(gatherOp, x, *operands[1], type));
  if (isa<dl::ReduceSumOp, dl::ReduceMeanOp, dl::ReduceProdOp, dl::ReduceMaxOp,
          dl::ReduceMinOp>(op))
    return one(reduce(g, op, x, type));
  if (auto cumulative = dyn_cast<dl::CumulativeOp>(op))
    return one(cumulate(g, cumulative, x, type));
  if (auto max = dyn_cast<dl::ArgMaxOp>(op))
    return one(argument(op, x, type, max.getAxis(), /*isMax=*/true));
  if (auto min = dyn_cast<dl::ArgMinOp>(op))
    return one(argument(op, x, type, min.getAxis(), /*isMax=*/false));
  if (auto scatterOp = dyn_cast<dl::ScatterOp>(op))
    return one(scatter(g, scatterOp, x, *operands[1], *operands[2]));
  if (auto top = dyn_cast<dl::TopKOp>(op))
    return topK(top, x);
  return std::nullopt;
}

} // namespace dlc::onnx_import
