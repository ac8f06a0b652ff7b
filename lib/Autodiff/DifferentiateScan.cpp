//===- DifferentiateScan.cpp - Back-propagation through time --------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With state(t), output(t) = cell(state(t-1), input(t)), the cotangents of the
// states are the states of a scan in the opposite direction, whose cell is the
// derivative of the cell. That cell reads values of the forward cell as inputs,
// and the forward scan returns them as additional outputs: the states before
// each step, and the results of ops that are not cheap. All candidates are
// offered here. It costs nothing, because canonicalisation drops inputs that
// are not read and outputs that are not used.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

bool dlc::isCheap(Operation *op) {
  return isa<dl::AddOp, dl::SubOp, dl::MulOp, dl::NegOp, dl::AbsOp,
             dl::SquareOp, dl::ReluOp, dl::LeakyReluOp, dl::ClipOp,
             dl::MaximumOp, dl::MinimumOp, dl::SelectOp, dl::CastOp,
             dl::LinearOp, dl::SignOp, dl::ReshapeOp, dl::FlattenOp,
             dl::BroadcastOp, dl::IotaOp, dl::TransposeOp, dl::SliceOp,
             dl::SplitOp, dl::ConcatOp>(op) ||
         !isa<dl::DLDialect>(op->getDialect()) ||
         (isa<dl::ElementwiseOpInterface>(op) &&
          op->hasTrait<dl::NotDifferentiable>());
}

namespace {

class ScanDifferentiation {
public:
  ScanDifferentiation(dl::ScanOp op, Gradients &outer)
      : op(op), yield(op.getYield()), outer(outer), b(outer.b),
        loc(op.getLoc()), axis(op.getAxis()) {}

  LogicalResult run() {
    captured = findCaptured(op);
    llvm::erase_if(captured, [&](Value v) { return !outer.needs(v); });
    findActiveStates();
    runForward();
    return runBackward();
  }

private:
  /// Active states depend on a wanted value and reach a result that has a
  /// cotangent.
  void findActiveStates() {
    Block &body = op.getBody().front();
    SmallVector<Operation *> ops;
    for (Operation &inner : body.without_terminator())
      ops.push_back(&inner);
    // States that depend on a wanted value. Iterates, because states depend on
    // states.
    llvm::SmallBitVector varied(op.getInitial().size());
    for (auto [i, init] : llvm::enumerate(op.getInitial()))
      varied[i] = outer.needs(init);
    for (bool changes = true; changes;) {
      changes = false;
      Gradients probe(b, outer.options);
      wantInside(probe, op.getStates(), op.getElements(), varied);
      probe.findActive(ops);
      for (auto [i, next] : llvm::enumerate(yield.getStates()))
        if (!varied[i] && probe.needs(next)) {
          varied.set(i);
          changes = true;
        }
    }
    // States that reach a result with a cotangent.
    llvm::SmallBitVector useful(varied.size());
    llvm::DenseSet<Value> reaching;
    auto mark = [&](Value value) { reaching.insert(value); };
    for (auto [i, final] : llvm::enumerate(op.getFinals()))
      if (outer.get(final))
        useful.set(i);
    for (auto [output, inner] : llvm::zip(op.getOutputs(), yield.getOutputs()))
      if (outer.get(output))
        mark(inner);
    for (bool changes = true; changes;) {
      changes = false;
      for (unsigned i : useful.set_bits())
        mark(yield.getStates()[i]);
      for (Operation *inner : llvm::reverse(ops))
        if (llvm::any_of(inner->getResults(), [&](Value result) {
              return reaching.contains(result);
            })) {
          for (Value operand : inner->getOperands())
            mark(operand);
          for (Value value : findCaptured(inner))
            mark(value);
        }
      for (auto [i, state] : llvm::enumerate(op.getStates()))
        if (!useful[i] && reaching.contains(state)) {
          useful.set(i);
          changes = true;
        }
    }
    varied &= useful;
    active = varied;
  }

  /// Marks what is wanted inside a cell with the given states and elements.
  void wantInside(Gradients &inside, ValueRange states, ValueRange elements,
                  const llvm::SmallBitVector &which) {
    for (unsigned i : which.set_bits())
      inside.want(states[i]);
    for (auto [element, input] : llvm::zip(elements, op.getInputs()))
      if (outer.needs(input))
        inside.want(element);
    for (Value value : captured)
      inside.want(value);
  }

  /// Elements of a scan along axis `axis` need at least `axis` dimensions.
  Value raise(TensorExpr x) const {
    SmallVector<int64_t> shape(x.shape());
    while (int64_t(shape.size()) < axis)
      shape.insert(shape.begin(), 1);
    return x.reshape(shape);
  }

  /// Converts an element back to this type, whether raised or not. Extents are
  /// those of the element itself, because the values of the forward cell must
  /// not be read here.
  static Value lower(TensorExpr x, Type wanted) {
    auto type = cast<RankedTensorType>(wanted);
    int64_t more = x.rank() - type.getRank();
    OpBuilder &b = *x.b;
    Value value = x;
    if (more) {
      SmallVector<Value> extents;
      if (type.getNumDynamicDims() > 1)
        for (int64_t d = 0; d < type.getRank(); ++d)
          if (type.isDynamicDim(d))
            extents.push_back(x.extent(more + d));
      value = dl::ReshapeOp::create(b, x.loc, type, value, extents);
    }
    return value.getType() == type
               ? value
               : Value(tensor::CastOp::create(b, x.loc, type, value));
  }

  /// Whether the outputs of a scan with lengths may hold a value: its first
  /// dimension must be that of the samples.
  bool fitsLengths(Value value) {
    if (!op.getLengths())
      return true;
    auto type = dl::tensorType(value);
    return type.getRank() > 0 &&
           dl::mayEqual(type.getDimSize(0),
                        dl::tensorType(op.getLengths()).getDimSize(0));
  }

  /// The forward scan, with the candidates as additional outputs.
  void runForward() {
    OpBuilder at(op);
    llvm::append_range(candidates, op.getStates());
    if (!op->hasAttr(recomputedAttr))
      for (Operation &inner : op.getBody().front().without_terminator())
        if (!isCheap(&inner))
          for (Value result : inner.getResults())
            if (fitsLengths(result))
              candidates.push_back(result);
    forward = dl::ScanOp::create(
        at, loc, op.getInitial(), op.getInputs(), op.getLengths(),
        op.getSteps(), axis, op.getReverse(),
        [&](OpBuilder &inner, Location, ValueRange states,
            ValueRange elements) {
          IRMapping mapping;
          mapping.map(op.getStates(), states);
          mapping.map(op.getElements(), elements);
          for (Operation &one : op.getBody().front().without_terminator())
            inner.clone(one, mapping);
          auto look = [&](ValueRange values) {
            SmallVector<Value> result;
            for (Value value : values)
              result.push_back(mapping.lookupOrDefault(value));
            return result;
          };
          SmallVector<Value> outputs = look(yield.getOutputs());
          for (Value value : look(candidates))
            outputs.push_back(raise({inner, loc, value}));
          dl::YieldOp::create(inner, loc, look(yield.getStates()), outputs,
                              yield.getUntil()
                                  ? mapping.lookupOrDefault(yield.getUntil())
                                  : Value());
        });
    size_t outputs = op.getOutputs().size();
    SmallVector<Value> same(forward.getFinals());
    llvm::append_range(same, forward.getOutputs().take_front(outputs));
    if (op.getCount())
      same.push_back(forward.getCount());
    all.assign(forward.getOutputs().begin() + outputs,
               forward.getOutputs().end());
    // Cotangents are registered for the old results.
    for (Value final : op.getFinals())
      finalCotangents.push_back(outer.get(final));
    for (Value output : op.getOutputs())
      outputCotangents.push_back(outer.get(output));
    outer.replace(op, same);
  }

  LogicalResult runBackward() {
    // States: the cotangents of the states, then the sums for live-in values.
    SmallVector<Value> initial;
    for (unsigned i : active.set_bits()) {
      Value g = finalCotangents[i];
      initial.push_back(g ? g : Value(outer.at(op.getInitial()[i]).filled(0)));
    }
    for (Value value : captured)
      initial.push_back(outer.at(value).filled(0));
    // Inputs: candidates, the inputs of the scan, cotangents of outputs, the
    // step number.
    SmallVector<Value> inputs(all);
    llvm::append_range(inputs, op.getInputs());
    for (Value g : outputCotangents)
      if (g)
        inputs.push_back(g);
    if (isMasked())
      inputs.push_back(stepNumbers());
    LogicalResult result = success();
    auto backward = dl::ScanOp::create(
        b, loc, initial, inputs, Value(), op.getSteps(), axis, !op.getReverse(),
        [&](OpBuilder &inner, Location, ValueRange states,
            ValueRange elements) {
          result = buildCell(inner, states, elements);
        });
    if (failed(result))
      return failure();
    size_t at = 0;
    for (unsigned i : active.set_bits())
      outer.add(op.getInitial()[i], backward.getFinals()[at++]);
    for (Value value : captured)
      outer.add(value, backward.getFinals()[at++]);
    at = 0;
    for (Value input : op.getInputs())
      if (outer.needs(input))
        outer.add(input, backward.getOutputs()[at++]);
    return success();
  }

  /// Whether a cell must know the number of its step.
  bool isMasked() {
    return op.getLengths() || op.getCount() || outer.options.truncate > 0;
  }

  /// The step numbers 0 ... T-1 along the axis, one element per step.
  Value stepNumbers() {
    auto type = RankedTensorType::get({op.getStaticSteps()}, b.getI64Type());
    SmallVector<Value> extents;
    if (type.isDynamicDim(0))
      extents.push_back(op.getSteps()
                            ? Value(op.getSteps())
                            : outer.at(op.getInputs().front()).extent(axis));
    TensorExpr steps = outer.at(
        dl::IotaOp::create(b, loc, type, extents, b.getI64IntegerAttr(0)));
    total = steps.count({0}, steps.element());
    SmallVector<int64_t> shape(axis + 1, 1);
    shape[axis] = type.getDimSize(0);
    return steps.reshape(shape);
  }

  /// Broadcasts a condition per sample to the dimensions of `like`.
  static TensorExpr spreadOver(TensorExpr condition, TensorExpr like) {
    if (condition.rank() == 0)
      return condition;
    SmallVector<int64_t> shape(like.rank(), 1);
    shape[0] = condition.shape()[0];
    return condition.reshape(shape);
  }

  LogicalResult buildCell(OpBuilder &inner, ValueRange states,
                          ValueRange elements) {
    auto tensor = [&](Value value) { return TensorExpr(inner, loc, value); };
    // The forward cell; its ops are differentiated below.
    IRMapping mapping;
    size_t at = 0;
    SmallVector<Value> held;
    for (Value candidate : candidates)
      held.push_back(lower(tensor(elements[at++]), candidate.getType()));
    size_t stateCount = op.getStates().size();
    for (auto [state, value] : llvm::zip(op.getStates(), held))
      mapping.map(state, value);
    for (Value element : op.getElements())
      mapping.map(element, elements[at++]);
    SmallVector<Operation *> ops;
    for (Operation &one : op.getBody().front().without_terminator())
      ops.push_back(inner.clone(one, mapping));

    SmallVector<Value> innerStates, innerElements;
    for (Value state : op.getStates())
      innerStates.push_back(mapping.lookup(state));
    for (Value element : op.getElements())
      innerElements.push_back(mapping.lookup(element));
    Gradients gradients(inner, outer.options);
    gradients.loc = loc;
    wantInside(gradients, innerStates, innerElements, active);
    gradients.findActive(ops);

    // The cotangents of the results of the cell. After the end of a sample or
    // of the scan there are none, and the cotangents of the states pass through
    // unchanged.
    SmallVector<Value> outputs;
    for (Value g : outputCotangents)
      outputs.push_back(g ? elements[at++] : Value());
    std::optional<TensorExpr> isRunning, isCut;
    if (isMasked()) {
      TensorExpr step = tensor(elements[at++]).reshape({});
      TensorExpr number = step; // in scan order
      if (op.getReverse())
        number = tensor(*total) - 1.0 - step;
      if (op.getLengths())
        isRunning = step < tensor(op.getLengths()).cast(step.element());
      if (op.getCount()) {
        TensorExpr counted = number < tensor(forward.getCount());
        isRunning = isRunning ? *isRunning & counted : counted;
      }
      if (int64_t k = outer.options.truncate) {
        TensorExpr next = number + 1.0;
        TensorExpr rest = tensor(dl::RemainderOp::create(
            inner, loc, next, next.constant(double(k))));
        isCut = (rest == 0.0) & (next < tensor(*total));
      }
    }
    SmallVector<Value> arriving;
    for (auto [n, i] : llvm::enumerate(active.set_bits())) {
      TensorExpr g = tensor(states[n]);
      if (isCut)
        g = select(*isCut, g.constant(0), g);
      arriving.push_back(g);
      if (isRunning)
        g = select(spreadOver(*isRunning, g), g, 0.0);
      gradients.add(mapping.lookupOrDefault(yield.getStates()[i]), g);
    }
    for (auto [g, output] : llvm::zip(outputs, yield.getOutputs()))
      if (g) {
        TensorExpr element = tensor(g);
        if (isRunning)
          element = select(spreadOver(*isRunning, element), element, 0.0);
        gradients.add(mapping.lookupOrDefault(output), element);
      }
    if (failed(gradients.run(ops)))
      return failure();

    SmallVector<Value> next, given;
    for (auto [n, i] : llvm::enumerate(active.set_bits())) {
      TensorExpr g = tensor(gradients.getOrZero(innerStates[i]));
      if (isRunning)
        g = select(spreadOver(*isRunning, g), g, tensor(arriving[n]));
      next.push_back(g);
    }
    for (auto [n, value] : llvm::enumerate(captured)) {
      Value sum = states[arriving.size() + n];
      if (Value more = gradients.get(value))
        sum = tensor(sum) + tensor(more);
      next.push_back(sum);
    }
    for (auto [element, input] : llvm::zip(innerElements, op.getInputs()))
      if (outer.needs(input))
        given.push_back(gradients.getOrZero(element));
    dl::YieldOp::create(inner, loc, next, given, Value());

    // Replaces recomputed values by those that were kept.
    for (auto [candidate, value] :
         llvm::drop_begin(llvm::zip(candidates, held), stateCount)) {
      Value computed = gradients.current(mapping.lookup(candidate));
      computed.replaceAllUsesWith(value);
    }
    return success();
  }

  dl::ScanOp op, forward;
  dl::YieldOp yield;
  Gradients &outer;
  OpBuilder &b;
  Location loc;
  int64_t axis;
  llvm::SmallBitVector active;
  SmallVector<Value> captured;
  SmallVector<Value> candidates; // values of the cell
  SmallVector<Value> all;        // the same of all steps
  SmallVector<Value> finalCotangents, outputCotangents;
  std::optional<Value> total; // the number of steps, if the cell must know it
};

LogicalResult differentiateScan(dl::ScanOp op, Gradients &gradients) {
  return ScanDifferentiation(op, gradients).run();
}
} // namespace

void dlc::attachScanRules(MLIRContext *context) {
  attachRule<dl::ScanOp, differentiateScan>(context);
}
