//===- LowerRecurrent.cpp - Scans as loops --------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A scan becomes a loop of the scf dialect around the cell, which is still dl.
// The types and the ops of the cell are converted later.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dlc;

namespace {

class ScanLowering {
public:
  ScanLowering(IRRewriter &b, dl::ScanOp op)
      : b(b), op(op), e(b, op), loc(op.getLoc()), yield(op.getYield()),
        axis(op.getAxis()) {}

  void run() {
    b.setInsertionPoint(op);
    countSteps();
    checkSamples();
    SmallVector<Value> carried;
    for (auto [init, next] : llvm::zip(op.getInitial(), yield.getStates()))
      carried.push_back(refine(init, next));
    bool isPartial = op.getLengths() || yield.getUntil();
    for (Value output : yield.getOutputs())
      carried.push_back(makeOutput(output, isPartial));
    Value zero = e.value(e.index(0)), one = e.value(e.index(1));
    if (!yield.getUntil()) {
      auto loop =
          scf::ForOp::create(b, loc, zero, e.value(steps), one, carried);
      loop->setAttr(codegen::steps, b.getUnitAttr());
      if (!carried.empty())
        b.setInsertionPointToStart(loop.getBody());
      else
        b.setInsertionPoint(loop.getBody()->getTerminator());
      SmallVector<Value> next =
          emitStep(loop.getInductionVar(), loop.getRegionIterArgs());
      if (!carried.empty())
        scf::YieldOp::create(b, loc, next);
      replaceScan(loop.getResults());
      return;
    }
    // The cell may end the scan. The first two carried values are the number of
    // steps taken and whether to continue.
    SmallVector<Value> state{zero, arith::ConstantIntOp::create(b, loc, 1, 1)};
    llvm::append_range(state, carried);
    Value limit = e.value(steps);
    auto loop = scf::WhileOp::create(
        b, loc, ValueRange(state).getTypes(), state,
        [&](OpBuilder &nested, Location loc, ValueRange s) {
          Value isLess = arith::CmpIOp::create(
              nested, loc, arith::CmpIPredicate::slt, s[0], limit);
          scf::ConditionOp::create(
              nested, loc, arith::AndIOp::create(nested, loc, s[1], isLess), s);
        },
        [&](OpBuilder &nested, Location loc, ValueRange s) {
          scf::YieldOp::create(nested, loc, s);
        });
    Block *body = loop.getAfterBody();
    Operation *end = body->getTerminator();
    b.setInsertionPoint(end);
    ValueRange arguments = body->getArguments();
    SmallVector<Value> next = emitStep(arguments[0], arguments.drop_front(2));
    SmallVector<Value> all{arith::AddIOp::create(b, loc, arguments[0], one),
                           continues};
    llvm::append_range(all, next);
    b.replaceOpWithNewOp<scf::YieldOp>(end, all);
    b.setInsertionPointAfter(loop);
    SmallVector<Value> results(loop.getResults().drop_front(2));
    Value count =
        arith::IndexCastOp::create(b, loc, b.getI64Type(), loop.getResult(0));
    results.push_back(tensor::FromElementsOp::create(
        b, loc, RankedTensorType::get({}, b.getI64Type()), count));
    replaceScan(results);
  }

private:
  /// Gives an initial state the extents that the cell is known to return,
  /// because a carried value has one type.
  Value refine(Value init, Value next) {
    auto type = cast<RankedTensorType>(init.getType()),
         after = cast<RankedTensorType>(next.getType());
    SmallVector<int64_t> shape(type.getShape());
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (type.isDynamicDim(d) && !after.isDynamicDim(d)) {
        shape[d] = after.getDimSize(d);
        e.requireEqual(e.dim(init, d), e.index(shape[d]),
                       "a state has changed its shape");
      }
    return toExactType(init, type.clone(shape));
  }

  Value toExactType(Value value, Type type) {
    return value.getType() == type
               ? value
               : tensor::CastOp::create(b, loc, type, value).getResult();
  }

  void replaceScan(ValueRange values) {
    b.setInsertionPointAfter(op);
    SmallVector<Value> results;
    for (auto [value, type] : llvm::zip(values, op->getResultTypes()))
      results.push_back(toExactType(value, type));
    b.replaceOp(op, results);
  }

  /// T, which must be the same for all inputs.
  void countSteps() {
    if (op.getSteps())
      steps = e.max(getAsOpFoldResult(op.getSteps()), e.index(0));
    for (Value input : op.getInputs()) {
      OpFoldResult extent = e.dim(input, axis);
      if (steps)
        e.requireEqual(steps, extent, "the numbers of steps differ");
      if (!steps || isa<Attribute>(extent))
        steps = extent;
    }
  }

  /// Requires lengths from 0 to T before the first step.
  void checkSamples() {
    Value lengths = op.getLengths();
    if (!lengths)
      return;
    e.requireEqual(e.dim(lengths, 0), batch(),
                   "lengths and samples differ in number");
    Type element = getElementTypeOrSelf(lengths);
    Value limit = arith::IndexCastOp::create(b, loc, element, e.value(steps));
    Value zero =
        arith::ConstantOp::create(b, loc, b.getIntegerAttr(element, 0));
    auto loop =
        scf::ForOp::create(b, loc, e.value(e.index(0)),
                           e.value(e.dim(lengths, 0)), e.value(e.index(1)));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(loop.getBody()->getTerminator());
    Value length =
        tensor::ExtractOp::create(b, loc, lengths, loop.getInductionVar());
    Value isFine = arith::AndIOp::create(
        b, loc,
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, zero, length),
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, length,
                              limit));
    e.require(isFine, "a length is negative or above the number of steps");
  }

  OpFoldResult batch() {
    for (Value init : op.getInitial())
      return e.dim(init, 0);
    return e.dim(op.getLengths(), 0);
  }

  /// A tensor of rank 0.
  Value scalar(TypedAttr element) {
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(RankedTensorType::get({}, element.getType()),
                               Attribute(element)));
  }

  /// Allocates all steps of an output. An unknown extent of its element follows
  /// from live-in values, or is that of a state or an input.
  Value makeOutput(Value element, bool isZero) {
    auto type = cast<RankedTensorType>(element.getType());
    Sizes sizes;
    for (int64_t d = 0; d < type.getRank(); ++d)
      sizes.push_back(type.isDynamicDim(d) ? extentOutside(element, d)
                                           : e.index(type.getDimSize(d)));
    sizes.insert(sizes.begin() + axis, steps);
    auto all = cast<RankedTensorType>(
        dl::ScanOp::allStepsType(type, axis, op.getStaticSteps()));
    SmallVector<Value> dynamic;
    for (auto [size, extent] : llvm::zip(sizes, all.getShape()))
      if (ShapedType::isDynamic(extent))
        dynamic.push_back(e.value(size));
    if (!isZero)
      return tensor::EmptyOp::create(b, loc, all, dynamic);
    return dl::BroadcastOp::create(
        b, loc, all, scalar(b.getZeroAttr(all.getElementType())), dynamic);
  }

  /// Computes an extent of a value of the cell outside the cell. The ops of the
  /// cell are cloned with the initial states and an element of the inputs.
  /// Clones that compute elements and not extents are dead afterwards.
  OpFoldResult extentOutside(Value value, int64_t d) {
    if (!outside) {
      outside.emplace();
      for (auto [state, init] : llvm::zip(op.getStates(), op.getInitial()))
        outside->map(state, init);
      for (auto [element, input] :
           llvm::zip(op.getElements(), op.getInputs())) {
        auto type = cast<RankedTensorType>(element.getType());
        Sizes sizes = e.sizes(input);
        sizes.erase(sizes.begin() + axis);
        SmallVector<Value> dynamic;
        for (auto [size, extent] : llvm::zip(sizes, type.getShape()))
          if (ShapedType::isDynamic(extent))
            dynamic.push_back(e.value(size));
        outside->map(element,
                     Value(tensor::EmptyOp::create(b, loc, type, dynamic)));
      }
      for (Operation &inner : op.getBody().front().without_terminator())
        b.clone(inner, *outside);
    }
    return e.dim(outside->lookupOrDefault(value), d);
  }

  /// The slice that a step reads of an input or writes of an output.
  void stepSlice(Value all, OpFoldResult at, Sizes &offsets, Sizes &sizes,
                 Sizes &ones) {
    sizes = e.sizes(all);
    offsets.assign(sizes.size(), e.index(0));
    ones.assign(sizes.size(), e.index(1));
    offsets[axis] = at;
    sizes[axis] = e.index(1);
  }

  /// Emits one step at the insertion point. Returns the next value of each
  /// carried value.
  SmallVector<Value> emitStep(Value number, ValueRange carried) {
    ValueRange states = carried.take_front(op.getInitial().size()),
               outputs = carried.drop_front(op.getInitial().size());
    OpFoldResult at = number;
    if (op.getReverse())
      at = e.sub(e.sub(steps, e.index(1)), number);
    IRMapping mapping;
    for (auto [argument, state] : llvm::zip(op.getStates(), states))
      mapping.map(argument, toExactType(state, argument.getType()));
    Sizes offsets, sizes, ones;
    for (auto [element, input] : llvm::zip(op.getElements(), op.getInputs())) {
      stepSlice(input, at, offsets, sizes, ones);
      mapping.map(element,
                  tensor::ExtractSliceOp::create(
                      b, loc, cast<RankedTensorType>(element.getType()), input,
                      offsets, sizes, ones));
    }
    Value isInside = op.getLengths() ? emitIsInside(at) : Value();
    SmallVector<Value> written(outputs);
    auto write = [&](unsigned output, Value value) {
      stepSlice(outputs[output], at, offsets, sizes, ones);
      written[output] =
          tensor::InsertSliceOp::create(b, loc, keepWhere(isInside, value, {}),
                                        outputs[output], offsets, sizes, ones);
    };
    // An output that returns a state is written before the state is
    // overwritten.
    auto isState = [&](Value output) {
      return llvm::is_contained(op.getStates(), output);
    };
    for (auto [i, output] : llvm::enumerate(yield.getOutputs()))
      if (isState(output))
        write(i, mapping.lookup(output));
    for (Operation &inner : op.getBody().front().without_terminator())
      b.clone(inner, mapping);
    SmallVector<Value> result;
    // All states are selected before any is written, because a cell may return
    // one state in the position of another.
    for (auto [next, state] : llvm::zip(yield.getStates(), states))
      result.push_back(withExtentsOf(
          keepWhere(isInside, toType(mapping.lookupOrDefault(next), state),
                    state),
          state));
    if (yield.getUntil()) {
      Value stop = tensor::ExtractOp::create(
          b, loc, mapping.lookupOrDefault(yield.getUntil()));
      continues = arith::XOrIOp::create(
          b, loc, stop, arith::ConstantIntOp::create(b, loc, 1, 1));
    }
    for (auto [i, output] : llvm::enumerate(yield.getOutputs()))
      if (!isState(output))
        write(i, mapping.lookupOrDefault(output));
    llvm::append_range(result, written);
    return result;
  }

  /// Casts the value to the type of a state, whose extents it must have.
  Value toType(Value value, Value state) {
    auto from = cast<RankedTensorType>(value.getType()),
         to = cast<RankedTensorType>(state.getType());
    for (int64_t d = 0; d < to.getRank(); ++d)
      if (from.isDynamicDim(d) || to.isDynamicDim(d))
        e.requireEqual(e.dim(value, d), e.dim(state, d),
                       "a state has changed its shape");
    return toExactType(value, to);
  }

  /// Inserts the value over the previous state as a whole. So its unknown
  /// extents are visibly those of the state.
  Value withExtentsOf(Value value, Value state) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.hasStaticShape() || value == state)
      return value;
    return tensor::InsertSliceOp::create(
        b, loc, value, state, Sizes(type.getRank(), e.index(0)), e.sizes(state),
        Sizes(type.getRank(), e.index(1)));
  }

  /// A tensor [B] of i1: whether step `at` is within the length of each sample.
  Value emitIsInside(OpFoldResult at) {
    Value lengths = op.getLengths();
    Type element = getElementTypeOrSelf(lengths);
    Value number = tensor::FromElementsOp::create(
        b, loc, RankedTensorType::get({}, element),
        Value(arith::IndexCastOp::create(b, loc, element, e.value(at))));
    return dl::LessOp::create(b, loc, number, lengths);
  }

  /// Selects `value` where `isInside`, else `otherwise` or 0.
  Value keepWhere(Value isInside, Value value, Value otherwise) {
    if (!isInside)
      return value;
    auto type = cast<RankedTensorType>(value.getType());
    auto lengths = cast<RankedTensorType>(isInside.getType());
    SmallVector<int64_t> shape(type.getRank(), 1);
    shape[0] = lengths.getDimSize(0);
    Value mask = dl::ReshapeOp::create(b, loc, lengths.clone(shape), isInside);
    if (!otherwise)
      otherwise = scalar(b.getZeroAttr(type.getElementType()));
    Value kept = dl::SelectOp::create(b, loc, mask, value, otherwise);
    return kept.getType() == type
               ? kept
               : tensor::CastOp::create(b, loc, type, kept).getResult();
  }

  IRRewriter &b;
  dl::ScanOp op;
  Emitter e;
  Location loc;
  dl::YieldOp yield;
  int64_t axis;
  OpFoldResult steps;
  Value continues;
  std::optional<IRMapping> outside;
};
} // namespace

void dlc::lowerScans(Operation *root) {
  SmallVector<dl::ScanOp> scans;
  // Outer scans first: inner ones are cloned with their cell.
  IRRewriter rewriter(root->getContext());
  while (true) {
    scans.clear();
    root->walk<WalkOrder::PreOrder>([&](dl::ScanOp op) {
      scans.push_back(op);
      return WalkResult::skip();
    });
    if (scans.empty())
      return;
    for (dl::ScanOp op : scans)
      ScanLowering(rewriter, op).run();
  }
}
