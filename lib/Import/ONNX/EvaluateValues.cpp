//===- EvaluateValues.cpp - Evaluates values of the graph -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An op whose operands are known is evaluated when it is built, if it is small.
// A larger one is evaluated when a shape, an axis or a condition needs its
// value. Ops that the interpreter does not support are then compiled and run.
//
//===----------------------------------------------------------------------===//

#include "Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace dlc::onnx_import {

/// The maximum number of elements that are evaluated when an op is built.
static constexpr int64_t fewElements = 1024;
/// The same for values that must be known during import.
static constexpr int64_t maxElements = 1 << 18;

/// Whether the result of the op is a splat if its operands are.
static bool keepsSplats(Operation *op) {
  return isa<dl::ElementwiseOpInterface, dl::ReshapeOp, dl::FlattenOp,
             dl::BroadcastOp, dl::TransposeOp, dl::SliceOp>(op);
}

static bool isEvaluable(Operation *op) {
  return op && op->getNumResults() && op->getNumRegions() == 0 &&
         (isa_and_present<dl::DLDialect>(op->getDialect()) ||
          isa<tensor::CastOp>(op));
}

/// Returns the operands other than extents, which are implied by the result
/// types where they are known.
static SmallVector<Value> tensorsOf(Operation *op) {
  return llvm::to_vector(
      llvm::make_filter_range(op->getOperands(), [](Value v) {
        return isa<RankedTensorType>(v.getType());
      }));
}

static bool isStatic(Type type) {
  return llvm::cast<RankedTensorType>(type).hasStaticShape();
}

std::shared_ptr<const Elements> Graph::find(Value value, bool demanded) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  auto attribute =
      constant ? dyn_cast<ElementsAttr>(constant.getValue()) : ElementsAttr();
  if (!attribute || (!demanded && constant->hasAttr(dl::parameterAttr)))
    return nullptr;
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!(dense && dense.isSplat()) &&
      attribute.getNumElements() > (demanded ? maxElements : fewElements))
    return nullptr;
  auto elements = std::make_shared<Elements>(readElements(attribute));
  // A parameter may change later: it is a constant only where a value is
  // demanded.
  if (!constant->hasAttr(dl::parameterAttr))
    known[value] = elements;
  return elements;
}

std::optional<SmallVector<Elements>>
Graph::evaluateOp(Operation *op,
                  ArrayRef<std::shared_ptr<const Elements>> operands,
                  int64_t limit) {
  SmallVector<const Elements *> given;
  int64_t most = 0;
  bool areSplats = !operands.empty() && keepsSplats(op);
  for (const auto &operand : operands) {
    given.push_back(operand.get());
    areSplats &= operand && operand->isSplat;
    most = std::max(most, operand ? operand->count() : 0);
  }
  for (Type type : op->getResultTypes())
    if (auto tensor = llvm::cast<RankedTensorType>(type);
        tensor.hasStaticShape())
      most = std::max(most, tensor.getNumElements());
  if (most > limit && !areSplats)
    return std::nullopt;
  return evaluate(*this, op, given);
}

std::optional<SmallVector<Elements>>
Graph::compileOp(Operation *op,
                 ArrayRef<std::shared_ptr<const Elements>> operands) {
  if (!evaluator || !llvm::all_of(op->getResultTypes(), isStatic))
    return std::nullopt;
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder inner = OpBuilder::atBlockEnd(module->getBody());
  auto function = func::FuncOp::create(
      inner, loc, "evaluate", inner.getFunctionType({}, op->getResultTypes()));
  inner.setInsertionPointToStart(function.addEntryBlock());
  IRMapping mapping;
  for (Value value : op->getOperands())
    if (auto number = getConstantIntValue(value))
      mapping.map(
          value,
          arith::ConstantIndexOp::create(inner, loc, *number).getResult());
    else if (!isa<RankedTensorType>(value.getType()))
      return std::nullopt;
  for (auto [value, operand] : llvm::zip(tensorsOf(op), operands))
    mapping.map(value,
                arith::ConstantOp::create(
                    inner, loc, llvm::cast<TypedAttr>(toAttribute(*operand)))
                    .getResult());
  Operation *copy = inner.clone(*op, mapping);
  func::ReturnOp::create(inner, loc, copy->getResults());
  auto values = evaluator(*module);
  if (mlir::failed(values))
    return std::nullopt;
  SmallVector<Elements> results;
  for (ElementsAttr value : *values)
    results.push_back(readElements(value));
  return results;
}

std::shared_ptr<const Elements> Graph::evaluateOnDemand(Value value) {
  if (auto elements = find(value, /*demanded=*/true))
    return elements;
  // Visit operands first. An op is evaluated once, and only if all its
  // transitive operands are constant.
  SmallVector<Operation *> work{value.getDefiningOp()}, ready;
  auto isFixed = [&](Value operand) {
    return find(operand, /*demanded=*/true) ||
           fixed.lookup(operand.getDefiningOp());
  };
  while (!work.empty()) {
    Operation *op = work.back();
    if (!isEvaluable(op) || fixed.contains(op)) {
      work.pop_back();
      continue;
    }
    bool isLast = true;
    for (Value operand : tensorsOf(op)) {
      Operation *source = operand.getDefiningOp();
      if (isEvaluable(source) && !fixed.contains(source) &&
          !find(operand, /*demanded=*/true)) {
        work.push_back(source);
        isLast = false;
      }
    }
    if (!isLast)
      continue;
    work.pop_back();
    fixed[op] = llvm::all_of(tensorsOf(op), isFixed);
    if (fixed[op])
      ready.push_back(op);
  }
  if (!fixed.lookup(value.getDefiningOp()))
    return nullptr;
  for (Operation *op : ready) {
    SmallVector<std::shared_ptr<const Elements>> operands;
    for (Value operand : tensorsOf(op))
      operands.push_back(find(operand, /*demanded=*/true));
    std::optional<SmallVector<Elements>> results;
    if (!llvm::is_contained(operands, nullptr)) {
      results = evaluateOp(op, operands, maxElements);
      if (!results && llvm::all_of(operands, [](const auto &operand) {
            return operand->isConstant();
          }))
        results = compileOp(op, operands);
    }
    fixed[op] = results.has_value();
    if (!results)
      continue;
    for (auto [result, elements] : llvm::zip(op->getResults(), *results))
      if (elements.isConstant())
        known[result] = std::make_shared<Elements>(std::move(elements));
  }
  return find(value, /*demanded=*/true);
}

SmallVector<TensorValue> Graph::foldOrTrack(Operation *op) {
  SmallVector<TensorValue> results;
  for (Value result : op->getResults())
    results.push_back(wrap(result));
  // Derive the shape now, while those of the operands are known: later it would
  // take a long walk back.
  for (Value result : op->getResults())
    if (auto type = dyn_cast<RankedTensorType>(result.getType());
        type && !type.hasStaticShape())
      (void)shapeOf(result);
  if (!isEvaluable(op))
    return results;
  // The extents of the result may depend on values.
  bool isOpen = !llvm::all_of(op->getResultTypes(), isStatic) &&
                llvm::all_of(op->getOperandTypes(), [](Type type) {
                  return isa<RankedTensorType>(type) && isStatic(type);
                });
  SmallVector<std::shared_ptr<const Elements>> operands;
  for (Value operand : tensorsOf(op)) {
    operands.push_back(isOpen ? evaluateOnDemand(operand)
                              : find(operand, /*demanded=*/false));
    if (!operands.back() && needsAllOperands(op))
      return results;
  }
  if (!operands.empty() &&
      llvm::all_of(operands, [](const auto &operand) { return !operand; }))
    return results;
  auto elements = evaluateOp(op, operands, isOpen ? maxElements : fewElements);
  if (!elements)
    return results;
  bool areReplaced = true;
  for (auto [result, known] : llvm::zip(results, *elements)) {
    bool areExtents = isa<IntegerType>(known.type.getElementType()) &&
                      !known.isSplat && known.count() <= 64;
    if (known.isConstant()) {
      result = constant(toAttribute(known));
      continue;
    }
    areReplaced = false;
    if (!llvm::all_of(known.values, [](OpFoldResult e) { return !e; }) &&
        (areExtents || known.isSplat))
      this->known[result.value] = std::make_shared<Elements>(known);
  }
  if (areReplaced) {
    // The next op may get the address of this one, and its results would be
    // mistaken for these.
    for (Value result : op->getResults()) {
      known.erase(result);
      shapes.erase(result);
    }
    fixed.erase(op);
    op->erase();
  }
  return results;
}

} // namespace dlc::onnx_import
