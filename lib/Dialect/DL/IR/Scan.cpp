//===- Scan.cpp - The recurrent primitive ---------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace dlc::dl;

YieldOp ScanOp::getYield() {
  return cast<YieldOp>(getBody().front().getTerminator());
}

RankedTensorType ScanOp::elementType(RankedTensorType type, int64_t axis) {
  if (axis < 0 || axis >= type.getRank())
    return {};
  Shape shape(type.getShape());
  shape.erase(shape.begin() + axis);
  return type.clone(shape);
}

RankedTensorType ScanOp::allStepsType(RankedTensorType element, int64_t axis,
                                      int64_t steps) {
  if (axis < 0 || axis > element.getRank())
    return {};
  Shape shape(element.getShape());
  shape.insert(shape.begin() + axis, steps);
  return element.clone(shape);
}

static int64_t staticSteps(ValueRange inputs, Value steps, int64_t axis) {
  int64_t result = ShapedType::kDynamic;
  for (Value input : inputs)
    if (axis >= 0 && axis < tensorType(input).getRank())
      result = known(result, tensorType(input).getDimSize(axis));
  if (steps)
    if (auto constant = steps.getDefiningOp<arith::ConstantIndexOp>())
      result = known(result, std::max<int64_t>(constant.value(), 0));
  return result;
}

int64_t ScanOp::getStaticSteps() {
  return staticSteps(getInputs(), getSteps(), getAxis());
}

SmallVector<Region *> ScanOp::getLoopRegions() { return {&getBody()}; }

//===----------------------------------------------------------------------===//
// Building, parsing and printing
//===----------------------------------------------------------------------===//

/// Result types and segment sizes from what the body yields. Returns false if
/// an output has too few dimensions for the axis.
static bool addResults(OpBuilder &b, OperationState &state, YieldOp yield,
                       ValueRange inits, int64_t axis, int64_t steps) {
  for (Value init : inits)
    state.types.push_back(init.getType());
  for (Value output : yield.getOutputs()) {
    RankedTensorType type =
        ScanOp::allStepsType(tensorType(output), axis, steps);
    if (!type)
      return false;
    state.types.push_back(type);
  }
  if (yield.getUntil())
    state.types.push_back(RankedTensorType::get({}, b.getI64Type()));
  auto &properties = state.getOrAddProperties<ScanOp::Properties>();
  properties.resultSegmentSizes = {int32_t(inits.size()),
                                   int32_t(yield.getOutputs().size()),
                                   int32_t(yield.getUntil() ? 1 : 0)};
  return true;
}

void ScanOp::build(
    OpBuilder &b, OperationState &state, ValueRange inits, ValueRange inputs,
    Value lengths, Value steps, int64_t axis, bool reverse,
    function_ref<void(OpBuilder &, Location, ValueRange, ValueRange)> cell) {
  state.addOperands(inits);
  state.addOperands(inputs);
  if (lengths)
    state.addOperands(lengths);
  if (steps)
    state.addOperands(steps);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {int32_t(inits.size()),
                                    int32_t(inputs.size()), lengths ? 1 : 0,
                                    steps ? 1 : 0};
  properties.axis = b.getI64IntegerAttr(axis);
  if (reverse)
    properties.reverse = b.getUnitAttr();
  OpBuilder::InsertionGuard guard(b);
  Block *block = b.createBlock(state.addRegion());
  for (Value init : inits)
    block->addArgument(init.getType(), state.location);
  for (Value input : inputs)
    block->addArgument(elementType(tensorType(input), axis), state.location);
  ValueRange arguments = block->getArguments();
  cell(b, state.location, arguments.take_front(inits.size()),
       arguments.drop_front(inits.size()));
  addResults(b, state, cast<YieldOp>(block->getTerminator()), inits, axis,
             staticSteps(inputs, steps, axis));
}

/// `name(%a = %x : type, ...)`
static ParseResult
parseBindings(OpAsmParser &parser, StringRef name,
              SmallVectorImpl<OpAsmParser::Argument> &arguments,
              SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
              SmallVectorImpl<Type> &types) {
  if (failed(parser.parseOptionalKeyword(name)))
    return success();
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
        return failure(parser.parseArgument(arguments.emplace_back()) ||
                       parser.parseEqual() ||
                       parser.parseOperand(operands.emplace_back()) ||
                       parser.parseColonType(types.emplace_back()));
      });
}

ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inits, inputs, lengths, steps;
  SmallVector<Type> initTypes, inputTypes, lengthTypes;
  SMLoc start = parser.getCurrentLocation();
  Builder &b = parser.getBuilder();
  if (parseBindings(parser, "states", arguments, inits, initTypes) ||
      parseBindings(parser, "inputs", arguments, inputs, inputTypes))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("lengths")))
    if (parser.parseLParen() || parser.parseOperand(lengths.emplace_back()) ||
        parser.parseColonType(lengthTypes.emplace_back()) ||
        parser.parseRParen())
      return failure();
  if (succeeded(parser.parseOptionalKeyword("steps")))
    if (parser.parseLParen() || parser.parseOperand(steps.emplace_back()) ||
        parser.parseRParen())
      return failure();
  int64_t axis = 0;
  if (succeeded(parser.parseOptionalKeyword("axis")) &&
      parser.parseInteger(axis))
    return failure();
  auto &properties = result.getOrAddProperties<Properties>();
  properties.axis = b.getI64IntegerAttr(axis);
  if (succeeded(parser.parseOptionalKeyword("reverse")))
    properties.reverse = b.getUnitAttr();
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  for (auto [argument, type] : llvm::zip(arguments, initTypes))
    argument.type = type;
  for (auto [argument, type] : llvm::zip(
           MutableArrayRef(arguments).drop_front(inits.size()), inputTypes)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    argument.type = tensor ? elementType(tensor, axis) : RankedTensorType();
    if (!argument.type)
      return parser.emitError(start)
             << "'dl.scan' op input of type " << type
             << ", expected a tensor with a dimension " << axis << " for steps";
  }
  Region *body = result.addRegion();
  if (parser.parseRegion(*body, arguments) ||
      parser.resolveOperands(inits, initTypes, start, result.operands) ||
      parser.resolveOperands(inputs, inputTypes, start, result.operands) ||
      parser.resolveOperands(lengths, lengthTypes, start, result.operands) ||
      parser.resolveOperands(steps, b.getIndexType(), result.operands))
    return failure();
  properties.operandSegmentSizes = {
      int32_t(inits.size()), int32_t(inputs.size()), int32_t(lengths.size()),
      int32_t(steps.size())};
  YieldOp yield;
  if (!body->empty() && !body->front().empty())
    yield = dyn_cast<YieldOp>(body->front().back());
  if (!yield)
    return parser.emitError(start)
           << "'dl.scan' op has a body that does not end with dl.yield";
  ValueRange operands(result.operands);
  OpBuilder builder(b.getContext());
  if (!addResults(builder, result, yield, operands.take_front(inits.size()),
                  axis,
                  staticSteps(operands.slice(inits.size(), inputs.size()),
                              steps.empty() ? Value() : operands.back(), axis)))
    return parser.emitError(start)
           << "'dl.scan' op yields an output of too few dimensions for axis "
           << axis;
  return success();
}

void ScanOp::print(OpAsmPrinter &p) {
  auto bindings = [&](StringRef name, ValueRange arguments, ValueRange values) {
    if (values.empty())
      return;
    p << ' ' << name << '(';
    llvm::interleaveComma(llvm::zip(arguments, values), p, [&](auto pair) {
      p.printRegionArgument(cast<BlockArgument>(std::get<0>(pair)), {},
                            /*omitType=*/true);
      p << " = " << std::get<1>(pair) << " : " << std::get<1>(pair).getType();
    });
    p << ')';
  };
  bindings("states", getStates(), getInitial());
  bindings("inputs", getElements(), getInputs());
  if (getLengths())
    p << " lengths(" << getLengths() << " : " << getLengths().getType() << ')';
  if (getSteps())
    p << " steps(" << getSteps() << ')';
  if (getAxis())
    p << " axis " << getAxis();
  if (getReverse())
    p << " reverse";
  p.printOptionalAttrDict(
      (*this)->getAttrs(),
      {"operandSegmentSizes", "resultSegmentSizes", "axis", "reverse"});
  p << ' ';
  p.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult ScanOp::verify() {
  if (getInputs().empty() && !getSteps())
    return emitOpError("has neither inputs nor steps, expected a number of "
                       "steps: no scan is endless");
  if (getSteps())
    if (auto constant = getSteps().getDefiningOp<arith::ConstantIndexOp>();
        constant && constant.value() < 0)
      return emitOpError("has ")
             << constant.value() << " steps, expected 0 or more";
  int64_t steps = ShapedType::kDynamic;
  for (Value input : getInputs()) {
    auto type = tensorType(input);
    if (!elementType(type, getAxis()))
      return emitOpError("input of shape ")
             << dlc::dl::toString(type) << ", expected a dimension "
             << getAxis() << " for steps";
    if (!mayEqual(steps, type.getDimSize(getAxis())))
      return emitOpError("input of shape ")
             << dlc::dl::toString(type) << ", expected " << steps
             << " steps in dimension " << getAxis() << " as the other inputs";
    steps = known(steps, type.getDimSize(getAxis()));
  }
  return success();
}

LogicalResult ScanOp::verifyRegions() {
  Block &block = getBody().front();
  size_t states = getInitial().size();
  if (block.getNumArguments() != states + getInputs().size())
    return emitOpError("has a body of ")
           << block.getNumArguments() << " arguments, expected " << states
           << " states and " << getInputs().size() << " elements";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return emitOpError("has a body that does not end with dl.yield");
  for (auto [argument, init] : llvm::zip(getStates(), getInitial()))
    if (argument.getType() != init.getType())
      return emitOpError("has a state of type ")
             << argument.getType() << ", expected " << init.getType()
             << " as its first value";
  for (auto [argument, input] : llvm::zip(getElements(), getInputs()))
    if (argument.getType() != elementType(tensorType(input), getAxis()))
      return emitOpError("has an element of type ")
             << argument.getType() << ", expected "
             << elementType(tensorType(input), getAxis());
  if (yield.getStates().size() != states)
    return yield.emitOpError("yields ")
           << yield.getStates().size() << " states, expected " << states;
  for (auto [i, next, init] : llvm::enumerate(yield.getStates(), getInitial()))
    if (!areCompatibleTypes(init.getType(), next.getType()))
      return yield.emitOpError("yields a state ")
             << i << " of type " << next.getType() << ", expected "
             << init.getType() << " as its first value";
  if (Value until = yield.getUntil(); until && tensorType(until).getRank())
    return yield.emitOpError("ends the scan on a value of shape ")
           << dlc::dl::toString(until.getType()) << ", expected a tensor<i1>";
  // Results.
  if (getFinals().size() != states ||
      getOutputs().size() != yield.getOutputs().size() ||
      bool(getCount()) != bool(yield.getUntil()))
    return emitOpError("has ")
           << getNumResults() << " results, expected " << states
           << " last states, " << yield.getOutputs().size()
           << " outputs and a count " << (yield.getUntil() ? "of" : "without")
           << " until";
  for (auto [final, init] : llvm::zip(getFinals(), getInitial()))
    if (final.getType() != init.getType())
      return emitOpError("has a last state of type ")
             << final.getType() << ", expected " << init.getType();
  for (auto [all, output] : llvm::zip(getOutputs(), yield.getOutputs())) {
    RankedTensorType expected =
        allStepsType(tensorType(output), getAxis(), getStaticSteps());
    if (!expected || !areCompatibleTypes(expected, all.getType()))
      return emitOpError("has an output of type ")
             << all.getType() << " for elements of type " << output.getType()
             << ", expected a dimension " << getAxis() << " for steps";
  }
  // Samples.
  if (Value lengths = getLengths()) {
    if (tensorType(lengths).getRank() != 1)
      return emitOpError("lengths have shape ")
             << dlc::dl::toString(lengths.getType()) << ", expected [B]";
    int64_t batch = tensorType(lengths).getDimSize(0);
    SmallVector<Value> samples(getInitial());
    llvm::append_range(samples, yield.getOutputs());
    for (Value value : samples)
      if (auto type = tensorType(value);
          type.getRank() == 0 || !mayEqual(type.getDimSize(0), batch))
        return emitOpError("has lengths of shape ")
               << dlc::dl::toString(lengths.getType())
               << " and a state or output of shape " << dlc::dl::toString(type)
               << ", expected [B, ...]";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Canonical form
//===----------------------------------------------------------------------===//

namespace {
/// Drops states that do not change or are not used, inputs that the cell does
/// not read, and outputs that are not used.
struct DropUnused : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp op,
                                PatternRewriter &rewriter) const override {
    YieldOp yield = op.getYield();
    ValueRange states = op.getStates(), elements = op.getElements();
    SmallVector<bool> keptStates, keptInputs, keptOutputs;
    bool changed = false;
    for (size_t i = 0; i < states.size(); ++i) {
      Value state = states[i], next = yield.getStates()[i],
            init = op.getInitial()[i];
      // A state that is yielded unchanged equals its initial value.
      if (next == state &&
          !(state.use_empty() && op.getFinals()[i].use_empty())) {
        // Except in the yield, which is compared with the state below.
        rewriter.replaceAllUsesExcept(state, init, yield);
        rewriter.replaceAllUsesWith(op.getFinals()[i], init);
      }
      bool isRead = !op.getFinals()[i].use_empty() ||
                    llvm::any_of(state.getUsers(), [&](Operation *user) {
                      return user != yield || next != state;
                    });
      if (next == state)
        isRead = false;
      keptStates.push_back(isRead);
    }
    size_t counted = op.getSteps() ? 1 : 0;
    for (Value element : elements)
      counted += !element.use_empty();
    for (Value element : elements) {
      // At least one input is kept, because it gives the number of steps.
      bool isKept = !element.use_empty() || counted == 0;
      counted += element.use_empty() && isKept;
      keptInputs.push_back(isKept);
    }
    for (Value output : op.getOutputs())
      keptOutputs.push_back(!output.use_empty());
    for (auto *kept : {&keptStates, &keptInputs, &keptOutputs})
      changed |= llvm::is_contained(*kept, false);
    if (!changed)
      return failure();
    auto keep = [](ValueRange values, ArrayRef<bool> kept) {
      SmallVector<Value> result;
      for (auto [value, isKept] : llvm::zip(values, kept))
        if (isKept)
          result.push_back(value);
      return result;
    };
    auto smaller = ScanOp::create(
        rewriter, op.getLoc(), keep(op.getInitial(), keptStates),
        keep(op.getInputs(), keptInputs), op.getLengths(), op.getSteps(),
        op.getAxis(), op.getReverse(),
        [&](OpBuilder &b, Location loc, ValueRange newStates,
            ValueRange newElements) {
          IRMapping mapping;
          auto map = [&](ValueRange old, ArrayRef<bool> kept, ValueRange with,
                         ValueRange otherwise) {
            size_t at = 0;
            for (auto [i, value] : llvm::enumerate(old)) {
              if (kept[i])
                mapping.map(value, with[at++]);
              else if (i < otherwise.size())
                mapping.map(value, otherwise[i]);
            }
          };
          map(states, keptStates, newStates, op.getInitial());
          map(elements, keptInputs, newElements, {});
          for (Operation &inner : op.getBody().front().without_terminator())
            b.clone(inner, mapping);
          auto look = [&](SmallVector<Value> values) {
            for (Value &value : values)
              value = mapping.lookupOrDefault(value);
            return values;
          };
          YieldOp::create(
              b, yield.getLoc(), look(keep(yield.getStates(), keptStates)),
              look(keep(yield.getOutputs(), keptOutputs)),
              yield.getUntil() ? mapping.lookupOrDefault(yield.getUntil())
                               : Value());
        });
    SmallVector<Value> results;
    size_t at = 0;
    for (auto [i, isKept] : llvm::enumerate(keptStates))
      results.push_back(isKept ? Value(smaller.getFinals()[at++])
                               : op.getInitial()[i]);
    at = 0;
    for (bool isKept : keptOutputs)
      results.push_back(isKept ? Value(smaller.getOutputs()[at++]) : Value());
    if (op.getCount())
      results.push_back(smaller.getCount());
    for (auto [old, now] : llvm::zip(op.getResults(), results))
      if (now)
        rewriter.replaceAllUsesWith(old, now);
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<DropUnused>(context);
}
