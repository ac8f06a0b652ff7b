//===- DefineArithmetic.cpp - A value for every operand -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ops of arith and scf in a model must be as well defined as those of dl,
// and get dl's results. Division by zero ends a process. LLVM treats poison as
// any value: it may drop a comparison of a poisoned index with an extent.
//
//===----------------------------------------------------------------------===//

#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "dlc/Dialect/DL/IR/Scalar.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace dlc::dl::scalar;

namespace dlc {
#define GEN_PASS_DEF_DEFINEARITHMETIC
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

/// Removes flags that promise something about operands: nothing ensures it.
static void dropPromises(Operation *op) {
  if (auto flagged = dyn_cast<arith::ArithIntegerOverflowFlagsInterface>(op))
    op->setAttr(flagged.getIntegerOverflowAttrName(),
                arith::IntegerOverflowFlagsAttr::get(
                    op->getContext(), arith::IntegerOverflowFlags::none));
  if (auto fast = dyn_cast<arith::ArithFastMathInterface>(op)) {
    auto promises = arith::FastMathFlags::nnan | arith::FastMathFlags::ninf;
    if (auto flags = fast.getFastMathFlagsAttr();
        flags && bitEnumContainsAny(flags.getValue(), promises))
      op->setAttr(fast.getFastMathAttrName(),
                  arith::FastMathFlagsAttr::get(op->getContext(),
                                                flags.getValue() & ~promises));
  }
  if (op->getInherentAttr("isExact").value_or(Attribute()))
    op->removeAttr("isExact");
}

namespace {
struct DefineArithmetic : dlc::impl::DefineArithmeticBase<DefineArithmetic> {
  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      dropPromises(op);
      if (auto loop = dyn_cast<scf::ForOp>(op))
        return defineStep(loop);
      if (op->getNumOperands() == 0 || op->getNumResults() != 1 ||
          !op->getResult(0).getType().isIntOrIndexOrFloat())
        return;
      if (isa<arith::DivSIOp, arith::RemSIOp, arith::CeilDivSIOp,
              arith::FloorDivSIOp>(op))
        return defineDivision(op, /*isUnsigned=*/false);
      if (isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(op))
        return defineDivision(op, /*isUnsigned=*/true);
      if (isa<arith::ShLIOp, arith::ShRUIOp, arith::ShRSIOp>(op))
        return defineShift(op);
      if (isa<arith::FPToSIOp, arith::FPToUIOp>(op))
        defineConversion(op);
    });
  }

private:
  static std::optional<APInt> constantOf(Value value) {
    APInt number;
    if (matchPattern(value, m_ConstantInt(&number)))
      return number;
    return std::nullopt;
  }

  static void defineStep(scf::ForOp loop) {
    OpBuilder b(loop);
    // The limit for bounds and steps. No loop could iterate further, and adding
    // a step to it does not overflow.
    constexpr int64_t farthest = int64_t(1) << 60;
    auto clamp = [&](MutableOperandRange operand, int64_t least) {
      if (std::optional<dlc::IndexRange> range = dlc::rangeOf(operand[0].get());
          range && range->least >= least && range->most <= farthest)
        return;
      Scalar value(b, loop.getLoc(), operand[0].get());
      operand.assign(min(max(value, least), farthest));
    };
    clamp(loop.getLowerBoundMutable(), -farthest);
    clamp(loop.getUpperBoundMutable(), -farthest);
    clamp(loop.getStepMutable(), 1);
  }

  /// Division by 0 gives 0. A quotient that overflows wraps around.
  static void defineDivision(Operation *op, bool isUnsigned) {
    std::optional<APInt> divisor = constantOf(op->getOperand(1));
    if (divisor && !divisor->isZero() && (isUnsigned || !divisor->isAllOnes()))
      return;
    OpBuilder b(op);
    Scalar d(b, op->getLoc(), op->getOperand(1));
    Scalar byZero = d == 0.0;
    Scalar isBad = byZero;
    if (!isUnsigned) {
      Type type = d.type();
      unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
      Scalar n = d.with(op->getOperand(0)),
             least = d.with(arith::ConstantOp::create(
                 b, op->getLoc(),
                 b.getIntegerAttr(type, APInt::getSignedMinValue(width))));
      isBad = byZero | ((d == -1.0) & (n == least));
    }
    op->setOperand(1, select(isBad, d.constant(1), d));
    b.setInsertionPointAfter(op);
    replace(op, select(byZero, d.constant(0), d.with(op->getResult(0))));
  }

  static void defineShift(Operation *op) {
    Type type = op->getResult(0).getType();
    unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
    if (std::optional<APInt> count = constantOf(op->getOperand(1));
        count && count->ult(width))
      return;
    OpBuilder b(op);
    Scalar a(b, op->getLoc(), op->getOperand(0), isa<arith::ShRUIOp>(op)),
        count = Scalar(b, op->getLoc(), op->getOperand(1));
    if (width == 1) // shifts of one bit are not defined by dl
      return replaceAndErase(op, a.with(op->getOperand(0)));
    replaceAndErase(op, isa<arith::ShLIOp>(op) ? shiftLeft(a, count, width)
                                               : shiftRight(a, count, width));
  }

  static void defineConversion(Operation *op) {
    OpBuilder b(op);
    replaceAndErase(
        op, toInteger({b, op->getLoc(), op->getOperand(0)},
                      op->getResult(0).getType().getIntOrFloatBitWidth(),
                      isa<arith::FPToSIOp>(op)));
  }

  static void replace(Operation *op, Value value) {
    op->getResult(0).replaceUsesWithIf(value, [&](OpOperand &use) {
      return use.getOwner() != value.getDefiningOp();
    });
  }

  static void replaceAndErase(Operation *op, Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    op->erase();
  }
};
} // namespace
