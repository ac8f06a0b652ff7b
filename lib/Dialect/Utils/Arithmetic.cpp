//===- Arithmetic.cpp - Operators as ops of arith and math ----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Utils/Arithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dlc;

static Value onFloats(OpBuilder &b, Location loc, BinaryOperator op, Value x,
                      Value y) {
  auto compare = [&](arith::CmpFPredicate predicate) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  };
  // The sign of a zero is left open: without that an activation costs a
  // comparison and a selection more.
  constexpr auto extremum = arith::FastMathFlags::nsz;
  switch (op) {
  case BinaryOperator::Add:
    return arith::AddFOp::create(b, loc, x, y);
  case BinaryOperator::Sub:
    return arith::SubFOp::create(b, loc, x, y);
  case BinaryOperator::Mul:
    return arith::MulFOp::create(b, loc, x, y);
  case BinaryOperator::Div:
    return arith::DivFOp::create(b, loc, x, y);
  case BinaryOperator::Less:
    return compare(arith::CmpFPredicate::OLT);
  case BinaryOperator::LessEqual:
    return compare(arith::CmpFPredicate::OLE);
  case BinaryOperator::Greater:
    return compare(arith::CmpFPredicate::OGT);
  case BinaryOperator::GreaterEqual:
    return compare(arith::CmpFPredicate::OGE);
  case BinaryOperator::Equal:
    return compare(arith::CmpFPredicate::OEQ);
  case BinaryOperator::NotEqual:
    return compare(arith::CmpFPredicate::UNE);
  case BinaryOperator::Max:
    return arith::MaximumFOp::create(b, loc, x, y, extremum);
  case BinaryOperator::Min:
    return arith::MinimumFOp::create(b, loc, x, y, extremum);
  case BinaryOperator::Pow:
    return math::PowFOp::create(b, loc, x, y);
  case BinaryOperator::And:
  case BinaryOperator::Or:
  case BinaryOperator::Xor:
    break;
  }
  llvm_unreachable("an operator of integers between floats");
}

static Value onIntegers(OpBuilder &b, Location loc, BinaryOperator op, Value x,
                        Value y, bool isUnsigned) {
  auto compare = [&](arith::CmpIPredicate onSigned,
                     arith::CmpIPredicate onUnsigned) {
    return arith::CmpIOp::create(b, loc, isUnsigned ? onUnsigned : onSigned, x,
                                 y);
  };
  switch (op) {
  case BinaryOperator::Add:
    return arith::AddIOp::create(b, loc, x, y);
  case BinaryOperator::Sub:
    return arith::SubIOp::create(b, loc, x, y);
  case BinaryOperator::Mul:
    return arith::MulIOp::create(b, loc, x, y);
  case BinaryOperator::Div:
    if (isUnsigned)
      return arith::DivUIOp::create(b, loc, x, y);
    return arith::DivSIOp::create(b, loc, x, y);
  case BinaryOperator::And:
    return arith::AndIOp::create(b, loc, x, y);
  case BinaryOperator::Or:
    return arith::OrIOp::create(b, loc, x, y);
  case BinaryOperator::Xor:
    return arith::XOrIOp::create(b, loc, x, y);
  case BinaryOperator::Less:
    return compare(arith::CmpIPredicate::slt, arith::CmpIPredicate::ult);
  case BinaryOperator::LessEqual:
    return compare(arith::CmpIPredicate::sle, arith::CmpIPredicate::ule);
  case BinaryOperator::Greater:
    return compare(arith::CmpIPredicate::sgt, arith::CmpIPredicate::ugt);
  case BinaryOperator::GreaterEqual:
    return compare(arith::CmpIPredicate::sge, arith::CmpIPredicate::uge);
  case BinaryOperator::Equal:
    return compare(arith::CmpIPredicate::eq, arith::CmpIPredicate::eq);
  case BinaryOperator::NotEqual:
    return compare(arith::CmpIPredicate::ne, arith::CmpIPredicate::ne);
  case BinaryOperator::Max:
    if (isUnsigned)
      return arith::MaxUIOp::create(b, loc, x, y);
    return arith::MaxSIOp::create(b, loc, x, y);
  case BinaryOperator::Min:
    if (isUnsigned)
      return arith::MinUIOp::create(b, loc, x, y);
    return arith::MinSIOp::create(b, loc, x, y);
  case BinaryOperator::Pow:
    break;
  }
  llvm_unreachable("an operator of floats between integers");
}

Value dlc::buildOperator(OpBuilder &b, Location loc, BinaryOperator op, Value x,
                         Value y, bool isUnsigned) {
  if (isa<FloatType>(getElementTypeOrSelf(x)))
    return onFloats(b, loc, op, x, y);
  return onIntegers(b, loc, op, x, y, isUnsigned);
}

Value dlc::buildOperator(OpBuilder &b, Location loc, UnaryOperator op,
                         Value x) {
  Type element = getElementTypeOrSelf(x);
  switch (op) {
  case UnaryOperator::Neg:
    if (isa<FloatType>(element))
      return arith::NegFOp::create(b, loc, x);
    return arith::SubIOp::create(
        b, loc, buildConstant(b, loc, x.getType(), int64_t(0)), x);
  case UnaryOperator::Not:
    return arith::XOrIOp::create(
        b, loc, x,
        buildConstant(b, loc, x.getType(),
                      // All bits of a truth value.
                      element.isInteger(1) ? int64_t(1) : int64_t(-1)));
  }
  llvm_unreachable("all operators are above");
}

static Value buildConstant(OpBuilder &b, Location loc, Type type,
                           TypedAttr element) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    element = DenseElementsAttr::get(shaped, Attribute(element));
  return arith::ConstantOp::create(b, loc, element);
}

Value dlc::buildConstant(OpBuilder &b, Location loc, Type type, double number) {
  Type element = getElementTypeOrSelf(type);
  if (!isa<FloatType>(element))
    return buildConstant(b, loc, type, int64_t(number));
  return ::buildConstant(b, loc, type,
                         TypedAttr(b.getFloatAttr(element, number)));
}

Value dlc::buildConstant(OpBuilder &b, Location loc, Type type,
                         int64_t number) {
  Type element = getElementTypeOrSelf(type);
  if (isa<FloatType>(element))
    return buildConstant(b, loc, type, double(number));
  return ::buildConstant(b, loc, type,
                         TypedAttr(b.getIntegerAttr(element, number)));
}
