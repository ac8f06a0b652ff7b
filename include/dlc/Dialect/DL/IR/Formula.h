//===- Formula.h - dl as C++ operators --------------------------*- C++ -*-===//
//
// The small language in which derivatives and decompositions are written, so
// that a rule reads as its formula:
//
//   g * y * (1.0 - y)
//
// Each operator appends one op of dl at the insertion point. A C++ number takes
// the element type of the tensor that it is combined with.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_FORMULA_H
#define DLC_DIALECT_DL_IR_FORMULA_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"

namespace dlc::dl::formula {

class Tensor {
public:
  Tensor(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value)
      : b(&b), loc(loc), value(value) {}

  operator mlir::Value() const { return value; }
  Tensor with(mlir::Value other) const { return {*b, loc, other}; }
  mlir::RankedTensorType type() const {
    return llvm::cast<mlir::RankedTensorType>(value.getType());
  }
  mlir::Type element() const { return type().getElementType(); }
  int64_t rank() const { return type().getRank(); }
  llvm::ArrayRef<int64_t> shape() const { return type().getShape(); }
  bool isFloat() const { return llvm::isa<mlir::FloatType>(element()); }

  /// A constant of this element type, of rank 0.
  Tensor constant(double number) const;
  /// Extent `d` as an index value.
  mlir::Value extent(int64_t d) const;
  /// The unknown extents of the type, as operands for dl.broadcast and others.
  llvm::SmallVector<mlir::Value> unknownExtents() const;
  /// A tensor of this shape and type filled with `number`.
  Tensor filled(double number) const;
  /// The product of the extents along `dims`, of rank 0 and of the element type
  /// `element` (default: that of this tensor).
  Tensor count(llvm::ArrayRef<int64_t> dims, mlir::Type element = {}) const;

  /// Comparisons give i1.
  Tensor lt(Tensor b) const;
  Tensor le(Tensor b) const;
  Tensor gt(Tensor b) const;
  Tensor ge(Tensor b) const;
  Tensor eq(Tensor b) const;
  Tensor lt(double b) const { return lt(constant(b)); }
  Tensor le(double b) const { return le(constant(b)); }
  Tensor gt(double b) const { return gt(constant(b)); }
  Tensor ge(double b) const { return ge(constant(b)); }
  Tensor eq(double b) const { return eq(constant(b)); }

  /// Converts to another element type.
  Tensor cast(mlir::Type element) const;
  /// Reshapes; at most one extent is unknown.
  Tensor reshape(llvm::ArrayRef<int64_t> shape) const;
  /// Reshapes to the shape of `other`, as far as that is known.
  Tensor reshapeAs(Tensor other) const;
  /// Broadcasts to the shape of `other`.
  Tensor broadcastTo(Tensor other) const;
  /// Sums over the dimensions along which `broadcastTo` would repeat from the
  /// shape of `other`: its transpose.
  Tensor reducedTo(Tensor other) const;
  /// Merges all dimensions but the last: a matrix.
  Tensor asMatrix() const;
  /// Merges all dimensions.
  Tensor asVector() const;
  /// Dimension k of the result is dimension permutation[k].
  Tensor transpose(llvm::ArrayRef<int64_t> permutation) const;
  /// Exchanges the last two dimensions.
  Tensor transpose() const;
  /// Positions `start` to `end` along one dimension, all of the others.
  Tensor slice(int64_t axis, int64_t start, int64_t end) const;
  /// Pads with `low` and `high` elements before and after each dimension.
  Tensor pad(llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
             double number = 0) const;
  /// Sums and means over `axes`; reduced dimensions are kept with extent 1.
  Tensor sum(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const;
  Tensor mean(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const;
  /// The sum of all elements, of rank 0.
  Tensor sum() const;
  Tensor mean() const;

  mlir::OpBuilder *b;
  mlir::Location loc;
  mlir::Value value;
};

Tensor operator+(Tensor a, Tensor b);
Tensor operator-(Tensor a, Tensor b);
Tensor operator*(Tensor a, Tensor b);
Tensor operator/(Tensor a, Tensor b);
Tensor operator-(Tensor x);
Tensor operator&(Tensor a, Tensor b);
Tensor max(Tensor a, Tensor b);
Tensor min(Tensor a, Tensor b);
Tensor pow(Tensor a, Tensor b);
Tensor abs(Tensor x);
Tensor exp(Tensor x);
Tensor log(Tensor x);
Tensor sqrt(Tensor x);
Tensor rsqrt(Tensor x);
Tensor square(Tensor x);
Tensor sin(Tensor x);
Tensor cos(Tensor x);
Tensor sinh(Tensor x);
Tensor cosh(Tensor x);
Tensor tanh(Tensor x);
Tensor erf(Tensor x);
Tensor sign(Tensor x);
Tensor floor(Tensor x);
Tensor ceil(Tensor x);
Tensor sigmoid(Tensor x);
Tensor softplus(Tensor x);
Tensor select(Tensor condition, Tensor a, Tensor b);
Tensor select(Tensor condition, Tensor a, double b);
Tensor select(Tensor condition, double a, Tensor b);
/// x W (dl.dense) and a b (dl.matmul).
Tensor dense(Tensor x, Tensor weights);
Tensor matmul(Tensor a, Tensor b);
Tensor concat(llvm::ArrayRef<Tensor> parts, int64_t axis);
/// The positions 0 ... extent-1 as i64.
Tensor iota(mlir::OpBuilder &b, mlir::Location loc, mlir::Value like,
            int64_t dim);
/// Selects slices of x along `axis` (dl.gather).
Tensor gather(Tensor x, Tensor indices, int64_t axis);

#define DLC_MIXED(NAME)                                                        \
  inline Tensor NAME(double a, Tensor b) { return NAME(b.constant(a), b); }    \
  inline Tensor NAME(Tensor a, double b) { return NAME(a, a.constant(b)); }
DLC_MIXED(operator+)
DLC_MIXED(operator-)
DLC_MIXED(operator*)
DLC_MIXED(operator/)
DLC_MIXED(max)
DLC_MIXED(min)
DLC_MIXED(pow)
#undef DLC_MIXED

} // namespace dlc::dl::formula

#endif // DLC_DIALECT_DL_IR_FORMULA_H
