//===- ConvertDLToLinalg.cpp - From dl to linalg --------------------------===//

#include "Emitter.h"
#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CONVERTDLTOLINALG
#include "dlc/Conversion/DLToLinalg/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// One byte a truth value: vectors of i1 would be stored bit-packed. bf16 by
/// its bits (see Scalar.cpp).
Type storedElement(Type element) {
  if (element.isInteger(1))
    return IntegerType::get(element.getContext(), 8);
  if (element.isBF16())
    return IntegerType::get(element.getContext(), 16);
  return element;
}

struct StoredTypes : TypeConverter {
  StoredTypes() {
    addConversion([](Type type) { return type; });
    addConversion([](RankedTensorType type) -> Type {
      return type.clone(storedElement(type.getElementType()));
    });
  }
};

/// A constant in the type that it is stored in; null where there is no way.
TypedAttr storedConstant(ElementsAttr value) {
  Type element = value.getElementType(), stored = storedElement(element);
  if (stored == element)
    return cast<TypedAttr>(value);
  if (auto dense = dyn_cast<DenseElementsAttr>(value)) {
    if (element.isBF16())
      return cast<TypedAttr>(dense.bitcast(stored));
    return cast<TypedAttr>(
        dense.mapValues(stored, [](const APInt &bit) { return bit.zext(8); }));
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value);
      resource && element.isBF16())
    return DenseResourceElementsAttr::get(
        cast<ShapedType>(value.getShapedType().clone(stored)),
        resource.getRawHandle());
  return {};
}

struct ConvertConstant : OpConversionPattern<arith::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(arith::ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto value = dyn_cast<ElementsAttr>(op.getValue());
    TypedAttr stored = value ? storedConstant(value) : TypedAttr();
    if (!stored)
      return op.emitOpError(
          "of truth values is a resource, expected dense values");
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, stored);
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
    TypedAttr stored = value ? storedConstant(value) : TypedAttr();
    if (!stored)
      return op.emitOpError("reads ")
             << op.getGlobalAttr()
             << ", expected a constant ml_program.global with a value";
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, stored);
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
    patterns.add<ConvertConstant, InlineConstantGlobal>(types, context);
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
      return !type ||
             storedElement(type.getElementType()) == type.getElementType();
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
