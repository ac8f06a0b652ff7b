//===- Linear.cpp - Matrix products ---------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace dlc::onnx_import {

/// dl multiplies floats; integers are computed in f64, which is exact up to
/// 2^53.
static TensorValue multiply(Graph &g, TensorValue a, TensorValue b) {
  if (a.isFloat())
    return g.matmul(a, b);
  Type f64 = g.b.getF64Type();
  return g.cast(g.matmul(g.cast(a, f64), g.cast(b, f64)), a.element());
}

void importGemm(Node &n) {
  Graph &g = n.g;
  TensorValue a = n.in(0), b = n.in(1);
  if (n.integer("transA", 0))
    a = g.transpose(a, {1, 0});
  if (n.integer("transB", 0))
    b = g.transpose(b, {1, 0});
  double alpha = n.real("alpha", 1), beta = n.real("beta", 1);
  TensorValue y = multiply(g, a, b);
  if (alpha != 1)
    y = a.isFloat() ? y * alpha
                    : g.cast(g.cast(y, g.b.getF64Type()) * alpha, a.element());
  if (n.has(2) && beta != 0) {
    TensorValue c = g.broadcastLike(n.in(2), y, "its operand C");
    if (beta != 1)
      c = c.isFloat() ? c * beta
                      : g.cast(g.cast(c, g.b.getF64Type()) * beta, c.element());
    y = y + c;
  }
  n.yield(y);
}

/// NumPy's matmul: a vector is a row on the left, a column on the right.
TensorValue matmulOf(Graph &g, TensorValue a, TensorValue b) {
  bool isRow = a.rank() == 1, isColumn = b.rank() == 1;
  if (isRow)
    a = g.unsqueeze(a, {0});
  if (isColumn)
    b = g.unsqueeze(b, {1});
  TensorValue y = multiply(g, a, b);
  Ints dropped;
  if (isRow)
    dropped.push_back(y.rank() - 2);
  if (isColumn)
    dropped.push_back(y.rank() - 1);
  return dropped.empty() ? y : g.squeeze(y, dropped);
}
void importMatMul(Node &n) { n.yield(matmulOf(n.g, n.in(0), n.in(1))); }

/// Gaussian elimination with partial pivoting, one step per row.
void importDet(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  // Each step is emitted as separate ops.
  constexpr int64_t most = 32;
  if (x.rank() < 2 || !x.isFloat() || x.dim(-1) != x.dim(-2) ||
      ShapedType::isDynamic(x.dim(-1)) || x.dim(-1) < 1 || x.dim(-1) > most) {
    n.fail("takes determinants of " + dl::toString(x.shape()) +
           ", expected floats and square matrices of 1 to " + Twine(most) +
           " rows");
    return;
  }
  Type element = x.element();
  Type type = element.isF64() ? element : g.f32();
  TensorValue rest = g.cast(x, type), result;
  int64_t last = x.rank() - 1, row = last - 1;
  for (int64_t size = x.dim(-1); size > 0 && !g.failed; --size) {
    auto head = [&](TensorValue t, int64_t axis) {
      return g.slice(t, axis, g.index(0), g.index(1));
    };
    auto tail = [&](TensorValue t, int64_t axis) {
      return g.slice(t, axis, g.index(1), g.index(size - 1));
    };
    TensorValue column = head(rest, last);
    TensorValue at =
        g.op<dl::ArgMaxOp>({g.op<dl::AbsOp>(column).value},
                           {g.attr("axis", row), g.flag("keep_dims")});
    TensorValue position = g.iota(g.toExtents({size, 1}), 0, g.i64());
    TensorValue isPivot = position == at; // [..., size, 1]
    TensorValue none = g.number(type, 0);
    TensorValue pivotRow =
        g.reduce<dl::ReduceSumOp>(g.select(isPivot, rest, none), {row}, true);
    TensorValue pivot = head(pivotRow, last);
    // The row of the pivot is swapped with the first.
    TensorValue factor = g.select(at == 0.0, pivot, -pivot);
    result = result ? result * factor : factor;
    if (size == 1)
      break;
    TensorValue rows = tail(g.select(isPivot, head(rest, row), rest), row);
    TensorValue divisor = g.select(pivot == 0.0, g.number(type, 1), pivot);
    TensorValue share = head(rows, last) / divisor;
    rest = tail(rows, last) - share * tail(pivotRow, last);
  }
  n.yield(g.cast(g.squeeze(result, {row, last}), element));
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

namespace {
/// A tensor whose dimensions carry labels. Those under an ellipsis have
/// negative labels, counted from the last.
struct Labelled {
  TensorValue x;
  Ints labels;
};
} // namespace

static bool readLabels(StringRef text, int64_t rank, Ints &labels) {
  size_t ellipsis = text.find("...");
  auto add = [&](StringRef part) {
    for (char c : part) {
      if (!llvm::isAlpha(c))
        return false;
      labels.push_back(c);
    }
    return true;
  };
  if (ellipsis == StringRef::npos)
    return add(text);
  StringRef before = text.take_front(ellipsis),
            after = text.substr(ellipsis + 3);
  if (!add(before))
    return false;
  for (int64_t d = rank - int64_t(before.size() + after.size()); d > 0; --d)
    labels.push_back(-d);
  return add(after);
}

/// Takes the diagonal of two dimensions with the same label, as one dimension.
static Labelled takeDiagonals(Graph &g, Labelled t) {
  for (size_t i = 0; i < t.labels.size(); ++i)
    for (size_t j = i + 1; j < t.labels.size(); ++j) {
      if (t.labels[i] != t.labels[j])
        continue;
      // Collapse the two dimensions into one of extent n n and take every
      // (n + 1)-th element.
      TensorValue x = g.moveAxis(g.moveAxis(t.x, i, 0), j, 1);
      Extent n = g.dim(x, 0);
      Extents shape{g.mul(n, n)};
      for (int64_t d = 2; d < x.rank(); ++d)
        shape.push_back(g.dim(x, d));
      TensorValue flat = g.reshape(x, shape);
      TensorValue step = g.fromElements({g.add(n, g.index(1))}, true, g.i64());
      TensorValue positions = g.iota({n}, 0, g.i64()) * step;
      t.x = g.gather(flat, positions, 0);
      int64_t label = t.labels[i];
      t.labels.erase(t.labels.begin() + j);
      t.labels.erase(t.labels.begin() + i);
      t.labels.insert(t.labels.begin(), label);
      return takeDiagonals(g, t);
    }
  return t;
}

static Labelled sumAway(Graph &g, Labelled t,
                        llvm::function_ref<bool(int64_t)> isKept) {
  Ints axes, kept;
  for (auto [d, label] : llvm::enumerate(t.labels))
    if (isKept(label))
      kept.push_back(label);
    else
      axes.push_back(d);
  if (axes.empty())
    return t;
  return {g.reduce<dl::ReduceSumOp>(t.x, axes, false), kept};
}

static Labelled permute(Graph &g, Labelled t, ArrayRef<int64_t> labels) {
  Ints permutation;
  for (int64_t label : labels)
    permutation.push_back(llvm::find(t.labels, label) - t.labels.begin());
  return {g.transpose(t.x, permutation), Ints(labels)};
}

/// Classifies labels as batch, free and summed, then builds one matrix product.
static Labelled contract(Graph &g, Labelled a, Labelled b,
                         llvm::function_ref<bool(int64_t)> isWanted) {
  auto has = [](const Labelled &t, int64_t label) {
    return llvm::is_contained(t.labels, label);
  };
  a = sumAway(g, a, [&](int64_t l) { return has(b, l) || isWanted(l); });
  b = sumAway(g, b, [&](int64_t l) { return has(a, l) || isWanted(l); });
  Ints batch, left, right, summed;
  for (int64_t label : a.labels)
    (!has(b, label) ? left : isWanted(label) ? batch : summed).push_back(label);
  for (int64_t label : b.labels)
    if (!has(a, label))
      right.push_back(label);
  // The extent of a label; an extent of 1 under an ellipsis broadcasts.
  auto extentOf = [&](int64_t label) {
    Extent extent = g.index(1);
    for (const Labelled *t : {&a, &b})
      for (auto [d, l] : llvm::enumerate(t->labels))
        if (l == label && t->x.dim(d) != 1)
          extent = g.dim(t->x, d);
    return extent;
  };
  auto group = [&](Labelled t, ArrayRef<Ints> groups) {
    Ints order;
    Extents full, shape;
    for (const Ints &labels : groups)
      llvm::append_range(order, labels);
    t = permute(g, t, order);
    for (int64_t label : order)
      full.push_back(extentOf(label));
    TensorValue x = g.broadcast(t.x, full);
    size_t next = 0;
    for (const Ints &labels : groups) {
      Extent product = g.index(1);
      for (size_t i = 0; i < labels.size(); ++i)
        product = g.mul(product, full[next++]);
      shape.push_back(product);
    }
    return g.reshape(x, shape);
  };
  TensorValue y = multiply(g, group(a, {batch, left, summed}),
                           group(b, {batch, summed, right}));
  Ints labels = batch;
  llvm::append_range(labels, left);
  llvm::append_range(labels, right);
  Extents shape;
  for (int64_t label : labels)
    shape.push_back(extentOf(label));
  return {g.reshape(y, shape), labels};
}

void importEinsum(Node &n) {
  Graph &g = n.g;
  std::string equation = n.string("equation", "");
  llvm::erase(equation, ' ');
  auto [left, right] = StringRef(equation).split("->");
  bool isExplicit = StringRef(equation).contains("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  auto bad = [&] {
    n.fail("cannot make sense of the equation '" + equation + "' for " +
           Twine(n.inputs()) + " operands");
  };
  if (terms.size() != n.inputs())
    return bad();
  SmallVector<Labelled> operands;
  llvm::MapVector<int64_t, int64_t> seen;
  for (size_t i = 0; i < terms.size(); ++i) {
    Labelled t{n.in(i), {}};
    if (!readLabels(terms[i], t.x.rank(), t.labels) ||
        int64_t(t.labels.size()) != t.x.rank())
      return bad();
    for (int64_t label : t.labels)
      ++seen[label];
    operands.push_back(takeDiagonals(g, t));
  }
  Ints wanted;
  int64_t deepest = 0;
  for (auto [label, count] : seen)
    deepest = std::min(deepest, label);
  if (isExplicit) {
    StringRef letters = right;
    bool hasEllipsis = letters.contains("...");
    int64_t rank = int64_t(letters.size()) - (hasEllipsis ? 3 : 0) - deepest;
    if (!readLabels(right, rank, wanted))
      return bad();
  } else {
    for (int64_t d = deepest; d < 0; ++d)
      wanted.push_back(d);
    Ints letters;
    for (auto [label, count] : seen)
      if (label > 0 && count == 1)
        letters.push_back(label);
    llvm::sort(letters);
    llvm::append_range(wanted, letters);
  }
  for (int64_t label : wanted)
    if (!seen.count(label) || llvm::count(wanted, label) != 1)
      return bad();
  Labelled result = operands[0];
  for (size_t i = 1; i < operands.size(); ++i)
    result = contract(g, result, operands[i], [&](int64_t label) {
      for (size_t j = i + 1; j < operands.size(); ++j)
        if (llvm::is_contained(operands[j].labels, label))
          return true;
      return llvm::is_contained(wanted, label);
    });
  result = sumAway(g, result, [&](int64_t label) {
    return llvm::is_contained(wanted, label);
  });
  n.yield(permute(g, result, wanted).x);
}

} // namespace dlc::onnx_import
