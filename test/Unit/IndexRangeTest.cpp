//===- IndexRangeTest.cpp - What an index can be --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A range must hold what 64 bits compute, wrapped or not: random expressions of
// numbers from anywhere, each computed beside its range.
//
//===----------------------------------------------------------------------===//

#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/MathExtras.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;

namespace {

/// An index and what it is.
struct Term {
  Value value;
  int64_t number;
};

int64_t wrapped(uint64_t bits) { return int64_t(bits); }

class IndexRangeTest : public ::testing::Test {
protected:
  IndexRangeTest()
      : module(ModuleOp::create(UnknownLoc::get(&context))), b(&context),
        loc(b.getUnknownLoc()) {
    context.loadDialect<affine::AffineDialect, arith::ArithDialect,
                        scf::SCFDialect>();
    b.setInsertionPointToStart(module->getBody());
  }

  int64_t draw(int64_t count) { return int64_t(random() % uint64_t(count)); }

  /// Small, as large as a tensor, or beside an end of 64 bits.
  int64_t drawNumber() {
    int64_t small = draw(20) - 10;
    switch (draw(6)) {
    case 0:
      return wrapped(uint64_t(INT64_MIN) + uint64_t(draw(10)));
    case 1:
      return INT64_MAX - draw(10);
    case 2:
      return (int64_t(1) << draw(63)) + small;
    case 3:
      return -(int64_t(1) << draw(63)) - small;
    default:
      return small;
    }
  }

  Term constant(int64_t number) {
    return {arith::ConstantIndexOp::create(b, loc, number), number};
  }

  /// The variable of a loop that runs from one number to another, at a random
  /// iteration of its first hundred.
  Term induction() {
    int64_t from = drawNumber(), to = drawNumber(), step = 1 + draw(5);
    if (from >= to)
      std::swap(from, to);
    auto loop = scf::ForOp::create(b, loc, constant(from).value,
                                   constant(to).value, constant(step).value);
    int64_t number = from;
    for (int64_t i = draw(100); i > 0; --i) // as the loop counts
      if (int64_t next = wrapped(uint64_t(number) + uint64_t(step)); next < to)
        number = next;
    return {loop.getInductionVar(), number};
  }

  template <typename OpT> Value make(Term x, Term y) {
    return OpT::create(b, loc, x.value, y.value);
  }

  /// Of `x` as the dimension and `y` as the symbol; divisors are positive.
  Term ofAffine(AffineExpr expr, Term x, Term y, int64_t number) {
    if (y.number < 1)
      return x;
    Value value = affine::AffineApplyOp::create(
        b, loc, AffineMap::get(1, 1, expr), ValueRange{x.value, y.value});
    return {value, number};
  }

  /// A sum of affine, with random constants.
  Term apply(Term x, Term y) {
    AffineExpr d = b.getAffineDimExpr(0), s = b.getAffineSymbolExpr(0);
    int64_t factor = 1 + draw(8), moved = draw(16) - 8;
    uint64_t number = uint64_t(x.number) * uint64_t(factor) + uint64_t(moved) -
                      uint64_t(y.number);
    Value sum = affine::AffineApplyOp::create(
        b, loc, AffineMap::get(1, 1, d * factor + moved - s),
        ValueRange{x.value, y.value});
    return {sum, wrapped(number)};
  }

  Term quotient(Term x, Term y) {
    if (y.number == 0 || (x.number == INT64_MIN && y.number == -1))
      return x;                         // undefined
    int64_t rest = x.number % y.number; // of the dividend's sign
    if (rest < 0 && y.number > 0)
      rest += y.number; // as affine has it
    switch (draw(8)) {
    case 4:
      return {make<arith::FloorDivSIOp>(x, y),
              llvm::divideFloorSigned(x.number, y.number)};
    case 5:
      return {make<arith::CeilDivSIOp>(x, y),
              llvm::divideCeilSigned(x.number, y.number)};
    case 6:
      return ofAffine(b.getAffineDimExpr(0) % b.getAffineSymbolExpr(0), x, y,
                      rest);
    case 7:
      return ofAffine(b.getAffineDimExpr(0).floorDiv(b.getAffineSymbolExpr(0)),
                      x, y, llvm::divideFloorSigned(x.number, y.number));
    case 0:
      return {make<arith::DivSIOp>(x, y), x.number / y.number};
    case 1:
      return {make<arith::RemSIOp>(x, y), x.number % y.number};
    case 2:
      return {make<arith::DivUIOp>(x, y),
              wrapped(uint64_t(x.number) / uint64_t(y.number))};
    default:
      return {make<arith::RemUIOp>(x, y),
              wrapped(uint64_t(x.number) % uint64_t(y.number))};
    }
  }

  Term either(Term x, Term y) {
    Value isFirst = arith::ConstantIntOp::create(b, loc, 1, 1);
    Value either = arith::SelectOp::create(b, loc, isFirst, x.value, y.value);
    return {either, x.number};
  }

  /// Through fewer bits and back.
  Term narrowed(Term x) {
    Type type = b.getIntegerType(8 << draw(4));
    Value narrow = arith::IndexCastOp::create(b, loc, type, x.value);
    unsigned dropped = 64 - type.getIntOrFloatBitWidth();
    uint64_t bits = uint64_t(x.number) << dropped;
    if (draw(2))
      return {arith::IndexCastOp::create(b, loc, b.getIndexType(), narrow),
              wrapped(bits) >> dropped};
    return {arith::IndexCastUIOp::create(b, loc, b.getIndexType(), narrow),
            wrapped(bits >> dropped)};
  }

  Term combined(Term x, Term y) {
    switch (draw(11)) {
    case 0:
      return {make<arith::AddIOp>(x, y),
              wrapped(uint64_t(x.number) + uint64_t(y.number))};
    case 1:
      return {make<arith::SubIOp>(x, y),
              wrapped(uint64_t(x.number) - uint64_t(y.number))};
    case 2:
      return {make<arith::MulIOp>(x, y),
              wrapped(uint64_t(x.number) * uint64_t(y.number))};
    case 3:
      return {make<arith::MinSIOp>(x, y), std::min(x.number, y.number)};
    case 4:
      return {make<arith::MaxSIOp>(x, y), std::max(x.number, y.number)};
    case 5:
      return {make<arith::MinUIOp>(x, y),
              wrapped(std::min(uint64_t(x.number), uint64_t(y.number)))};
    case 6:
      return {make<arith::AndIOp>(x, y), x.number & y.number};
    case 7:
      return apply(x, y);
    case 8:
      return either(x, y);
    case 9:
      return narrowed(x);
    default:
      return quotient(x, y);
    }
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  OpBuilder b;
  Location loc;
  std::mt19937_64 random{1};
};

TEST_F(IndexRangeTest, HoldsWhatIsComputed) {
  int known = 0;
  for (int model = 0; model < 2000; ++model) {
    SmallVector<Term> terms;
    for (int i = 0; i < 4; ++i)
      terms.push_back(draw(2) ? constant(drawNumber()) : induction());
    for (int i = 0; i < 12; ++i) {
      Term x = terms[size_t(draw(int64_t(terms.size())))],
           y = terms[size_t(draw(int64_t(terms.size())))];
      terms.push_back(combined(x, y));
      Term z = terms.back();
      auto range = dlc::rangeOf(z.value);
      if (!range)
        continue;
      ++known;
      std::string text;
      llvm::raw_string_ostream(text) << z.value;
      ASSERT_LE(range->least, z.number) << "model " << model << text;
      ASSERT_GE(range->most, z.number) << "model " << model << text;
    }
    module->getBody()->clear();
  }
  EXPECT_GT(known, 8000); // of 24000
}

TEST_F(IndexRangeTest, SaysNothingOfWhatMayWrap) {
  Term most = constant(INT64_MAX - 1), two = constant(2);
  EXPECT_FALSE(dlc::rangeOf(Value(make<arith::AddIOp>(most, two))));
  EXPECT_FALSE(dlc::rangeOf(Value(make<arith::MulIOp>(most, two))));
  EXPECT_FALSE(
      dlc::rangeOf(Value(make<arith::SubIOp>(constant(INT64_MIN), two))));
}

TEST_F(IndexRangeTest, IsAsNarrowAsItsOperands) {
  Term three = constant(3), eight = constant(8);
  auto loop =
      scf::ForOp::create(b, loc, constant(2).value, eight.value, three.value);
  Term i = {loop.getInductionVar(), 2};
  auto range = dlc::rangeOf(Value(make<arith::MulIOp>(i, three)));
  ASSERT_TRUE(range);
  EXPECT_EQ(range->least, 6);
  EXPECT_EQ(range->most, 21);
  range = dlc::rangeOf(Value(make<arith::MinSIOp>(eight, i)));
  ASSERT_TRUE(range);
  EXPECT_EQ(range->most, 7);
}

} // namespace
