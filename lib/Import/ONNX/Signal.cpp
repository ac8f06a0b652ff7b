//===- Signal.cpp - Windows and mel filters -------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cmath>

using namespace mlir;

namespace dlc::onnx_import {

TensorValue numbers(Graph &g, Type element, ArrayRef<int64_t> shape,
                    ArrayRef<double> values) {
  auto type = RankedTensorType::get(shape, element);
  auto inBytes = [&](auto sample) -> TensorValue {
    SmallVector<decltype(sample)> list(values.begin(), values.end());
    return g.constant(DenseResourceElementsAttr::get(
        type, "numbers",
        HeapAsmResourceBlob::allocateAndCopyWithAlign(
            ArrayRef<char>(reinterpret_cast<const char *>(list.data()),
                           list.size() * sizeof sample),
            /*align=*/64)));
  };
  // Attributes live as long as the MLIR context, so large constants are
  // resources instead.
  if (values.size() > 128 && element.isF32())
    return inBytes(float());
  if (values.size() > 128 && element.isF64())
    return inBytes(double());
  if (auto floats = dyn_cast<FloatType>(element)) {
    SmallVector<APFloat> list;
    for (double value : values) {
      list.push_back(APFloat(value));
      bool lost;
      list.back().convert(floats.getFloatSemantics(),
                          APFloat::rmNearestTiesToEven, &lost);
    }
    return g.constant(DenseElementsAttr::get(type, list));
  }
  SmallVector<APInt> list;
  for (double value : values)
    list.push_back(APInt(element.getIntOrFloatBitWidth(),
                         uint64_t(int64_t(value)), /*isSigned=*/false,
                         /*implicitTrunc=*/true));
  return g.constant(DenseElementsAttr::get(type, list));
}

/// Returns the type that the attribute `output_datatype` names.
static Type outputType(Node &n) {
  Type type = elementType(n.g.b.getContext(), n.integer("output_datatype", 1));
  if (!type || type.isInteger(1)) {
    n.fail("output_datatype is none of numbers that dlc has");
    return {};
  }
  return type;
}

/// sum over k of weights[k] cos(2 pi k i / period), for i < size; the period
/// is the size, or one less where the window is symmetric.
static void importWindow(Node &n, ArrayRef<double> weights) {
  Graph &g = n.g;
  Extents given = n.extentsOf(0, "size");
  Type element = outputType(n);
  if (g.failed)
    return;
  std::optional<int64_t> known;
  if (given.size() == 1)
    known = getConstantIntValue(given[0]);
  if (given.size() != 1 || n.in(0).rank() > 1 || known.value_or(0) < 0) {
    n.fail("its size must be one number of 0 or more");
    return;
  }
  bool isPeriodic = n.integer("periodic", 1);
  Extent size = g.max(given[0], g.index(0));
  Extent period = isPeriodic ? size : g.sub(size, g.index(1));
  constexpr double pi = 3.14159265358979323846;
  // A symmetric window of one element is the middle of the window.
  bool isOne = known == 1 && !isPeriodic;
  if (known && *known <= (1 << 20)) {
    SmallVector<double> values;
    for (int64_t i = 0; i < *known; ++i) {
      double sum = 0,
             at = isOne ? 0.5 : double(i) / *getConstantIntValue(period);
      for (auto [k, weight] : llvm::enumerate(weights))
        sum += weight * std::cos(2 * pi * double(k) * at);
      values.push_back(sum);
    }
    return n.yield(numbers(g, element, {*known}, values));
  }
  Type type = g.b.getF64Type();
  auto scalar = [&](Extent e) {
    return g.cast(g.fromElements({e}, true, g.i64()), type);
  };
  TensorValue at = g.cast(g.iota({size}, 0, g.i64()), type);
  TensorValue turn = scalar(period);
  at = g.select(turn == 0.0, g.number(type, 0.5),
                at / max(turn, g.number(type, 1)));
  TensorValue sum = g.number(type, weights[0]);
  for (size_t k = 1; k < weights.size(); ++k)
    sum = sum + g.op<dl::CosOp>(at * (2 * pi * double(k))) * weights[k];
  n.yield(g.cast(sum, element));
}

void importHannWindow(Node &n) { importWindow(n, {0.5, -0.5}); }
void importHammingWindow(Node &n) { importWindow(n, {25.0 / 46, -21.0 / 46}); }
void importBlackmanWindow(Node &n) { importWindow(n, {0.42, -0.5, 0.08}); }

/// Builds triangular filters over the bins of a spectrum, evenly spaced on the
/// mel scale: mel(f) = 2595 log10(1 + f / 700).
void importMelWeightMatrix(Node &n) {
  Graph &g = n.g;
  auto bands = n.knownInts(0, "num_mel_bins"),
       length = n.knownInts(1, "dft_length"),
       rate = n.knownInts(2, "sample_rate");
  auto lower = n.knownFloats(3, "lower_edge_hertz"),
       upper = n.knownFloats(4, "upper_edge_hertz");
  Type element = outputType(n);
  if (g.failed)
    return;
  auto isOne = [](const auto &list) { return list && list->size() == 1; };
  if (!isOne(bands) || !isOne(length) || !isOne(rate) || !isOne(lower) ||
      !isOne(upper)) {
    n.fail("needs five operands of one number each");
    return;
  }
  int64_t columns = (*bands)[0], n0 = (*length)[0], rows = n0 / 2 + 1;
  constexpr int64_t most = 1 << 16;
  if (columns < 0 || columns > most || n0 < 0 || n0 > most || (*rate)[0] < 1 ||
      !((*lower)[0] >= 0) || !((*upper)[0] >= (*lower)[0])) {
    n.fail("has " + Twine(columns) + " bands over a spectrum of " + Twine(n0) +
           ", expected 0 to 65536 of either, a rate of 1 or more and edges in "
           "order");
    return;
  }
  auto toMel = [](double f) { return 2595 * std::log10(1 + f / 700); };
  auto toHertz = [](double m) { return 700 * (std::pow(10, m / 2595) - 1); };
  double first = toMel((*lower)[0]);
  // As in the standard: a divisor of columns + 1 would reach the upper edge.
  double step = (toMel((*upper)[0]) - first) / double(columns + 2);
  Ints bins;
  for (int64_t i = 0; i < columns + 2; ++i)
    bins.push_back(
        int64_t(std::floor(double(n0 + 1) * toHertz(first + double(i) * step) /
                           double((*rate)[0]))));
  if (bins.back() > rows) {
    n.fail("has an upper edge of " + std::to_string((*upper)[0]) +
           " Hz, expected at most half the sample rate of " +
           Twine((*rate)[0]));
    return;
  }
  SmallVector<double> values(rows * columns, 0);
  for (int64_t i = 0; i < columns; ++i) {
    int64_t left = bins[i], centre = bins[i + 1], right = bins[i + 2];
    auto set = [&](int64_t j, double value) {
      if (j < rows)
        values[j * columns + i] = value;
    };
    if (left == centre)
      set(centre, 1);
    else
      for (int64_t j = left; j <= centre; ++j)
        set(j, double(j - left) / double(centre - left));
    for (int64_t j = centre; j < right; ++j)
      set(j, double(right - j) / double(right - centre));
  }
  n.yield(numbers(g, element, {rows, columns}, values));
}

} // namespace dlc::onnx_import
