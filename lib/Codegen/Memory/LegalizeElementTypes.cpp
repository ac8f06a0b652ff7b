//===- LegalizeElementTypes.cpp - Element types that memory can hold ------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "SmallFloats.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Threading.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_LEGALIZEELEMENTTYPES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

bool holdsTruths(Type buffer) {
  auto type = dyn_cast<MemRefType>(buffer);
  return type && type.getElementType().isInteger(1);
}

/// Whether `element` is a float type that is only stored and converted, never
/// computed with.
bool isStorageFloat(Type element) {
  return element.isBF16() || dlc::isSmallFloat(element);
}

/// Converts bf16 and small floats to integers of the same bits, as scalars and
/// in vectors and buffers; i1 in buffers becomes i8.
struct LegalTypes : TypeConverter {
  LegalTypes() {
    addConversion([](Type type) { return type; });
    addConversion([](FloatType type) -> Type {
      if (!isStorageFloat(type))
        return type;
      return IntegerType::get(type.getContext(), type.getWidth());
    });
    addConversion([this](VectorType type) -> Type {
      return type.clone(convertType(type.getElementType()));
    });
    addConversion([this](MemRefType type) -> Type {
      if (holdsTruths(type))
        return type.clone(IntegerType::get(type.getContext(), 8));
      return type.clone(convertType(type.getElementType()));
    });
    // For instructions that take the original type.
    auto bitcast = [](OpBuilder &b, Type type, ValueRange inputs,
                      Location loc) -> Value {
      return arith::BitcastOp::create(b, loc, type, inputs);
    };
    addSourceMaterialization(bitcast);
    addTargetMaterialization(bitcast);
  }
};

Attribute legal(Attribute value, const TypeConverter &types) {
  if (auto number = dyn_cast<FloatAttr>(value))
    return IntegerAttr::get(types.convertType(number.getType()),
                            number.getValue().bitcastToAPInt());
  if (auto truths = dyn_cast<DenseElementsAttr>(value);
      truths && truths.getElementType().isInteger(1))
    return truths.mapValues(IntegerType::get(value.getContext(), 8),
                            [](const APInt &truth) { return truth.zext(8); });
  auto elements = cast<ElementsAttr>(value);
  Type element = types.convertType(elements.getElementType());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(
        cast<ShapedType>(elements.getShapedType().clone(element)),
        resource.getRawHandle());
  return cast<DenseElementsAttr>(value).bitcast(element);
}

struct LegalizeConstant : OpConversionPattern<arith::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(arith::ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, cast<TypedAttr>(legal(op.getValue(), *getTypeConverter())));
    return success();
  }
};

/// Removes a bitcast between a type and its bits, which are the same after
/// conversion.
struct DropBitcast : OpConversionPattern<arith::BitcastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(arith::BitcastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Type type = getTypeConverter()->convertType(op.getType());
    if (adaptor.getIn().getType() == type)
      rewriter.replaceOp(op, adaptor.getIn());
    else
      rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, type, adaptor.getIn());
    return success();
  }
};

/// Returns i8 in the shape of `truths`.
Type bytesOf(Type truths) {
  Type byte = IntegerType::get(truths.getContext(), 8);
  auto vector = dyn_cast<VectorType>(truths);
  return vector ? vector.clone(byte) : byte;
}

Value toBytes(OpBuilder &b, Location loc, Value truths) {
  if (auto cut = truths.getDefiningOp<arith::TruncIOp>();
      cut && cut.getIn().getType() == bytesOf(truths.getType()) &&
      bitEnumContainsAll(cut.getOverflowFlags(),
                         arith::IntegerOverflowFlags::nuw))
    return cut.getIn();
  return arith::ExtUIOp::create(b, loc, bytesOf(truths.getType()), truths);
}

Value toTruths(OpBuilder &b, Location loc, Value bytes) {
  Value zero =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(bytes.getType()));
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, bytes, zero);
}

/// Returns the operand of a memory access that is written, or the pass-through
/// operand of a masked read; null for other ops.
OpOperand *dataOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, OpOperand *>(op)
      .Case([](memref::StoreOp op) { return &op.getValueMutable(); })
      .Case([](vector::StoreOp op) { return &op.getValueToStoreMutable(); })
      .Case(
          [](vector::MaskedStoreOp op) { return &op.getValueToStoreMutable(); })
      .Case([](vector::ScatterOp op) { return &op.getValueToStoreMutable(); })
      .Case([](vector::TransferWriteOp op) {
        return &op.getValueToStoreMutable();
      })
      .Case([](vector::MaskedLoadOp op) { return &op.getPassThruMutable(); })
      .Case([](vector::GatherOp op) { return &op.getPassThruMutable(); })
      .Case([](vector::TransferReadOp op) { return &op.getPaddingMutable(); })
      .Default(nullptr);
}

/// Converts accesses of i1 elements to accesses of bytes.
struct AccessBytes : ConversionPattern {
  AccessBytes(const TypeConverter &types, MLIRContext *context)
      : ConversionPattern(types, MatchAnyOpTypeTag(), /*benefit=*/2, context) {}
  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    OpOperand *data = dataOf(op);
    if ((!data && !isa<memref::LoadOp, vector::LoadOp>(op)) ||
        llvm::none_of(op->getOperandTypes(), holdsTruths))
      return failure();
    SmallVector<Value> changed(operands);
    Location loc = op->getLoc();
    if (data) {
      Value &value = changed[data->getOperandNumber()];
      value = toBytes(rewriter, loc, value);
    }
    SmallVector<Type> results;
    for (Type type : op->getResultTypes())
      results.push_back(bytesOf(type));
    Operation *access = rewriter.create(loc, op->getName().getIdentifier(),
                                        changed, results, op->getAttrs());
    if (results.empty())
      rewriter.eraseOp(op);
    else
      rewriter.replaceOp(op, toTruths(rewriter, loc, access->getResult(0)));
    return success();
  }
};

bool hasStorageFloat(TypeRange types) {
  return llvm::any_of(types, [](Type type) {
    return isStorageFloat(getElementTypeOrSelf(type));
  });
}

/// Whether `op` computes with the values of its operands. Conversions and data
/// movement do not count.
bool computes(Operation *op) {
  if (isa<vector::ReductionOp, vector::MultiDimReductionOp,
          vector::ContractionOp, vector::OuterProductOp, vector::FMAOp,
          vector::ScanOp>(op))
    return true;
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
         !isa<arith::ConstantOp, arith::SelectOp, arith::BitcastOp,
              arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp,
              arith::FPToSIOp, arith::FPToUIOp, arith::ScalingExtFOp,
              arith::ScalingTruncFOp>(op);
}

/// The expansions round to nearest, ties to even.
LogicalResult checkRounding(ModuleOp module) {
  LogicalResult result = success();
  module.walk([&](arith::TruncFOp op) {
    auto mode = op.getRoundingmode();
    if (!mode || *mode == arith::RoundingMode::to_nearest_even ||
        !isStorageFloat(getElementTypeOrSelf(op.getType())))
      return;
    result = op.emitError("rounds ")
             << arith::stringifyRoundingMode(*mode) << " to " << op.getType()
             << ", expected to_nearest_even, the one mode of this type here";
  });
  return result;
}

/// Converts ops that only move elements to move their bits.
struct LegalizeAny : ConversionPattern {
  LegalizeAny(const TypeConverter &types, MLIRContext *context)
      : ConversionPattern(types, MatchAnyOpTypeTag(), /*benefit=*/0, context) {}
  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> results;
    if (computes(op) ||
        failed(typeConverter->convertTypes(op->getResultTypes(), results)))
      return failure();
    OperationState state(op->getLoc(), op->getName(), operands, results,
                         op->getAttrs(), op->getSuccessors());
    for (Region &region : op->getRegions()) {
      Region *moved = state.addRegion();
      rewriter.inlineRegionBefore(region, *moved, moved->end());
      if (failed(rewriter.convertRegionTypes(moved, *typeConverter)))
        return failure();
    }
    rewriter.replaceOp(op, rewriter.create(state)->getResults());
    return success();
  }
};

/// Returns `type` with f32 elements.
Type singleOf(Type type) {
  Type single = Float32Type::get(type.getContext());
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.clone(single) : single;
}

/// Computes the model's own arithmetic on storage-only floats in f32 and rounds
/// the result.
struct ComputeInF32 : RewritePattern {
  explicit ComputeInF32(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!computes(op) || op->getNumRegions() ||
        !(hasStorageFloat(op->getOperandTypes()) ||
          hasStorageFloat(op->getResultTypes())))
      return failure();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(
          hasStorageFloat(operand.getType())
              ? arith::ExtFOp::create(rewriter, op->getLoc(),
                                      singleOf(operand.getType()), operand)
                    .getResult()
              : operand);
    SmallVector<Type> results;
    for (Type type : op->getResultTypes())
      results.push_back(hasStorageFloat(type) ? singleOf(type) : type);
    Operation *wide =
        rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands,
                        results, op->getAttrs());
    SmallVector<Value> values;
    for (auto [value, type] :
         llvm::zip(wide->getResults(), op->getResultTypes()))
      values.push_back(
          value.getType() == type
              ? Value(value)
              : arith::TruncFOp::create(rewriter, op->getLoc(), type, value));
    rewriter.replaceOp(op, values);
    return success();
  }
};

/// Converts from a storage-only float through f32, the only type that the
/// expansions of arith.extf expand to.
template <typename OpT> struct WidenThroughF32 : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    Type from = op.getIn().getType();
    if (!isStorageFloat(getElementTypeOrSelf(from)) ||
        getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Value wide = arith::ExtFOp::create(rewriter, op.getLoc(), singleOf(from),
                                       op.getIn());
    if (isa<arith::ExtFOp>(op) &&
        getElementTypeOrSelf(op.getType()).getIntOrFloatBitWidth() < 32)
      rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), wide);
    else
      rewriter.replaceOpWithNewOp<OpT>(op, op.getType(), wide);
    return success();
  }
};

/// Converts other floats to bf16, and integers to a storage-only float, through
/// f32, as canonicalisation merges the two steps.
template <typename OpT> struct NarrowThroughF32 : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    Type to = op.getType(), from = getElementTypeOrSelf(op.getIn().getType());
    if (!isStorageFloat(getElementTypeOrSelf(to)) || from.isF32())
      return failure();
    // The expansion of small floats takes floats of any width.
    if (isa<FloatType>(from) && dlc::isSmallFloat(getElementTypeOrSelf(to)))
      return failure();
    Value wide = OpT::create(rewriter, op.getLoc(), singleOf(to), op.getIn());
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, to, wide);
    return success();
  }
};

struct LegalizeElementTypes
    : dlc::impl::LegalizeElementTypesBase<LegalizeElementTypes> {
  using LegalizeElementTypesBase::LegalizeElementTypesBase;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    LegalTypes types;
    ModuleOp module = getOperation();
    if (failed(checkRounding(module)))
      return signalPassFailure();
    for (auto global : module.getOps<memref::GlobalOp>()) {
      Type type = types.convertType(global.getType());
      if (type == global.getType())
        continue;
      global.setType(cast<MemRefType>(type));
      if (std::optional<Attribute> value = global.getInitialValue();
          value && isa<ElementsAttr>(*value))
        global.setInitialValueAttr(legal(*value, types));
    }

    auto hasLegalTypes = [&](Operation *op) {
      return types.isLegal(op) &&
             llvm::all_of(op->getRegions(), [&](Region &region) {
               return types.isLegal(&region);
             });
    };
    ConversionTarget target(*context);
    target.markUnknownOpDynamicallyLegal(hasLegalTypes);
    for (const std::string &dialect : instructions)
      target.addLegalDialect(dialect);
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return types.isSignatureLegal(op.getFunctionType()) && hasLegalTypes(op);
    });
    RewritePatternSet expand(context), patterns(context);
    arith::populateExpandBFloat16Patterns(expand);
    arith::populateExpandScalingExtTruncPatterns(expand);
    dlc::populateExpandSmallFloatPatterns(expand);
    expand.add<WidenThroughF32<arith::ExtFOp>, WidenThroughF32<arith::FPToSIOp>,
               WidenThroughF32<arith::FPToUIOp>, ComputeInF32,
               NarrowThroughF32<arith::TruncFOp>,
               NarrowThroughF32<arith::SIToFPOp>,
               NarrowThroughF32<arith::UIToFPOp>>(context);
    FrozenRewritePatternSet expansions(std::move(expand));
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   types);
    patterns.add<LegalizeConstant, DropBitcast, AccessBytes, LegalizeAny>(
        types, context);
    FrozenRewritePatternSet conversions(std::move(patterns));
    SmallVector<Operation *> functions;
    for (auto function : module.getOps<func::FuncOp>())
      functions.push_back(function);
    LogicalResult all = failableParallelForEach(
        context, functions, [&](Operation *function) -> LogicalResult {
          // Most functions have no illegal types.
          bool isLegal = !function
                              ->walk([&](Operation *op) {
                                return target.isLegal(op)
                                           ? WalkResult::advance()
                                           : WalkResult::interrupt();
                              })
                              .wasInterrupted();
          if (isLegal)
            return success();
          if (failed(applyPatternsGreedily(function, expansions)))
            return failure();
          return applyPartialConversion(function, target, conversions);
        });
    if (failed(all))
      signalPassFailure();
  }
};
} // namespace
