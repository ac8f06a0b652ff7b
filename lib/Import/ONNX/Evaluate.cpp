//===- Evaluate.cpp - Element-wise ops on known elements ------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Tensor.h"
#include "dlc/Dialect/DL/IR/Scalar.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace dlc::onnx_import {

bool Elements::isConstant() const {
  return llvm::all_of(
      values, [](OpFoldResult e) { return isa_and_present<Attribute>(e); });
}

int64_t toInteger(Attribute number) {
  auto integer = llvm::cast<IntegerAttr>(number);
  bool isSigned =
      !integer.getType().isUnsignedInteger() && !integer.getType().isInteger(1);
  return isSigned ? integer.getValue().getSExtValue()
                  : int64_t(integer.getValue().getZExtValue());
}

Elements readElements(ElementsAttr value) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    dense = DenseElementsAttr::getFromRawBuffer(
        cast<RankedTensorType>(value.getType()),
        resource.getRawHandle().getBlob()->getData());
  Elements result{cast<RankedTensorType>(dense.getType()),
                  dense.getNumElements() > 0 && dense.isSplat(),
                  {}};
  if (result.isSplat)
    result.values.push_back(dense.getSplatValue<Attribute>());
  else
    for (Attribute element : dense.getValues<Attribute>())
      result.values.push_back(element);
  return result;
}

ElementsAttr toAttribute(const Elements &elements) {
  SmallVector<Attribute> values;
  for (OpFoldResult element : elements.values)
    values.push_back(cast<Attribute>(element));
  auto dense = DenseElementsAttr::get(elements.type, values);
  ArrayRef<char> data = dense.getRawData();
  if (dense.isSplat() || int64_t(data.size()) <= inlineBytes ||
      elements.type.getElementTypeBitWidth() < 8)
    return dense;
  return DenseResourceElementsAttr::get(
      elements.type, "constant",
      HeapAsmResourceBlob::allocateAndCopyWithAlign(data, /*align=*/64));
}

//===----------------------------------------------------------------------===//
// Scalar functions
//===----------------------------------------------------------------------===//

/// Returns the bits of a number as they are stored: see dl::scalar::storedType.
static Attribute toStored(Attribute number, Type stored) {
  if (auto value = dyn_cast<FloatAttr>(number)) {
    if (value.getType() == stored)
      return number;
    APInt bits = value.getValue().bitcastToAPInt();
    return IntegerAttr::get(stored, bits.zext(stored.getIntOrFloatBitWidth()));
  }
  auto value = cast<IntegerAttr>(number);
  unsigned width = stored.getIntOrFloatBitWidth();
  bool isSigned =
      !value.getType().isUnsignedInteger() && !value.getType().isInteger(1);
  return IntegerAttr::get(stored, isSigned
                                      ? value.getValue().sextOrTrunc(width)
                                      : value.getValue().zextOrTrunc(width));
}

static Attribute fromStored(Attribute stored, Type element) {
  if (auto value = dyn_cast<FloatAttr>(stored))
    return value.getType() == element ? stored : Attribute();
  auto value = dyn_cast_if_present<IntegerAttr>(stored);
  if (!value)
    return {};
  APInt bits = value.getValue().trunc(element.getIntOrFloatBitWidth());
  if (auto type = dyn_cast<FloatType>(element))
    return FloatAttr::get(type, APFloat(type.getFloatSemantics(), bits));
  return IntegerAttr::get(element, bits);
}

ScalarProgram::ScalarProgram(Operation *op)
    : resultType(getElementTypeOrSelf(op->getResult(0))) {
  OpBuilder b(op->getContext());
  b.setInsertionPointToEnd(&block);
  Location loc = op->getLoc();
  SmallVector<Value> loaded;
  for (Value operand : op->getOperands()) {
    operandTypes.push_back(getElementTypeOrSelf(operand));
    Type stored = dl::scalar::storedType(operandTypes.back());
    loaded.push_back(dl::scalar::load(b, loc, block.addArgument(stored, loc),
                                      operandTypes.back()));
  }
  Value value =
      cast<dl::ElementwiseOpInterface>(op).buildScalar(b, loc, loaded);
  result = dl::scalar::Scalar(b, loc, value).store(resultType);
}

Attribute ScalarProgram::run(ArrayRef<Attribute> numbers) {
  llvm::SmallDenseMap<Value, Attribute> values;
  for (auto [argument, number] : llvm::zip(block.getArguments(), numbers))
    values[argument] = toStored(number, argument.getType());
  for (Operation &op : block) {
    SmallVector<Attribute> operands;
    for (Value operand : op.getOperands())
      operands.push_back(values.lookup(operand));
    SmallVector<OpFoldResult> results;
    if (llvm::is_contained(operands, Attribute()) ||
        failed(op.fold(operands, results)) || results.size() != 1)
      return {};
    auto number = dyn_cast<Attribute>(results[0]);
    values[op.getResult(0)] =
        number ? number : values.lookup(cast<Value>(results[0]));
  }
  return fromStored(values.lookup(result), resultType);
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

/// The possible outcomes of comparing two extents: a bit mask.
enum : unsigned { less = 1, equal = 2, greater = 4 };
static unsigned relations(Graph &g, Extent a, Extent b) {
  if (isEqualConstantIntOrValue(a, b))
    return equal;
  auto x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x && y)
    return *x < *y ? less : greater;
  if (y && *y <= 0 && isNonNegative(a))
    return *y < 0 ? greater : equal | greater;
  if (x && *x <= 0 && isNonNegative(b))
    return *x < 0 ? less : equal | less;
  return less | equal | greater;
}

static OpFoldResult compare(Graph &g, Extent a, Extent b, unsigned wanted) {
  unsigned possible = relations(g, a, b);
  if ((possible & wanted) && (possible & ~wanted))
    return {};
  return g.b.getIntegerAttr(g.i1(), (possible & wanted) != 0);
}

/// Returns an element as an extent; null if it is not one.
static Extent toExtent(Graph &g, OpFoldResult element) {
  if (auto number = dyn_cast_if_present<IntegerAttr>(
          element ? dyn_cast<Attribute>(element) : Attribute()))
    return g.index(toInteger(number));
  // A null value counts as present.
  // NOLINTNEXTLINE(llvm-prefer-isa-or-dyn-cast-in-conditionals)
  return element && isa<Value>(element) ? element : Extent();
}

/// Converts an extent to an element of an integer type.
static OpFoldResult toElement(Extent extent, Type element) {
  auto number = getConstantIntValue(extent);
  if (!number)
    return extent;
  return OpFoldResult(Attribute(IntegerAttr::get(
      element, APInt(element.getIntOrFloatBitWidth(), uint64_t(*number),
                     /*isSigned=*/false, /*implicitTrunc=*/true))));
}

OpFoldResult evaluateExtents(Graph &g, Operation *op,
                             ArrayRef<OpFoldResult> operands) {
  SmallVector<Extent> e;
  for (OpFoldResult operand : operands)
    e.push_back(toExtent(g, operand));
  if (llvm::is_contained(e, Extent()))
    return {};
  Type element = getElementTypeOrSelf(op->getResult(0));
  if (isa<dl::EqualOp>(op))
    return compare(g, e[0], e[1], equal);
  if (isa<dl::NotEqualOp>(op))
    return compare(g, e[0], e[1], less | greater);
  if (isa<dl::LessOp>(op))
    return compare(g, e[0], e[1], less);
  if (isa<dl::LessEqualOp>(op))
    return compare(g, e[0], e[1], less | equal);
  if (isa<dl::GreaterOp>(op))
    return compare(g, e[0], e[1], greater);
  if (isa<dl::GreaterEqualOp>(op))
    return compare(g, e[0], e[1], equal | greater);
  // Extents have 64 bits; arithmetic in fewer than 32 would wrap.
  if (!element.isSignlessInteger(64) && !element.isSignlessInteger(32))
    return {};
  Extent result;
  if (isa<dl::AddOp>(op))
    result = g.add(e[0], e[1]);
  else if (isa<dl::SubOp>(op))
    result = g.sub(e[0], e[1]);
  else if (isa<dl::MulOp>(op))
    result = g.mul(e[0], e[1]);
  else if (isa<dl::DivOp>(op))
    result = g.div(e[0], e[1]);
  else if (isa<dl::RemainderOp>(op))
    result = g.mod(e[0], e[1]);
  else if (isa<dl::MaximumOp>(op))
    result = g.max(e[0], e[1]);
  else if (isa<dl::MinimumOp>(op))
    result = g.min(e[0], e[1]);
  else if (isa<dl::NegOp>(op))
    result = g.sub(g.index(0), e[0]);
  else if (isa<dl::CastOp>(op))
    result = e[0];
  return result ? toElement(result, element) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Element-wise ops
//===----------------------------------------------------------------------===//

static OpFoldResult evaluateScalar(Graph &g, Operation *op,
                                   ArrayRef<OpFoldResult> operands,
                                   std::unique_ptr<ScalarProgram> &program) {
  if (isa<dl::SelectOp>(op) && operands[0]) {
    if (auto condition = dyn_cast<Attribute>(operands[0]))
      return operands[toInteger(condition) ? 1 : 2];
    return {};
  }
  SmallVector<Attribute> numbers;
  for (OpFoldResult operand : operands) {
    if (!operand)
      return {};
    if (auto number = dyn_cast<Attribute>(operand))
      numbers.push_back(number);
  }
  if (numbers.size() != operands.size())
    return evaluateExtents(g, op, operands);
  if (!program)
    program = std::make_unique<ScalarProgram>(op);
  Attribute result = program->run(numbers);
  return result ? OpFoldResult(result) : OpFoldResult();
}

static std::optional<SmallVector<Elements>>
evaluateElementwise(Graph &g, Operation *op,
                    ArrayRef<const Elements *> operands) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (!type.hasStaticShape())
    return std::nullopt;
  Elements result{type, type.getNumElements() > 0, {}};
  for (const Elements *operand : operands)
    result.isSplat &= operand->isSplat;
  int64_t count = result.isSplat ? 1 : type.getNumElements();
  // The stride in each operand for each dimension of the result.
  SmallVector<SmallVector<int64_t>> strides;
  for (const Elements *operand : operands) {
    strides.emplace_back(type.getRank(), 0);
    int64_t stride = 1;
    for (int64_t d = operand->type.getRank(); d-- > 0;) {
      int64_t extent = operand->type.getDimSize(d);
      if (extent != 1)
        strides.back()[type.getRank() - operand->type.getRank() + d] = stride;
      stride *= extent;
    }
  }
  std::unique_ptr<ScalarProgram> program;
  SmallVector<OpFoldResult> scalars(operands.size());
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<int64_t> at(operands.size(), 0);
    for (int64_t d = type.getRank(), rest = i; d-- > 0;) {
      for (size_t k = 0; k < operands.size(); ++k)
        at[k] += rest % type.getDimSize(d) * strides[k][d];
      rest /= type.getDimSize(d);
    }
    for (size_t k = 0; k < operands.size(); ++k)
      scalars[k] = (*operands[k])[at[k]];
    result.values.push_back(evaluateScalar(g, op, scalars, program));
  }
  return SmallVector<Elements>{result};
}

bool needsAllOperands(Operation *op) { return !isa<dl::ConcatOp>(op); }

std::optional<SmallVector<Elements>>
evaluate(Graph &g, Operation *op, ArrayRef<const Elements *> operands) {
  if (isa<dl::ElementwiseOpInterface>(op))
    return evaluateElementwise(g, op, operands);
  return evaluateMove(g, op, operands);
}

} // namespace dlc::onnx_import
