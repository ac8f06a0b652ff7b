//===- DLElementwise.cpp - Element-wise ops -------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Dialect/DL/IR/Scalar.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dlc::dl;

#include "dlc/Dialect/DL/IR/DLEnums.cpp.inc"

namespace dlc::dl::formula {
/// The whole cotangent goes to the operand that wins, half of it to each on a
/// tie.
static TensorExpr half(TensorExpr g, TensorExpr wins, TensorExpr ties) {
  return select(wins, g, select(ties, 0.5 * g, 0.0));
}
/// The derivative of silu; `s` is the logistic function of x.
static TensorExpr silu(TensorExpr g, TensorExpr x, TensorExpr s) {
  return g * s * (1.0 + x * (1.0 - s));
}
/// The derivative of mish; `t` is tanh(softplus(x)).
static TensorExpr mish(TensorExpr g, TensorExpr x, TensorExpr t) {
  return g * (t + x * (1.0 - t * t) * sigmoid(x));
}
/// `t` is the tanh in the formula, of `scale` (x + `cubic` x x x).
static TensorExpr geluTanh(TensorExpr g, TensorExpr x, TensorExpr t,
                           double scale, double cubic) {
  TensorExpr inner = scale * (1.0 + 3 * cubic * x * x);
  return g * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner);
}
} // namespace dlc::dl::formula

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLElementwise.cpp.inc"

/// Whether `attribute` is a splat of the value `wanted`.
static bool isSplatOf(Attribute attribute, double wanted) {
  auto splat = dyn_cast_if_present<SplatElementsAttr>(attribute);
  if (!splat)
    return false;
  if (isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().isExactlyValue(wanted);
  return splat.getSplatValue<APInt>().getSExtValue() == int64_t(wanted);
}

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  // x + (-0.0) = x for every x. x + 0.0 is not an identity: it turns -0.0 into
  // 0.0.
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(getType()));
  if (getA().getType() == getType() && adaptor.getB()) {
    if (!isFloat && isSplatOf(adaptor.getB(), 0))
      return getA();
    auto splat = dyn_cast<SplatElementsAttr>(adaptor.getB());
    if (isFloat && splat && splat.getSplatValue<APFloat>().isNegZero())
      return getA();
  }
  return {};
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (getA().getType() == getType() && isSplatOf(adaptor.getB(), 1))
    return getA();
  return {};
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getX().getType() == getType() ? getX() : Value();
}

OpFoldResult LinearOp::fold(FoldAdaptor) { return getX(); }

OpFoldResult ReluOp::fold(FoldAdaptor) {
  return getX().getDefiningOp<ReluOp>() ? getX() : Value();
}

LogicalResult ClipOp::verify() {
  if (getLow() && getHigh() && *getHigh() < *getLow())
    return emitOpError("low ")
           << getLow()->convertToDouble() << " is above high "
           << getHigh()->convertToDouble();
  return success();
}
