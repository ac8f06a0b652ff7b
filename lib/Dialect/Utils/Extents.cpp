//===- Extents.cpp - Arithmetic on extents --------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dlc;

int64_t dlc::productOf(ArrayRef<int64_t> extents) {
  if (llvm::is_contained(extents, ShapedType::kDynamic))
    return ShapedType::kDynamic;
  return llvm::product_of(extents);
}

int64_t dlc::bytesOf(ShapedType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

Value ExtentBuilder::value(OpFoldResult x) {
  return getValueOrCreateConstantIndexOp(b, loc, x);
}

OpFoldResult ExtentBuilder::product(ArrayRef<OpFoldResult> extents) {
  OpFoldResult result = index(1);
  for (OpFoldResult extent : extents)
    result = mul(result, extent);
  return result;
}

//===----------------------------------------------------------------------===//
// By ops of affine
//===----------------------------------------------------------------------===//

OpFoldResult AffineExtents::apply(AffineExpr expr,
                                  ArrayRef<OpFoldResult> operands) {
  return known(affine::makeComposedFoldedAffineApply(b, loc, expr, operands));
}

OpFoldResult AffineExtents::add(OpFoldResult x, OpFoldResult y) {
  return apply(b.getAffineSymbolExpr(0) + b.getAffineSymbolExpr(1), {x, y});
}
OpFoldResult AffineExtents::sub(OpFoldResult x, OpFoldResult y) {
  return apply(b.getAffineSymbolExpr(0) - b.getAffineSymbolExpr(1), {x, y});
}
OpFoldResult AffineExtents::mul(OpFoldResult x, OpFoldResult y) {
  return apply(b.getAffineSymbolExpr(0) * b.getAffineSymbolExpr(1), {x, y});
}
OpFoldResult AffineExtents::floorDiv(OpFoldResult x, OpFoldResult y) {
  return apply(b.getAffineSymbolExpr(0).floorDiv(b.getAffineSymbolExpr(1)),
               {x, y});
}
OpFoldResult AffineExtents::ceilDiv(OpFoldResult x, OpFoldResult y) {
  return apply(b.getAffineSymbolExpr(0).ceilDiv(b.getAffineSymbolExpr(1)),
               {x, y});
}
OpFoldResult AffineExtents::max(OpFoldResult x, OpFoldResult y) {
  return known(affine::makeComposedFoldedAffineMax(
      b, loc, b.getMultiDimIdentityMap(2), {x, y}));
}
OpFoldResult AffineExtents::min(OpFoldResult x, OpFoldResult y) {
  return known(affine::makeComposedFoldedAffineMin(
      b, loc, b.getMultiDimIdentityMap(2), {x, y}));
}

//===----------------------------------------------------------------------===//
// By ops of arith
//===----------------------------------------------------------------------===//

OpFoldResult ArithExtents::add(OpFoldResult x, OpFoldResult y) {
  auto m = getConstantIntValue(x), n = getConstantIntValue(y);
  if (m && n)
    return index(int64_t(uint64_t(*m) + uint64_t(*n)));
  if (m == 0)
    return y;
  if (n == 0)
    return x;
  return arith::AddIOp::create(b, loc, value(x), value(y)).getResult();
}

OpFoldResult ArithExtents::sub(OpFoldResult x, OpFoldResult y) {
  auto m = getConstantIntValue(x), n = getConstantIntValue(y);
  if (m && n)
    return index(int64_t(uint64_t(*m) - uint64_t(*n)));
  if (n == 0)
    return x;
  return arith::SubIOp::create(b, loc, value(x), value(y)).getResult();
}

OpFoldResult ArithExtents::mul(OpFoldResult x, OpFoldResult y) {
  auto m = getConstantIntValue(x), n = getConstantIntValue(y);
  if (m && n)
    return index(int64_t(uint64_t(*m) * uint64_t(*n)));
  if (m == 0 || n == 0)
    return index(0);
  if (m == 1)
    return y;
  if (n == 1)
    return x;
  return arith::MulIOp::create(b, loc, value(x), value(y)).getResult();
}

OpFoldResult ArithExtents::div(OpFoldResult x, OpFoldResult y) {
  auto m = getConstantIntValue(x), n = getConstantIntValue(y);
  if (n == 0)
    return index(0);
  if (m && n)
    return index(*n == -1 ? -*m : *m / *n);
  if (n == 1)
    return x;
  Value divisor = value(y);
  if (n)
    return arith::DivSIOp::create(b, loc, value(x), divisor).getResult();
  Value zero = value(index(0));
  Value byZero =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, divisor, zero);
  Value safe =
      arith::SelectOp::create(b, loc, byZero, value(index(1)), divisor);
  Value quotient = arith::DivSIOp::create(b, loc, value(x), safe);
  return arith::SelectOp::create(b, loc, byZero, zero, quotient).getResult();
}

OpFoldResult ArithExtents::ceilDiv(OpFoldResult x, OpFoldResult y) {
  return div(add(x, sub(y, index(1))), y);
}

OpFoldResult ArithExtents::mod(OpFoldResult x, OpFoldResult y) {
  return sub(x, mul(div(x, y), y));
}

OpFoldResult ArithExtents::max(OpFoldResult x, OpFoldResult y) {
  auto m = getConstantIntValue(x), n = getConstantIntValue(y);
  if (m && n)
    return index(std::max(*m, *n));
  if (isEqualConstantIntOrValue(x, y) || (n && *n <= 0 && isNonNegative(x)))
    return x;
  if (m && *m <= 0 && isNonNegative(y))
    return y;
  return arith::MaxSIOp::create(b, loc, value(x), value(y)).getResult();
}

OpFoldResult ArithExtents::min(OpFoldResult x, OpFoldResult y) {
  auto m = getConstantIntValue(x), n = getConstantIntValue(y);
  if (m && n)
    return index(std::min(*m, *n));
  if (isEqualConstantIntOrValue(x, y))
    return x;
  return arith::MinSIOp::create(b, loc, value(x), value(y)).getResult();
}

/// Sums of sums are looked into so deep.
static bool isNonNegative(OpFoldResult x, unsigned depth) {
  if (auto number = getConstantIntValue(x))
    return *number >= 0;
  Operation *op = cast<Value>(x).getDefiningOp();
  if (!op || depth == 0)
    return false;
  auto is = [&](unsigned i) {
    return isNonNegative(getAsOpFoldResult(op->getOperand(i)), depth - 1);
  };
  if (isa<tensor::DimOp>(op))
    return true;
  if (isa<arith::MaxSIOp>(op))
    return is(0) || is(1);
  if (isa<arith::AddIOp, arith::MulIOp, arith::DivSIOp, arith::MinSIOp>(op))
    return is(0) && is(1);
  return false;
}

bool dlc::isNonNegative(OpFoldResult x) {
  return ::isNonNegative(x, /*depth=*/4);
}
