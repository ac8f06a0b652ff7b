//===- Expression.h - Operators of what stands for a value ------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kit of expressions is a class whose objects stand for values of the IR: an
// operator between them appends an op, so that C++ reads as the formula. The
// operators are the same in all kits and stand here. A kit says which op each
// appends.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_EXPRESSION_H
#define DLC_SUPPORT_EXPRESSION_H

#include <type_traits>

namespace dlc {

enum class UnaryOperator { Neg, Not };

enum class BinaryOperator {
  Add,
  Sub,
  Mul,
  Div,
  And,
  Or,
  Xor,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Equal,
  NotEqual,
  Max,
  Min,
  Pow
};

/// The operators of the kit `Self`, which derives from this class and has
///
///   static Self apply(UnaryOperator op, Self x);
///   static Self apply(BinaryOperator op, Self a, Self b);
///   Self constant(Number number) const;
///
/// `constant` is a number of this expression's element type. A C++ number on
/// either side of an operator takes the type of the other side so. Comparisons
/// give truth values; with NaN all are false but `!=`.
template <typename Self> class Expression {
  /// `Self`, of an operator that takes a C++ number.
  template <typename Number>
  using WithNumber = std::enable_if_t<std::is_arithmetic_v<Number>, Self>;

public:
  friend Self operator-(Self x) { return Self::apply(UnaryOperator::Neg, x); }
  friend Self operator~(Self x) { return Self::apply(UnaryOperator::Not, x); }

#define DLC_BINARY(NAME, OPERATOR)                                             \
  friend Self NAME(Self a, Self b) {                                           \
    return Self::apply(BinaryOperator::OPERATOR, a, b);                        \
  }                                                                            \
  template <typename Number>                                                   \
  friend WithNumber<Number> NAME(Self a, Number b) {                           \
    return NAME(a, a.constant(b));                                             \
  }                                                                            \
  template <typename Number>                                                   \
  friend WithNumber<Number> NAME(Number a, Self b) {                           \
    return NAME(b.constant(a), b);                                             \
  }
  DLC_BINARY(operator+, Add)
  DLC_BINARY(operator-, Sub)
  DLC_BINARY(operator*, Mul)
  DLC_BINARY(operator/, Div)
  DLC_BINARY(operator&, And)
  DLC_BINARY(operator|, Or)
  DLC_BINARY(operator^, Xor)
  DLC_BINARY(operator<, Less)
  DLC_BINARY(operator<=, LessEqual)
  DLC_BINARY(operator>, Greater)
  DLC_BINARY(operator>=, GreaterEqual)
  DLC_BINARY(operator==, Equal)
  DLC_BINARY(operator!=, NotEqual)
  DLC_BINARY(max, Max)
  DLC_BINARY(min, Min)
  DLC_BINARY(pow, Pow)
#undef DLC_BINARY

  /// A number in the place of an operand of the kit's `select`.
  template <typename Number>
  friend WithNumber<Number> select(Self condition, Self a, Number b) {
    return select(condition, a, a.constant(b));
  }
  template <typename Number>
  friend WithNumber<Number> select(Self condition, Number a, Self b) {
    return select(condition, b.constant(a), b);
  }
};

} // namespace dlc

#endif // DLC_SUPPORT_EXPRESSION_H
