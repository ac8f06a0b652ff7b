//===- DecomposeRecurrent.cpp - Recurrent layers as scans -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Dialect/DL/IR/Recurrent.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc::dl;
using formula::TensorExpr;

namespace {

/// The columns of parts `first` up to, but not including, `last`, of `parts`
/// equal parts.
TensorExpr partsOf(TensorExpr x, int64_t first, int64_t last, int64_t parts) {
  int64_t size = x.shape().back() / parts;
  return x.slice(x.rank() - 1, first * size, last * size);
}
TensorExpr partOf(TensorExpr x, int64_t i, int64_t count) {
  return partsOf(x, i, i + 1, count);
}
/// Element `i` along the first dimension.
TensorExpr elementOf(TensorExpr x, int64_t i) {
  return x.slice(0, i, i + 1).reshape(x.shape().drop_front());
}
/// Adds a leading dimension of 1.
TensorExpr unsqueeze(TensorExpr x) {
  SmallVector<int64_t> shape(x.shape());
  shape.insert(shape.begin(), 1);
  return x.reshape(shape);
}

/// The activation functions of a layer in one direction.
class Activations {
public:
  template <typename OpT> Activations(OpT op, int64_t direction) {
    ArrayRef<StringRef> defaults = OpT::getDefaultActivations();
    size_t count = defaults.size();
    names.assign(defaults.begin(), defaults.end());
    size_t first = 0;
    if (ArrayAttr given = op.getActivationsAttr()) {
      if (given.size() == 2 * count)
        first = direction * count;
      for (size_t i = 0; i < count; ++i)
        names[i] = cast<StringAttr>(given[first + i]).getValue();
    }
    auto pick = [&](std::optional<ArrayRef<double>> values) {
      SmallVector<double> result(count, std::nan(""));
      for (size_t i = 0; values && i < count; ++i)
        result[i] = (*values)[std::min(first + i, values->size() - 1)];
      return result;
    };
    alpha = pick(op.getAlpha());
    beta = pick(op.getBeta());
    if (std::optional<APFloat> bound = op.getClip())
      clip = bound->convertToDouble();
  }

  /// Applies function `i` to x, after clipping.
  TensorExpr apply(size_t i, TensorExpr x, bool isBounded = true) const {
    if (clip && isBounded)
      x = min(max(x, -*clip), *clip);
    double a = alpha[i], c = beta[i];
    auto otherwise = [](double value, double known) {
      return std::isnan(value) ? known : value;
    };
    StringRef name = names[i];
    if (name == "affine")
      return x * otherwise(a, 1) + otherwise(c, 0);
    if (name == "scaled_tanh")
      return tanh(x * otherwise(c, 1)) * otherwise(a, 1);
    if (name == "thresholded_relu")
      return select(x > otherwise(a, 1), x, 0.0);
    if (name == "hard_sigmoid" && !(std::isnan(a) && std::isnan(c)))
      return min(max(x * otherwise(a, 1.0 / 6) + otherwise(c, 0.5), 0.0), 1.0);
    OperationState state(x.loc, ("dl." + name).str());
    state.addOperands(x.value);
    state.addTypes(x.type());
    if (!std::isnan(a))
      state.addAttribute("alpha", x.b->getF64FloatAttr(a));
    return x.with(x.b->create(state)->getResult(0));
  }

private:
  SmallVector<StringRef> names;
  SmallVector<double> alpha, beta;
  std::optional<double> clip;
};

/// The operands for one direction.
struct Part {
  Value weights, recurrent, bias;
  SmallVector<Value> states;
};

/// The next states, of which the first is the output.
using Cell = llvm::function_ref<SmallVector<Value>(
    const Activations &, const Part &, TensorExpr, ArrayRef<TensorExpr>)>;

template <typename OpT> class Decomposer {
public:
  Decomposer(OpT op, OpBuilder &b)
      : op(op), b(b), loc(op.getLoc()),
        isBoth(op.getDirection() == Direction::bidirectional) {}

  /// `initial` has one entry per state: the given initial state, or null.
  SmallVector<Value> run(ArrayRef<Value> initial, Cell cell) {
    SmallVector<SmallVector<TensorExpr>> results;
    for (int64_t d = 0; d < (isBoth ? 2 : 1); ++d) {
      bool isReverse =
          isBoth ? d == 1 : op.getDirection() == Direction::reverse;
      direction = d;
      Part part{
          one(op.getWeights()), one(op.getRecurrent()), one(op.getBias()), {}};
      for (Value state : initial)
        part.states.push_back(state ? one(state) : zeros(part.recurrent));
      Activations activations(op, d);
      auto scan = ScanOp::create(
          b, loc, part.states, op.getX(), op.getLengths(), Value(),
          op.getBatchFirst() ? 1 : 0, isReverse,
          [&](OpBuilder &inner, Location loc, ValueRange states,
              ValueRange elements) {
            SmallVector<TensorExpr> tensors;
            for (Value state : states)
              tensors.push_back({inner, loc, state});
            SmallVector<Value> next =
                cell(activations, part, {inner, loc, elements[0]}, tensors);
            YieldOp::create(inner, loc, next, next.front(), Value());
          });
      SmallVector<TensorExpr> values{{b, loc, scan.getOutputs()[0]}};
      for (Value final : scan.getFinals())
        values.push_back({b, loc, final});
      results.push_back(values);
    }
    SmallVector<Value> all;
    for (auto [i, old] : llvm::enumerate(op->getResults())) {
      TensorExpr now = results[0][i];
      if (isBoth)
        now = i == 0 ? formula::concat({now, results[1][i]}, 2)
                     : formula::concat(
                           {unsqueeze(now), unsqueeze(results[1][i])}, 0);
      if (now.type() != old.getType())
        now = now.with(tensor::CastOp::create(b, loc, old.getType(), now));
      all.push_back(now);
    }
    return all;
  }

  /// Selects the current direction of an operand; null stays null.
  Value one(Value operand) {
    return operand && isBoth ? Value(elementOf({b, loc, operand}, direction))
                             : operand;
  }

private:
  /// Zeros [B, H].
  Value zeros(Value recurrent) {
    TensorExpr x(b, loc, op.getX());
    int64_t axis = op.getBatchFirst() ? 0 : 1;
    int64_t batch = x.shape()[axis];
    SmallVector<Value> extents;
    if (ShapedType::isDynamic(batch))
      extents.push_back(x.extent(axis));
    return BroadcastOp::create(
        b, loc, x.type().clone({batch, tensorType(recurrent).getDimSize(0)}),
        x.constant(0), extents);
  }

  OpT op;
  OpBuilder &b;
  Location loc;
  bool isBoth;
  int64_t direction = 0;
};

TensorExpr product(TensorExpr x, Value weights, Value bias = {}) {
  return x.with(DenseOp::create(*x.b, x.loc, x, weights, bias));
}

/// x W + b + h U
TensorExpr sumsOf(const Part &part, TensorExpr x, TensorExpr h) {
  TensorExpr input = product(x, part.weights, part.bias);
  return input + product(h, part.recurrent);
}
} // namespace

SmallVector<Value> RnnOp::decompose(OpBuilder &b) {
  return Decomposer<RnnOp>(*this, b).run(
      {getH0()},
      [](const Activations &f, const Part &part, TensorExpr x,
         ArrayRef<TensorExpr> states) -> SmallVector<Value> {
        return {f.apply(0, sumsOf(part, x, states[0]))};
      });
}

SmallVector<Value> LstmOp::decompose(OpBuilder &b) {
  Decomposer<LstmOp> decomposer(*this, b);
  return decomposer.run(
      {getH0(), getC0()},
      [&](const Activations &f, const Part &part, TensorExpr x,
          ArrayRef<TensorExpr> states) -> SmallVector<Value> {
        TensorExpr sums = sumsOf(part, x, states[0]), cell = states[1];
        Value peephole = decomposer.one(getPeephole());
        auto gate = [&](int64_t i) { return partOf(sums, i, 4); };
        auto peep = [&](TensorExpr sum, int64_t i, TensorExpr cell) {
          return peephole ? sum + cell * partOf(x.with(peephole), i, 3) : sum;
        };
        TensorExpr i = f.apply(0, peep(gate(0), 0, cell));
        TensorExpr forget =
            getCoupled() ? 1.0 - i : f.apply(0, peep(gate(1), 1, cell));
        TensorExpr g = f.apply(1, gate(2));
        TensorExpr next = forget * cell + i * g;
        TensorExpr o = f.apply(0, peep(gate(3), 2, next));
        return {o * f.apply(2, next, /*isBounded=*/false), next};
      });
}

SmallVector<Value> GruOp::decompose(OpBuilder &b) {
  Decomposer<GruOp> decomposer(*this, b);
  return decomposer.run(
      {getH0()},
      [&](const Activations &f, const Part &part, TensorExpr x,
          ArrayRef<TensorExpr> states) -> SmallVector<Value> {
        TensorExpr h = states[0];
        Value moreBias = decomposer.one(getRecurrentBias());
        TensorExpr input = product(x, part.weights, part.bias);
        auto finish = [&](TensorExpr z, TensorExpr n) -> SmallVector<Value> {
          return {(1.0 - z) * n + z * h};
        };
        if (getLinearBeforeReset()) {
          TensorExpr state = product(h, part.recurrent, moreBias);
          auto sum = [&](int64_t i) {
            return partOf(input, i, 3) + partOf(state, i, 3);
          };
          TensorExpr z = f.apply(0, sum(0)), r = f.apply(0, sum(1));
          return finish(
              z, f.apply(1, partOf(input, 2, 3) + r * partOf(state, 2, 3)));
        }
        // The product of the candidate needs the reset gate first.
        auto some = [&](TensorExpr h, int64_t first, int64_t last) {
          return product(h, partsOf(x.with(part.recurrent), first, last, 3),
                         moreBias
                             ? Value(partsOf(x.with(moreBias), first, last, 3))
                             : Value());
        };
        TensorExpr gates = partsOf(input, 0, 2, 3) + some(h, 0, 2);
        TensorExpr z = f.apply(0, partOf(gates, 0, 2)),
                   r = f.apply(0, partOf(gates, 1, 2));
        return finish(z, f.apply(1, partOf(input, 2, 3) + some(r * h, 2, 3)));
      });
}
