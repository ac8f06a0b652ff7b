//===- ConvertDLToLinalg.cpp - From dl to linalg --------------------------===//

#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "Emitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CONVERTDLTOLINALG
#include "dlc/Conversion/DLToLinalg/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// One byte a truth value: vectors of i1 would be stored bit-packed.
struct StoredTypes : TypeConverter {
  StoredTypes() {
    addConversion([](Type type) { return type; });
    addConversion([](RankedTensorType type) -> Type {
      if (!type.getElementType().isInteger(1))
        return type;
      return type.clone(IntegerType::get(type.getContext(), 8));
    });
  }
};

struct ConvertBoolConstant : OpConversionPattern<arith::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(arith::ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto value = dyn_cast<DenseElementsAttr>(op.getValue());
    if (!value)
      return failure();
    Type byte = rewriter.getI8Type();
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, value.mapValues(byte, [](const APInt &bit) { return bit.zext(8); }));
    return success();
  }
};

struct InlineConstantGlobal
    : OpConversionPattern<ml_program::GlobalLoadConstOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ml_program::GlobalLoadConstOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto global = SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(
        op, op.getGlobalAttr());
    auto value = global ? dyn_cast_if_present<ElementsAttr>(
                              global.getValue().value_or(Attribute()))
                        : ElementsAttr();
    if (!value)
      return op.emitOpError("reads ")
             << op.getGlobalAttr()
             << ", expected a constant ml_program.global with a value";
    if (value.getElementType().isInteger(1))
      return op.emitOpError("reads truth values from a global, expected an "
                            "arith.constant");
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op,
                                                   cast<TypedAttr>(value));
    return success();
  }
};

struct ConvertDLToLinalg : dlc::impl::ConvertDLToLinalgBase<ConvertDLToLinalg> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    StoredTypes types;
    RewritePatternSet patterns(context);
    populateElementwiseLowering(types, patterns);
    populateLinearLowering(types, patterns);
    populateConvolutionLowering(types, patterns);
    populatePoolingLowering(types, patterns);
    populateNormalizationLowering(types, patterns);
    populateReductionLowering(types, patterns);
    populateShapeLowering(types, patterns);
    populateRandomLowering(types, patterns);
    patterns.add<ConvertBoolConstant, InlineConstantGlobal>(types, context);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   types);
    populateReturnOpTypeConversionPattern(patterns, types);
    populateCallOpTypeConversionPattern(patterns, types);

    ConversionTarget target(*context);
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addIllegalDialect<dl::DLDialect>();
    target.addIllegalOp<ml_program::GlobalLoadConstOp>();
    target.addDynamicallyLegalOp<arith::ConstantOp>([](arith::ConstantOp op) {
      auto type = dyn_cast<RankedTensorType>(op.getType());
      return !type || !type.getElementType().isInteger(1);
    });
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return types.isSignatureLegal(op.getFunctionType());
    });
    target.addDynamicallyLegalOp<func::ReturnOp, func::CallOp>(
        [&](Operation *op) { return types.isLegal(op); });
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      return signalPassFailure();
    for (auto global : llvm::make_early_inc_range(
             getOperation().getOps<ml_program::GlobalOp>()))
      if (!global.getIsMutable() &&
          SymbolTable::symbolKnownUseEmpty(global, getOperation()))
        global.erase();
  }
};

} // namespace
