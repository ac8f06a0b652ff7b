//===- Emitter.h - Building blocks of the lowering --------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The building blocks of all lowering patterns: sizes as OpFoldResults, concise
// generic ops, run-time checks of extents.
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

/// The type in which elements are computed: f32 for f16 and bf16, otherwise the
/// type itself. Narrow and unsigned integers are widened before a lowering sees
/// them.
mlir::Type computeType(mlir::Type stored);

class Emitter : public AffineExtents {
public:
  Emitter(mlir::OpBuilder &b, mlir::Operation *op)
      : AffineExtents(b, op->getLoc()), op(op) {}

  /// Replaces an op whose results have no elements. Later passes refuse empty
  /// vectors and slices.
  bool replaceEmpty(mlir::ConversionPatternRewriter &rewriter);

  /// An emitter for ops that only move elements, which keep their stored type.
  Emitter raw() const {
    Emitter result(*this);
    result.isRaw = true;
    return result;
  }

  //===--------------------------------------------------------------------===//
  // Sizes
  //===--------------------------------------------------------------------===//

  /// Extent `d` of a tensor, as an attribute if it is known.
  mlir::OpFoldResult dim(mlir::Value tensor, int64_t d);
  Sizes sizes(mlir::Value tensor);

  /// Emits a run-time check that two extents are equal, unless they are known
  /// to be. `what` completes the message "dl.op: ...".
  void requireEqual(mlir::OpFoldResult x, mlir::OpFoldResult y,
                    const llvm::Twine &what);
  void require(mlir::Value condition, const llvm::Twine &what);

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  mlir::Value constant(mlir::Type type, double number);
  /// A constant in the stored type of an element type of dl.
  mlir::Value storedConstant(mlir::Type element, double number);
  /// Converts narrow or unsigned elements to the type in which they are
  /// computed, and back. Other tensors are unchanged.
  mlir::Value loadNarrow(mlir::Value stored, mlir::Type element);
  mlir::Value storeNarrow(mlir::Value computed, mlir::Type element);
  mlir::Value empty(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type);
  mlir::Value filled(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type,
                     double number);
  /// A slice of x, and x with a slice overwritten. Upstream's slices may not
  /// begin after the end, even if they are empty; these ops emit none then.
  mlir::Value extract(mlir::Value x, const Sizes &offsets, const Sizes &sizes,
                      const Sizes &strides);
  mlir::Value insert(mlir::Value part, mlir::Value x, const Sizes &offsets,
                     const Sizes &sizes, const Sizes &strides);

  /// The body of a generic op, on scalars in their compute types.
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                              mlir::ValueRange)>;

  /// A map that selects `dims` out of `rank` loops.
  mlir::AffineMap pick(unsigned rank, llvm::ArrayRef<int64_t> dims);

  /// A generic op with one result. Inputs and result have any stored type and
  /// are computed in its compute type. `maps` has one map per input, then that
  /// of the result. Only reductions read `init`; null means an empty tensor of
  /// `sizes` and `type`.
  mlir::Value generic(mlir::ValueRange inputs, mlir::Value init,
                      llvm::ArrayRef<mlir::AffineMap> maps,
                      llvm::ArrayRef<mlir::utils::IteratorType> iterators,
                      Body body);

  /// A parallel generic op whose loops are the dimensions of the result.
  mlir::Value map(mlir::ValueRange inputs,
                  llvm::ArrayRef<mlir::AffineMap> inputMaps,
                  llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type,
                  Body body);

  /// An element-wise op between tensors of equal shape.
  mlir::Value map(mlir::ValueRange inputs, mlir::Type type, Body body);

  /// Converts a tensor to its compute type, if that is another. Products and
  /// sums of f16 and bf16 take widened operands.
  mlir::Value widen(mlir::Value x);
  /// Rounds to the stored type, if that is another.
  mlir::Value toStored(mlir::Value x, mlir::Type stored);

  /// Reduces the dimensions with `reduced[d]` and drops them. `init` is the
  /// neutral element. The body gets (inputs..., accumulator).
  mlir::Value reduce(mlir::Value x, llvm::ArrayRef<bool> reduced, double init,
                     Body body);

  /// Reshapes. A single unknown extent is deduced, several are given in
  /// `extents`.
  mlir::Value reshape(mlir::Value x, mlir::RankedTensorType type,
                      mlir::ValueRange extents = {});
  /// The sizes of a type, with its unknown extents taken from `extents`.
  Sizes sizes(mlir::RankedTensorType type, mlir::ValueRange extents);
  /// Drops the marked dimensions.
  mlir::Value dropUnitDims(mlir::Value x, llvm::ArrayRef<bool> dropped);
  /// Inserts dimensions of extent 1 at the marked positions.
  mlir::Value insertUnitDims(mlir::Value x, llvm::ArrayRef<bool> inserted);

  /// Pads with a scalar of the element type.
  mlir::Value pad(mlir::Value x, llvm::ArrayRef<mlir::OpFoldResult> low,
                  llvm::ArrayRef<mlir::OpFoldResult> high, mlir::Value scalar);

  /// A tensor whose element at each position is the element of `x` at the
  /// indices that `indices` computes from the position.
  mlir::Value
  extractElements(mlir::Value x, llvm::ArrayRef<mlir::OpFoldResult> sizes,
                  llvm::function_ref<llvm::SmallVector<mlir::Value>(
                      mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>
                      indices);

  mlir::Operation *op;
  bool isRaw = false;

private:
  /// x with more or fewer static extents.
  mlir::Value castTo(mlir::RankedTensorType type, mlir::Value x);
  /// x with all dimensions in one.
  mlir::Value flatten(mlir::Value x);
  /// The parts of reshape: to rank 0, and through a single dimension to `type`
  /// of the sizes `shape` (none given: deduced from the type).
  mlir::Value reshapeToScalar(mlir::Value x);
  mlir::Value reshapeThroughFlat(mlir::Value x, mlir::RankedTensorType type,
                                 Sizes shape);
};

/// Each family adds its patterns. ConvertDLToLinalg.cpp applies them together.
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

/// Replaces all scans by loops around their cells, which stay in dl.
void lowerScans(mlir::Operation *root);

/// A pattern that replaces an op by the value that a function emits for it. The
/// function sees elements in f16, bf16, i1 or the compute type, never narrow
/// integers. If it only moves elements (`isRaw`), it sees them in their stored
/// type.
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
    // The emitted shape may be more or less static than the type of the op.
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

/// The same for an op that only moves elements.
template <typename OpT>
void addDataMovement(mlir::RewritePatternSet &patterns,
                     mlir::TypeConverter &converter,
                     typename EmitPattern<OpT>::Function function) {
  patterns.add<EmitPattern<OpT>>(converter, patterns.getContext(), function,
                                 /*isRaw=*/true);
}

} // namespace dlc

#endif // DLC_LIB_CONVERSION_DLTOLINALG_EMITTER_H
