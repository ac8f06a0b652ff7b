//===- Indexing.cpp - Gather, scatter, search -----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "Single.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc::onnx_import {

static TensorValue scalarOf(Graph &g, Extent e) {
  return g.fromElements({e}, true, g.i64());
}

static TensorValue flatten(Graph &g, TensorValue x) {
  return g.reshape(x, {g.product(g.dims(x))});
}

/// Converts indices to i64 and wraps negative ones.
static TensorValue fromFront(Graph &g, TensorValue indices, Extent extent) {
  TensorValue wide = g.cast(indices, g.i64());
  return g.select(wide < 0.0, wide + scalarOf(g, extent), wide);
}

/// The same, with out-of-bounds indices clamped: in one dimension of several
/// they would otherwise address an unrelated element.
static TensorValue withinExtent(Graph &g, TensorValue indices, Extent extent) {
  TensorValue at = fromFront(g, indices, extent);
  TensorValue last = scalarOf(g, g.sub(extent, g.index(1)));
  return max(min(at, last), scalarOf(g, g.index(0)));
}

void importGather(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), indices = n.in(1);
  int64_t axis = n.axis(n.integer("axis", 0), x.rank());
  int64_t count = x.dim(axis);
  auto positions = g.constantInts(indices);
  for (int64_t position : positions.value_or(Ints()))
    if (!ShapedType::isDynamic(count) &&
        (position < -count || position >= count)) {
      n.fail("picks element " + Twine(position) + " of " + Twine(count));
      return;
    }
  n.yield(g.gather(x, indices, axis));
}

/// Gathers along the last dimension; a vector counts as one row.
void importArrayFeatureExtractor(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), positions = n.in(1);
  if (x.rank() == 1)
    x = g.unsqueeze(x, {0});
  n.yield(g.gather(x, flatten(g, positions), x.rank() - 1));
}

/// Returns the row-major position of each element with its index along `axis`
/// replaced by the given one.
static TensorValue placeWith(Graph &g, TensorValue x, TensorValue indices,
                             int64_t axis) {
  Extents shape = g.dims(indices);
  TensorValue position(&g, Value()); // empty if a scalar was rejected before
  Extent stride = g.index(1);
  for (int64_t d = x.rank(); d-- > 0;) {
    TensorValue at = d == axis ? withinExtent(g, indices, g.dim(x, d))
                               : g.iota(shape, d, g.i64());
    TensorValue part = at * scalarOf(g, stride);
    position = position ? position + part : part;
    stride = g.mul(stride, g.dim(x, d));
  }
  return position;
}

void importGatherElements(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), indices = n.in(1);
  int64_t axis = n.axis(n.integer("axis", 0), x.rank());
  if (x.rank() != indices.rank()) {
    n.fail("x and indices have ranks " + Twine(x.rank()) + " and " +
           Twine(indices.rank()) + ", expected the same");
    return;
  }
  n.yield(g.gather(flatten(g, x), placeWith(g, x, indices, axis), 0));
}

/// Returns the row number to which the last dimension of `indices` refers,
/// after `batch` leading dimensions of both. Rows are those of x with its first
/// `batch + depth` dimensions collapsed.
static TensorValue rowsOf(Graph &g, TensorValue x, TensorValue indices,
                          int64_t batch, int64_t depth) {
  TensorValue row(&g, Value());
  Extents shape = g.dims(indices);
  shape.pop_back();
  Extent stride = g.index(1);
  for (int64_t d = batch + depth; d-- > 0;) {
    TensorValue at;
    if (d >= batch) {
      at = g.squeeze(g.slice(indices, -1, g.index(d - batch), g.index(1)),
                     {indices.rank() - 1});
      at = withinExtent(g, at, g.dim(x, d));
    } else {
      at = g.iota(shape, d, g.i64());
    }
    TensorValue part = at * scalarOf(g, stride);
    row = row ? row + part : part;
    stride = g.mul(stride, g.dim(x, d));
  }
  return row;
}

static TensorValue asRows(Graph &g, TensorValue x, int64_t dims) {
  Extents shape = g.dims(x);
  Extents rows{g.product(ArrayRef<Extent>(shape).take_front(dims))};
  rows.append(shape.begin() + dims, shape.end());
  return g.reshape(x, rows);
}

void importGatherND(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), indices = n.in(1);
  int64_t batch = n.integer("batch_dims", 0);
  int64_t depth = indices.dim(-1);
  if (!x || !indices || depth < 1 || batch < 0 || batch + depth > x.rank() ||
      batch >= indices.rank()) {
    n.fail("indices of shape " + dl::toString(indices.shape()) +
           " do not fit an operand of shape " + dl::toString(x.shape()));
    return;
  }
  n.yield(g.gather(asRows(g, x, batch + depth),
                   rowsOf(g, x, indices, batch, depth), 0));
}

static TensorValue scatter(Node &n, TensorValue x, TensorValue rows,
                           TensorValue updates) {
  Graph &g = n.g;
  std::string reduction = n.string("reduction", "none");
  auto kind = reduction == "none" ? std::optional(dl::ScatterKind::replace)
                                  : dl::symbolizeScatterKind(reduction);
  if (!kind)
    return n.fail("reduction is '" + reduction +
                  "', expected none, add, mul, max or min");
  return g.op<dl::ScatterOp>(
      {x.value, rows.value, updates.value},
      {g.b.getNamedAttr("kind",
                        dl::ScatterKindAttr::get(g.b.getContext(), *kind))});
}

void importScatterElements(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), indices = n.in(1), updates = n.in(2);
  int64_t axis = n.axis(n.integer("axis", 0), x.rank());
  if (x.rank() != indices.rank()) {
    n.fail("x and indices have ranks " + Twine(x.rank()) + " and " +
           Twine(indices.rank()) + ", expected the same");
    return;
  }
  n.yield(g.reshape(scatter(n, flatten(g, x),
                            flatten(g, placeWith(g, x, indices, axis)),
                            flatten(g, updates)),
                    g.dims(x)));
}

void importScatterND(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0), indices = n.in(1), updates = n.in(2);
  int64_t depth = indices.dim(-1);
  if (!x || !indices || depth < 1 || depth > x.rank()) {
    n.fail("indices of shape " + dl::toString(indices.shape()) +
           " do not fit an operand of shape " + dl::toString(x.shape()));
    return;
  }
  TensorValue rows = flatten(g, rowsOf(g, x, indices, 0, depth));
  Extents shape{g.dim(rows, 0)};
  for (int64_t d = depth; d < x.rank(); ++d)
    shape.push_back(g.dim(x, d));
  n.yield(g.reshape(
      scatter(n, asRows(g, x, depth), rows, g.reshape(updates, shape)),
      g.dims(x)));
}

void importTopK(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t axis = n.axis(n.integer("axis", -1), x.rank());
  Extent k = g.index(n.integer("k", 1));
  if (n.version >= 10) {
    Extents given = n.extentsOf(1, "k");
    if (given.size() != 1)
      return;
    k = given[0];
  }
  if (g.failed)
    return;
  if (getConstantIntValue(k).value_or(0) < 0) {
    n.fail("k is " + Twine(*getConstantIntValue(k)) + ", expected 0 or more");
    return;
  }
  TensorValue last = g.moveAxis(x, axis, -1);
  if (!last)
    return;
  Ints shape(last.shape());
  shape.back() = getConstantIntValue(k).value_or(ShapedType::kDynamic);
  auto op =
      dl::TopKOp::create(g.b, g.loc, RankedTensorType::get(shape, x.element()),
                         RankedTensorType::get(shape, g.i64()), last.value,
                         g.value(k), n.integer("largest", 1) == 0);
  n.yield(0, g.moveAxis(g.wrap(op.getValues()), -1, axis));
  n.yield(1, g.moveAxis(g.wrap(op.getIndices()), -1, axis));
}

void importNonZero(Node &n) {
  Graph &g = n.g;
  n.yield(g.op<dl::NonzeroOp>(g.cast(n.in(0), g.i1())));
}

void importCompress(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t axis = 0;
  if (n.hasAttr("axis"))
    axis = n.axis(n.integer("axis", 0), x.rank());
  else
    x = flatten(g, x);
  if (x.dim(axis) == 0) { // there is nothing to pick
    n.yield(x);
    return;
  }
  TensorValue positions = g.op<dl::NonzeroOp>(n.in(1));
  n.yield(g.gather(x, g.squeeze(positions, {0}), axis));
}

void importOneHot(Node &n) {
  Graph &g = n.g;
  TensorValue indices = n.in(0), values = n.in(2);
  TensorValue depthTensor = n.in(1);
  if (depthTensor.isFloat())
    depthTensor = g.cast(depthTensor, g.i64());
  auto depth = g.elements(depthTensor, /*forced=*/true);
  if (auto number = single(g.constantFloats(n.in(1))))
    depth = g.toExtents({int64_t(*number)});
  if (!depth || depth->size() != 1) {
    n.fail("its depth must be one number");
    return;
  }
  int64_t axis = n.axis(n.integer("axis", -1), indices.rank() + 1);
  TensorValue wide = g.unsqueeze(fromFront(g, indices, (*depth)[0]), {axis});
  Extents shape = g.dims(wide);
  shape[axis] = (*depth)[0];
  TensorValue hit = g.iota(shape, axis, g.i64()) == wide;
  TensorValue off = g.squeeze(g.slice(values, 0, g.index(0), g.index(1)), {0});
  TensorValue on = g.squeeze(g.slice(values, 0, g.index(1), g.index(1)), {0});
  n.yield(g.select(hit, on, off));
}

/// Returns column - row for each element of a matrix.
static TensorValue diagonals(Graph &g, Extent rows, Extent columns) {
  Extents shape{rows, columns};
  return g.iota(shape, 1, g.i64()) - g.iota(shape, 0, g.i64());
}

void importTrilu(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  TensorValue k = n.has(1) ? g.reshape(n.in(1), {}) : g.number(g.i64(), 0);
  TensorValue position = diagonals(g, g.dim(x, -2), g.dim(x, -1));
  bool isUpper = n.integer("upper", 1);
  TensorValue kept = isUpper ? position >= k : position <= k;
  n.yield(g.select(kept, x, g.number(x.element(), 0)));
}

void importEyeLike(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Type element = x.element();
  if (n.hasAttr("dtype"))
    element = elementType(g.b.getContext(), n.integer("dtype", 1));
  if (!element || x.rank() != 2) {
    n.fail("needs a matrix and a type that dlc has");
    return;
  }
  TensorValue position = diagonals(g, g.dim(x, 0), g.dim(x, 1));
  n.yield(g.cast(position == double(n.integer("k", 0)), element));
}

/// Reverses each sequence of the batch up to its own length.
void importReverseSequence(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t time = n.axis(n.integer("time_axis", 0), x.rank());
  int64_t batch = n.axis(n.integer("batch_axis", 1), x.rank());
  if (g.failed)
    return;
  if (llvm::is_contained(x.shape(), 0)) { // there is nothing to reverse
    n.yield(x);
    return;
  }
  Extents shape(x.rank(), g.index(1));
  shape[batch] = g.dim(x, batch);
  TensorValue lengths = g.reshape(n.in(1), shape);
  TensorValue at = g.iota(g.dims(x), time, g.i64());
  TensorValue from = g.select(at < lengths, lengths - at - 1.0, at);
  n.yield(g.gather(flatten(g, x), placeWith(g, x, from, time), 0));
}

//===----------------------------------------------------------------------===//
// Detection
//===----------------------------------------------------------------------===//

/// Returns the element of a scalar operand, or a default.
static Value scalarElement(Node &n, size_t i, Type type, double otherwise) {
  Graph &g = n.g;
  TensorValue x = n.has(i) ? g.cast(g.reshape(n.in(i), {}), type)
                           : g.number(type, otherwise);
  if (!x)
    return {};
  return tensor::ExtractOp::create(g.b, g.loc, x.value);
}

void importNonMaxSuppression(Node &n) {
  Graph &g = n.g;
  Value most = scalarElement(n, 2, g.i64(), 0);
  Value overlap = scalarElement(n, 3, g.f32(), 0);
  Value score =
      scalarElement(n, 4, g.f32(), -std::numeric_limits<double>::infinity());
  SmallVector<NamedAttribute> attributes;
  if (n.integer("center_point_box", 0))
    attributes.push_back(g.flag("centered"));
  n.yield(g.op<dl::NonMaxSuppressionOp>(
      {n.in(0).value, n.in(1).value, most, overlap, score}, attributes));
}

void importRoiAlign(Node &n) {
  Graph &g = n.g;
  std::string mode = n.string("mode", "avg");
  auto kind = dl::symbolizeRoiAlignKind(mode);
  std::string coordinates =
      n.string("coordinate_transformation_mode",
               n.version < 16 ? "output_half_pixel" : "half_pixel");
  if (!kind) {
    n.fail("mode is '" + mode + "', expected avg or max");
    return;
  }
  SmallVector<NamedAttribute> attributes{
      g.attr("size",
             Ints{n.integer("output_height", 1), n.integer("output_width", 1)}),
      g.attr("sampling_ratio", n.integer("sampling_ratio", 0)),
      g.attr("scale", n.real("spatial_scale", 1)),
      g.b.getNamedAttr("kind",
                       dl::RoiAlignKindAttr::get(g.b.getContext(), *kind))};
  if (coordinates == "half_pixel")
    attributes.push_back(g.flag("half_pixel"));
  n.yield(g.channelsFirst(g.op<dl::RoiAlignOp>(
      {g.channelsLast(n.in(0)).value, n.in(1).value, n.in(2).value},
      attributes)));
}

} // namespace dlc::onnx_import
