//===- DLRandom.cpp - Random numbers, initialisers, dropout ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"

using namespace mlir;
using namespace dlc::dl;
using formula::TensorExpr;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLRandom.cpp.inc"

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static LogicalResult verifyState(Operation *op, Value state) {
  auto type = tensorType(state);
  if (type.getShape() != ArrayRef<int64_t>{2})
    return op->emitOpError("random state of type ")
           << type << ", expected tensor<2xi64>: a seed and a step";
  return success();
}

static LogicalResult verifyRandom(Operation *op, Value state, Value y,
                                  ValueRange extents) {
  int64_t unknown = tensorType(y).getNumDynamicDims();
  if (unknown != int64_t(extents.size()))
    return op->emitOpError("has ")
           << extents.size() << " extents for the " << unknown
           << " unknown ones of " << toString(y.getType())
           << ", expected one for each";
  return verifyState(op, state);
}

LogicalResult RandomBitsOp::verify() {
  if (getWord() > 3)
    return emitOpError("word ") << getWord() << ", expected 0 to 3";
  if (getStream() < 0 || getStream() > int64_t(UINT32_MAX))
    return emitOpError("stream ") << getStream() << ", expected 0 to 2^32 - 1";
  return verifyRandom(*this, getState(), getY(), getExtents());
}

LogicalResult RandomUniformOp::verify() {
  if (!(getLow() <= getHigh()))
    return emitOpError("low ")
           << getLow().convertToDouble() << " is above high "
           << getHigh().convertToDouble();
  return verifyRandom(*this, getState(), getY(), getExtents());
}

LogicalResult RandomNormalOp::verify() {
  if (!(getDeviation().convertToDouble() >= 0))
    return emitOpError("deviation ")
           << getDeviation().convertToDouble() << ", expected 0 or more";
  return verifyRandom(*this, getState(), getY(), getExtents());
}

LogicalResult InitializeOp::verify() {
  auto type = tensorType(getY());
  if (type.getRank() == 0 || !type.hasStaticShape())
    return emitOpError("of shape ")
           << toString(type) << ", expected weights [window..., in, out] of "
           << "known extents";
  return verifyRandom(*this, getState(), getY(), getExtents());
}

LogicalResult DropoutOp::inferReturnTypes(MLIRContext *, OptionalLoc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  types.push_back(op.getX().getType());
  return success();
}

LogicalResult DropoutOp::verify() {
  double rate = getRate().convertToDouble();
  if (!(rate >= 0 && rate < 1))
    return emitOpError("rate ") << rate << ", expected 0 to less than 1";
  return getState() ? verifyState(*this, getState()) : success();
}

int64_t DropoutOp::getStreamCount() { return 1; }

SmallVector<Value> DropoutOp::buildTrainingForm(OpBuilder &b, Value random,
                                                int64_t stream) {
  return {DropoutOp::create(b, getLoc(), getX(), random, getRate(), stream)};
}

//===----------------------------------------------------------------------===//
// Formulas
//===----------------------------------------------------------------------===//

/// Uniformly distributed in [0, 1), from random word `word` and, in f64, the
/// next one.
static TensorExpr uniform(OpBuilder &b, Location loc, Value state,
                          ValueRange extents, int64_t stream, int64_t word,
                          RankedTensorType type) {
  auto bits = [&](int64_t word) {
    return TensorExpr(
        b, loc,
        RandomBitsOp::create(
            b, loc,
            RankedTensorType::get(type.getShape(), b.getIntegerType(32, false)),
            state, extents, stream, word));
  };
  auto upper = [&](TensorExpr words, int64_t dropped) {
    return words.with(
        ShiftRightOp::create(b, loc, words, words.constant(double(dropped))));
  };
  Type element = type.getElementType();
  if (!element.isF64())
    return (upper(bits(word), 8).cast(b.getF32Type()) * 0x1p-24).cast(element);
  TensorExpr high = upper(bits(word), 5).cast(element),
             low = upper(bits(word + 1), 6).cast(element);
  return (high * 67108864.0 + low) * 0x1p-53;
}

static TensorExpr normal(OpBuilder &b, Location loc, Value state,
                         ValueRange extents, int64_t stream,
                         RankedTensorType type) {
  TensorExpr u = uniform(b, loc, state, extents, stream, 0, type),
             v = uniform(b, loc, state, extents, stream, 2, type);
  return formula::sqrt(-2.0 * formula::log(1.0 - u)) *
         formula::cos(6.28318530717958647693 * v);
}

SmallVector<Value> RandomUniformOp::decompose(OpBuilder &b) {
  TensorExpr u = uniform(b, getLoc(), getState(), getExtents(), getStream(), 0,
                         tensorType(getY()));
  double low = getLow().convertToDouble(), high = getHigh().convertToDouble();
  if (high - low != 1)
    u = u * (high - low);
  return {low ? u + low : u};
}

SmallVector<Value> RandomNormalOp::decompose(OpBuilder &b) {
  TensorExpr z = normal(b, getLoc(), getState(), getExtents(), getStream(),
                        tensorType(getY()));
  double mean = getMean().convertToDouble(),
         deviation = getDeviation().convertToDouble();
  if (deviation != 1)
    z = z * deviation;
  return {mean ? z + mean : z};
}

/// Makes the columns of `[n, m]`, n >= m, orthonormal one after another. Each
/// is made orthogonal to those before it twice, because the first time rounds.
static TensorExpr orthonormalize(TensorExpr a) {
  OpBuilder &b = *a.b;
  int64_t n = a.shape()[0], m = a.shape()[1];
  TensorExpr zeros = a.filled(0);
  Value positions =
      IotaOp::create(b, a.loc, RankedTensorType::get({m, 1, m}, b.getI64Type()),
                     ValueRange(), b.getI64IntegerAttr(2));
  Value numbers =
      IotaOp::create(b, a.loc, RankedTensorType::get({m, 1, m}, b.getI64Type()),
                     ValueRange(), b.getI64IntegerAttr(0));
  TensorExpr hot = (a.with(positions) == a.with(numbers)).cast(a.element());
  TensorExpr columns = a.transpose().reshape({m, n, 1});
  auto scan = ScanOp::create(
      b, a.loc, ValueRange{zeros}, ValueRange{columns, hot}, Value(), Value(),
      0, false,
      [](OpBuilder &b, Location loc, ValueRange states, ValueRange elements) {
        TensorExpr q(b, loc, states[0]), v(b, loc, elements[0]),
            position(b, loc, elements[1]);
        for (int i = 0; i < 2; ++i)
          v = v - matmul(q, matmul(q.transpose(), v));
        v = v * formula::rsqrt(square(v).sum({0}));
        YieldOp::create(b, loc, ValueRange{q + v * position}, ValueRange(),
                        Value());
      });
  return a.with(scan.getFinals()[0]);
}

SmallVector<Value> InitializeOp::decompose(OpBuilder &b) {
  auto type = tensorType(getY());
  ArrayRef<int64_t> shape = type.getShape();
  double window = 1, in = shape.back(), out = shape.back();
  if (shape.size() > 1) {
    in = shape.end()[-2];
    for (int64_t extent : shape.drop_back(2))
      window *= extent;
  }
  double fanIn = std::max(window * in, 1.0), fanOut = window * out;
  auto makeUniform = [&](double bound) -> SmallVector<Value> {
    return {RandomUniformOp::create(b, getLoc(), type, getState(), ValueRange(),
                                    getStream(), APFloat(-bound),
                                    APFloat(bound))};
  };
  auto makeNormal = [&](RankedTensorType type, double deviation) {
    return RandomNormalOp::create(b, getLoc(), type, getState(), ValueRange(),
                                  getStream(), APFloat(0.0),
                                  APFloat(deviation));
  };
  switch (getKind()) {
  case InitializerKind::glorot_uniform:
    return makeUniform(std::sqrt(6 / (fanIn + fanOut)));
  case InitializerKind::he_uniform:
    return makeUniform(std::sqrt(6 / fanIn));
  case InitializerKind::glorot_normal:
    return {makeNormal(type, std::sqrt(2 / (fanIn + fanOut)))};
  case InitializerKind::he_normal:
    return {makeNormal(type, std::sqrt(2 / fanIn))};
  case InitializerKind::orthogonal: {
    int64_t columns = shape.back(),
            rows = type.getNumElements() / std::max<int64_t>(columns, 1);
    TensorExpr a(b, getLoc(), makeNormal(type.clone({rows, columns}), 1));
    bool isWide = columns > rows;
    TensorExpr q = orthonormalize(isWide ? a.transpose() : a);
    return {(isWide ? q.transpose() : q).reshape(shape)};
  }
  }
  llvm_unreachable("all kinds are handled");
}

SmallVector<Value> DropoutOp::decompose(OpBuilder &b) {
  double rate = getRate().convertToDouble();
  if (!getState() || rate == 0)
    return {getX()};
  TensorExpr x(b, getLoc(), getX());
  // The selection is computed in f32 for any element type.
  TensorExpr u =
      uniform(b, getLoc(), getState(), x.unknownExtents(), getStream(), 0,
              RankedTensorType::get(x.shape(), b.getF32Type()));
  return {select(u >= rate, x * (1 / (1 - rate)), 0.0)};
}
