//===- LowerCheck.cpp - Values that must be what they should --------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"

using namespace mlir;
using namespace dlc;

/// Reduces all elements to a scalar, starting from `init`.
static Value reduceAll(Emitter &e, Value x, double init, Emitter::Body body) {
  SmallVector<bool> all(cast<RankedTensorType>(x.getType()).getRank(), true);
  return tensor::ExtractOp::create(e.b, e.loc, e.reduce(x, all, init, body));
}

/// A tensor of rank 0 has one element to check.
static Value emitRange(dl::RequireRangeOp op, dl::RequireRangeOpAdaptor x,
                       Emitter &e) {
  // Counts the elements outside the range: one reduction for both ends.
  auto type = cast<RankedTensorType>(x.getX().getType());
  int64_t least = op.getLeast(), past = op.getPast();
  Type element = type.getElementType();
  auto outside = [&](OpBuilder &b, Location loc, Value value) -> Value {
    scalarT v(b, loc, value);
    auto limit = [&](int64_t number) -> Value {
      return arith::ConstantOp::create(b, loc,
                                       b.getIntegerAttr(element, number));
    };
    Value low = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, value,
                                      limit(least));
    Value high = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, value,
                                       limit(past));
    Value either = arith::OrIOp::create(b, loc, low, high);
    return arith::ExtUIOp::create(b, loc, element, either);
  };
  Value count = reduceAll(
      e, x.getX(), 0,
      [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
        return arith::OrIOp::create(b, loc, outside(b, loc, args[0]), args[1]);
      });
  Value zero =
      arith::ConstantOp::create(e.b, e.loc, e.b.getIntegerAttr(element, 0));
  e.require(
      arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq, count, zero),
      op.getWhat() + " is outside " + Twine(least) + " to " + Twine(past - 1));
  return x.getX();
}

static Value emitFinite(dl::RequireFiniteOp op, dl::RequireFiniteOpAdaptor x,
                        Emitter &e) {
  // x - x is 0 for finite numbers and NaN for everything else.
  Value sum =
      reduceAll(e, x.getX(), 0,
                [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                  scalarT v(b, loc, args[0]);
                  return scalarT(b, loc, args[1]) + (v - v);
                });
  e.require(scalarT(e.b, e.loc, sum) == 0.0,
            "the result of " + op.getWhat() + " is not finite");
  return x.getX();
}

void dlc::populateCheckLowering(TypeConverter &types,
                                RewritePatternSet &patterns) {
  addEmitter<dl::RequireRangeOp>(patterns, types, emitRange);
  addEmitter<dl::RequireFiniteOp>(patterns, types, emitFinite);
}
