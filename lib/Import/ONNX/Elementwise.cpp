//===- Elementwise.cpp - Arithmetic, comparison, activations --------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "Single.h"
#include <cmath>

using namespace mlir;

namespace dlc::onnx_import {

template <typename OpT> static void unary(Node &n) {
  n.yield(n.g.op<OpT>(n.in(0)));
}

template <typename OpT> static void binary(Node &n) {
  n.yield(n.g.op<OpT>(n.in(0), n.in(1)));
}

void importAdd(Node &n) { binary<dl::AddOp>(n); }
void importSub(Node &n) { binary<dl::SubOp>(n); }
void importMul(Node &n) { binary<dl::MulOp>(n); }
void importDiv(Node &n) { binary<dl::DivOp>(n); }

/// Builds a comparison, with booleans converted to numbers.
template <typename OpT> static void compare(Node &n) {
  n.yield(n.g.op<OpT>(n.g.toNumber(n.in(0)), n.g.toNumber(n.in(1))));
}
void importEqual(Node &n) { compare<dl::EqualOp>(n); }
void importLess(Node &n) { compare<dl::LessOp>(n); }
void importLessOrEqual(Node &n) { compare<dl::LessEqualOp>(n); }
void importGreater(Node &n) { compare<dl::GreaterOp>(n); }
void importGreaterOrEqual(Node &n) { compare<dl::GreaterEqualOp>(n); }
void importAnd(Node &n) { binary<dl::AndOp>(n); }
void importOr(Node &n) { binary<dl::OrOp>(n); }
void importXor(Node &n) { binary<dl::XorOp>(n); }
void importNot(Node &n) { unary<dl::NotOp>(n); }

void importBitShift(Node &n) {
  std::string direction = n.string("direction", "");
  if (direction == "LEFT")
    binary<dl::ShiftLeftOp>(n);
  else if (direction == "RIGHT")
    binary<dl::ShiftRightOp>(n);
  else
    n.fail("direction is '" + direction + "', expected LEFT or RIGHT");
}

/// Integers are computed in f64, which represents them exactly up to 2^53.
void importPow(Node &n) {
  Graph &g = n.g;
  TensorValue base = n.in(0), exponent = n.in(1);
  if (base.isFloat()) {
    auto known = g.constantFloats(exponent);
    bool isOne = known && known->size() == 1;
    if (isOne && known->front() == 2)
      return n.yield(g.op<dl::SquareOp>(base));
    if (isOne && known->front() == 0.5)
      return n.yield(g.op<dl::SqrtOp>(base));
    return n.yield(pow(base, g.cast(exponent, base.element())));
  }
  Type f64 = g.b.getF64Type();
  n.yield(
      g.cast(pow(g.cast(base, f64), g.cast(exponent, f64)), base.element()));
}

/// fmod takes the sign of the dividend, the other mode that of the divisor.
void importMod(Node &n) {
  Graph &g = n.g;
  TensorValue a = n.in(0), b = n.in(1);
  TensorValue rest = g.op<dl::RemainderOp>(a, b);
  // The sign of extents is known, so no select is needed and the result remains
  // an extent.
  auto dividends = g.elements(a, false), divisors = g.elements(b, false);
  auto areNonNegative = [&](ArrayRef<Extent> extents) {
    return llvm::all_of(extents, [&](Extent e) { return isNonNegative(e); });
  };
  if (dividends && divisors && areNonNegative(*divisors) &&
      !(getConstantIntValues(*dividends) && getConstantIntValues(*divisors)))
    return n.yield(areNonNegative(*dividends) || n.integer("fmod", 0)
                       ? rest
                       : g.op<dl::RemainderOp>(rest + b, b));
  if (n.integer("fmod", 0) || !rest || rest.element().isUnsignedInteger())
    return n.yield(rest);
  TensorValue isOff = ~(rest == 0.0) & ((rest < 0.0) ^ (b < 0.0));
  n.yield(g.select(isOff, rest + b, rest));
}

template <typename OpT> static TensorValue fold(Node &n) {
  TensorValue result = n.in(0);
  for (size_t i = 1; i < n.inputs(); ++i)
    result = n.g.op<OpT>(result, n.in(i));
  return result;
}
void importMax(Node &n) { n.yield(fold<dl::MaximumOp>(n)); }
void importMin(Node &n) { n.yield(fold<dl::MinimumOp>(n)); }
void importSum(Node &n) { n.yield(fold<dl::AddOp>(n)); }
void importMean(Node &n) {
  TensorValue sum = fold<dl::AddOp>(n);
  n.yield(sum / double(n.inputs()));
}

/// Returns the smallest and largest number of an element type.
static std::pair<double, double> rangeOf(Type element) {
  double infinity = std::numeric_limits<double>::infinity();
  if (isa<FloatType>(element))
    return {-infinity, infinity};
  unsigned width = element.getIntOrFloatBitWidth();
  if (element.isUnsignedInteger())
    return {0, std::ldexp(1.0, width) - 1};
  return {-std::ldexp(1.0, width - 1), std::ldexp(1.0, width - 1) - 1};
}

void importClip(Node &n) {
  TensorValue x = n.in(0);
  if (n.version < 11) {
    auto [least, greatest] = rangeOf(x.element());
    double low = n.real("min", least), high = n.real("max", greatest);
    if (low > least)
      x = max(x, low);
    if (high < greatest)
      x = min(x, high);
    return n.yield(x);
  }
  if (n.has(1))
    x = max(x, n.in(1));
  if (n.has(2))
    x = min(x, n.in(2));
  n.yield(x);
}

void importWhere(Node &n) { n.yield(n.g.select(n.in(0), n.in(1), n.in(2))); }

void importIdentity(Node &n) { n.yield(n.any(0)); }

static void castTo(Node &n, Type type) {
  bool overflow = n.integer("saturate", 1) == 0;
  n.yield(n.g.cast(n.in(0), type, overflow));
}

void importCast(Node &n) {
  int64_t to = n.integer("to", 0);
  Type type = elementType(n.g.b.getContext(), to);
  if (!type) {
    n.fail("casts to " + dataTypeName(to) + ", which dlc does not have");
    return;
  }
  castTo(n, type);
}
void importCastLike(Node &n) { castTo(n, n.in(1).element()); }

void importIsNaN(Node &n) { n.yield(n.in(0) != n.in(0)); }
void importIsInf(Node &n) {
  TensorValue x = n.in(0);
  double infinity = std::numeric_limits<double>::infinity();
  TensorValue above = x == infinity, below = x == -infinity;
  bool positive = n.integer("detect_positive", 1),
       negative = n.integer("detect_negative", 1);
  if (positive && negative)
    n.yield(above | below);
  else if (positive || negative)
    n.yield(positive ? above : below);
  else
    n.yield(above & below);
}

//===----------------------------------------------------------------------===//
// Functions of one operand
//===----------------------------------------------------------------------===//

#define DLC_UNARY(NAME, OP)                                                    \
  void import##NAME(Node &n) { unary<dl::OP>(n); }
DLC_UNARY(Abs, AbsOp)
DLC_UNARY(Acos, AcosOp)
DLC_UNARY(Acosh, AcoshOp)
DLC_UNARY(Asin, AsinOp)
DLC_UNARY(Asinh, AsinhOp)
DLC_UNARY(Atan, AtanOp)
DLC_UNARY(Atanh, AtanhOp)
DLC_UNARY(Ceil, CeilOp)
DLC_UNARY(Cos, CosOp)
DLC_UNARY(Cosh, CoshOp)
DLC_UNARY(Erf, ErfOp)
DLC_UNARY(Exp, ExpOp)
DLC_UNARY(Floor, FloorOp)
DLC_UNARY(HardSwish, HardSwishOp)
DLC_UNARY(Log, LogOp)
DLC_UNARY(Mish, MishOp)
DLC_UNARY(Reciprocal, ReciprocalOp)
DLC_UNARY(Round, RoundOp)
DLC_UNARY(Sigmoid, SigmoidOp)
DLC_UNARY(Sign, SignOp)
DLC_UNARY(Sin, SinOp)
DLC_UNARY(Sinh, SinhOp)
DLC_UNARY(Softplus, SoftplusOp)
DLC_UNARY(Softsign, SoftsignOp)
DLC_UNARY(Sqrt, SqrtOp)
DLC_UNARY(Tan, TanOp)
DLC_UNARY(Tanh, TanhOp)
#undef DLC_UNARY

void importNeg(Node &n) { unary<dl::NegOp>(n); }

void importRelu(Node &n) {
  TensorValue x = n.in(0);
  n.yield(x.isFloat() ? n.g.op<dl::ReluOp>(x) : max(x, 0.0));
}
static TensorValue elu(Graph &g, TensorValue x, double alpha) {
  return g.op<dl::EluOp>({x.value}, {g.attr("alpha", alpha)});
}
void importElu(Node &n) { n.yield(elu(n.g, n.in(0), n.real("alpha", 1))); }
void importSelu(Node &n) {
  double alpha = n.real("alpha", 1.67326319217681884765625);
  n.yield(elu(n.g, n.in(0), alpha) *
          n.real("gamma", 1.05070102214813232421875));
}
/// max(0, x) + min(0, alpha (exp(x / alpha) - 1))
void importCelu(Node &n) {
  double alpha = n.real("alpha", 1);
  n.yield(elu(n.g, n.in(0) / alpha, 1) * alpha);
}
void importLeakyRelu(Node &n) {
  n.yield(n.g.op<dl::LeakyReluOp>({n.in(0).value},
                                  {n.g.attr("alpha", n.real("alpha", 0.01))}));
}
void importThresholdedRelu(Node &n) {
  TensorValue x = n.in(0);
  n.yield(n.g.select(x > n.real("alpha", 1), x, n.g.number(x.element(), 0)));
}
void importHardSigmoid(Node &n) {
  TensorValue x = n.in(0) * n.real("alpha", 0.2) + n.real("beta", 0.5);
  n.yield(min(max(x, 0.0), 1.0));
}
void importPRelu(Node &n) {
  TensorValue x = n.in(0);
  n.yield(
      n.g.select(x < 0.0, x * n.g.broadcastLike(n.in(1), x, "its slope"), x));
}
void alignSecondOperand(Node &n) {
  TensorValue a = n.in(0), b = n.in(1);
  if (!a || !b || !n.integer("broadcast", 0) || !n.hasAttr("axis"))
    return;
  int64_t axis = n.axis(n.integer("axis", 0), a.rank());
  Ints behind;
  for (int64_t d = axis + b.rank(); d < a.rank(); ++d)
    behind.push_back(b.rank() + int64_t(behind.size()));
  if (!behind.empty())
    n.inputs_[1] = n.g.unsqueeze(b, behind);
}

/// In this version a slope of several elements has one per channel.
void importAlignedPRelu(Node &n) {
  TensorValue x = n.in(0), slope = n.in(1);
  Ints behind;
  for (int64_t d = 2; d < x.rank(); ++d)
    behind.push_back(d - 1);
  if (slope.rank() == 1 && slope.dim(0) != 1 && !behind.empty())
    n.inputs_[1] = n.g.unsqueeze(slope, behind);
  importPRelu(n);
}

void importGelu(Node &n) {
  std::string approximate = n.string("approximate", "none");
  if (approximate == "tanh")
    unary<dl::GeluTanhOp>(n);
  else
    unary<dl::GeluOp>(n);
}
static TensorValue swish(Node &n) {
  TensorValue x = n.in(0);
  double alpha = n.real("alpha", 1);
  return alpha == 1 ? n.g.op<dl::SiluOp>(x)
                    : x * n.g.op<dl::SigmoidOp>(x * alpha);
}
void importSwish(Node &n) { n.yield(swish(n)); }
void importSwiGLU(Node &n) {
  if (failed(verifyCompatibleShape(n.in(0).shape(), n.in(1).shape()))) {
    n.fail("its operands have shapes " + dl::toString(n.in(0).shape()) +
           " and " + dl::toString(n.in(1).shape()) + ", expected the same");
    return;
  }
  n.yield(swish(n) * n.in(1));
}
void importShrink(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  double lambda = n.real("lambd", 0.5), bias = n.real("bias", 0);
  TensorValue zero = g.number(x.element(), 0);
  n.yield(
      g.select(x < -lambda, x + bias, g.select(x > lambda, x - bias, zero)));
}

/// Without training: the identity, and a mask of ones. With training: a seeded
/// random mask, see Random.cpp.
void importDropout(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  bool trains = false;
  if (n.has(2)) {
    trains = single(n.knownInts(2, "training_mode")).value_or(0);
  }
  double ratio = n.version < 12 ? n.real("ratio", 0.5) : 0.5;
  // A trainable layer drops elements only in its training step. A node that
  // explicitly does not train is never active there.
  bool learns = n.importer.keepsLayers() && (trains || !n.has(2));
  if (n.has(1) && (trains || learns)) {
    ratio = single(n.knownFloats(1, "ratio")).value_or(0);
  }
  if (learns && ratio > 0 && ratio < 1) {
    n.yield(g.op<dl::DropoutOp>(
        {x.value}, {g.attr("rate", ratio),
                    g.b.getNamedAttr("operandSegmentSizes",
                                     g.b.getDenseI32ArrayAttr({1, 0}))}));
    // Exported models name the mask but never read it, so it is that of
    // inference.
    if (n.wants(1))
      n.yield(1, g.broadcast(g.number(n.version < 10 ? x.element() : g.i1(), 1),
                             g.dims(x)));
    return;
  }
  if (trains && ratio > 0) {
    TensorValue kept =
        randomUniform(n, g.dims(x), n.integer("seed", 0)) >= ratio;
    n.yield(0, g.select(kept, x / (1 - ratio), g.number(x.element(), 0)));
    if (n.wants(1))
      n.yield(1, kept);
    return;
  }
  n.yield(0, x);
  if (n.wants(1))
    n.yield(1, g.broadcast(g.number(n.version < 10 ? x.element() : g.i1(), 1),
                           g.dims(x)));
}

} // namespace dlc::onnx_import
