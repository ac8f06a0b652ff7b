//===- Operators.h - The ops of operators between tensors -------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_OPERATORS_H
#define DLC_DIALECT_DL_IR_OPERATORS_H

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Support/Expression.h"

namespace dlc::dl {

/// An op's class as an argument.
template <typename OpT> struct OpTag {
  using Op = OpT;
};

/// What `build` makes of the tag of an operator's op.
template <typename Build> auto withOpOf(UnaryOperator op, Build build) {
  switch (op) {
  case UnaryOperator::Neg:
    return build(OpTag<NegOp>());
  case UnaryOperator::Not:
    return build(OpTag<NotOp>());
  }
  llvm_unreachable("all operators are above");
}

template <typename Build> auto withOpOf(BinaryOperator op, Build build) {
  switch (op) {
  case BinaryOperator::Add:
    return build(OpTag<AddOp>());
  case BinaryOperator::Sub:
    return build(OpTag<SubOp>());
  case BinaryOperator::Mul:
    return build(OpTag<MulOp>());
  case BinaryOperator::Div:
    return build(OpTag<DivOp>());
  case BinaryOperator::And:
    return build(OpTag<AndOp>());
  case BinaryOperator::Or:
    return build(OpTag<OrOp>());
  case BinaryOperator::Xor:
    return build(OpTag<XorOp>());
  case BinaryOperator::Less:
    return build(OpTag<LessOp>());
  case BinaryOperator::LessEqual:
    return build(OpTag<LessEqualOp>());
  case BinaryOperator::Greater:
    return build(OpTag<GreaterOp>());
  case BinaryOperator::GreaterEqual:
    return build(OpTag<GreaterEqualOp>());
  case BinaryOperator::Equal:
    return build(OpTag<EqualOp>());
  case BinaryOperator::NotEqual:
    return build(OpTag<NotEqualOp>());
  case BinaryOperator::Max:
    return build(OpTag<MaximumOp>());
  case BinaryOperator::Min:
    return build(OpTag<MinimumOp>());
  case BinaryOperator::Pow:
    return build(OpTag<PowOp>());
  }
  llvm_unreachable("all operators are above");
}

} // namespace dlc::dl

#endif // DLC_DIALECT_DL_IR_OPERATORS_H
