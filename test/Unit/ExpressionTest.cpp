//===- ExpressionTest.cpp - Operators and extents -------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operators of a kit by one that writes down what it is asked to append,
// and the arithmetic on extents by what it appends.
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/Expression.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace dlc;

namespace {

class Text : public Expression<Text> {
public:
  explicit Text(std::string text) : text(text) {}
  static Text apply(UnaryOperator op, Text x) {
    return Text((op == UnaryOperator::Neg ? "neg(" : "not(") + x.text + ")");
  }
  static Text apply(BinaryOperator op, Text a, Text b) {
    static const char *const names[] = {"add", "sub", "mul", "div", "and", "or",
                                        "xor", "lt",  "le",  "gt",  "ge",  "eq",
                                        "ne",  "max", "min", "pow"};
    return Text(names[int(op)] + ("(" + a.text + ", ") + b.text + ")");
  }
  Text constant(double number) const {
    return Text(std::to_string(int(number)) + ":" + text);
  }
  friend Text select(Text condition, Text a, Text b) {
    return Text("select(" + condition.text + ", " + a.text + ", " + b.text +
                ")");
  }
  std::string text;
};

TEST(Expression, EachOperatorIsItsOwn) {
  Text a("a"), b("b");
  EXPECT_EQ((a + b).text, "add(a, b)");
  EXPECT_EQ((a - b).text, "sub(a, b)");
  EXPECT_EQ((a * b).text, "mul(a, b)");
  EXPECT_EQ((a / b).text, "div(a, b)");
  EXPECT_EQ((a & b).text, "and(a, b)");
  EXPECT_EQ((a | b).text, "or(a, b)");
  EXPECT_EQ((a ^ b).text, "xor(a, b)");
  EXPECT_EQ((a < b).text, "lt(a, b)");
  EXPECT_EQ((a <= b).text, "le(a, b)");
  EXPECT_EQ((a > b).text, "gt(a, b)");
  EXPECT_EQ((a >= b).text, "ge(a, b)");
  EXPECT_EQ((a == b).text, "eq(a, b)");
  EXPECT_EQ((a != b).text, "ne(a, b)");
  EXPECT_EQ(max(a, b).text, "max(a, b)");
  EXPECT_EQ(min(a, b).text, "min(a, b)");
  EXPECT_EQ(pow(a, b).text, "pow(a, b)");
  EXPECT_EQ((-a).text, "neg(a)");
  EXPECT_EQ((~a).text, "not(a)");
}

TEST(Expression, NumbersTakeTheTypeTheyMeetAndKeepTheirSide) {
  Text a("a");
  EXPECT_EQ((a - 1.0).text, "sub(a, 1:a)");
  EXPECT_EQ((1.0 - a).text, "sub(1:a, a)");
  EXPECT_EQ((2 / a).text, "div(2:a, a)");
  EXPECT_EQ((a < 3).text, "lt(a, 3:a)");
  EXPECT_EQ((3 < a).text, "lt(3:a, a)");
  EXPECT_EQ(pow(a, 2).text, "pow(a, 2:a)");
  EXPECT_EQ(max(0, a).text, "max(0:a, a)");
  EXPECT_EQ(select(Text("c"), a, 0).text, "select(c, a, 0:a)");
  EXPECT_EQ(select(Text("c"), 0, a).text, "select(c, 0:a, a)");
}

class ExtentsTest : public ::testing::Test {
protected:
  ExtentsTest()
      : module(ModuleOp::create(UnknownLoc::get(&context))), b(&context),
        loc(b.getUnknownLoc()) {
    context.loadDialect<affine::AffineDialect, arith::ArithDialect>();
    module->getBody()->addArgument(b.getIndexType(), loc);
    b.setInsertionPointToStart(module->getBody());
  }
  /// The number that a result is; nothing may have been appended for it.
  std::optional<int64_t> known(OpFoldResult x) {
    EXPECT_TRUE(module->getBody()->empty());
    return getConstantIntValue(x);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  OpBuilder b;
  Location loc;
};

TEST_F(ExtentsTest, KnownNumbersByArith) {
  ArithExtents e(b, loc);
  auto n = [&](int64_t number) { return e.index(number); };
  int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(known(e.add(n(most), n(1))), -most - 1);
  EXPECT_EQ(known(e.sub(n(2), n(5))), -3);
  EXPECT_EQ(known(e.mul(n(3), n(5))), 15);
  EXPECT_EQ(known(e.div(n(-7), n(2))), -3);
  EXPECT_EQ(known(e.div(n(7), n(0))), 0);
  EXPECT_EQ(known(e.ceilDiv(n(7), n(2))), 4);
  EXPECT_EQ(known(e.ceilDiv(n(8), n(2))), 4);
  EXPECT_EQ(known(e.mod(n(7), n(4))), 3);
  EXPECT_EQ(known(e.max(n(-1), n(4))), 4);
  EXPECT_EQ(known(e.min(n(-1), n(4))), -1);
  EXPECT_EQ(known(e.product({n(2), n(3), n(4)})), 24);
}

TEST_F(ExtentsTest, NothingIsAppendedForWhatChangesNothing) {
  ArithExtents e(b, loc);
  OpFoldResult x = Value(module->getBody()->getArgument(0));
  EXPECT_EQ(e.add(x, e.index(0)), x);
  EXPECT_EQ(e.add(e.index(0), x), x);
  EXPECT_EQ(e.sub(x, e.index(0)), x);
  EXPECT_EQ(e.mul(x, e.index(1)), x);
  EXPECT_EQ(e.div(x, e.index(1)), x);
  EXPECT_EQ(e.max(x, x), x);
  EXPECT_EQ(known(e.mul(e.index(0), x)), 0);
  EXPECT_FALSE(isNonNegative(x));
  EXPECT_TRUE(isNonNegative(e.max(x, e.index(0))));
}

TEST_F(ExtentsTest, KnownNumbersByAffine) {
  AffineExtents e(b, loc);
  auto n = [&](int64_t number) { return e.index(number); };
  EXPECT_EQ(known(e.add(n(2), n(5))), 7);
  EXPECT_EQ(known(e.sub(n(2), n(5))), -3);
  EXPECT_EQ(known(e.mul(n(3), n(5))), 15);
  EXPECT_EQ(known(e.floorDiv(n(-7), n(2))), -4);
  EXPECT_EQ(known(e.ceilDiv(n(7), n(2))), 4);
  EXPECT_EQ(known(e.max(n(-1), n(4))), 4);
  EXPECT_EQ(known(e.min(n(-1), n(4))), -1);
  EXPECT_EQ(known(e.product({n(2), n(3), n(4)})), 24);
}

TEST_F(ExtentsTest, UnknownExtentsMakeUnknownProducts) {
  EXPECT_EQ(productOf({}), 1);
  EXPECT_EQ(productOf({2, 3, 4}), 24);
  EXPECT_TRUE(ShapedType::isDynamic(productOf({2, ShapedType::kDynamic, 0})));
  EXPECT_EQ(bytesOf(RankedTensorType::get({3, 5}, b.getI1Type())), 15);
  EXPECT_EQ(bytesOf(RankedTensorType::get({3, 5}, b.getF64Type())), 120);
}

} // namespace
