//===- Random.cpp - Random tensors ----------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers are a hash of seed and position, element by element: they are
// the same on every machine and for every number of threads. Without a seed the
// hash of the node's name is used, so that a model generates the same numbers
// in every run, and two nodes generate different ones.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "llvm/Support/xxhash.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace dlc::onnx_import {

/// The finaliser of MurmurHash3 for 64 bits (Appleby, 2011; constants of
/// Stafford's variant 13), as in SplitMix64 (Steele et al., 2014).
static TensorValue mix(Graph &g, TensorValue x) {
  auto constant = [&](uint64_t value) {
    return g.constant(DenseElementsAttr::get(
        RankedTensorType::get({}, x.element()), APInt(64, value)));
  };
  auto shifted = [&](TensorValue v, uint64_t bits) {
    return v ^ g.op<dl::ShiftRightOp>(v, constant(bits));
  };
  x = shifted(x, 30) * constant(0xbf58476d1ce4e5b9);
  x = shifted(x, 27) * constant(0x94d049bb133111eb);
  return shifted(x, 31);
}

static uint64_t seedOf(Node &n, int64_t stream) {
  uint64_t seed;
  if (n.hasAttr("seed")) {
    const onnx::AttributeProto *attribute = n.find("seed");
    seed = attribute->type() == onnx::AttributeProto::INT
               ? uint64_t(attribute->i())
               : llvm::bit_cast<uint32_t>(attribute->f());
  } else {
    std::string name = n.proto.name();
    for (const std::string &output : n.proto.output())
      name += "|" + output;
    seed = llvm::xxh3_64bits(name);
  }
  return seed * 0x9e3779b97f4a7c15 + uint64_t(stream) * 0xd1342543de82ef95;
}

TensorValue randomUniform(Node &n, ArrayRef<Extent> shape, int64_t stream) {
  Graph &g = n.g;
  Type type = g.b.getIntegerType(64, /*isSigned=*/false);
  TensorValue position = g.iota({g.product(shape)}, 0, type);
  auto constant = [&](uint64_t value) {
    return g.constant(DenseElementsAttr::get(RankedTensorType::get({}, type),
                                             APInt(64, value)));
  };
  TensorValue bits =
      mix(g, (position + constant(1)) * constant(0x9e3779b97f4a7c15) +
                 constant(seedOf(n, stream)));
  // The upper 24 bits, as many as an f32 in [0, 1) can hold.
  TensorValue upper = g.op<dl::ShiftRightOp>(bits, constant(40));
  return g.reshape(g.cast(upper, g.f32()) * 0x1p-24, shape);
}

/// Box and Muller (1958): the radius from (0, 1], the angle from [0, 1).
static TensorValue randomNormal(Node &n, ArrayRef<Extent> shape) {
  Graph &g = n.g;
  TensorValue u = 1.0 - randomUniform(n, shape, 1),
              v = randomUniform(n, shape, 2);
  TensorValue radius = g.op<dl::SqrtOp>(g.op<dl::LogOp>(u) * -2.0);
  return radius * g.op<dl::CosOp>(v * (2 * 3.14159265358979323846));
}

static Type typeOf(Node &n, Type otherwise) {
  if (!n.hasAttr("dtype"))
    return otherwise;
  Type type = elementType(n.g.b.getContext(), n.integer("dtype", 1));
  if (!type)
    n.fail("dtype " + dataTypeName(n.integer("dtype", 1)) +
           " is none that dlc has");
  return type ? type : otherwise;
}

static void yieldUniform(Node &n, const Extents &shape, Type type) {
  double low = n.real("low", 0), high = n.real("high", 1);
  n.yield(n.g.cast(randomUniform(n, shape, 0) * (high - low) + low, type));
}
static void yieldNormal(Node &n, const Extents &shape, Type type) {
  n.yield(n.g.cast(
      randomNormal(n, shape) * n.real("scale", 1) + n.real("mean", 0), type));
}
static Extents shapeAttribute(Node &n) {
  return n.g.toExtents(n.ints("shape").value_or(Ints()));
}
void importRandomUniform(Node &n) {
  yieldUniform(n, shapeAttribute(n), typeOf(n, n.g.f32()));
}
void importRandomNormal(Node &n) {
  yieldNormal(n, shapeAttribute(n), typeOf(n, n.g.f32()));
}
void importRandomUniformLike(Node &n) {
  yieldUniform(n, n.g.dims(n.in(0)), typeOf(n, n.in(0).element()));
}
void importRandomNormalLike(Node &n) {
  yieldNormal(n, n.g.dims(n.in(0)), typeOf(n, n.in(0).element()));
}

void importBernoulli(Node &n) {
  Graph &g = n.g;
  TensorValue p = n.in(0);
  Type type = typeOf(n, p.element());
  n.yield(g.cast(randomUniform(n, g.dims(p), 0) < g.cast(p, g.f32()), type));
}

/// Counts the cumulative probabilities that do not exceed a uniform random
/// number.
void importMultinomial(Node &n) {
  Graph &g = n.g;
  TensorValue logits = g.cast(n.in(0), g.f32());
  Type type = typeOf(n, g.b.getI32Type());
  TensorValue p = g.op<dl::SoftmaxOp>(logits);
  TensorValue sums = g.op<dl::CumulativeOp>(
      {p.value},
      {g.b.getNamedAttr("kind", dl::CumulativeKindAttr::get(
                                    g.b.getContext(), dl::CumulativeKind::sum)),
       g.attr("axis", int64_t(1))});
  Extent rows = g.dim(logits, 0), classes = g.dim(logits, 1);
  Extents shape{rows, g.index(n.integer("sample_size", 1))};
  TensorValue u = g.unsqueeze(randomUniform(n, shape, 0), {2});
  TensorValue reached = u >= g.unsqueeze(sums, {1});
  TensorValue count =
      g.reduce<dl::ReduceSumOp>(g.cast(reached, g.i64()), {2}, false);
  TensorValue last =
      g.fromElements({g.sub(classes, g.index(1))}, true, g.i64());
  n.yield(g.cast(min(count, last), type));
}

} // namespace dlc::onnx_import
