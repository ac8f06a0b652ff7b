//===- PadChannels.cpp - Few output channels to a power of two ------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_PADCHANNELS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

/// Below this number of multiply-adds, padding does not pay.
constexpr int64_t leastWork = 4096;

RankedTensorType withChannels(Type type, int64_t channels) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tensor.getShape());
  shape.back() = channels;
  return tensor.clone(shape);
}

/// The number of elements; an unknown extent counts as 1.
int64_t elementsOf(Type type) {
  int64_t count = 1;
  for (int64_t extent : cast<RankedTensorType>(type).getShape())
    count *= ShapedType::isDynamic(extent) ? 1 : extent;
  return count;
}

Value padLast(PatternRewriter &rewriter, Location loc, Value x, int64_t more) {
  int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  high.back() = more;
  Type type = withChannels(
      x.getType(),
      cast<RankedTensorType>(x.getType()).getShape().back() + more);
  return PadOp::create(
      rewriter, loc, type, x, rewriter.getDenseI64ArrayAttr(low),
      rewriter.getDenseI64ArrayAttr(high), PadMode::constant, APFloat(0.0));
}

/// The first `channels` channels.
SliceOp sliceLast(PatternRewriter &rewriter, Location loc, Value x,
                  int64_t channels) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> starts(type.getRank(), 0),
      ends(type.getRank(), std::numeric_limits<int64_t>::max());
  ends.back() = channels;
  return SliceOp::create(rewriter, loc, withChannels(type, channels), x,
                         rewriter.getDenseI64ArrayAttr(starts),
                         rewriter.getDenseI64ArrayAttr(ends),
                         DenseI64ArrayAttr());
}

/// A constant, or a value that FoldConstants will turn into one.
bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (isConstantSource(op) ||
                (isa<DLDialect>(op->getDialect()) && op->getNumOperands() &&
                 isPure(op) && llvm::all_of(op->getOperands(), isConstant)));
}

struct PadLayer : RewritePattern {
  PadLayer(MLIRContext *context, StringRef name, int64_t maxChannels)
      : RewritePattern(name, 1, context), maxChannels(maxChannels) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (auto conv = dyn_cast<ConvOp>(op);
        conv && conv.getGroups().value_or(1) != 1)
      return failure();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    int64_t channels = type.getShape().back();
    if (channels < 3 || channels > maxChannels ||
        llvm::isPowerOf2_64(channels) || !type.getElementType().isF32())
      return failure();
    // Operands are the input, the weights and perhaps a bias.
    Value weights = op->getOperand(1);
    if (!isConstant(weights) ||
        elementsOf(type) * elementsOf(weights.getType()) / channels < leastWork)
      return failure();
    for (Value operand : op->getOperands().drop_front())
      if (!isConstant(operand))
        return failure();
    Location loc = op->getLoc();
    int64_t padded = llvm::PowerOf2Ceil(channels);
    IRMapping mapping;
    for (Value operand : op->getOperands().drop_front())
      mapping.map(operand, padLast(rewriter, loc, operand, padded - channels));
    Operation *wide = rewriter.clone(*op, mapping);
    wide->getResult(0).setType(withChannels(type, padded));
    rewriter.replaceOp(op,
                       sliceLast(rewriter, loc, wide->getResult(0), channels));
    return success();
  }

  int64_t maxChannels;
};

/// Moves the slice after an op that works on each channel separately, so that
/// the op is computed in whole vectors too.
struct SinkSlice : OpRewritePattern<SliceOp> {
  SinkSlice(MLIRContext *context, int64_t maxChannels)
      : OpRewritePattern(context), maxChannels(maxChannels) {}

  LogicalResult matchAndRewrite(SliceOp slice,
                                PatternRewriter &rewriter) const override {
    auto from = cast<RankedTensorType>(slice.getX().getType());
    auto to = cast<RankedTensorType>(slice.getType());
    if (!slice->hasOneUse() || slice.getSteps() || from.getRank() == 0 ||
        from.getShape().drop_back() != to.getShape().drop_back() ||
        from.getShape().back() > maxChannels ||
        int64_t(llvm::PowerOf2Ceil(to.getShape().back())) !=
            from.getShape().back() ||
        !llvm::all_of(slice.getStarts(), [](int64_t at) { return at == 0; }))
      return failure();
    Operation *user = *slice->user_begin();
    bool isPool = isa<MaxPoolOp, AvgPoolOp>(user);
    if (!isPool &&
        !(isa<ElementwiseOpInterface>(user) && user->getNumOperands() == 1))
      return failure();
    auto result = cast<RankedTensorType>(user->getResult(0).getType());
    IRMapping mapping;
    mapping.map(slice.getResult(), slice.getX());
    rewriter.setInsertionPoint(user);
    Operation *wide = rewriter.clone(*user, mapping);
    wide->getResult(0).setType(withChannels(result, from.getShape().back()));
    rewriter.replaceOp(user,
                       sliceLast(rewriter, slice.getLoc(), wide->getResult(0),
                                 to.getShape().back()));
    return success();
  }

  int64_t maxChannels;
};

struct PadChannels : dlc::impl::PadChannelsBase<PadChannels> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    // A vector of f32 of the widest target; more channels fill vectors anyway.
    int64_t maxChannels = 0;
    for (codegen::CPUAttr target : codegen::targetsOf(getOperation()))
      maxChannels =
          std::max(maxChannels, target.lanes(Float32Type::get(context)));
    RewritePatternSet patterns(context);
    patterns.add<PadLayer>(context, ConvOp::getOperationName(), maxChannels);
    patterns.add<PadLayer>(context, DenseOp::getOperationName(), maxChannels);
    patterns.add<SinkSlice>(context, maxChannels);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
