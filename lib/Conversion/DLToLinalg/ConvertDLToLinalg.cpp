//===- ConvertDLToLinalg.cpp - From dl to linalg --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"
#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CONVERTDLTOLINALG
#include "dlc/Conversion/DLToLinalg/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

struct StoredTypes : TypeConverter {
  StoredTypes() {
    addConversion([](Type type) { return type; });
    addConversion([](RankedTensorType type) -> Type {
      return type.clone(dl::scalar::storedType(type.getElementType()));
    });
  }
};

/// Whether a constant is a resource of sub-byte elements, whose bytes nothing
/// here reads.
bool isSubByteResource(Attribute value) {
  auto resource = dyn_cast_if_present<DenseResourceElementsAttr>(value);
  return resource && resource.getElementType().getIntOrFloatBitWidth() < 8;
}

/// A constant in its stored type; null if it cannot be converted.
TypedAttr storedConstant(ElementsAttr value) {
  Type element = value.getElementType(),
       stored = dl::scalar::storedType(element);
  if (isSubByteResource(value))
    return {};
  if (stored == element)
    return cast<TypedAttr>(value);
  if (auto dense = dyn_cast<DenseElementsAttr>(value)) {
    if (element.getIntOrFloatBitWidth() >= 8)
      return cast<TypedAttr>(dense.bitcast(stored));
    if (isa<FloatType>(element))
      return cast<TypedAttr>(cast<DenseFPElementsAttr>(dense).mapValues(
          stored,
          [](const APFloat &value) { return value.bitcastToAPInt().zext(8); }));
    return cast<TypedAttr>(dense.mapValues(stored, [&](const APInt &bits) {
      return element.isUnsignedInteger() ? bits.zext(8) : bits.sext(8);
    }));
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
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

/// Converts ops of other dialects on tensors of dl to the stored types.
struct ConvertTypes : ConversionPattern {
  ConvertTypes(const TypeConverter &types, MLIRContext *context)
      : ConversionPattern(types, MatchAnyOpTypeTag(), /*benefit=*/0, context) {}
  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> results;
    if (op->getNumRegions() ||
        (!isa<tensor::TensorDialect, bufferization::BufferizationDialect>(
             op->getDialect()) &&
         !isa<arith::SelectOp>(op)) ||
        failed(getTypeConverter()->convertTypes(op->getResultTypes(), results)))
      return failure();
    Operation *converted =
        rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands,
                        results, op->getAttrs());
    rewriter.replaceOp(op, converted->getResults());
    return success();
  }
};

struct ConvertDLToLinalg : dlc::impl::ConvertDLToLinalgBase<ConvertDLToLinalg> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    lowerScans(getOperation());
    StoredTypes types;
    RewritePatternSet patterns(context);
    populateElementwiseLowering(types, patterns);
    populateCheckLowering(types, patterns);
    populateDetectionLowering(types, patterns);
    populateIndexingLowering(types, patterns);
    populateLinearLowering(types, patterns);
    populateConvolutionLowering(types, patterns);
    populatePoolingLowering(types, patterns);
    populateNormalizationLowering(types, patterns);
    populateReductionLowering(types, patterns);
    populateShapeLowering(types, patterns);
    populateRandomLowering(types, patterns);
    patterns.add<ConvertConstant, ConvertTypes, InlineConstantGlobal>(types,
                                                                      context);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   types);
    populateReturnOpTypeConversionPattern(patterns, types);
    populateCallOpTypeConversionPattern(patterns, types);

    ConversionTarget target(*context);
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addIllegalDialect<dl::DLDialect>();
    target.addDynamicallyLegalDialect<tensor::TensorDialect,
                                      bufferization::BufferizationDialect>(
        [&](Operation *op) {
          return op->getNumRegions() || types.isLegal(op);
        });
    // Canonicalisation turns a branch that only forwards tensors into a select.
    target.addDynamicallyLegalOp<arith::SelectOp>(
        [&](Operation *op) { return types.isLegal(op); });
    scf::populateSCFStructuralTypeConversionsAndLegality(types, patterns,
                                                         target);
    target.addIllegalOp<ml_program::GlobalLoadConstOp>();
    target.addDynamicallyLegalOp<arith::ConstantOp>([](arith::ConstantOp op) {
      auto type = dyn_cast<RankedTensorType>(op.getType());
      return !type || (dl::scalar::storedType(type.getElementType()) ==
                           type.getElementType() &&
                       !isSubByteResource(op.getValue()));
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
