//===- Recurrent.cpp - RNN, LSTM, GRU -------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/Recurrent.h"
#include "Rules.h"

using namespace mlir;

namespace dlc::onnx_import {

namespace {

/// One of the three recurrent operators. With D directions, weights are
/// [D, gates H, K] and [D, gates H, H]; biases are [D, 2 gates H], with those
/// of input and state side by side.
class Layer {
public:
  /// `order` is the index of the operator's gate for each gate of dl.
  Layer(Node &n, Ints order) : n(n), g(n.g), order(std::move(order)) {
    gates = this->order.size();
    std::string name = n.string("direction", "forward");
    auto symbol = dl::symbolizeDirection(name);
    if (!symbol) {
      n.fail("direction '" + name +
             "', expected forward, reverse or bidirectional");
      return;
    }
    direction = *symbol;
    directions = direction == dl::Direction::bidirectional ? 2 : 1;
    isBatchFirst = n.integer("layout", 0) != 0;
    TensorValue x = n.in(0), w = n.in(1), r = n.in(2);
    if (g.failed)
      return;
    hidden = r.rank() == 3 ? r.dim(2) : ShapedType::kDynamic;
    if (ShapedType::isDynamic(hidden))
      hidden = n.integer("hidden_size", hidden);
    if (ShapedType::isDynamic(hidden) && r.rank() == 3 && w.rank() == 3)
      if (int64_t rows = dl::known(r.dim(1), w.dim(1)); rows >= 0)
        hidden = rows / gates;
    if (x.rank() != 3 || w.rank() != 3 || r.rank() != 3 ||
        !dl::mayEqual(r.dim(0), directions) ||
        !dl::mayEqual(w.dim(0), directions) || hidden < 0 ||
        hidden > dl::maxElements || !dl::mayEqual(r.dim(1), gates * hidden) ||
        !dl::mayEqual(w.dim(1), gates * hidden)) {
      n.fail("its operands X, W and R have shapes " + dl::toString(x.shape()) +
             ", " + dl::toString(w.shape()) + " and " +
             dl::toString(r.shape()) + ", expected [T, B, K], [" +
             Twine(directions) + ", " + Twine(gates) + " H, K] and [" +
             Twine(directions) + ", " + Twine(gates) + " H, H]");
      return;
    }
    // A batch size known from one operand holds for all.
    batch = n.in(0).dim(batchAxis());
    for (size_t i : {4, 5, 6})
      if (n.has(i))
        batch = dl::known(batch, n.in(i).dim(i == 4 ? 0 : batchAxis()));
    if (int64_t size = n.integer("hidden_size", hidden); size != hidden)
      n.fail("hidden_size is " + Twine(size) + ", its operand R of shape " +
             dl::toString(r.shape()) + " has " + Twine(hidden));
  }

  int64_t batchAxis() const { return isBatchFirst ? 0 : 1; }
  TensorValue withBatch(TensorValue x, int64_t axis) {
    Ints extents(x.rank(), ShapedType::kDynamic);
    if (axis < x.rank())
      extents[axis] = batch;
    return g.refine(x, extents,
                    "the batch of an operand is not that of the others");
  }
  TensorValue input() { return withBatch(n.in(0), batchAxis()); }

  /// Returns weights, biases or peepholes, with extents that their types lack
  /// refined from the other operands.
  TensorValue parameter(size_t i) {
    TensorValue x = n.in(i);
    Ints extents{directions, i == 7 ? 3 * hidden : gates * hidden};
    if (i == 3)
      extents[1] *= 2;
    else if (i != 7)
      extents.push_back(i == 1 ? n.in(0).dim(2) : hidden);
    bool fits = x.rank() == int64_t(extents.size());
    for (size_t d = 0; fits && d < extents.size(); ++d)
      fits = dl::mayEqual(x.dim(d), extents[d]);
    std::string operand = "operand " + std::to_string(i);
    if (!fits)
      return g.fail("its " + operand + " has shape " + dl::toString(x.shape()) +
                    ", expected " + dl::toString(extents));
    return g.refine(x, extents,
                    operand + " has not the shape " + dl::toString(extents));
  }

  /// Returns [D, ...] in dl's form, which omits D if there is one direction.
  TensorValue lead(TensorValue x) {
    return directions == 1 ? g.squeeze(x, {0}) : x;
  }

  /// Reorders the gates in dimension `axis` to dl's order.
  TensorValue reorder(TensorValue x, int64_t axis, ArrayRef<int64_t> order) {
    if (llvm::is_sorted(order))
      return x;
    SmallVector<TensorValue> parts;
    for (int64_t gate : order)
      parts.push_back(
          g.slice(x, axis, g.index(gate * hidden), g.index(hidden)));
    return g.concat(parts, axis);
  }

  /// Returns [D, gates H, K] as [D, K, gates H].
  TensorValue weights(size_t i) {
    return lead(reorder(g.transpose(parameter(i), {0, 2, 1}), 2, order));
  }

  /// Returns half 0 or 1 of the biases.
  TensorValue bias(int64_t half) {
    TensorValue part = g.slice(parameter(3), 1, g.index(half * gates * hidden),
                               g.index(gates * hidden));
    return lead(reorder(part, 1, order));
  }

  /// Returns initial states, whose batch comes first with `layout`.
  TensorValue state(size_t i) {
    TensorValue x = withBatch(n.in(i), batchAxis());
    if (isBatchFirst)
      x = g.transpose(x, {1, 0, 2});
    return lead(x);
  }

  /// Returns the layer's attributes; `defaults` are the operator's activations.
  SmallVector<NamedAttribute> attributes(ArrayRef<StringRef> defaults) {
    static const std::pair<StringRef, StringRef> names[] = {
        {"Affine", "affine"},
        {"Elu", "elu"},
        {"HardSigmoid", "hard_sigmoid"},
        {"LeakyRelu", "leaky_relu"},
        {"Relu", "relu"},
        {"ScaledTanh", "scaled_tanh"},
        {"Sigmoid", "sigmoid"},
        {"Softplus", "softplus"},
        {"Softsign", "softsign"},
        {"Tanh", "tanh"},
        {"ThresholdedRelu", "thresholded_relu"}};
    OpBuilder &b = g.b;
    SmallVector<NamedAttribute> result{b.getNamedAttr(
        "direction", dl::DirectionAttr::get(b.getContext(), direction))};
    if (isBatchFirst)
      result.push_back(g.flag("batch_first"));
    if (double clip = n.real("clip", 0); clip > 0)
      result.push_back(g.attr("clip", clip));
    auto given = n.strings("activations");
    if (!given)
      return result;
    // Each activation consumes as many parameters as it takes.
    auto alphas = n.reals("activation_alpha"),
         betas = n.reals("activation_beta");
    size_t nextAlpha = 0, nextBeta = 0;
    SmallVector<Attribute> functions;
    SmallVector<double> alpha, beta;
    for (const std::string &name : *given) {
      auto *known = llvm::find_if(names, [&](auto &entry) {
        return entry.first.equals_insensitive(name);
      });
      if (known == std::end(names)) {
        n.fail("activation '" + name + "' is not known");
        return result;
      }
      functions.push_back(b.getStringAttr(known->second));
      unsigned count =
          dl::countParameters(b.getContext(), known->second).value_or(0);
      bool isHard = known->second == "hard_sigmoid";
      double a = isHard ? 0.2 : std::nan(""), c = isHard ? 0.5 : std::nan("");
      if (count > 0 && alphas && nextAlpha < alphas->size())
        a = (*alphas)[nextAlpha++];
      if (count > 1 && betas && nextBeta < betas->size())
        c = (*betas)[nextBeta++];
      alpha.push_back(a);
      beta.push_back(c);
    }
    if (functions.size() != defaults.size() * directions) {
      n.fail("it has " + Twine(functions.size()) + " activations, expected " +
             Twine(defaults.size() * directions));
      return result;
    }
    result.push_back(b.getNamedAttr("activations", b.getArrayAttr(functions)));
    result.push_back(b.getNamedAttr("alpha", b.getDenseF64ArrayAttr(alpha)));
    result.push_back(b.getNamedAttr("beta", b.getDenseF64ArrayAttr(beta)));
    return result;
  }

  /// Builds the op; operands may be empty. Yields Y, Y_h and Y_c.
  template <typename OpT>
  void build(ArrayRef<TensorValue> operands,
             SmallVector<NamedAttribute> attributes) {
    if (g.failed)
      return;
    SmallVector<Value> values;
    SmallVector<int32_t> segments;
    for (const TensorValue &operand : operands) {
      segments.push_back(operand ? 1 : 0);
      if (operand)
        values.push_back(operand.value);
    }
    attributes.push_back(g.b.getNamedAttr("operandSegmentSizes",
                                          g.b.getDenseI32ArrayAttr(segments)));
    SmallVector<TensorValue> results = g.ops<OpT>(values, attributes);
    if (results.empty())
      return;
    // [T, B, D H] as [T, D, B, H], or as [B, T, D, H] if the batch comes first.
    Extents shape = g.dims(results[0]);
    shape.pop_back();
    shape.append({g.index(directions), g.index(hidden)});
    TensorValue y = g.reshape(results[0], shape);
    n.yield(0, isBatchFirst ? y : g.transpose(y, {0, 2, 1, 3}));
    for (size_t i = 1; i < results.size(); ++i) {
      TensorValue last = results[i];
      if (directions == 1)
        last = g.unsqueeze(last, {0});
      n.yield(i, isBatchFirst ? g.transpose(last, {1, 0, 2}) : last);
    }
  }

  TensorValue lengths() {
    return n.has(4) ? withBatch(n.in(4), 0) : TensorValue();
  }

  Node &n;
  Graph &g;
  Ints order;
  int64_t gates = 0, hidden = 0, directions = 1, batch = 0;
  dl::Direction direction = dl::Direction::forward;
  bool isBatchFirst = false;
};
} // namespace

void importRNN(Node &n) {
  Layer layer(n, {0});
  if (n.g.failed)
    return;
  TensorValue bias, h0;
  if (n.has(3))
    bias = layer.bias(0) + layer.bias(1);
  if (n.has(5))
    h0 = layer.state(5);
  layer.build<dl::RnnOp>({layer.input(), layer.weights(1), layer.weights(2),
                          bias, h0, layer.lengths()},
                         layer.attributes(dl::RnnOp::getDefaultActivations()));
}

void importLSTM(Node &n) {
  // The operator's gates are input, output, forget and candidate.
  Layer layer(n, {0, 2, 3, 1});
  if (n.g.failed)
    return;
  TensorValue bias, h0, c0, peephole;
  if (n.has(3))
    bias = layer.bias(0) + layer.bias(1);
  if (n.has(5))
    h0 = layer.state(5);
  if (n.has(6))
    c0 = layer.state(6);
  if (n.has(7))
    peephole = layer.lead(layer.reorder(layer.parameter(7), 1, {0, 2, 1}));
  SmallVector<NamedAttribute> attributes =
      layer.attributes(dl::LstmOp::getDefaultActivations());
  if (n.integer("input_forget", 0))
    attributes.push_back(n.g.flag("coupled"));
  layer.build<dl::LstmOp>({layer.input(), layer.weights(1), layer.weights(2),
                           bias, h0, c0, peephole, layer.lengths()},
                          attributes);
}

void importGRU(Node &n) {
  Layer layer(n, {0, 1, 2});
  if (n.g.failed)
    return;
  TensorValue bias, recurrentBias, h0;
  if (n.has(3)) {
    bias = layer.bias(0);
    recurrentBias = layer.bias(1);
  }
  if (n.has(5))
    h0 = layer.state(5);
  SmallVector<NamedAttribute> attributes =
      layer.attributes(dl::GruOp::getDefaultActivations());
  if (n.integer("linear_before_reset", 0))
    attributes.push_back(n.g.flag("linear_before_reset"));
  layer.build<dl::GruOp>({layer.input(), layer.weights(1), layer.weights(2),
                          bias, recurrentBias, h0, layer.lengths()},
                         attributes);
}

} // namespace dlc::onnx_import
