//===- Formula.h - dl as C++ operators --------------------------*- C++ -*-===//
//
// The small language in which derivatives and decompositions are written, so
// that a rule reads as its formula:
//
//   g * y * (1.0 - y)
//
// Each operator of Expression.h and each function below appends one op of dl at
// the builder's place.
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
  /// Extent `d` as an index.
  mlir::Value extent(int64_t d) const;
  /// The extents that the type does not tell, as dl.broadcast and others take
  /// them.
  llvm::SmallVector<mlir::Value> unknownExtents() const;
  /// A number in every element of a tensor of this shape and type.
  TensorExpr filled(double number) const;
  /// This tensor's product of extents along `dims`, as a number of rank 0; of
  /// its own element type where none is given.
  TensorExpr count(llvm::ArrayRef<int64_t> dims, mlir::Type element = {}) const;

  /// In another element type.
  TensorExpr cast(mlir::Type element) const;
  /// Under another shape, of which at most one extent is unknown.
  TensorExpr reshape(llvm::ArrayRef<int64_t> shape) const;
  /// Under the shape of `other`, whatever is known of it.
  TensorExpr reshapeAs(TensorExpr other) const;
  /// Repeated to the shape of `other`.
  TensorExpr broadcastTo(TensorExpr other) const;
  /// Summed over the dimensions along which it was repeated from the shape of
  /// `other`: what `broadcastTo` is transposed.
  TensorExpr reducedTo(TensorExpr other) const;
  /// Everything but the last dimension as one: a matrix.
  TensorExpr asMatrix() const;
  /// All elements as one dimension.
  TensorExpr asVector() const;
  /// Result dimension k is dimension permutation[k].
  TensorExpr transpose(llvm::ArrayRef<int64_t> permutation) const;
  /// The last two dimensions exchanged.
  TensorExpr transpose() const;
  /// Places `start` to `end` of one dimension, all of the others.
  TensorExpr slice(int64_t axis, int64_t start, int64_t end) const;
  /// With `low` and `high` elements of a number before and behind each
  /// dimension.
  TensorExpr pad(llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                 double number = 0) const;
  /// Sums and means over `axes`; reduced dimensions stay with extent 1.
  TensorExpr sum(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const;
  TensorExpr mean(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const;
  /// Over all elements, a number of rank 0.
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
/// x W and a b: dl.dense and dl.matmul.
TensorExpr dense(TensorExpr x, TensorExpr weights);
TensorExpr matmul(TensorExpr a, TensorExpr b);
TensorExpr concat(llvm::ArrayRef<TensorExpr> parts, int64_t axis);
/// The places 0 ... extent-1 as i64.
TensorExpr iota(mlir::OpBuilder &b, mlir::Location loc, mlir::Value like,
                int64_t dim);
/// Slices of x along `axis` (dl.gather).
TensorExpr gather(TensorExpr x, TensorExpr indices, int64_t axis);

} // namespace dlc::dl::formula

#endif // DLC_DIALECT_DL_IR_FORMULA_H
