//===- ExtentChecks.cpp - Value numbering of extents, and checks ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ExtentChecks.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include <cmath>

using namespace mlir;
using namespace dlc;

bool dlc::isScalar(Operation *op) {
  auto isNumber = [](Type type) { return type.isIntOrIndexOrFloat(); };
  return op->getNumRegions() == 0 && op->getNumResults() == 1 && isPure(op) &&
         llvm::all_of(op->getOperandTypes(), isNumber) &&
         llvm::all_of(op->getResultTypes(), isNumber);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

Value ExtentChecks::numbered(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isScalar(op))
    return value;
  for (auto &scope : llvm::reverse(scopes))
    for (Operation *other : scope.lookup(llvm::hash_combine(
             op->getName(), llvm::hash_combine_range(op->getOperands()))))
      if (other != op && OperationEquivalence::isEquivalentTo(
                             other, op, OperationEquivalence::exactValueMatch,
                             nullptr, OperationEquivalence::IgnoreLocations))
        return other->getResult(0);
  scopes
      .back()[llvm::hash_combine(op->getName(),
                                 llvm::hash_combine_range(op->getOperands()))]
      .push_back(op);
  return value;
}

OpFoldResult ExtentChecks::known(OpFoldResult size) {
  if (auto constant = getConstantIntValue(size))
    return b.getIndexAttr(*constant);
  return numbered(cast<Value>(size));
}

Value ExtentChecks::value(OpFoldResult size) {
  if (auto given = dyn_cast<Value>(size))
    return given;
  return numbered(
      arith::ConstantIndexOp::create(b, loc, *getConstantIntValue(size)));
}

Value ExtentChecks::compare(arith::CmpIPredicate predicate, OpFoldResult x,
                            OpFoldResult y) {
  return numbered(arith::CmpIOp::create(b, loc, predicate, value(x), value(y)));
}

Value ExtentChecks::either(Value x, Value y) {
  return numbered(arith::OrIOp::create(b, loc, x, y));
}

bool ExtentChecks::isConstant(OpFoldResult size, int64_t number) {
  return getConstantIntValue(size) == number;
}

bool ExtentChecks::isKnownNonNegative(OpFoldResult size) {
  if (std::optional<IndexRange> range = rangeOf(size))
    return range->least >= 0;
  // A maximum with a non-negative operand is non-negative, even if an operand
  // has wrapped.
  auto value = dyn_cast<Value>(size);
  Operation *op = value ? value.getDefiningOp() : nullptr;
  if (isa_and_nonnull<arith::MaxSIOp>(op))
    return isKnownNonNegative(op->getOperand(0)) ||
           isKnownNonNegative(op->getOperand(1));
  if (auto most = dyn_cast_or_null<affine::AffineMaxOp>(op))
    return llvm::any_of(most.getMap().getResults(), [](AffineExpr expr) {
      auto constant = dyn_cast<AffineConstantExpr>(expr);
      return constant && constant.getValue() >= 0;
    });
  return false;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

std::string ExtentChecks::sentence(Operation *op, const Twine &what) {
  return (codegen::describeLocation(op) + ": " + what).str();
}

void ExtentChecks::require(Operation *op, Value condition, const Twine &what) {
  if (matchPattern(condition, m_One()))
    return;
  for (auto &scope : required)
    if (scope.contains(condition))
      return;
  if (isAnalysis) {
    op->emitError("no check before it rules out: ") << what.str();
    failed = true;
    return;
  }
  codegen::RequireOp::create(b, loc, condition, sentence(op, what));
  required.back().insert(condition);
}

void ExtentChecks::refuse(Operation *op, const Twine &what) {
  op->emitError(what);
  failed = true;
}

void ExtentChecks::requireEqual(Operation *op, OpFoldResult x, OpFoldResult y,
                                const Twine &what) {
  if (isEqualConstantIntOrValue(x, y))
    return;
  // Constant on the right, as canonicalisation puts it.
  if (getConstantIntValue(x))
    std::swap(x, y);
  Value isEqual = compare(arith::CmpIPredicate::eq, x, y);
  require(op, isEqual, what);
}

void ExtentChecks::requireNonNegative(Operation *op, OpFoldResult size,
                                      const Twine &what) {
  if (isKnownNonNegative(size))
    return;
  require(op, compare(arith::CmpIPredicate::sge, size, b.getIndexAttr(0)),
          what);
}

void ExtentChecks::requireMemory(Operation *op, ArrayRef<OpFoldResult> sizes,
                                 Type element) {
  double fixed = std::max<unsigned>(
      1, element.isIntOrFloat() ? element.getIntOrFloatBitWidth() / 8 : 8);
  SmallVector<Value> free;
  for (OpFoldResult size : sizes) {
    if (auto constant = getConstantIntValue(size))
      fixed *= std::max<int64_t>(*constant, 1);
    else
      free.push_back(cast<Value>(size));
  }
  for (Value size : free)
    requireNonNegative(op, size, "an extent is negative");
  if (free.empty())
    return;
  // Rounded up to a power of 256, so that few checks cover many tensors.
  fixed = std::exp2(8 * std::ceil(std::log2(fixed) / 8));
  for (auto &scope : measured)
    for (auto &[others, most] : scope)
      if (most >= fixed && std::is_permutation(others.begin(), others.end(),
                                               free.begin(), free.end()))
        return;
  measured.back().push_back({free, fixed});
  if (isAnalysis)
    return;
  Type f64 = b.getF64Type();
  auto number = [&](double x) -> Value {
    return numbered(arith::ConstantOp::create(b, loc, b.getF64FloatAttr(x)));
  };
  Value bytes = number(fixed);
  for (Value size : free) {
    Value wide =
        numbered(arith::IndexCastOp::create(b, loc, b.getI64Type(), size));
    Value real = numbered(arith::SIToFPOp::create(b, loc, f64, wide));
    // An extent of 0 must not allow another extent to be arbitrarily large.
    real = numbered(arith::MaximumFOp::create(b, loc, real, number(1)));
    bytes = numbered(arith::MulFOp::create(b, loc, bytes, real));
  }
  require(op,
          numbered(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLE,
                                         bytes, number(double(maxBytes)))),
          "a tensor of such extents has more bytes than 2^48");
}

void ExtentChecks::requireInside(Operation *op, OpFoldResult offset,
                                 OpFoldResult size, OpFoldResult stride,
                                 OpFoldResult extent, const Twine &what) {
  if (isConstant(offset, 0) && isConstant(stride, 1) &&
      isEqualConstantIntOrValue(size, extent))
    return;
  if (isConstant(size, 0))
    return;
  auto o = getConstantIntValue(offset), n = getConstantIntValue(size),
       s = getConstantIntValue(stride), most = getConstantIntValue(extent);
  if (s && *s < 1 && !(n && *n <= 1))
    return refuse(op, "has a slice with a stride of " + Twine(*s) +
                          ", expected 1 or more");
  if (o && n && s && most) {
    // In floats: upstream's verifier accepts a sum that wraps.
    if (*n < 0 || *o < 0 ||
        double(*o) + double(*n - 1) * double(*s) >= double(*most))
      refuse(op, what);
    return;
  }
  if (n && *n == 1) // the stride does not matter
    stride = b.getIndexAttr(1);
  bool isExact = rangeOf(offset) && rangeOf(size) && rangeOf(extent);
  if (isExact && isInsideByBounds(offset, size, stride, extent))
    return;
  requireNonNegative(op, size, "a slice has a negative size");
  requireNonNegative(op, offset, "a slice begins before the first element");
  using Predicate = arith::CmpIPredicate;
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  // Avoids sums that could overflow: n - 1 <= (extent - 1 - offset) / s.
  Value isNone = compare(Predicate::sle, size, zero);
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  if (!getConstantIntValue(stride)) {
    require(op,
            either(compare(Predicate::sge, stride, one),
                   compare(Predicate::sle, size, one)),
            "a slice has a stride below 1");
    stride = known(affine::makeComposedFoldedAffineMax(
        b, loc,
        AffineMap::get(0, 1, {s0, b.getAffineConstantExpr(1)}, b.getContext()),
        {stride}));
  }
  OpFoldResult room = apply(s0 - 1 - s1, {extent, offset});
  OpFoldResult last =
      getConstantIntValue(stride)
          ? apply(s0.floorDiv(*getConstantIntValue(stride)), {room})
          : OpFoldResult(numbered(
                arith::DivSIOp::create(b, loc, value(room), value(stride))));
  Value fits = numbered(arith::AndIOp::create(
      b, loc, compare(Predicate::slt, offset, extent),
      compare(Predicate::sle, apply(s0 - 1, {size}), last)));
  require(op, either(isNone, fits), what);
}

bool ExtentChecks::isInsideByBounds(OpFoldResult offset, OpFoldResult size,
                                    OpFoldResult stride, OpFoldResult extent) {
  auto ofLoop = [](OpFoldResult number) {
    Value value = dyn_cast<Value>(number);
    if (!value)
      return false;
    if (isa<BlockArgument>(value))
      return true;
    Operation *op = value.getDefiningOp();
    return llvm::any_of(op->getOperands(), [](Value operand) {
      return isa<BlockArgument>(operand);
    });
  };
  if (!ofLoop(offset) && !ofLoop(size))
    return false;
  using Variable = ValueBoundsConstraintSet::Variable;
  auto strideIs = getConstantIntValue(stride);
  if (!strideIs)
    return false;
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  SmallVector<Variable> operands{Variable(offset), Variable(size)};
  Variable last(AffineMap::get(2, 0, d0 + (d1 - 1) * *strideIs), operands);
  return ValueBoundsConstraintSet::compare(
             Variable(offset), ValueBoundsConstraintSet::GE,
             Variable(OpFoldResult(b.getIndexAttr(0)))) &&
         ValueBoundsConstraintSet::compare(last, ValueBoundsConstraintSet::LT,
                                           Variable(extent)) &&
         ValueBoundsConstraintSet::compare(
             Variable(size), ValueBoundsConstraintSet::GE,
             Variable(OpFoldResult(b.getIndexAttr(0))));
}
