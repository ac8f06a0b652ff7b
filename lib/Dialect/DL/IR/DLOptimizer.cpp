//===- DLOptimizer.cpp - Optimisers ---------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"

using namespace mlir;
using namespace dlc::dl;
using formula::TensorExpr;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLOptimizer.cpp.inc"

//===----------------------------------------------------------------------===//
// Checks of all optimisers
//===----------------------------------------------------------------------===//

/// Gradient and states have the shape of the parameter; the rate is a scalar.
static LogicalResult inferStep(OptionalLoc loc, StringRef name, Value p,
                               ArrayRef<std::pair<StringRef, Value>> same,
                               Value rate, SmallVectorImpl<Type> &types) {
  auto type = tensorType(p);
  for (auto [what, value] : same)
    if (!areCompatibleTypes(type, value.getType()))
      return emitOptionalError(loc, "'", name, "' op ", what, " of type ",
                               value.getType(), ", expected ", type,
                               " as the parameter");
  if (tensorType(rate).getRank() ||
      tensorType(rate).getElementType() != type.getElementType())
    return emitOptionalError(loc, "'", name, "' op rate of type ",
                             rate.getType(), ", expected ",
                             type.clone(ArrayRef<int64_t>()));
  types.append(same.size(), type); // the gradient corresponds to the parameter
  return success();
}

#define DLC_STEP(OP, ...)                                                      \
  LogicalResult OP::inferReturnTypes(MLIRContext *, OptionalLoc loc,           \
                                     Adaptor op,                               \
                                     SmallVectorImpl<Type> &types) {           \
    return inferStep(loc, getOperationName(), op.getP(), {__VA_ARGS__},        \
                     op.getRate(), types);                                     \
  }
#define DLC_NAMED(NAME, VALUE)                                                 \
  std::pair<StringRef, Value> { NAME, VALUE }
DLC_STEP(SgdOp, DLC_NAMED("gradient", op.getG()))
DLC_STEP(MomentumOp, DLC_NAMED("gradient", op.getG()),
         DLC_NAMED("state", op.getS()))
DLC_STEP(AdamOp, DLC_NAMED("gradient", op.getG()),
         DLC_NAMED("state m", op.getM()), DLC_NAMED("state v", op.getV()))
DLC_STEP(RmspropOp, DLC_NAMED("gradient", op.getG()),
         DLC_NAMED("state", op.getS()))
DLC_STEP(AdagradOp, DLC_NAMED("gradient", op.getG()),
         DLC_NAMED("state", op.getS()))
#undef DLC_STEP
#undef DLC_NAMED

/// Reports every hyper-parameter outside its range, in one pass.
namespace {
struct Bounded {
  StringRef name;
  double value, least, past; // [least, past)
};
} // namespace

static LogicalResult verifyRanges(Operation *op, ArrayRef<Bounded> ranges) {
  bool valid = true;
  for (const Bounded &range : ranges) {
    double value = range.value;
    if (value >= range.least && value < range.past)
      continue;
    valid = false;
    auto error = op->emitOpError()
                 << range.name << " " << value << ", expected " << range.least;
    if (std::isinf(range.past))
      error << " or more";
    else
      error << " to less than " << range.past;
  }
  return success(valid);
}

static constexpr double unbounded = std::numeric_limits<double>::infinity();

LogicalResult SgdOp::verify() {
  return verifyRanges(
      *this,
      {{"weight_decay", getWeightDecay().convertToDouble(), 0, unbounded}});
}
LogicalResult MomentumOp::verify() {
  return verifyRanges(
      *this,
      {{"weight_decay", getWeightDecay().convertToDouble(), 0, unbounded},
       {"momentum", getMomentum().convertToDouble(), 0, 1}});
}
LogicalResult AdamOp::verify() {
  if (tensorType(getStep()).getRank())
    return emitOpError("step of type ")
           << getStep().getType() << ", expected one number of rank 0";
  return verifyRanges(
      *this,
      {{"weight_decay", getWeightDecay().convertToDouble(), 0, unbounded},
       {"beta1", getBeta1().convertToDouble(), 0, 1},
       {"beta2", getBeta2().convertToDouble(), 0, 1},
       {"epsilon", getEpsilon().convertToDouble(), 0, unbounded}});
}
LogicalResult RmspropOp::verify() {
  return verifyRanges(
      *this,
      {{"weight_decay", getWeightDecay().convertToDouble(), 0, unbounded},
       {"rho", getRho().convertToDouble(), 0, 1},
       {"epsilon", getEpsilon().convertToDouble(), 0, unbounded}});
}
LogicalResult AdagradOp::verify() {
  return verifyRanges(
      *this,
      {{"weight_decay", getWeightDecay().convertToDouble(), 0, unbounded},
       {"epsilon", getEpsilon().convertToDouble(), 0, unbounded}});
}

//===----------------------------------------------------------------------===//
// Formulas
//===----------------------------------------------------------------------===//

/// Adds weight decay to the gradient.
template <typename OpT> static TensorExpr decayed(OpT op, TensorExpr p) {
  TensorExpr g = p.with(op.getG());
  double decay = op.getWeightDecay().convertToDouble();
  return decay ? g + decay * p : g;
}

SmallVector<Value> SgdOp::decompose(OpBuilder &b) {
  TensorExpr p(b, getLoc(), getP());
  return {p - p.with(getRate()) * decayed(*this, p)};
}

SmallVector<Value> MomentumOp::decompose(OpBuilder &b) {
  TensorExpr p(b, getLoc(), getP()), g = decayed(*this, p);
  double momentum = getMomentum().convertToDouble();
  TensorExpr v = momentum * p.with(getS()) + g;
  return {p - p.with(getRate()) * (getNesterov() ? g + momentum * v : v), v};
}

SmallVector<Value> AdamOp::decompose(OpBuilder &b) {
  TensorExpr p(b, getLoc(), getP()), rate = p.with(getRate());
  double b1 = getBeta1().convertToDouble(), b2 = getBeta2().convertToDouble(),
         decay = getWeightDecay().convertToDouble();
  TensorExpr g = getDecoupled() ? p.with(getG()) : decayed(*this, p);
  TensorExpr m = b1 * p.with(getM()) + (1 - b1) * g;
  TensorExpr v = b2 * p.with(getV()) + (1 - b2) * square(g);
  // Scalars of rank 0, once per step. In f64, which keeps the digits of 1 -
  // b2^t.
  TensorExpr t = p.with(getStep()).cast(b.getF64Type());
  auto correction = [&](double beta) { return 1.0 - exp(t * std::log(beta)); };
  auto one = [&](TensorExpr number) { return number.cast(p.element()); };
  TensorExpr scale = b1 ? one(1.0 / correction(b1)) : p.constant(1);
  TensorExpr root = b2 ? one(formula::rsqrt(correction(b2))) : p.constant(1);
  TensorExpr step = rate * scale * m /
                    (formula::sqrt(v) * root + getEpsilon().convertToDouble());
  if (getDecoupled() && decay)
    step = step + rate * (decay * p);
  return {p - step, m, v};
}

SmallVector<Value> RmspropOp::decompose(OpBuilder &b) {
  TensorExpr p(b, getLoc(), getP()), g = decayed(*this, p);
  double rho = getRho().convertToDouble();
  TensorExpr s = rho * p.with(getS()) + (1 - rho) * square(g);
  TensorExpr root = formula::sqrt(s) + getEpsilon().convertToDouble();
  return {p - p.with(getRate()) * g / root, s};
}

SmallVector<Value> AdagradOp::decompose(OpBuilder &b) {
  TensorExpr p(b, getLoc(), getP()), g = decayed(*this, p);
  TensorExpr s = p.with(getS()) + square(g);
  TensorExpr root = formula::sqrt(s) + getEpsilon().convertToDouble();
  return {p - p.with(getRate()) * g / root, s};
}

//===----------------------------------------------------------------------===//
// Clipping, schedules
//===----------------------------------------------------------------------===//

LogicalResult
ClipByGlobalNormOp::inferReturnTypes(MLIRContext *, OptionalLoc loc, Adaptor op,
                                     SmallVectorImpl<Type> &types) {
  if (op.getGradients().empty())
    return emitOptionalError(loc, "'", getOperationName(),
                             "' op has no gradients, expected one or more");
  if (failed(sameElementType(loc, getOperationName(), op.getOperands())))
    return failure();
  llvm::append_range(types, op.getGradients().getTypes());
  return success();
}

LogicalResult ClipByGlobalNormOp::verify() {
  double limit = getLimit().convertToDouble();
  if (!(limit > 0))
    return emitOpError("limit ") << limit << ", expected more than 0";
  return success();
}

SmallVector<Value> ClipByGlobalNormOp::decompose(OpBuilder &b) {
  std::optional<TensorExpr> sum;
  for (Value g : getGradients()) {
    TensorExpr squares = square(TensorExpr(b, getLoc(), g)).sum();
    sum = sum ? *sum + squares : squares;
  }
  double limit = getLimit().convertToDouble();
  TensorExpr norm = formula::sqrt(*sum);
  // The divisor is the larger of norm and limit, so a norm of 0 never divides.
  TensorExpr scale = limit / max(norm, limit);
  SmallVector<Value> results;
  for (Value g : getGradients())
    results.push_back(norm.with(g) * scale);
  return results;
}

LogicalResult LearningRateOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                               Adaptor op,
                                               SmallVectorImpl<Type> &types) {
  if (!isa<FloatType>(op.getElement()))
    return emitOptionalError(loc, "'", getOperationName(), "' op element ",
                             op.getElement(), ", expected a type of floats");
  types.push_back(RankedTensorType::get({}, op.getElement()));
  return success();
}

LogicalResult LearningRateOp::verify() {
  if (tensorType(getStep()).getRank())
    return emitOpError("step of type ")
           << getStep().getType() << ", expected one number of rank 0";
  if (getSteps() < 1 || int64_t(getWarmup()) < 0)
    return emitOpError("steps ") << getSteps() << " and warmup " << getWarmup()
                                 << ", expected 1 or more and 0 or more";
  return verifyRanges(*this,
                      {{"rate", getRate().convertToDouble(), 0, unbounded},
                       {"decay", getDecay().convertToDouble(), 0, unbounded}});
}

SmallVector<Value> LearningRateOp::decompose(OpBuilder &b) {
  double rate = getRate().convertToDouble(),
         decay = getDecay().convertToDouble(), steps = getSteps(),
         warmup = int64_t(getWarmup());
  TensorExpr step = TensorExpr(b, getLoc(), getStep()).cast(b.getF64Type());
  TensorExpr t = max(step - warmup, 0.0), u = min(t / steps, 1.0);
  TensorExpr result = step.constant(rate);
  switch (getKind()) {
  case ScheduleKind::constant:
    break;
  case ScheduleKind::step:
    result = rate * pow(decay, floor(t / steps));
    break;
  case ScheduleKind::exponential:
    result = rate * pow(decay, t / steps);
    break;
  case ScheduleKind::linear:
    result = rate + (rate * decay - rate) * u;
    break;
  case ScheduleKind::cosine:
    result =
        rate * decay + 0.5 * rate * (1 - decay) *
                           (1.0 + formula::cos(3.14159265358979323846 * u));
    break;
  }
  if (warmup > 0)
    result = select(step < warmup, rate * (step + 1.0) / warmup, result);
  return {result.cast(getElement())};
}
