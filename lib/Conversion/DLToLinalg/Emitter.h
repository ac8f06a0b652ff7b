//===- Emitter.h - Building blocks of the lowering --------------*- C++ -*-===//
//
// What all families' patterns are written with: sizes as OpFoldResults, generic
// ops without their ceremony, run-time checks of extents.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CONVERSION_DLTOLINALG_EMITTER_H
#define DLC_LIB_CONVERSION_DLTOLINALG_EMITTER_H

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Scalar.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/DialectConversion.h"

namespace dlc {

using Sizes = llvm::SmallVector<mlir::OpFoldResult>;
using scalarT = dl::scalar::Scalar;

/// The type that elements are computed in: f32 for f16 and bf16, otherwise the
/// type itself.
/// Narrow and unsigned integers are widened before a lowering sees them.
mlir::Type computeType(mlir::Type stored);

class Emitter : public AffineExtents {
public:
  Emitter(mlir::OpBuilder &b, mlir::Operation *op)
      : AffineExtents(b, op->getLoc()), op(op) {}

  /// Replaces an op whose results have no elements: vectors and slices of none
  /// are refused further down.
  bool replaceEmpty(mlir::ConversionPatternRewriter &rewriter);

  /// The same, but elements stay as they are stored: for ops that move them.
  Emitter raw() const {
    Emitter result(*this);
    result.isRaw = true;
    return result;
  }

  //===--------------------------------------------------------------------===//
  // Sizes
  //===--------------------------------------------------------------------===//

  /// Extent `d` of a tensor, an attribute where it is known.
  mlir::OpFoldResult dim(mlir::Value tensor, int64_t d);
  Sizes sizes(mlir::Value tensor);

  /// Emits a run-time check that two extents are equal, unless they are known
  /// to be; `what` completes the sentence "dl.op: ...".
  void requireEqual(mlir::OpFoldResult x, mlir::OpFoldResult y,
                    const llvm::Twine &what);
  void require(mlir::Value condition, const llvm::Twine &what);

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  mlir::Value constant(mlir::Type type, double number);
  /// A number as an element type of dl is stored.
  mlir::Value storedConstant(mlir::Type element, double number);
  /// A tensor of narrow or unsigned elements in the type they are computed in,
  /// and back; others stay as they are.
  mlir::Value loadNarrow(mlir::Value stored, mlir::Type element);
  mlir::Value storeNarrow(mlir::Value computed, mlir::Type element);
  mlir::Value empty(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type);
  mlir::Value filled(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type,
                     double number);
  /// A part of x, and x with a part of it written over. Upstream's slices may
  /// not begin behind an end, not even those of nothing: there is none then.
  mlir::Value extract(mlir::Value x, const Sizes &offsets, const Sizes &sizes,
                      const Sizes &strides);
  mlir::Value insert(mlir::Value part, mlir::Value x, const Sizes &offsets,
                     const Sizes &sizes, const Sizes &strides);

  /// The body of a generic op over scalars in their compute types.
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                              mlir::ValueRange)>;

  /// A map that picks `dims` out of `rank` loops.
  mlir::AffineMap pick(unsigned rank, llvm::ArrayRef<int64_t> dims);

  /// A generic op with one result. Inputs and result are stored in any type and
  /// computed in its compute type; `maps` holds one map an input, then the
  /// result's. `init` is read only by reductions; null stands for an empty one
  /// of `sizes` and `type`.
  mlir::Value generic(mlir::ValueRange inputs, mlir::Value init,
                      llvm::ArrayRef<mlir::AffineMap> maps,
                      llvm::ArrayRef<mlir::utils::IteratorType> iterators,
                      Body body);

  /// An all-parallel generic op whose loops are the result's dimensions.
  mlir::Value map(mlir::ValueRange inputs,
                  llvm::ArrayRef<mlir::AffineMap> inputMaps,
                  llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type,
                  Body body);

  /// An element-wise step between tensors of equal shape.
  mlir::Value map(mlir::ValueRange inputs, mlir::Type type, Body body);

  /// The tensor in the type that its elements are computed in, or itself. What
  /// multiplies and adds f16 and bf16 does so on widened operands.
  mlir::Value widen(mlir::Value x);
  /// Rounds to the stored type, where it is another.
  mlir::Value toStored(mlir::Value x, mlir::Type stored);

  /// Reduces the dimensions with `reduced[d]` and drops them. `init` is the
  /// neutral element; the body sees (inputs..., accumulator).
  mlir::Value reduce(mlir::Value x, llvm::ArrayRef<bool> reduced, double init,
                     Body body);

  /// The same elements in another shape; one unknown extent is deduced, several
  /// stand in `extents`.
  mlir::Value reshape(mlir::Value x, mlir::RankedTensorType type,
                      mlir::ValueRange extents = {});
  /// The sizes of a type whose unknown extents stand in `extents`.
  Sizes sizes(mlir::RankedTensorType type, mlir::ValueRange extents);
  /// Drops the dimensions marked.
  mlir::Value dropUnitDims(mlir::Value x, llvm::ArrayRef<bool> dropped);
  /// Puts dimensions of extent 1 back at the places marked.
  mlir::Value insertUnitDims(mlir::Value x, llvm::ArrayRef<bool> inserted);

  /// Pads with a scalar of the element type.
  mlir::Value pad(mlir::Value x, llvm::ArrayRef<mlir::OpFoldResult> low,
                  llvm::ArrayRef<mlir::OpFoldResult> high, mlir::Value scalar);

  /// A tensor whose element at each place is the element of `x` at the indices
  /// that `indices` computes from that place.
  mlir::Value
  pickElements(mlir::Value x, llvm::ArrayRef<mlir::OpFoldResult> sizes,
               llvm::function_ref<llvm::SmallVector<mlir::Value>(
                   mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>
                   indices);

  mlir::Operation *op;
  bool isRaw = false;
};

/// Each family adds its patterns; ConvertDLToLinalg.cpp runs them together.
void populateElementwiseLowering(mlir::TypeConverter &,
                                 mlir::RewritePatternSet &);
void populateCheckLowering(mlir::TypeConverter &, mlir::RewritePatternSet &);
void populateLinearLowering(mlir::TypeConverter &, mlir::RewritePatternSet &);
void populateConvolutionLowering(mlir::TypeConverter &,
                                 mlir::RewritePatternSet &);
void populateIndexingLowering(mlir::TypeConverter &, mlir::RewritePatternSet &);
void populateDetectionLowering(mlir::TypeConverter &,
                               mlir::RewritePatternSet &);
void populatePoolingLowering(mlir::TypeConverter &, mlir::RewritePatternSet &);
void populateNormalizationLowering(mlir::TypeConverter &,
                                   mlir::RewritePatternSet &);
void populateReductionLowering(mlir::TypeConverter &,
                               mlir::RewritePatternSet &);
void populateShapeLowering(mlir::TypeConverter &, mlir::RewritePatternSet &);
void populateRandomLowering(mlir::TypeConverter &, mlir::RewritePatternSet &);

/// Replaces all scans by loops around their cells, which stay dl.
void lowerScans(mlir::Operation *root);

/// A pattern that replaces an op by the value that a function emits for it. The
/// function sees elements that are computed with in f16, bf16, i1 or the type
/// itself, never narrow integers; one that only moves elements
/// (`isRaw`) sees them as they are stored.
template <typename OpT> struct EmitPattern : mlir::OpConversionPattern<OpT> {
  using Function = mlir::Value (*)(OpT, typename OpT::Adaptor, Emitter &);
  EmitPattern(mlir::TypeConverter &converter, mlir::MLIRContext *context,
              Function function, bool isRaw)
      : mlir::OpConversionPattern<OpT>(converter, context), function(function),
        isRaw(isRaw) {}
  llvm::LogicalResult
  matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                  mlir::ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op);
    if (emit.replaceEmpty(rewriter))
      return mlir::success();
    emit.isRaw = isRaw;
    llvm::SmallVector<mlir::Value> operands(adaptor.getOperands());
    if (!isRaw)
      for (auto [operand, original] : llvm::zip(operands, op->getOperands()))
        operand = emit.loadNarrow(
            operand, mlir::getElementTypeOrSelf(original.getType()));
    mlir::Value result =
        function(op, typename OpT::Adaptor(operands, op), emit);
    if (!result)
      return mlir::failure();
    if (!isRaw)
      result = emit.storeNarrow(
          result, mlir::getElementTypeOrSelf(op->getResult(0).getType()));
    // Shapes computed on the way may be less or more known than the op's type.
    mlir::Type type =
        this->getTypeConverter()->convertType(op->getResult(0).getType());
    if (result.getType() != type)
      result =
          mlir::tensor::CastOp::create(rewriter, op.getLoc(), type, result);
    rewriter.replaceOp(op, result);
    return mlir::success();
  }
  Function function;
  bool isRaw;
};

template <typename OpT>
void addEmitter(mlir::RewritePatternSet &patterns,
                mlir::TypeConverter &converter,
                typename EmitPattern<OpT>::Function function) {
  patterns.add<EmitPattern<OpT>>(converter, patterns.getContext(), function,
                                 /*isRaw=*/false);
}

/// The same for an op that moves elements without a look at them.
template <typename OpT>
void addMover(mlir::RewritePatternSet &patterns, mlir::TypeConverter &converter,
              typename EmitPattern<OpT>::Function function) {
  patterns.add<EmitPattern<OpT>>(converter, patterns.getContext(), function,
                                 /*isRaw=*/true);
}

} // namespace dlc

#endif // DLC_LIB_CONVERSION_DLTOLINALG_EMITTER_H
