//===- LowerElementwise.cpp - Every element-wise op, one pattern ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dlc;

namespace {

struct LowerElementwise
    : OpInterfaceConversionPattern<dl::ElementwiseOpInterface> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;

  LogicalResult
  matchAndRewrite(dl::ElementwiseOpInterface op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op);
    if (emit.replaceEmpty(rewriter))
      return success();
    auto type = cast<RankedTensorType>(
        getTypeConverter()->convertType(op->getResult(0).getType()));
    int64_t rank = type.getRank();

    // An extent of the result is that of the first operand where it is not a
    // static 1.
    Sizes sizes(rank, emit.index(1));
    std::vector<bool> found(rank, false);
    for (Value operand : operands) {
      auto operandType = cast<RankedTensorType>(operand.getType());
      int64_t skipped = rank - operandType.getRank();
      for (int64_t d = 0; d < operandType.getRank(); ++d) {
        if (operandType.getDimSize(d) == 1)
          continue;
        OpFoldResult extent = emit.dim(operand, d);
        OpFoldResult &size = sizes[skipped + d];
        if (!found[skipped + d]) {
          size = extent;
          found[skipped + d] = true;
          continue;
        }
        emit.requireEqual(size, extent,
                          "operands differ in dimension " + Twine(skipped + d) +
                              " of the result");
        if (isa<Attribute>(extent))
          size = extent;
      }
    }

    // Drops the broadcast dimensions of operands, so that all maps are
    // projections.
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (Value operand : operands) {
      auto operandType = cast<RankedTensorType>(operand.getType());
      int64_t skipped = rank - operandType.getRank();
      SmallVector<bool> dropped;
      SmallVector<int64_t> dims;
      for (int64_t d = 0; d < operandType.getRank(); ++d) {
        bool stretched =
            operandType.getDimSize(d) == 1 &&
            !isEqualConstantIntOrValue(sizes[skipped + d], emit.index(1));
        dropped.push_back(stretched);
        if (!stretched)
          dims.push_back(skipped + d);
      }
      inputs.push_back(emit.dropUnitDims(operand, dropped));
      maps.push_back(emit.pick(rank, dims));
    }
    Value result = emit.raw().map(
        inputs, maps, sizes, type.getElementType(),
        [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
          SmallVector<Value> loaded;
          for (auto [arg, operand] : llvm::zip(args, op->getOperands()))
            loaded.push_back(
                dl::scalar::load(b, loc, arg, getElementTypeOrSelf(operand)));
          Value value = op.buildScalar(b, loc, loaded);
          return scalarT(b, loc, value)
              .store(getElementTypeOrSelf(op->getResult(0)));
        });
    if (result.getType() != type)
      result = tensor::CastOp::create(rewriter, op.getLoc(), type, result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void dlc::populateElementwiseLowering(TypeConverter &types,
                                      RewritePatternSet &patterns) {
  patterns.add<LowerElementwise>(types, patterns.getContext());
}
