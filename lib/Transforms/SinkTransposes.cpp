//===- SinkTransposes.cpp - Transposes towards where they cancel ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream moves tensor.pack and vector.transpose, and its linalg patterns fold
// a transpose into a lowered generic op. It has no patterns for layers.
//
//===----------------------------------------------------------------------===//

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_SINKTRANSPOSES
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

using Permutation = SmallVector<int64_t>;

Permutation invert(ArrayRef<int64_t> permutation) {
  Permutation result(permutation.size());
  for (auto [i, d] : llvm::enumerate(permutation))
    result[d] = i;
  return result;
}

RankedTensorType permute(RankedTensorType type, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> shape;
  for (int64_t d : permutation)
    shape.push_back(type.getDimSize(d));
  return type.clone(shape);
}

/// Whether dimensions of more than one element keep their order.
bool isReshape(RankedTensorType type, ArrayRef<int64_t> permutation) {
  int64_t last = -1;
  for (int64_t d : permutation) {
    if (type.getDimSize(d) == 1)
      continue;
    if (d < last)
      return false;
    last = d;
  }
  return true;
}

Value transpose(PatternRewriter &rewriter, Location loc, Value x,
                ArrayRef<int64_t> permutation) {
  auto type = cast<RankedTensorType>(x.getType());
  if (isReshape(type, permutation) &&
      llvm::count_if(type.getShape(), ShapedType::isDynamic) <= 1)
    return ReshapeOp::create(rewriter, loc, permute(type, permutation), x);
  return TransposeOp::create(rewriter, loc, permute(type, permutation), x,
                             permutation);
}

bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isConstantSource(op);
}

/// A transpose that does not move elements in memory becomes a reshape.
struct TurnIntoReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getX().getType());
    auto result = cast<RankedTensorType>(op.getType());
    if (!isReshape(type, op.getPermutation()) ||
        llvm::count_if(result.getShape(), ShapedType::isDynamic) > 1)
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, result, op.getX());
    return success();
  }
};

/// f(transpose x, transpose y) = transpose f(x, y). Also where the other
/// operands can take the inverse transpose at no cost at run time.
struct SinkThroughElementwise
    : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseOpInterface op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    int64_t rank = type.getRank();
    Permutation permutation;
    for (Value operand : op->getOperands())
      if (auto first = operand.getDefiningOp<TransposeOp>();
          first && int64_t(first.getPermutation().size()) == rank &&
          !isConstant(first.getX())) {
        permutation = Permutation(first.getPermutation());
        break;
      }
    if (permutation.empty())
      return failure();
    Permutation inverse = invert(permutation);
    for (Value operand : op->getOperands()) {
      auto first = operand.getDefiningOp<TransposeOp>();
      if (first && first.getPermutation() == ArrayRef<int64_t>(permutation))
        continue;
      auto operandType = cast<RankedTensorType>(operand.getType());
      if (llvm::count_if(operandType.getShape(), ShapedType::isDynamic) > 1)
        return failure();
      SmallVector<int64_t> full(rank - operandType.getRank(), 1);
      llvm::append_range(full, operandType.getShape());
      if (!isConstant(operand) && !isReshape(operandType.clone(full), inverse))
        return failure();
    }
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      auto first = operand.getDefiningOp<TransposeOp>();
      if (first && first.getPermutation() == ArrayRef<int64_t>(permutation)) {
        operands.push_back(first.getX());
        continue;
      }
      auto operandType = cast<RankedTensorType>(operand.getType());
      if (operandType.getNumElements() != 1 || !operandType.hasStaticShape()) {
        SmallVector<int64_t> full(rank - operandType.getRank(), 1);
        llvm::append_range(full, operandType.getShape());
        if (operandType.getRank() != rank)
          operand = ReshapeOp::create(rewriter, op->getLoc(),
                                      operandType.clone(full), operand);
        operand = transpose(rewriter, op->getLoc(), operand, inverse);
      }
      operands.push_back(operand);
    }
    Operation *moved = rewriter.clone(*op);
    moved->setOperands(operands);
    moved->getResult(0).setType(permute(type, inverse));
    rewriter.replaceOp(op, transpose(rewriter, op->getLoc(),
                                     moved->getResult(0), permutation));
    return success();
  }
};

/// The permutation that all operands share; none where they do not.
std::optional<Permutation> sharedPermutation(ValueRange operands) {
  std::optional<Permutation> shared;
  for (Value operand : operands) {
    auto first = operand.getDefiningOp<TransposeOp>();
    if (!first ||
        (shared && first.getPermutation() != ArrayRef<int64_t>(*shared)))
      return std::nullopt;
    shared = Permutation(first.getPermutation());
  }
  return shared;
}

/// Ops whose result has the dimensions of the operand. `adapt` rewrites the
/// attributes that refer to dimensions.
template <typename OpT> struct SinkThrough : OpRewritePattern<OpT> {
  using Adapt = void (*)(OpT, ArrayRef<int64_t> permutation);
  SinkThrough(MLIRContext *context, Adapt adapt)
      : OpRewritePattern<OpT>(context), adapt(adapt) {}
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto permutation = sharedPermutation(op->getOperands());
    if (!permutation)
      return failure();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(operand.getDefiningOp<TransposeOp>().getX());
    Operation *moved = rewriter.clone(*op);
    moved->setOperands(operands);
    adapt(cast<OpT>(moved), *permutation);
    Permutation inverse = invert(*permutation);
    SmallVector<Value> results;
    for (OpResult result : moved->getResults()) {
      result.setType(
          permute(cast<RankedTensorType>(result.getType()), inverse));
      results.push_back(
          transpose(rewriter, op->getLoc(), result, *permutation));
    }
    rewriter.replaceOp(op, results);
    return success();
  }
  Adapt adapt;
};

template <typename OpT> void adaptAxis(OpT op, ArrayRef<int64_t> permutation) {
  op.setAxis(permutation[wrapAxis(op.getAxis(), permutation.size())]);
}

/// Reorders a list that has one entry per dimension.
Permutation reorder(ArrayRef<int64_t> values, ArrayRef<int64_t> permutation) {
  Permutation result(values.size());
  for (auto [i, d] : llvm::enumerate(permutation))
    result[d] = values[i];
  return result;
}

void adaptPad(PadOp op, ArrayRef<int64_t> permutation) {
  op.setLow(reorder(op.getLow(), permutation));
  op.setHigh(reorder(op.getHigh(), permutation));
}

void adaptSlice(SliceOp op, ArrayRef<int64_t> permutation) {
  op.setStarts(reorder(op.getStarts(), permutation));
  op.setEnds(reorder(op.getEnds(), permutation));
  if (op.getSteps())
    op.setSteps(reorder(*op.getSteps(), permutation));
}

/// Reductions drop dimensions; the remaining ones keep their relative order.
template <typename OpT> struct SinkThroughReduction : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto first = op.getX().template getDefiningOp<TransposeOp>();
    if (!first)
      return failure();
    ArrayRef<int64_t> permutation = first.getPermutation();
    int64_t rank = permutation.size();
    SmallVector<bool> reduced(rank, !op.getAxes());
    SmallVector<int64_t> axes;
    if (std::optional<ArrayRef<int64_t>> named = op.getAxes())
      for (int64_t axis : *named)
        reduced[wrapAxis(axis, rank)] = true;
    for (int64_t d = 0; d < rank; ++d)
      if (reduced[d])
        axes.push_back(permutation[d]);
    llvm::sort(axes);
    // The permutation of the dimensions of the result.
    SmallVector<int64_t> kept, order;
    for (int64_t d = 0; d < rank; ++d)
      if (op.getKeepDims() || !reduced[d])
        order.push_back(permutation[d]);
    kept = order;
    llvm::sort(kept);
    for (int64_t &d : order)
      d = llvm::find(kept, d) - kept.begin();
    auto type = cast<RankedTensorType>(op.getType());
    auto moved = cast<OpT>(rewriter.clone(*op));
    moved.getXMutable().assign(first.getX());
    if (op.getAxes())
      moved.setAxes(axes);
    moved->getResult(0).setType(permute(type, invert(order)));
    rewriter.replaceOp(
        op, transpose(rewriter, op->getLoc(), moved->getResult(0), order));
    return success();
  }
};

struct SinkTransposes : dlc::impl::SinkTransposesBase<SinkTransposes> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<
        TurnIntoReshape, SinkThroughElementwise,
        SinkThroughReduction<ReduceSumOp>, SinkThroughReduction<ReduceMeanOp>,
        SinkThroughReduction<ReduceMaxOp>, SinkThroughReduction<ReduceMinOp>,
        SinkThroughReduction<ReduceProdOp>>(context);
    patterns.add<SinkThrough<ConcatOp>>(context, adaptAxis<ConcatOp>);
    patterns.add<SinkThrough<SplitOp>>(context, adaptAxis<SplitOp>);
    patterns.add<SinkThrough<SoftmaxOp>>(context, adaptAxis<SoftmaxOp>);
    patterns.add<SinkThrough<LogSoftmaxOp>>(context, adaptAxis<LogSoftmaxOp>);
    patterns.add<SinkThrough<CumulativeOp>>(context, adaptAxis<CumulativeOp>);
    patterns.add<SinkThrough<PadOp>>(context, adaptPad);
    patterns.add<SinkThrough<SliceOp>>(context, adaptSlice);
    context->getLoadedDialect<DLDialect>()->getCanonicalizationPatterns(
        patterns);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      if (isa<DLDialect>(op.getDialect()))
        op.getCanonicalizationPatterns(patterns, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
