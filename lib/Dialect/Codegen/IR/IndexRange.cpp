//===- IndexRange.cpp - The range of an index -----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream has two related analyses. Value bounds are computed in unbounded
// integers: there 8 - 2n is at most 8, although it is 10 where 2n wraps.
// Integer range analysis models wrapping, but does not handle affine ops, and
// has to run over a function that does not change meanwhile.
//
//===----------------------------------------------------------------------===//

#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace dlc;
using llvm::AddOverflow, llvm::SubOverflow, llvm::MulOverflow;
using llvm::divideCeilSigned, llvm::divideFloorSigned, llvm::maxUIntN;

namespace {

using Range = std::optional<IndexRange>;

/// The range of external values, which upstream's bounds treat as leaves too.
constexpr IndexRange anyValue = {INT64_MIN, INT64_MAX};

Range sum(Range x, Range y) {
  IndexRange z;
  if (!x || !y || AddOverflow(x->least, y->least, z.least) ||
      AddOverflow(x->most, y->most, z.most))
    return std::nullopt;
  return z;
}

Range difference(Range x, Range y) {
  IndexRange z;
  if (!x || !y || SubOverflow(x->least, y->most, z.least) ||
      SubOverflow(x->most, y->least, z.most))
    return std::nullopt;
  return z;
}

Range product(Range x, Range y) {
  if (!x || !y)
    return std::nullopt;
  IndexRange z = {INT64_MAX, INT64_MIN};
  for (int64_t a : {x->least, x->most})
    for (int64_t b : {y->least, y->most}) {
      int64_t corner;
      if (MulOverflow(a, b, corner))
        return std::nullopt;
      z = {std::min(z.least, corner), std::max(z.most, corner)};
    }
  return z;
}

Range hull(Range x, Range y) {
  if (!x || !y)
    return std::nullopt;
  return IndexRange{std::min(x->least, y->least), std::max(x->most, y->most)};
}

Range smaller(Range x, Range y) {
  if (!x || !y)
    return std::nullopt;
  return IndexRange{std::min(x->least, y->least), std::min(x->most, y->most)};
}

Range larger(Range x, Range y) {
  if (!x || !y)
    return std::nullopt;
  return IndexRange{std::max(x->least, y->least), std::max(x->most, y->most)};
}

/// The range of a quotient with any rounding. Divisors must be at least 1.
Range quotient(Range x, Range y) {
  if (!x || !y || y->least < 1)
    return std::nullopt;
  IndexRange z = {INT64_MAX, INT64_MIN};
  for (int64_t a : {x->least, x->most})
    for (int64_t b : {y->least, y->most})
      z = {std::min(z.least, divideFloorSigned(a, b)),
           std::max(z.most, divideCeilSigned(a, b))};
  return z;
}

/// The remainder has the divisor's sign if `isFloored`, else the dividend's.
Range remainder(Range x, Range y, bool isFloored) {
  if (!x || !y || y->least < 1)
    return std::nullopt;
  int64_t most = y->most - 1;
  bool isNonNegative = isFloored || x->least >= 0;
  return IndexRange{isNonNegative ? 0 : -most, most};
}

class Analysis {
public:
  Range of(OpFoldResult index) {
    if (auto constant = getConstantIntValue(index))
      return IndexRange{*constant, *constant};
    auto value = dyn_cast<Value>(index);
    return value ? of(value) : std::nullopt;
  }

private:
  Range of(Value value) {
    if (auto found = known.find(value); found != known.end())
      return found->second;
    constexpr unsigned deepest = 64;
    if (depth > deepest)
      return std::nullopt;
    ++depth;
    Range range = compute(value);
    --depth;
    return known[value] = range;
  }

  Range compute(Value value) {
    if (auto constant = getConstantIntValue(value))
      return IndexRange{*constant, *constant};
    if (auto argument = dyn_cast<BlockArgument>(value))
      return ofArgument(argument);
    Operation *op = value.getDefiningOp();
    if (isa<tensor::DimOp, memref::DimOp, tensor::RankOp, memref::RankOp>(op))
      return IndexRange{0, maxBytes};
    if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
      return ofCast(op);
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      unsigned i = cast<OpResult>(value).getResultNumber();
      return hull(of(branch.thenYield().getOperand(i)),
                  of(branch.elseYield().getOperand(i)));
    }
    if (auto select = dyn_cast<arith::SelectOp>(op))
      return hull(of(select.getTrueValue()), of(select.getFalseValue()));
    if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
      return ofExpr(apply.getAffineMap().getResult(0), apply.getAffineMap(),
                    apply.getMapOperands());
    if (auto least = dyn_cast<affine::AffineMinOp>(op))
      return ofAll(least, smaller);
    if (auto most = dyn_cast<affine::AffineMaxOp>(op))
      return ofAll(most, larger);
    if (op->getNumRegions() || op->getNumResults() != 1)
      return std::nullopt;
    if (!op->getResult(0).getType().isIntOrIndex())
      return std::nullopt;
    auto isIndex = [](Type type) { return type.isIntOrIndex(); };
    if (llvm::none_of(op->getOperandTypes(), isIndex) ||
        isa<tensor::ExtractOp, memref::LoadOp>(op))
      return anyValue; // loaded or converted values can be anything
    return ofArithmetic(op);
  }

  Range ofArithmetic(Operation *op) {
    Type type = op->getResult(0).getType();
    if (unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
        width < 64)
      return ofBits(width);
    if (op->getNumOperands() != 2)
      return std::nullopt;
    if (isa<arith::AndIOp>(op) && ofMask(op->getOperand(1)))
      return ofMask(op->getOperand(1));
    Range x = of(op->getOperand(0)), y = of(op->getOperand(1));
    if (isa<arith::AddIOp>(op))
      return sum(x, y);
    if (isa<arith::SubIOp>(op))
      return difference(x, y);
    if (isa<arith::MulIOp>(op))
      return product(x, y);
    if (isa<arith::MinSIOp>(op))
      return smaller(x, y);
    if (isa<arith::MaxSIOp>(op))
      return larger(x, y);
    if (isa<arith::DivSIOp, arith::CeilDivSIOp, arith::FloorDivSIOp>(op))
      return quotient(x, y);
    if (isa<arith::RemSIOp>(op))
      return remainder(x, y, /*isFloored=*/false);
    bool isNonNegative = x && y && x->least >= 0 && y->least >= 0;
    if (!isNonNegative) // unsigned ops read negative values as large
      return std::nullopt;
    if (isa<arith::MinUIOp>(op))
      return smaller(x, y);
    if (isa<arith::MaxUIOp>(op))
      return larger(x, y);
    if (isa<arith::DivUIOp, arith::CeilDivUIOp>(op))
      return quotient(x, y);
    if (isa<arith::RemUIOp>(op))
      return remainder(x, y, /*isFloored=*/false);
    return std::nullopt;
  }

  /// The range of `width` bits read as signed or as unsigned.
  static IndexRange ofBits(unsigned width) {
    return {-(int64_t(1) << (width - 1)), int64_t(maxUIntN(width))};
  }

  /// The range of `x & mask` for a non-negative mask.
  Range ofMask(Value mask) {
    Range range = of(mask);
    if (!range || range->least < 0)
      return std::nullopt;
    return IndexRange{0, range->most};
  }

  Range ofCast(Operation *op) {
    Type from = op->getOperand(0).getType(), to = op->getResult(0).getType();
    unsigned width = from.isIndex() ? 64 : from.getIntOrFloatBitWidth();
    unsigned kept = to.isIndex() ? 64 : to.getIntOrFloatBitWidth();
    if (width < 64 && kept >= width)
      return isa<arith::IndexCastUIOp>(op)
                 ? IndexRange{0, ofBits(width).most}
                 : IndexRange{ofBits(width).least, -ofBits(width).least - 1};
    return width == kept ? of(op->getOperand(0)) : anyValue;
  }

  /// The range of an induction variable is unknown if incrementing it may wrap,
  /// as it would then continue from below.
  Range ofArgument(BlockArgument argument) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (loop && argument == loop.getInductionVar())
      return ofInduction(of(loop.getLowerBound()), of(loop.getUpperBound()),
                         of(loop.getStep()));
    if (auto tasks =
            dyn_cast<scf::ForallOp>(argument.getOwner()->getParentOp())) {
      unsigned i = argument.getArgNumber();
      if (i < tasks.getRank())
        return ofInduction(of(tasks.getMixedLowerBound()[i]),
                           of(tasks.getMixedUpperBound()[i]),
                           of(tasks.getMixedStep()[i]));
    }
    if (loop)
      return ofCarried(loop, argument);
    return anyValue;
  }

  /// Upstream's bounds look through a carried value to the initial one. That is
  /// exact only if the loop yields the value unchanged.
  Range ofCarried(scf::ForOp loop, BlockArgument argument) {
    Value next = loop.getTiedLoopYieldedValue(argument)->get();
    Value begun = loop.getTiedLoopInit(argument)->get();
    return next == argument ? of(begun) : std::nullopt;
  }

  Range ofInduction(Range from, Range to, Range step) {
    if (!from || !to || !step || step->least < 1 || !sum(to, step))
      return std::nullopt;
    bool isRun = from->least < to->most;
    return IndexRange{from->least, isRun ? to->most - 1 : from->least};
  }

  template <typename OpT, typename Combine>
  Range ofAll(OpT op, Combine combine) {
    Range all;
    for (AffineExpr expr : op.getMap().getResults()) {
      Range range = ofExpr(expr, op.getMap(), op.getMapOperands());
      if (!range)
        return std::nullopt;
      all = all ? combine(all, range) : range;
    }
    return all;
  }

  Range ofExpr(AffineExpr expr, AffineMap map, ValueRange operands) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return IndexRange{constant.getValue(), constant.getValue()};
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      return of(operands[dim.getPosition()]);
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      return of(operands[map.getNumDims() + symbol.getPosition()]);
    auto binary = cast<AffineBinaryOpExpr>(expr);
    Range x = ofExpr(binary.getLHS(), map, operands),
          y = ofExpr(binary.getRHS(), map, operands);
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      return sum(x, y);
    case AffineExprKind::Mul:
      return product(x, y);
    case AffineExprKind::Mod:
      return remainder(x, y, /*isFloored=*/true);
    default:
      return quotient(x, y);
    }
  }

  llvm::DenseMap<Value, Range> known;
  unsigned depth = 0;
};

} // namespace

std::optional<IndexRange> dlc::rangeOf(OpFoldResult index) {
  return Analysis().of(index);
}
