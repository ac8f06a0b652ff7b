//===- Formula.h - dl as C++ operators --------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The small language in which derivatives and decompositions are written, so
// that a rule reads as its formula:
//
//   g * y * (1.0 - y)
//
// Each operator of Expression.h and each function below appends one op of dl at
// the insertion point.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_FORMULA_H
#define DLC_DIALECT_DL_IR_FORMULA_H

#include "dlc/Support/Expression.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"

namespace dlc::dl::formula {

class TensorExpr : public Expression<TensorExpr> {
public:
  TensorExpr(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value)
      : b(&b), loc(loc), value(value) {}

  operator mlir::Value() const { return value; }
  TensorExpr with(mlir::Value other) const { return {*b, loc, other}; }
  mlir::RankedTensorType type() const {
    return llvm::cast<mlir::RankedTensorType>(value.getType());
  }
  mlir::Type element() const { return type().getElementType(); }
  int64_t rank() const { return type().getRank(); }
  llvm::ArrayRef<int64_t> shape() const { return type().getShape(); }
  bool isFloat() const { return llvm::isa<mlir::FloatType>(element()); }

  /// What Expression is made of: a number of this tensor's element type, of
  /// rank 0, and the ops.
  TensorExpr constant(double number) const;
  static TensorExpr apply(UnaryOperator op, TensorExpr x);
  static TensorExpr apply(BinaryOperator op, TensorExpr a, TensorExpr b);
  /// Extent `d` as an index value.
  mlir::Value extent(int64_t d) const;
  /// The unknown extents of the type, as operands for dl.broadcast and others.
  llvm::SmallVector<mlir::Value> unknownExtents() const;
  /// A tensor of this shape and type filled with `number`.
  TensorExpr filled(double number) const;
  /// The product of the extents along `dims`, of rank 0 and of the element type
  /// `element` (default: that of this tensor).
  TensorExpr count(llvm::ArrayRef<int64_t> dims, mlir::Type element = {}) const;

  /// Converts to another element type.
  TensorExpr cast(mlir::Type element) const;
  /// Reshapes; at most one extent is unknown.
  TensorExpr reshape(llvm::ArrayRef<int64_t> shape) const;
  /// Reshapes to the shape of `other`, as far as that is known.
  TensorExpr reshapeAs(TensorExpr other) const;
  /// Broadcasts to the shape of `other`.
  TensorExpr broadcastTo(TensorExpr other) const;
  /// Sums over the dimensions along which `broadcastTo` would repeat from the
  /// shape of `other`: its transpose.
  TensorExpr reducedTo(TensorExpr other) const;
  /// Merges all dimensions but the last: a matrix.
  TensorExpr asMatrix() const;
  /// Merges all dimensions.
  TensorExpr asVector() const;
  /// Dimension k of the result is dimension permutation[k].
  TensorExpr transpose(llvm::ArrayRef<int64_t> permutation) const;
  /// Exchanges the last two dimensions.
  TensorExpr transpose() const;
  /// Positions `start` to `end` along one dimension, all of the others.
  TensorExpr slice(int64_t axis, int64_t start, int64_t end) const;
  /// With `low` and `high` elements of a number before and after each
  /// dimension.
  TensorExpr pad(llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                 double number = 0) const;
  /// Sums and means over `axes`; reduced dimensions are kept with extent 1.
  TensorExpr sum(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const;
  TensorExpr mean(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const;
  /// The sum of all elements, of rank 0.
  TensorExpr sum() const;
  TensorExpr mean() const;

  mlir::OpBuilder *b;
  mlir::Location loc;
  mlir::Value value;
};

TensorExpr abs(TensorExpr x);
TensorExpr exp(TensorExpr x);
TensorExpr log(TensorExpr x);
TensorExpr sqrt(TensorExpr x);
TensorExpr rsqrt(TensorExpr x);
TensorExpr square(TensorExpr x);
TensorExpr sin(TensorExpr x);
TensorExpr cos(TensorExpr x);
TensorExpr sinh(TensorExpr x);
TensorExpr cosh(TensorExpr x);
TensorExpr tanh(TensorExpr x);
TensorExpr erf(TensorExpr x);
TensorExpr sign(TensorExpr x);
TensorExpr floor(TensorExpr x);
TensorExpr ceil(TensorExpr x);
TensorExpr sigmoid(TensorExpr x);
TensorExpr softplus(TensorExpr x);
TensorExpr select(TensorExpr condition, TensorExpr a, TensorExpr b);
/// x W (dl.dense) and a b (dl.matmul).
TensorExpr dense(TensorExpr x, TensorExpr weights);
TensorExpr matmul(TensorExpr a, TensorExpr b);
TensorExpr concat(llvm::ArrayRef<TensorExpr> parts, int64_t axis);
/// The positions 0 ... extent-1 as i64.
TensorExpr iota(mlir::OpBuilder &b, mlir::Location loc, mlir::Value like,
                int64_t dim);
/// Selects slices of x along `axis` (dl.gather).
TensorExpr gather(TensorExpr x, TensorExpr indices, int64_t axis);

} // namespace dlc::dl::formula

#endif // DLC_DIALECT_DL_IR_FORMULA_H
