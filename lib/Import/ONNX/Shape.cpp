//===- Shape.cpp - Operators that move elements ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "Single.h"
#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include <cmath>

using namespace mlir;

namespace dlc::onnx_import {

void importConstant(Node &n) {
  Graph &g = n.g;
  if (const onnx::AttributeProto *value = n.find("value")) {
    ElementsAttr read = n.importer.readTensor(value->t());
    if (read)
      n.yield(g.constant(read));
  } else if (const onnx::AttributeProto *value = n.find("sparse_value")) {
    ElementsAttr read = n.importer.readSparse(value->sparse_tensor());
    if (read)
      n.yield(g.constant(read));
  } else if (n.hasAttr("value_int")) {
    n.yield(g.constant(DenseElementsAttr::get(
        RankedTensorType::get({}, g.i64()), n.integer("value_int", 0))));
  } else if (auto values = n.ints("value_ints")) {
    n.yield(g.ints(*values));
  } else if (n.hasAttr("value_float")) {
    n.yield(g.number(g.f32(), n.real("value_float", 0)));
  } else if (auto values = n.reals("value_floats")) {
    SmallVector<float> floats(values->begin(), values->end());
    n.yield(g.constant(DenseElementsAttr::get(
        RankedTensorType::get({int64_t(floats.size())}, g.f32()),
        ArrayRef<float>(floats))));
  } else {
    n.fail("has no numeric value");
  }
}

//===----------------------------------------------------------------------===//
// Shapes as values
//===----------------------------------------------------------------------===//

void importShape(Node &n) {
  Graph &g = n.g;
  Extents extents = g.dims(n.in(0));
  int64_t rank = extents.size();
  auto clamp = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  int64_t start = clamp(n.integer("start", 0)),
          end = clamp(n.integer("end", rank));
  n.yield(g.fromElements(
      ArrayRef<Extent>(extents).slice(start, std::max<int64_t>(end - start, 0)),
      false, g.i64()));
}

void importSize(Node &n) {
  Graph &g = n.g;
  n.yield(g.fromElements({g.product(g.dims(n.in(0)))}, true, g.i64()));
}

void importConstantOfShape(Node &n) {
  Graph &g = n.g;
  TensorValue value = g.number(g.f32(), 0, {1});
  if (const onnx::AttributeProto *attribute = n.find("value")) {
    ElementsAttr read = n.importer.readTensor(attribute->t());
    if (!read)
      return;
    value = g.constant(read);
    if (value.rank() != 1 || value.dim(0) != 1) {
      n.fail("value has shape " + dl::toString(value.shape()) +
             ", expected one element");
      return;
    }
  }
  Extents shape = n.extentsOf(0, "shape");
  n.yield(g.broadcast(g.squeeze(value, {0}), shape));
}

void importExpand(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Extents wanted = n.extentsOf(1, "shape"), own = g.dims(x), shape;
  int64_t rank = std::max(wanted.size(), own.size());
  for (int64_t d = 0; d < rank; ++d) {
    int64_t a = d - (rank - int64_t(own.size()));
    int64_t b = d - (rank - int64_t(wanted.size()));
    if (a < 0)
      shape.push_back(wanted[b]);
    else
      // An extent read at run time may be a 1, which keeps the operand's
      // extent.
      shape.push_back(b < 0 ? own[a] : g.join(own[a], wanted[b]));
  }
  n.yield(g.broadcast(x, shape));
}

void importReshape(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Extents wanted = n.extentsOf(1, "shape"), own = g.dims(x), shape;
  bool allowZero = n.integer("allowzero", 0);
  std::optional<size_t> free;
  bool isUnknown = false;
  for (auto [d, extent] : llvm::enumerate(wanted)) {
    auto known = getConstantIntValue(extent);
    if (known == 0 && !allowZero) {
      if (d >= own.size()) {
        n.fail("its shape copies dimension " + Twine(d) +
               " of an operand of rank " + Twine(own.size()));
        return;
      }
      shape.push_back(own[d]);
      continue;
    }
    if (known == -1) {
      if (free) {
        n.fail("its shape has more than one -1");
        return;
      }
      free = d;
    }
    isUnknown |= !known;
    shape.push_back(extent);
  }
  if (free) {
    // Cancel extents that occur on both sides: they need no division.
    Extents rest = own;
    Extent others = g.index(1);
    for (size_t d = 0; d < shape.size(); ++d) {
      if (d == *free)
        continue;
      Extent extent = shape[d];
      auto *same = llvm::find_if(rest, [&](Extent e) {
        return !getConstantIntValue(e) && g.areEqual(e, extent);
      });
      if (same != rest.end())
        rest.erase(same);
      else
        others = g.mul(others, extent);
    }
    shape[*free] = g.div(g.product(rest), others);
  } else if (isUnknown) {
    // Handle -1 and 0 at run time, where they have the same meaning.
    Value zero = g.value(g.index(0)), one = g.value(g.index(1));
    OpBuilder &b = g.b;
    Extent others = g.index(1);
    SmallVector<Value> isFree;
    for (size_t d = 0; d < shape.size(); ++d) {
      Extent &extent = shape[d];
      isFree.push_back({});
      if (getConstantIntValue(extent)) {
        others = g.mul(others, extent);
        continue;
      }
      // An extent of the operand cannot be -1.
      if (llvm::any_of(own, [&](Extent e) { return g.areEqual(e, extent); })) {
        others = g.mul(others, extent);
        continue;
      }
      Value v = g.value(extent);
      if (!allowZero && d < own.size()) {
        Value copies =
            arith::CmpIOp::create(b, g.loc, arith::CmpIPredicate::eq, v, zero);
        v = arith::SelectOp::create(b, g.loc, copies, g.value(own[d]), v);
      }
      isFree[d] =
          arith::CmpIOp::create(b, g.loc, arith::CmpIPredicate::slt, v, zero);
      extent = v;
      others = g.mul(others, OpFoldResult(arith::SelectOp::create(
                                              b, g.loc, isFree[d], one, v)
                                              .getResult()));
    }
    Value rest = g.value(g.div(g.product(own), others));
    for (auto [extent, free] : llvm::zip(shape, isFree))
      if (free)
        extent = arith::SelectOp::create(b, g.loc, free, rest, g.value(extent))
                     .getResult();
  }
  n.yield(g.reshape(x, shape));
}

void importFlatten(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t axis = n.integer("axis", 1);
  axis = axis == x.rank() ? axis : n.axis(axis, x.rank());
  Extents shape = g.dims(x);
  ArrayRef<Extent> all(shape);
  n.yield(g.reshape(
      x, {g.product(all.take_front(axis)), g.product(all.drop_front(axis))}));
}

void importSqueeze(Node &n) {
  TensorValue x = n.in(0);
  auto axes = n.intsFrom("axes", 1);
  if (!axes) {
    axes.emplace();
    for (int64_t d = 0; d < x.rank(); ++d)
      if (x.dim(d) == 1)
        axes->push_back(d);
  }
  if (!n.g.failed)
    n.yield(n.g.squeeze(x, *axes));
}
void importUnsqueeze(Node &n) {
  auto axes = n.intsFrom("axes", 1);
  if (!axes && !n.g.failed)
    n.fail("attribute 'axes' is missing");
  if (axes)
    n.yield(n.g.unsqueeze(n.in(0), *axes));
}

void importTranspose(Node &n) {
  TensorValue x = n.in(0);
  Ints reversed;
  for (int64_t d = x.rank(); d-- > 0;)
    reversed.push_back(d);
  n.yield(n.g.transpose(x, n.ints("perm").value_or(reversed)));
}

void importConcat(Node &n) {
  SmallVector<TensorValue> inputs;
  for (size_t i = 0; i < n.inputs(); ++i)
    inputs.push_back(n.in(i));
  n.yield(n.g.concat(inputs, n.integer("axis", 1)));
}

void importSplit(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t axis = n.axis(n.integer("axis", 0), x.rank());
  auto sizes = n.intsFrom("split", 1);
  if (g.failed)
    return;
  int64_t extent = x.dim(axis), parts = n.outputs();
  if (!sizes) {
    parts = n.integer("num_outputs", parts);
    if (ShapedType::isDynamic(extent) || parts < 1) {
      n.fail("splits an unknown extent into " + Twine(parts) + " parts");
      return;
    }
    sizes.emplace();
    int64_t each = llvm::divideCeil(extent, parts);
    for (int64_t i = 0, rest = extent; i < parts; ++i, rest -= each)
      sizes->push_back(std::clamp<int64_t>(rest, 0, each));
  }
  auto results = g.ops<dl::SplitOp>(
      {x.value},
      {g.attr("axis", axis), g.attr("sizes", ArrayRef<int64_t>(*sizes))});
  for (auto [i, part] : llvm::enumerate(results))
    n.yield(i, part);
}

/// Slices x along an axis from start to end, with Python's semantics.
static TensorValue sliceAxis(Graph &g, TensorValue x, int64_t axis,
                             Extent start, Extent end, int64_t step) {
  Extent extent = g.dim(x, axis);
  // With a negative step, the position before the first element is a valid end,
  // but not a valid start.
  auto clamp = [&](Extent at, bool isStart) -> Extent {
    if (auto known = getConstantIntValue(at)) {
      // Clamp far out-of-bounds positions, so that sums do not overflow.
      constexpr int64_t huge = int64_t(1) << 48;
      int64_t position = std::clamp(*known, -huge, huge);
      at = position < 0 ? g.add(extent, g.index(position)) : g.index(position);
    } else {
      Value v = g.value(at);
      Value isNegative = arith::CmpIOp::create(
          g.b, g.loc, arith::CmpIPredicate::slt, v, g.value(g.index(0)));
      v = arith::SelectOp::create(g.b, g.loc, isNegative,
                                  g.value(g.add(extent, at)), v);
      at = v;
    }
    if (step > 0)
      return g.min(g.max(at, g.index(0)), extent);
    return g.min(g.max(at, g.index(isStart ? 0 : -1)),
                 g.sub(extent, g.index(1)));
  };
  Extent from = clamp(start, /*isStart=*/true),
         to = clamp(end, /*isStart=*/false);
  int64_t pace = step > 0 ? step : -step;
  Extent length = step > 0 ? g.sub(to, from) : g.sub(from, to);
  length = g.max(length, g.index(0));
  if (pace != 1)
    length = g.ceilDiv(length, g.index(pace));
  return g.slice(x, axis, from, length, step);
}

void importSlice(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Extents starts, ends;
  std::optional<Ints> axes, steps;
  if (n.version < 10) {
    starts = g.toExtents(n.ints("starts").value_or(Ints()));
    ends = g.toExtents(n.ints("ends").value_or(Ints()));
    axes = n.ints("axes");
  } else {
    starts = n.extentsOf(1, "starts");
    ends = n.extentsOf(2, "ends");
    axes = n.knownInts(3, "axes");
    steps = n.knownInts(4, "steps");
  }
  if (g.failed)
    return;
  if (!axes)
    axes = upTo(starts.size());
  if (!steps)
    steps = Ints(starts.size(), 1);
  if (ends.size() != starts.size() || axes->size() != starts.size() ||
      steps->size() != starts.size()) {
    n.fail("has " + Twine(starts.size()) + " starts, " + Twine(ends.size()) +
           " ends, " + Twine(axes->size()) + " axes and " +
           Twine(steps->size()) + " steps");
    return;
  }
  for (size_t i = 0; i < starts.size(); ++i) {
    int64_t axis = n.axis((*axes)[i], x.rank()), step = (*steps)[i];
    if (step == 0 || step == std::numeric_limits<int64_t>::min()) {
      n.fail("has a step of " + Twine(step));
      return;
    }
    if (g.failed)
      return;
    x = sliceAxis(g, x, axis, starts[i], ends[i], step);
  }
  n.yield(x);
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

/// Returns the index in x of each element of a padded dimension.
static TensorValue padAxis(Graph &g, TensorValue x, int64_t axis, Extent low,
                           Extent high, StringRef mode) {
  Extent extent = g.dim(x, axis);
  auto scalar = [&](Extent e) { return g.fromElements({e}, true, g.i64()); };
  TensorValue at =
      g.iota({g.add(g.add(low, extent), high)}, 0, g.i64()) - scalar(low);
  TensorValue zero = g.number(g.i64(), 0);
  TensorValue last = scalar(g.sub(extent, g.index(1)));
  if (mode == "reflect") {
    at = g.op<dl::AbsOp>(at);
    at = last - g.op<dl::AbsOp>(last - at);
  } else if (mode == "wrap") {
    TensorValue n = scalar(g.max(extent, g.index(1)));
    at = g.op<dl::RemainderOp>(g.op<dl::RemainderOp>(at, n) + n, n);
  } else {
    at = min(max(at, zero), last);
  }
  return g.gather(x, at, axis);
}

/// Reads the pads before and after each dimension of x, which may be negative,
/// and the value that pads. Returns false if they do not fit.
static bool readPads(Node &n, TensorValue x, TensorValue &value, Extents &low,
                     Extents &high) {
  Graph &g = n.g;
  Extents pads;
  Ints axes = upTo(x.rank());
  if (n.version < 11) {
    pads = g.toExtents(n.ints("pads").value_or(Ints()));
    value = g.number(x.element(), n.real("value", 0));
  } else {
    pads = n.extentsOf(1, "pads");
    if (n.has(2))
      value = g.reshape(n.in(2), {});
    if (auto given = n.knownInts(3, "axes"))
      axes = *given;
  }
  if (g.failed)
    return false;
  if (pads.size() != 2 * axes.size()) {
    n.fail("has " + Twine(pads.size()) + " pads for " + Twine(axes.size()) +
           " axes, expected two for each");
    return false;
  }
  for (Extent pad : pads) {
    auto known = getConstantIntValue(pad);
    if (known && (*known < -maxBytes || *known > maxBytes)) {
      n.fail("pads by " + Twine(*known) + ", expected at most 2^48");
      return false;
    }
    if (!known)
      g.requireSmall(pad, "pads");
  }
  low.assign(x.rank(), g.index(0));
  high.assign(x.rank(), g.index(0));
  for (size_t i = 0; i < axes.size(); ++i) {
    int64_t axis = n.axis(axes[i], x.rank());
    low[axis] = pads[i];
    high[axis] = pads[i + axes.size()];
  }
  return !g.failed;
}

/// Returns whether each position of dimension `d`, padded by `low` and `high`,
/// is inside x: of shape [extent, 1, ...], which broadcasts from dimension d
/// on.
static TensorValue isInside(Graph &g, TensorValue x, int64_t d, Extent low,
                            Extent high) {
  Extent extent = g.dim(x, d);
  auto scalar = [&](Extent e) { return g.fromElements({e}, true, g.i64()); };
  TensorValue at = g.iota({g.add(g.add(low, extent), high)}, 0, g.i64());
  TensorValue inside = (at >= scalar(low)) & (at < scalar(g.add(low, extent)));
  Extents shape(x.rank() - d, g.index(1));
  shape[0] = g.dim(inside, 0);
  return g.reshape(inside, shape);
}

void importPad(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  std::string mode = n.string("mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect" &&
      mode != "wrap") {
    n.fail("mode is '" + mode + "', expected constant, edge, reflect or wrap");
    return;
  }
  TensorValue value = g.number(x.element(), 0);
  Extents low, high;
  if (!readPads(n, x, value, low, high))
    return;
  // Negative pads crop.
  for (int64_t d = 0; d < x.rank() && !g.failed; ++d)
    for (bool isHigh : {false, true}) {
      Extent &pad = isHigh ? high[d] : low[d];
      auto known = getConstantIntValue(pad);
      if (!known || *known >= 0)
        continue;
      Extent size = g.max(g.add(g.dim(x, d), pad), g.index(0));
      x = g.slice(x, d, g.index(isHigh ? 0 : -*known), size);
      pad = g.index(0);
    }
  auto knownLow = getConstantIntValues(low),
       knownHigh = getConstantIntValues(high);
  auto number = g.constantFloats(value);
  // dl.pad reflects or wraps once; wider padding is gathered.
  bool isOnce = true;
  for (int64_t d = 0; d < x.rank() && knownLow && knownHigh; ++d)
    isOnce &= !ShapedType::isDynamic(x.dim(d)) &&
              std::max((*knownLow)[d], (*knownHigh)[d]) < x.dim(d);
  if (knownLow && knownHigh && number && (mode == "constant" || isOnce)) {
    auto kind = *dl::symbolizePadMode(mode);
    n.yield(g.op<dl::PadOp>(
        {x.value},
        {g.attr("low", ArrayRef<int64_t>(*knownLow)),
         g.attr("high", ArrayRef<int64_t>(*knownHigh)),
         g.b.getNamedAttr("mode", dl::PadModeAttr::get(g.b.getContext(), kind)),
         g.attr("value", number->front())}));
    return;
  }
  TensorValue inside;
  for (int64_t d = 0; d < x.rank() && !g.failed; ++d) {
    if (getConstantIntValue(low[d]) == 0 && getConstantIntValue(high[d]) == 0)
      continue;
    if (mode == "constant") {
      TensorValue own = isInside(g, x, d, low[d], high[d]);
      inside = inside ? inside & own : own;
    }
    x = padAxis(g, x, d, low[d], high[d], mode);
  }
  n.yield(inside ? g.select(inside, x, value) : x);
}

void importTile(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  Extents repeats = n.extentsOf(1, "repeats");
  if (int64_t(repeats.size()) != x.rank()) {
    n.fail("has " + Twine(repeats.size()) + " repeats for an operand of rank " +
           Twine(x.rank()));
    return;
  }
  // [a, b] -> [1, a, 1, b] -> [r, a, s, b] -> [r a, s b]
  Extents apart, wide, shape;
  for (int64_t d = 0; d < x.rank(); ++d) {
    apart.push_back(g.index(1));
    apart.push_back(g.dim(x, d));
    wide.push_back(repeats[d]);
    wide.push_back(g.dim(x, d));
    shape.push_back(g.mul(repeats[d], g.dim(x, d)));
  }
  n.yield(g.reshape(g.broadcast(g.reshape(x, apart), wide), shape));
}

void importRange(Node &n) {
  Graph &g = n.g;
  TensorValue start = n.in(0), limit = n.in(1), delta = n.in(2);
  if (!start || !limit || !delta)
    return;
  Type element = start.element();
  Extent count;
  if (start.isFloat()) {
    // ceil((limit - start) / delta), in the arithmetic of the type.
    auto a = single(g.constantFloats(start)),
         b = single(g.constantFloats(limit)),
         c = single(g.constantFloats(delta));
    if (a && b && c && *c != 0) {
      double steps = std::ceil((*b - *a) / *c);
      constexpr double most = double(int64_t(1) << 48);
      if (!(steps <= most)) {
        n.fail("gives more numbers than memory can hold");
        return;
      }
      count = g.index(int64_t(std::max(steps, 0.0)));
    } else {
      TensorValue steps =
          g.cast(g.op<dl::CeilOp>((limit - start) / delta), g.i64());
      auto read = single(g.elements(steps, true));
      if (!read) {
        n.fail("its operands must be scalars");
        return;
      }
      count = g.max(*read, g.index(0));
    }
  } else {
    auto a = single(g.elements(start, true)),
         b = single(g.elements(limit, true)),
         c = single(g.elements(delta, true));
    if (!a || !b || !c) {
      n.fail("its operands must be scalars");
      return;
    }
    Extent span = g.sub(*b, *a);
    // The distance divided by the step, rounded up; for a negative step both
    // are negated first.
    auto step = getConstantIntValue(*c);
    if (step == 0) {
      n.fail("its delta is 0");
      return;
    }
    if (step) {
      int64_t pace = *step > 0 ? *step : -*step;
      Extent length = *step > 0 ? span : g.sub(*a, *b);
      count = g.ceilDiv(g.max(length, g.index(0)), g.index(pace));
    } else {
      Value v = g.value(*c);
      Value isDown = arith::CmpIOp::create(
          g.b, g.loc, arith::CmpIPredicate::slt, v, g.value(g.index(0)));
      Extent pace = g.max(*c, g.sub(g.index(0), *c));
      Value length = arith::SelectOp::create(
          g.b, g.loc, isDown, g.value(g.sub(*a, *b)), g.value(span));
      count = g.ceilDiv(g.max(length, g.index(0)), pace);
    }
  }
  TensorValue position = g.iota({count}, 0, element);
  n.yield(position * g.reshape(delta, {}) + g.reshape(start, {}));
}

//===----------------------------------------------------------------------===//
// Channels and space
//===----------------------------------------------------------------------===//

/// Returns the attribute; 0 after an error, if it or the operand is invalid.
static int64_t blockSize(Node &n) {
  int64_t block = n.integer("blocksize", 0), rank = n.in(0).rank();
  if (block >= 1 && rank == 4)
    return block;
  n.fail("blocksize is " + Twine(block) + " for an operand of rank " +
         Twine(rank) + ", expected 1 or more for [N, C, H, W]");
  return 0;
}

void importDepthToSpace(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t block = blockSize(n);
  if (!block)
    return;
  Extents d = g.dims(x);
  Extent b = g.index(block), channels = g.div(d[1], g.index(block * block));
  bool isCRD = n.string("mode", "DCR") == "CRD";
  TensorValue split = isCRD ? g.reshape(x, {d[0], channels, b, b, d[2], d[3]})
                            : g.reshape(x, {d[0], b, b, channels, d[2], d[3]});
  TensorValue moved = isCRD ? g.transpose(split, {0, 1, 4, 2, 5, 3})
                            : g.transpose(split, {0, 3, 4, 1, 5, 2});
  n.yield(g.reshape(moved, {d[0], channels, g.mul(d[2], b), g.mul(d[3], b)}));
}

void importSpaceToDepth(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t block = blockSize(n);
  if (!block)
    return;
  Extents d = g.dims(x);
  Extent b = g.index(block), h = g.div(d[2], b), w = g.div(d[3], b);
  TensorValue split = g.reshape(x, {d[0], d[1], h, b, w, b});
  bool isCRD = n.string("mode", "DCR") == "CRD";
  n.yield(g.reshape(g.transpose(split, isCRD ? Ints{0, 1, 3, 5, 2, 4}
                                             : Ints{0, 3, 5, 1, 2, 4}),
                    {d[0], g.mul(d[1], g.index(block * block)), h, w}));
}

} // namespace dlc::onnx_import
