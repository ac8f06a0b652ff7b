//===- DecomposeRecurrent.cpp - Recurrent layers as scans -----------------===//

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Recurrent.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_DECOMPOSERECURRENT
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

/// Arithmetic on tensors at one place.
struct Maker {
  OpBuilder &b;
  Location loc;

  Value constant(Type element, double number) {
    auto type = RankedTensorType::get({}, element);
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(
            type, cast<FloatAttr>(b.getFloatAttr(element, number)).getValue()));
  }
  Value constant(Value like, double number) {
    return constant(getElementTypeOrSelf(like), number);
  }
  Value add(Value x, Value y) { return AddOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return SubOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return MulOp::create(b, loc, x, y); }
  Value min(Value x, Value y) { return MinimumOp::create(b, loc, x, y); }
  Value max(Value x, Value y) { return MaximumOp::create(b, loc, x, y); }

  /// Columns from the part `first` to before the part `last` of `parts` equal
  /// ones.
  Value parts(Value x, int64_t first, int64_t last, int64_t parts) {
    auto type = tensorType(x);
    int64_t size = type.getShape().back() / parts;
    return SliceOp::create(b, loc, x, type.getRank() - 1, first * size,
                           last * size);
  }
  Value part(Value x, int64_t i, int64_t count) {
    return parts(x, i, i + 1, count);
  }
  /// Element `i` of the first dimension.
  Value element(Value x, int64_t i) {
    return reshape(SliceOp::create(b, loc, x, 0, i, i + 1),
                   tensorType(x).getShape().drop_front());
  }
  Value reshape(Value x, ArrayRef<int64_t> shape) {
    auto type = tensorType(x).clone(shape);
    SmallVector<Value> extents;
    // Only a batch is unknown, and one unknown extent follows.
    return ReshapeOp::create(b, loc, type, x, extents);
  }
  /// A leading dimension of 1.
  Value unsqueeze(Value x) {
    SmallVector<int64_t> shape(tensorType(x).getShape());
    shape.insert(shape.begin(), 1);
    return reshape(x, shape);
  }
  Value concat(ValueRange values, int64_t axis) {
    return ConcatOp::create(b, loc, values, b.getI64IntegerAttr(axis));
  }
};

/// The functions that a layer applies in one direction.
class Activations {
public:
  template <typename OpT> Activations(OpT op, int64_t direction) {
    ArrayRef<StringRef> defaults = OpT::getDefaultActivations();
    size_t places = defaults.size();
    names.assign(defaults.begin(), defaults.end());
    size_t first = 0;
    if (ArrayAttr given = op.getActivationsAttr()) {
      if (given.size() == 2 * places)
        first = direction * places;
      for (size_t i = 0; i < places; ++i)
        names[i] = cast<StringAttr>(given[first + i]).getValue();
    }
    auto pick = [&](std::optional<ArrayRef<double>> values) {
      SmallVector<double> result(places, std::nan(""));
      for (size_t i = 0; values && i < places; ++i)
        result[i] = (*values)[std::min(first + i, values->size() - 1)];
      return result;
    };
    alpha = pick(op.getAlpha());
    beta = pick(op.getBeta());
    if (std::optional<APFloat> bound = op.getClip())
      clip = bound->convertToDouble();
  }

  /// Function `i` of x, bounded first.
  Value apply(Maker m, size_t i, Value x, bool isBounded = true) const {
    if (clip && isBounded)
      x = m.min(m.max(x, m.constant(x, -*clip)), m.constant(x, *clip));
    double a = alpha[i], c = beta[i];
    auto otherwise = [](double value, double known) {
      return std::isnan(value) ? known : value;
    };
    StringRef name = names[i];
    if (name == "affine")
      return m.add(m.mul(x, m.constant(x, otherwise(a, 1))),
                   m.constant(x, otherwise(c, 0)));
    if (name == "scaled_tanh")
      return m.mul(
          TanhOp::create(m.b, m.loc, m.mul(x, m.constant(x, otherwise(c, 1)))),
          m.constant(x, otherwise(a, 1)));
    if (name == "thresholded_relu") {
      Value isAbove =
          GreaterOp::create(m.b, m.loc, x, m.constant(x, otherwise(a, 1)));
      return SelectOp::create(m.b, m.loc, isAbove, x, m.constant(x, 0));
    }
    if (name == "hard_sigmoid" && !(std::isnan(a) && std::isnan(c))) {
      Value line = m.add(m.mul(x, m.constant(x, otherwise(a, 1.0 / 6))),
                         m.constant(x, otherwise(c, 0.5)));
      return m.min(m.max(line, m.constant(x, 0)), m.constant(x, 1));
    }
    OperationState state(m.loc, ("dl." + name).str());
    state.addOperands(x);
    state.addTypes(x.getType());
    if (!std::isnan(a))
      state.addAttribute("alpha", m.b.getF64FloatAttr(a));
    return m.b.create(state)->getResult(0);
  }

private:
  SmallVector<StringRef> names;
  SmallVector<double> alpha, beta;
  std::optional<double> clip;
};

/// The operands of one direction.
struct Part {
  Value weights, recurrent, bias;
  SmallVector<Value> states;
};

/// Next states, the first of which is the output.
using Cell = llvm::function_ref<SmallVector<Value>(
    Maker, const Activations &, const Part &, Value, ValueRange)>;

template <typename OpT> class Decomposer {
public:
  Decomposer(OpT op, OpBuilder &b)
      : op(op), m{b, op.getLoc()},
        isBoth(op.getDirection() == Direction::bidirectional) {}

  /// `initial` holds the first states given or null, one for each state.
  void run(ArrayRef<Value> initial, Cell cell) {
    SmallVector<SmallVector<Value>> results;
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
          m.b, m.loc, part.states, op.getX(), op.getLengths(), Value(),
          op.getBatchFirst() ? 1 : 0, isReverse,
          [&](OpBuilder &b, Location loc, ValueRange states,
              ValueRange elements) {
            SmallVector<Value> next =
                cell({b, loc}, activations, part, elements[0], states);
            YieldOp::create(b, loc, next, next.front(), Value());
          });
      SmallVector<Value> values{scan.getOutputs()[0]};
      llvm::append_range(values, scan.getFinals());
      results.push_back(values);
    }
    for (auto [i, old] : llvm::enumerate(op->getResults())) {
      Value now = results[0][i];
      if (isBoth)
        now = i == 0
                  ? m.concat({now, results[1][i]}, 2)
                  : m.concat({m.unsqueeze(now), m.unsqueeze(results[1][i])}, 0);
      if (now.getType() != old.getType())
        now = tensor::CastOp::create(m.b, m.loc, old.getType(), now);
      old.replaceAllUsesWith(now);
    }
    op->erase();
  }

  /// An operand of the direction at hand; null stays null.
  Value one(Value operand) {
    return operand && isBoth ? m.element(operand, direction) : operand;
  }

private:
  /// [B, H] of zeros.
  Value zeros(Value recurrent) {
    auto x = tensorType(op.getX());
    int64_t axis = op.getBatchFirst() ? 0 : 1;
    int64_t batch = x.getDimSize(axis);
    SmallVector<Value> extents;
    if (ShapedType::isDynamic(batch))
      extents.push_back(tensor::DimOp::create(m.b, m.loc, op.getX(), axis));
    return BroadcastOp::create(
        m.b, m.loc, x.clone({batch, tensorType(recurrent).getDimSize(0)}),
        m.constant(op.getX(), 0), extents);
  }

  OpT op;
  Maker m;
  bool isBoth;
  int64_t direction = 0;
};

/// x W + b + h U
Value sumsOf(Maker m, const Part &part, Value x, Value h) {
  Value input = DenseOp::create(m.b, m.loc, x, part.weights, part.bias);
  Value state = DenseOp::create(m.b, m.loc, h, part.recurrent, Value());
  return m.add(input, state);
}

void decompose(RnnOp op) {
  OpBuilder b(op);
  Decomposer<RnnOp>(op, b).run(
      {op.getH0()},
      [](Maker m, const Activations &f, const Part &part, Value x,
         ValueRange states) -> SmallVector<Value> {
        return {f.apply(m, 0, sumsOf(m, part, x, states[0]))};
      });
}

void decompose(LstmOp op) {
  OpBuilder b(op);
  Decomposer<LstmOp> decomposer(op, b);
  decomposer.run(
      {op.getH0(), op.getC0()},
      [&](Maker m, const Activations &f, const Part &part, Value x,
          ValueRange states) -> SmallVector<Value> {
        Value sums = sumsOf(m, part, x, states[0]), cell = states[1];
        Value peephole = decomposer.one(op.getPeephole());
        auto gate = [&](int64_t i) { return m.part(sums, i, 4); };
        auto peep = [&](Value sum, int64_t i, Value cell) {
          return peephole ? m.add(sum, m.mul(cell, m.part(peephole, i, 3)))
                          : sum;
        };
        Value i = f.apply(m, 0, peep(gate(0), 0, cell));
        Value forget = op.getCoupled() ? m.sub(m.constant(i, 1), i)
                                       : f.apply(m, 0, peep(gate(1), 1, cell));
        Value g = f.apply(m, 1, gate(2));
        Value next = m.add(m.mul(forget, cell), m.mul(i, g));
        Value o = f.apply(m, 0, peep(gate(3), 2, next));
        return {m.mul(o, f.apply(m, 2, next, /*isBounded=*/false)), next};
      });
}

void decompose(GruOp op) {
  OpBuilder b(op);
  Decomposer<GruOp> decomposer(op, b);
  decomposer.run(
      {op.getH0()},
      [&](Maker m, const Activations &f, const Part &part, Value x,
          ValueRange states) -> SmallVector<Value> {
        Value h = states[0], moreBias = decomposer.one(op.getRecurrentBias());
        Value input = DenseOp::create(m.b, m.loc, x, part.weights, part.bias);
        Value z, r, n;
        if (op.getLinearBeforeReset()) {
          Value state =
              DenseOp::create(m.b, m.loc, h, part.recurrent, moreBias);
          auto sum = [&](int64_t i) {
            return m.add(m.part(input, i, 3), m.part(state, i, 3));
          };
          z = f.apply(m, 0, sum(0));
          r = f.apply(m, 0, sum(1));
          n = f.apply(
              m, 1, m.add(m.part(input, 2, 3), m.mul(r, m.part(state, 2, 3))));
        } else {
          // The candidate's product needs the reset gate first.
          auto product = [&](Value h, int64_t first, int64_t last) {
            return DenseOp::create(
                       m.b, m.loc, h, m.parts(part.recurrent, first, last, 3),
                       moreBias ? m.parts(moreBias, first, last, 3) : Value())
                .getResult();
          };
          Value gates = m.add(m.parts(input, 0, 2, 3), product(h, 0, 2));
          z = f.apply(m, 0, m.part(gates, 0, 2));
          r = f.apply(m, 0, m.part(gates, 1, 2));
          n = f.apply(m, 1,
                      m.add(m.part(input, 2, 3), product(m.mul(r, h), 2, 3)));
        }
        return {m.add(m.mul(m.sub(m.constant(z, 1), z), n), m.mul(z, h))};
      });
}

struct DecomposeRecurrent
    : dlc::impl::DecomposeRecurrentBase<DecomposeRecurrent> {
  void runOnOperation() override {
    SmallVector<Operation *> layers;
    getOperation()->walk([&](Operation *op) {
      if (isa<RnnOp, LstmOp, GruOp>(op))
        layers.push_back(op);
    });
    for (Operation *op : layers)
      llvm::TypeSwitch<Operation *>(op).Case<RnnOp, LstmOp, GruOp>(
          [](auto layer) { decompose(layer); });
  }
};
} // namespace
