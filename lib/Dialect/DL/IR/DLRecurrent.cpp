//===- DLRecurrent.cpp - Recurrent layers ---------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recurrent layers. They decompose to dl.scan, which is in Scan.cpp.
//
//===----------------------------------------------------------------------===//

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Dialect/DL/IR/Recurrent.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLRecurrent.cpp.inc"

namespace dlc::dl {

ArrayRef<StringRef> RnnOp::getDefaultActivations() {
  static const StringRef names[] = {"tanh"};
  return names;
}
ArrayRef<StringRef> LstmOp::getDefaultActivations() {
  static const StringRef names[] = {"sigmoid", "tanh", "tanh"};
  return names;
}
ArrayRef<StringRef> GruOp::getDefaultActivations() {
  static const StringRef names[] = {"sigmoid", "tanh"};
  return names;
}

std::optional<unsigned> countParameters(MLIRContext *context, StringRef name) {
  if (name == "affine" || name == "scaled_tanh" || name == "hard_sigmoid")
    return 2;
  if (name == "thresholded_relu" || name == "leaky_relu" || name == "elu")
    return 1;
  auto op = RegisteredOperationName::lookup(("dl." + name).str(), context);
  if (!op || !op->hasInterface<ElementwiseOpInterface>())
    return std::nullopt;
  return op->hasTrait<OpTrait::OneOperand>() ? std::optional<unsigned>(0)
                                             : std::nullopt;
}
} // namespace dlc::dl

namespace {

/// Extents on which the operands of a layer must agree.
struct Extents {
  int64_t steps, batch, inputs, hidden, directions;

  /// The shape for one direction; with a leading 2 for both.
  Shape both(Shape shape) const {
    if (directions == 2)
      shape.insert(shape.begin(), 2);
    return shape;
  }
};

/// Checks an operand against its expected shape.
LogicalResult check(OptionalLoc loc, StringRef name, StringRef what,
                    Value operand, ArrayRef<int64_t> expected,
                    const Twine &why) {
  if (!operand)
    return success();
  ArrayRef<int64_t> shape = tensorType(operand).getShape();
  bool fits = shape.size() == expected.size();
  for (size_t d = 0; fits && d < shape.size(); ++d)
    fits = mayEqual(shape[d], expected[d]);
  if (fits)
    return success();
  return emitOptionalError(loc, "'", name, "' op ", what, " have shape ",
                           toString(shape), ", expected ", toString(expected),
                           why);
}

template <typename Adaptor>
FailureOr<Extents> inferExtents(OptionalLoc loc, StringRef name, Adaptor op,
                                int64_t gates) {
  auto x = tensorType(op.getX()), w = tensorType(op.getWeights()),
       u = tensorType(op.getRecurrent());
  bool isBoth = op.getDirection() == Direction::bidirectional;
  int64_t lead = isBoth ? 1 : 0;
  if (x.getRank() != 3) {
    (void)emitOptionalError(loc, "'", name, "' op input of shape ", toString(x),
                            ", expected ",
                            op.getBatchFirst() ? "[B, T, K]" : "[T, B, K]");
    return failure();
  }
  Extents e;
  e.steps = x.getDimSize(op.getBatchFirst() ? 1 : 0);
  e.batch = x.getDimSize(op.getBatchFirst() ? 0 : 1);
  e.directions = isBoth ? 2 : 1;
  e.inputs = x.getDimSize(2);
  if (u.getRank() != 2 + lead || w.getRank() != 2 + lead) {
    (void)emitOptionalError(loc, "'", name, "' op weights of shapes ",
                            toString(w), " and ", toString(u), ", expected ",
                            isBoth ? "[2, K, gates H] and [2, H, gates H]"
                                   : "[K, gates H] and [H, gates H]");
    return failure();
  }
  e.hidden = u.getDimSize(lead);
  int64_t columns = u.getDimSize(lead + 1);
  if (ShapedType::isDynamic(e.hidden) || ShapedType::isDynamic(columns) ||
      columns != gates * e.hidden || e.hidden == 0) {
    (void)emitOptionalError(
        loc, "'", name, "' op recurrent weights have shape ", toString(u),
        ", expected [", isBoth ? "2, " : "", "H, ", gates, " H] for its ",
        gates, gates == 1 ? " gate" : " gates", " with one known H");
    return failure();
  }
  Shape wide = e.both({e.inputs, columns}), bias = e.both({columns}),
        state = e.both({e.batch, e.hidden});
  std::string why = (" for an input of shape " + toString(x) +
                     " and recurrent weights of shape " + toString(u));
  if (failed(check(loc, name, "weights", op.getWeights(), wide, why)) ||
      failed(check(loc, name, "biases", op.getBias(), bias, why)) ||
      failed(check(loc, name, "initial states", op.getH0(), state, why)) ||
      failed(check(loc, name, "lengths", op.getLengths(), {e.batch}, why)))
    return failure();
  // Every floating-point operand must have the element type of the input.
  for (Value operand : op.getOperands())
    if (Type element = getElementTypeOrSelf(operand);
        isa<FloatType>(element) && element != x.getElementType()) {
      (void)emitOptionalError(loc, "'", name, "' op operand of type ",
                              operand.getType(), ", expected element type ",
                              x.getElementType(), " as the input's");
      return failure();
    }
  return e;
}

template <typename Adaptor>
LogicalResult inferLayer(OptionalLoc loc, StringRef name, Adaptor op,
                         int64_t gates, unsigned states,
                         SmallVectorImpl<Type> &types) {
  FailureOr<Extents> e = inferExtents(loc, name, op, gates);
  if (failed(e))
    return failure();
  Type element = getElementTypeOrSelf(op.getX());
  Shape y{e->steps, e->batch, e->directions * e->hidden},
      state = e->both({e->batch, e->hidden});
  if (op.getBatchFirst())
    std::swap(y[0], y[1]);
  if (failed(pushTensor(loc, name, y, element, types)))
    return failure();
  for (unsigned i = 0; i < states; ++i)
    if (failed(pushTensor(loc, name, state, element, types)))
      return failure();
  return success();
}

/// Checks names and parameters of activations, and the clip bound.
template <typename OpT> LogicalResult verifyLayer(OpT op) {
  size_t count = OpT::getDefaultActivations().size();
  bool isBoth = op.getDirection() == Direction::bidirectional;
  bool isFine = true;
  if (ArrayAttr names = op.getActivationsAttr()) {
    if (names.size() != count && !(isBoth && names.size() == 2 * count))
      return op.emitOpError("has ")
             << names.size() << " activations, expected " << count
             << (isBoth ? " or twice as many" : "");
    for (auto [i, name] : llvm::enumerate(names.getAsRange<StringAttr>()))
      if (!countParameters(op.getContext(), name.getValue())) {
        op.emitOpError("has activation '")
            << name.getValue() << "' at position " << i
            << ", expected an element-wise op of dl with one operand, affine, "
               "scaled_tanh or thresholded_relu";
        isFine = false;
      }
    count = names.size();
  }
  for (auto [what, values] :
       {std::pair("alpha", op.getAlpha()), std::pair("beta", op.getBeta())})
    if (values && values->size() != count) {
      op.emitOpError(what) << " has " << values->size()
                           << " numbers, expected one for each of the " << count
                           << " activations";
      isFine = false;
    }
  if (std::optional<APFloat> clip = op.getClip();
      clip && (!clip->isFinite() || clip->isNegative() || clip->isZero())) {
    op.emitOpError("clip is ")
        << clip->convertToDouble() << ", expected a number above 0";
    isFine = false;
  }
  return success(isFine);
}
} // namespace

LogicalResult RnnOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                      Adaptor op,
                                      SmallVectorImpl<Type> &types) {
  return inferLayer(loc, getOperationName(), op, gates, 1, types);
}

LogicalResult LstmOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &types) {
  FailureOr<Extents> e = inferExtents(loc, getOperationName(), op, gates);
  if (failed(e))
    return failure();
  Shape state = e->both({e->batch, e->hidden}),
        peephole = e->both({3 * e->hidden});
  std::string why = " for " + std::to_string(e->hidden) + " hidden units";
  if (failed(check(loc, getOperationName(), "initial cells", op.getC0(), state,
                   why)) ||
      failed(check(loc, getOperationName(), "peephole weights",
                   op.getPeephole(), peephole, why)))
    return failure();
  return inferLayer(loc, getOperationName(), op, gates, 2, types);
}

LogicalResult GruOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                      Adaptor op,
                                      SmallVectorImpl<Type> &types) {
  FailureOr<Extents> e = inferExtents(loc, getOperationName(), op, gates);
  if (failed(e))
    return failure();
  Shape bias = e->both({3 * e->hidden});
  if (failed(check(loc, getOperationName(), "recurrent biases",
                   op.getRecurrentBias(), bias,
                   " for " + std::to_string(e->hidden) + " hidden units")))
    return failure();
  return inferLayer(loc, getOperationName(), op, gates, 1, types);
}

LogicalResult RnnOp::verify() { return verifyLayer(*this); }
LogicalResult LstmOp::verify() { return verifyLayer(*this); }
LogicalResult GruOp::verify() { return verifyLayer(*this); }
