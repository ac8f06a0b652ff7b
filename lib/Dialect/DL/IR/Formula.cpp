//===- Formula.cpp - dl as C++ operators ----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Operators.h"
#include "dlc/Dialect/Utils/Arithmetic.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc::dl;
using namespace dlc::dl::formula;

template <typename OpT, typename... Operands>
static TensorExpr make(TensorExpr at, Operands &&...operands) {
  return at.with(OpT::create(*at.b, at.loc, operands...));
}

TensorExpr TensorExpr::constant(double number) const {
  auto scalar = RankedTensorType::get({}, element());
  return with(buildConstant(*b, loc, scalar, number));
}

TensorExpr TensorExpr::apply(UnaryOperator op, TensorExpr x) {
  return withOpOf(op, [&](auto tag) {
    return make<typename decltype(tag)::Op>(x, x.value);
  });
}

TensorExpr TensorExpr::apply(BinaryOperator op, TensorExpr a, TensorExpr b) {
  return withOpOf(op, [&](auto tag) {
    return make<typename decltype(tag)::Op>(a, a.value, b.value);
  });
}

Value TensorExpr::extent(int64_t d) const {
  if (!type().isDynamicDim(d))
    return arith::ConstantIndexOp::create(*b, loc, type().getDimSize(d));
  return tensor::DimOp::create(*b, loc, value, d);
}

SmallVector<Value> TensorExpr::unknownExtents() const {
  SmallVector<Value> extents;
  for (int64_t d = 0; d < rank(); ++d)
    if (type().isDynamicDim(d))
      extents.push_back(extent(d));
  return extents;
}

TensorExpr TensorExpr::filled(double number) const {
  return constant(number).broadcastTo(*this);
}

TensorExpr TensorExpr::count(ArrayRef<int64_t> dims, Type counted) const {
  int64_t known = 1;
  Value unknown;
  for (int64_t d : dims) {
    if (!type().isDynamicDim(d)) {
      known *= type().getDimSize(d);
      continue;
    }
    Value more = extent(d);
    unknown = unknown ? arith::MulIOp::create(*b, loc, unknown, more) : more;
  }
  auto number = RankedTensorType::get({}, b->getI64Type());
  TensorExpr result = with(arith::ConstantOp::create(
      *b, loc, DenseElementsAttr::get(number, known)));
  if (unknown)
    result = result *
             result.with(tensor::FromElementsOp::create(
                 *b, loc, number,
                 arith::IndexCastOp::create(*b, loc, b->getI64Type(), unknown)
                     .getResult()));
  return result.cast(counted ? counted : element());
}

TensorExpr TensorExpr::cast(Type to) const {
  return to == element() ? *this
                         : make<CastOp>(*this, value, TypeAttr::get(to));
}

TensorExpr TensorExpr::reshape(ArrayRef<int64_t> shape) const {
  auto wanted = type().clone(shape);
  return wanted == type() ? *this : make<ReshapeOp>(*this, wanted, value);
}

TensorExpr TensorExpr::reshapeAs(TensorExpr other) const {
  auto wanted = type().clone(other.shape());
  if (wanted == type() && wanted.getNumDynamicDims() == 0)
    return *this;
  SmallVector<Value> extents;
  if (wanted.getNumDynamicDims() > 1)
    extents = other.unknownExtents();
  return make<ReshapeOp>(*this, wanted, value, extents);
}

TensorExpr TensorExpr::broadcastTo(TensorExpr other) const {
  auto wanted = type().clone(other.shape());
  if (wanted == type())
    return *this;
  return make<BroadcastOp>(*this, wanted, value, other.unknownExtents());
}

TensorExpr TensorExpr::reducedTo(TensorExpr other) const {
  int64_t more = rank() - other.rank();
  SmallVector<int64_t> stretched, leading;
  for (int64_t d = 0; d < rank(); ++d) {
    if (d < more)
      leading.push_back(d);
    else if (other.shape()[d - more] == 1 && shape()[d] != 1)
      stretched.push_back(d);
  }
  TensorExpr result = *this;
  if (!stretched.empty())
    result = result.sum(stretched);
  if (!leading.empty())
    result = result.sum(leading, /*keepDims=*/false);
  return result;
}

TensorExpr TensorExpr::asMatrix() const {
  if (rank() == 2)
    return *this;
  int64_t rows = productOf(shape().drop_back());
  SmallVector<int64_t> matrix{rows, shape().back()};
  SmallVector<Value> extents;
  if (ShapedType::isDynamic(rows) && ShapedType::isDynamic(shape().back())) {
    Value product = extent(0);
    for (int64_t d = 1; d < rank() - 1; ++d)
      product = arith::MulIOp::create(*b, loc, product, extent(d));
    extents = {product, extent(rank() - 1)};
  }
  return make<ReshapeOp>(*this, type().clone(matrix), value, extents);
}

TensorExpr TensorExpr::asVector() const {
  int64_t all =
      type().hasStaticShape() ? type().getNumElements() : ShapedType::kDynamic;
  return reshape({all});
}

TensorExpr TensorExpr::transpose(ArrayRef<int64_t> permutation) const {
  bool isIdentity = true;
  for (auto [i, d] : llvm::enumerate(permutation))
    isIdentity &= int64_t(i) == d;
  return isIdentity ? *this
                    : make<TransposeOp>(*this, value,
                                        b->getDenseI64ArrayAttr(permutation));
}

TensorExpr TensorExpr::transpose() const {
  SmallVector<int64_t> permutation;
  for (int64_t d = 0; d < rank(); ++d)
    permutation.push_back(d);
  std::swap(permutation[rank() - 1], permutation[rank() - 2]);
  return transpose(permutation);
}

TensorExpr TensorExpr::slice(int64_t axis, int64_t start, int64_t end) const {
  return make<SliceOp>(*this, value, axis, start, end);
}

TensorExpr TensorExpr::pad(ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                           double number) const {
  return make<PadOp>(*this, value, b->getDenseI64ArrayAttr(low),
                     b->getDenseI64ArrayAttr(high),
                     PadModeAttr::get(b->getContext(), PadMode::constant),
                     b->getF64FloatAttr(number));
}

template <typename OpT>
static TensorExpr reduce(TensorExpr x, ArrayRef<int64_t> axes, bool keepDims) {
  if (axes.empty())
    return x;
  return make<OpT>(x, x.value, x.b->getDenseI64ArrayAttr(axes),
                   keepDims ? x.b->getUnitAttr() : UnitAttr());
}

TensorExpr TensorExpr::sum(ArrayRef<int64_t> axes, bool keepDims) const {
  return reduce<ReduceSumOp>(*this, axes, keepDims);
}
TensorExpr TensorExpr::mean(ArrayRef<int64_t> axes, bool keepDims) const {
  return reduce<ReduceMeanOp>(*this, axes, keepDims);
}
TensorExpr TensorExpr::sum() const {
  return make<ReduceSumOp>(*this, value, DenseI64ArrayAttr(), UnitAttr());
}
TensorExpr TensorExpr::mean() const {
  return make<ReduceMeanOp>(*this, value, DenseI64ArrayAttr(), UnitAttr());
}

namespace dlc::dl::formula {

#define DLC_UNARY(NAME, OP)                                                    \
  TensorExpr NAME(TensorExpr x) { return make<OP>(x, x.value); }
DLC_UNARY(abs, AbsOp)
DLC_UNARY(exp, ExpOp)
DLC_UNARY(log, LogOp)
DLC_UNARY(sqrt, SqrtOp)
DLC_UNARY(rsqrt, RsqrtOp)
DLC_UNARY(square, SquareOp)
DLC_UNARY(sin, SinOp)
DLC_UNARY(cos, CosOp)
DLC_UNARY(sinh, SinhOp)
DLC_UNARY(cosh, CoshOp)
DLC_UNARY(tanh, TanhOp)
DLC_UNARY(erf, ErfOp)
DLC_UNARY(sign, SignOp)
DLC_UNARY(floor, FloorOp)
DLC_UNARY(ceil, CeilOp)
DLC_UNARY(sigmoid, SigmoidOp)
DLC_UNARY(softplus, SoftplusOp)
#undef DLC_UNARY

TensorExpr select(TensorExpr condition, TensorExpr a, TensorExpr b) {
  return make<SelectOp>(a, condition.value, a.value, b.value);
}
TensorExpr dense(TensorExpr x, TensorExpr weights) {
  return make<DenseOp>(x, x.value, weights.value, Value());
}

TensorExpr matmul(TensorExpr a, TensorExpr b) {
  return make<MatmulOp>(a, a.value, b.value);
}

TensorExpr concat(ArrayRef<TensorExpr> parts, int64_t axis) {
  SmallVector<Value> values;
  for (TensorExpr part : parts)
    values.push_back(part);
  return make<ConcatOp>(parts.front(), values,
                        parts.front().b->getI64IntegerAttr(axis));
}

TensorExpr iota(OpBuilder &b, Location loc, Value like, int64_t dim) {
  TensorExpr x(b, loc, like);
  auto type = RankedTensorType::get({x.shape()[dim]}, b.getI64Type());
  SmallVector<Value> extents;
  if (type.isDynamicDim(0))
    extents.push_back(x.extent(dim));
  return x.with(IotaOp::create(b, loc, type, extents, b.getI64IntegerAttr(0)));
}

TensorExpr gather(TensorExpr x, TensorExpr indices, int64_t axis) {
  return make<GatherOp>(x, x.value, indices.value,
                        x.b->getI64IntegerAttr(axis));
}

} // namespace dlc::dl::formula
