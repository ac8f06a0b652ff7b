//===- Control.cpp - If, Loop, Scan ---------------------------------------===//

#include "Rules.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc::onnx_import {

/// A truth value of a tensor of one element.
static Value toCondition(Graph &g, Tensor x) {
  Tensor number = g.reshape(g.cast(x, g.b.getI32Type()), {});
  if (!number)
    return {};
  Value element = tensor::ExtractOp::create(g.b, g.loc, number.value);
  return arith::CmpIOp::create(
      g.b, g.loc, arith::CmpIPredicate::ne, element,
      arith::ConstantIntOp::create(g.b, g.loc, g.b.getI32Type(), 0));
}

/// Extents that differ become unknown; null where ranks or elements differ.
static RankedTensorType join(RankedTensorType a, RankedTensorType b) {
  if (a.getRank() != b.getRank() || a.getElementType() != b.getElementType())
    return {};
  Ints shape;
  for (auto [x, y] : llvm::zip(a.getShape(), b.getShape()))
    shape.push_back(x == y ? x : ShapedType::kDynamic);
  return a.clone(shape);
}

static Value castTo(Graph &g, Value value, RankedTensorType type) {
  return value.getType() == type
             ? value
             : tensor::CastOp::create(g.b, g.loc, type, value).getResult();
}

void importIf(Node &n) {
  Graph &g = n.g;
  const onnx::GraphProto *branches[] = {n.graph("then_branch"),
                                        n.graph("else_branch")};
  if (g.failed)
    return;
  Location loc = g.loc;
  if (std::optional<Ints> known = g.constantInts(n.in(0))) {
    auto values =
        n.importer.readGraph(*branches[(*known)[0] ? 0 : 1], {}, &n.scope);
    if (values)
      for (auto [i, value] : llvm::enumerate(*values))
        n.yield(i, value);
    return;
  }
  Value condition = toCondition(g, n.in(0));
  if (!condition)
    return;
  // The regions first: the types of the results are those of both.
  SmallVector<SmallVector<Tensor>> values;
  OpBuilder::InsertionGuard guard(g.b);
  auto place = g.b.saveInsertionPoint();
  // The graphs are read into an op that is replaced once the types are known.
  auto draft = scf::ExecuteRegionOp::create(g.b, loc, TypeRange());
  for (int i : {0, 1}) {
    Block *block = &draft.getRegion().emplaceBlock();
    g.b.setInsertionPointToStart(block);
    auto read = n.importer.readGraph(*branches[i], {}, &n.scope);
    if (!read)
      return;
    values.push_back(*read);
    g.loc = loc;
  }
  if (values[0].size() != values[1].size()) {
    n.fail("its branches have " + Twine(values[0].size()) + " and " +
           Twine(values[1].size()) + " outputs");
    return;
  }
  SmallVector<RankedTensorType> types;
  for (auto [a, c] : llvm::zip(values[0], values[1])) {
    types.push_back(join(a.type(), c.type()));
    if (!types.back()) {
      n.fail("its branches give " + dl::toString(a.shape()) + " and " +
             dl::toString(c.shape()) +
             ", expected tensors of one rank and "
             "element type");
      return;
    }
  }
  g.b.restoreInsertionPoint(place);
  SmallVector<Type> resultTypes(types.begin(), types.end());
  auto choice = scf::IfOp::create(g.b, loc, resultTypes, condition,
                                  /*withElseRegion=*/true);
  for (int i : {0, 1}) {
    Block *from = &draft.getRegion().front();
    Block *to = i == 0 ? choice.thenBlock() : choice.elseBlock();
    to->getOperations().splice(to->end(), from->getOperations());
    from->erase();
    g.b.setInsertionPointToEnd(to);
    SmallVector<Value> results;
    for (auto [value, type] : llvm::zip(values[i], types))
      results.push_back(castTo(g, value.value, type));
    scf::YieldOp::create(g.b, loc, results);
  }
  draft.erase();
  for (auto [i, result] : llvm::enumerate(choice.getResults()))
    n.yield(i, g.wrap(result));
}

namespace {

/// A counted loop over a graph: carried values keep their types, elements of
/// scanned outputs are laid side by side.
struct CountedLoop {
  Node &n;
  const onnx::GraphProto &body;
  /// Iterations; and whether the body may end the loop.
  Extent count;
  bool mayEnd = false;
  Tensor startCondition = {};
  SmallVector<Tensor> carried;
  /// Builds the graph's operands from number of iteration, condition and
  /// carried values.
  llvm::function_ref<SmallVector<Tensor>(Tensor, Tensor, ArrayRef<Tensor>)>
      operands;
  /// The condition first, where the body may end the loop.
  bool yieldsCondition = true;

  void run(ArrayRef<std::pair<int64_t, bool>> scanOutputs);
};

} // namespace

void CountedLoop::run(ArrayRef<std::pair<int64_t, bool>> scanOutputs) {
  Graph &g = n.g;
  Location loc = g.loc;
  size_t states = carried.size(), scans = scanOutputs.size();
  // Read once where nothing is kept, to learn the types of what is scanned and
  // whether the carried values keep theirs.
  SmallVector<RankedTensorType> elements;
  {
    OpBuilder::InsertionGuard guard(g.b);
    auto known = g.known; // no word of values that will be gone
    auto draft = scf::ExecuteRegionOp::create(g.b, loc, TypeRange());
    Block *block = &draft.getRegion().emplaceBlock();
    g.b.setInsertionPointToStart(block);
    Tensor number = g.number(g.i64(), 0), yes = g.number(g.i1(), 1);
    SmallVector<Tensor> opaque;
    for (Tensor value : carried)
      opaque.push_back(g.wrap(block->addArgument(value.value.getType(), loc)));
    number = g.wrap(block->addArgument(number.value.getType(), loc));
    yes = g.wrap(block->addArgument(yes.value.getType(), loc));
    auto results =
        n.importer.readGraph(body, operands(number, yes, opaque), &n.scope);
    g.loc = loc;
    if (!results)
      return;
    size_t first = yieldsCondition ? 1 : 0;
    if (results->size() != first + states + scans) {
      n.fail("its body has " + Twine(results->size()) + " outputs, expected " +
             Twine(first + states + scans));
      return;
    }
    for (size_t i = 0; i < states; ++i) {
      Tensor after = (*results)[first + i];
      if (!carried[i].isStatic() ||
          !dl::areCompatibleTypes(after.value.getType(),
                                  carried[i].value.getType())) {
        n.fail("carries a value of shape " + dl::toString(carried[i].shape()) +
               " and hands on one of shape " + dl::toString(after.shape()) +
               ", expected one known shape");
        return;
      }
    }
    for (size_t i = 0; i < scans; ++i) {
      elements.push_back((*results)[first + states + i].type());
      if (!elements.back().hasStaticShape()) {
        n.fail("scans an output whose elements have shape " +
               dl::toString(elements.back().getShape()) +
               ", expected known extents");
        return;
      }
    }
    if (yieldsCondition) {
      auto goesOn = g.constantInts((*results)[0]);
      bool isKept = (*results)[0].value == yes.value;
      mayEnd = !(isKept || (goesOn && (*goesOn)[0]));
    }
    draft.erase();
    g.known = std::move(known);
  }
  // Accumulators: elements in order behind a new first dimension.
  SmallVector<Value> init;
  for (Tensor value : carried)
    init.push_back(value.value);
  for (RankedTensorType element : elements) {
    Extents shape{count};
    llvm::append_range(shape, g.toExtents(element.getShape()));
    Tensor zero = g.broadcast(g.number(element.getElementType(), 0), shape);
    if (!zero)
      return;
    init.push_back(zero.value);
  }
  auto iteration = [&](Value index, Value condition,
                       ValueRange state) -> SmallVector<Value> {
    Value wide = arith::IndexCastOp::create(g.b, loc, g.i64(), index);
    Tensor number = g.wrap(tensor::FromElementsOp::create(
        g.b, loc, RankedTensorType::get({}, g.i64()), wide));
    Tensor yes = g.number(g.i1(), 1);
    SmallVector<Tensor> values;
    for (Value value : state.take_front(states))
      values.push_back(g.wrap(value));
    auto results =
        n.importer.readGraph(body, operands(number, yes, values), &n.scope);
    g.loc = loc;
    if (!results)
      return {};
    size_t first = yieldsCondition ? 1 : 0;
    SmallVector<Value> next;
    if (mayEnd)
      next.push_back(toCondition(g, (*results)[0]));
    for (size_t i = 0; i < states; ++i) {
      Tensor after = (*results)[first + i];
      if (!after)
        return {};
      // Extents that are read on the way must be what they were.
      for (int64_t d = 0; d < after.rank(); ++d)
        if (ShapedType::isDynamic(after.dim(d)))
          cf::AssertOp::create(
              g.b, loc,
              arith::CmpIOp::create(g.b, loc, arith::CmpIPredicate::eq,
                                    g.toValue(g.dim(after, d)),
                                    g.toValue(g.extent(carried[i].dim(d)))),
              "a value that a loop carries has changed its shape");
      next.push_back(castTo(g, after.value, carried[i].type()));
    }
    for (size_t i = 0; i < scans; ++i) {
      Value element = (*results)[first + states + i].value;
      Extents offsets{OpFoldResult(index)}, sizes{g.extent(1)};
      Extents ones(elements[i].getRank() + 1, g.extent(1));
      offsets.append(elements[i].getRank(), g.extent(0));
      llvm::append_range(sizes, g.toExtents(elements[i].getShape()));
      next.push_back(tensor::InsertSliceOp::create(
          g.b, loc, element, state[states + i], offsets, sizes, ones));
    }
    return next;
  };
  SmallVector<Value> last;
  Value zero = g.toValue(g.extent(0)), one = g.toValue(g.extent(1));
  Value limit = g.toValue(count), done = limit;
  if (!mayEnd && !startCondition) {
    OpBuilder::InsertionGuard guard(g.b);
    auto loop = scf::ForOp::create(
        g.b, loc, zero, limit, one, init,
        [&](OpBuilder &nested, Location loc, Value i, ValueRange state) {
          g.b.restoreInsertionPoint(nested.saveInsertionPoint());
          SmallVector<Value> next = iteration(i, {}, state);
          if (!g.failed)
            scf::YieldOp::create(g.b, loc, next);
          else
            scf::YieldOp::create(g.b, loc, state);
        });
    last.assign(loop.result_begin(), loop.result_end());
    g.b.setInsertionPointAfter(loop);
  } else {
    Value start =
        startCondition
            ? toCondition(g, startCondition)
            : arith::ConstantIntOp::create(g.b, loc, 1, 1).getResult();
    SmallVector<Value> state{zero, start};
    llvm::append_range(state, init);
    SmallVector<Type> types(ValueRange(state).getTypes());
    OpBuilder::InsertionGuard guard(g.b);
    auto loop = scf::WhileOp::create(
        g.b, loc, types, state,
        [&](OpBuilder &nested, Location loc, ValueRange s) {
          Value isLess = arith::CmpIOp::create(
              nested, loc, arith::CmpIPredicate::slt, s[0], limit);
          scf::ConditionOp::create(
              nested, loc, arith::AndIOp::create(nested, loc, s[1], isLess), s);
        },
        [&](OpBuilder &nested, Location loc, ValueRange s) {
          g.b.restoreInsertionPoint(nested.saveInsertionPoint());
          SmallVector<Value> next = iteration(s[0], s[1], s.drop_front(2));
          if (g.failed) {
            scf::YieldOp::create(g.b, loc, s);
            return;
          }
          SmallVector<Value> yielded{
              arith::AddIOp::create(g.b, loc, s[0], one)};
          if (!mayEnd)
            yielded.push_back(s[1]);
          llvm::append_range(yielded, next);
          scf::YieldOp::create(g.b, loc, yielded);
        });
    done = loop.getResult(0);
    last.assign(loop.result_begin() + 2, loop.result_end());
  }
  if (g.failed)
    return;
  for (size_t i = 0; i < states; ++i)
    n.yield(i, g.wrap(last[i]));
  for (size_t i = 0; i < scans; ++i) {
    Tensor all = g.wrap(last[states + i]);
    if (mayEnd || startCondition)
      all = g.slice(all, 0, g.extent(0), OpFoldResult(done));
    auto [axis, isReversed] = scanOutputs[i];
    if (isReversed && all)
      all =
          g.slice(all, 0, g.sub(g.dim(all, 0), g.extent(1)), g.dim(all, 0), -1);
    if (axis && all)
      all = g.moveAxis(all, 0, axis);
    n.yield(states + i, all);
  }
}

void importLoop(Node &n) {
  Graph &g = n.g;
  const onnx::GraphProto *body = n.graph("body");
  if (!body)
    return;
  SmallVector<Tensor> carried;
  for (size_t i = 2; i < n.inputs(); ++i)
    carried.push_back(n.in(i));
  std::optional<Extents> count;
  if (n.has(0))
    count = g.elements(n.in(0), /*forced=*/true);
  size_t scans =
      n.outputs() > carried.size() ? n.outputs() - carried.size() : 0;
  if (!count && scans) {
    n.fail("scans outputs over an unlimited number of iterations, expected the "
           "operand M");
    return;
  }
  Extent limit =
      count ? (*count)[0] : g.extent(std::numeric_limits<int64_t>::max());
  limit = g.max(limit, g.extent(0));
  Tensor start;
  if (n.has(1)) {
    auto known = g.constantInts(n.in(1));
    if (!known)
      start = n.in(1);
    else if (!(*known)[0])
      limit = g.extent(0);
  }
  // A few iterations whose number is known are laid out in line: values may
  // change their shapes from one to the next.
  if (auto few = getConstantIntValue(limit); few && *few <= 8 && !start) {
    SmallVector<Tensor> state = carried;
    SmallVector<SmallVector<Tensor>> scanned(scans);
    bool inLine = *few > 0;
    Location loc = g.loc;
    for (int64_t i = 0; inLine && i < *few; ++i) {
      SmallVector<Tensor> operands{g.number(g.i64(), i), g.number(g.i1(), 1)};
      llvm::append_range(operands, state);
      auto results = n.importer.readGraph(*body, operands, &n.scope);
      g.loc = loc;
      if (!results)
        return;
      if (results->size() != 1 + state.size() + scans) {
        n.fail("its body has " + Twine(results->size()) +
               " outputs, expected " + Twine(1 + state.size() + scans));
        return;
      }
      auto goesOn = g.constantInts((*results)[0]);
      inLine = goesOn.has_value();
      for (size_t s = 0; s < state.size(); ++s)
        state[s] = (*results)[1 + s];
      for (size_t s = 0; s < scans; ++s)
        scanned[s].push_back(
            g.unsqueeze((*results)[1 + state.size() + s], {0}));
      if (goesOn && !(*goesOn)[0])
        break;
    }
    if (inLine && !g.failed) {
      for (size_t s = 0; s < state.size(); ++s)
        n.yield(s, state[s]);
      for (size_t s = 0; s < scans; ++s)
        n.yield(state.size() + s, g.concat(scanned[s], 0));
      return;
    }
    // What was read in vain is dead code.
  }
  SmallVector<std::pair<int64_t, bool>> scanOutputs(scans, {0, false});
  CountedLoop loop{n, *body, limit};
  loop.startCondition = start;
  loop.carried = carried;
  auto operands = [&](Tensor number, Tensor condition,
                      ArrayRef<Tensor> state) -> SmallVector<Tensor> {
    SmallVector<Tensor> result{number, condition};
    llvm::append_range(result, state);
    return result;
  };
  loop.operands = operands;
  loop.run(scanOutputs);
}

void importScan(Node &n) {
  Graph &g = n.g;
  const onnx::GraphProto *body = n.graph("body");
  int64_t scanned = n.integer("num_scan_inputs", 0);
  if (!body)
    return;
  // Opset 8 has a batch dimension and lengths in front.
  bool isOld = n.version == 8;
  size_t first = isOld ? 1 : 0, inputs = n.inputs() - first;
  if (scanned < 1 || size_t(scanned) > inputs) {
    n.fail("num_scan_inputs is " + Twine(scanned) + " of " + Twine(inputs) +
           " operands");
    return;
  }
  if (isOld && n.has(0)) {
    n.fail("sequence_lens is not supported");
    return;
  }
  size_t states = inputs - scanned;
  SmallVector<Tensor> carried, sources;
  for (size_t i = 0; i < states; ++i)
    carried.push_back(n.in(first + i));
  auto axes = n.ints("scan_input_axes");
  auto directions = n.ints(isOld ? "directions" : "scan_input_directions");
  auto at = [](const std::optional<Ints> &values, size_t i) {
    return values && i < values->size() ? (*values)[i] : 0;
  };
  size_t batches = 0;
  if (isOld) {
    // One image of the batch after the other: only a batch of one is in use.
    if (n.in(1).dim(0) != 1) {
      n.fail("a batch of more than one is not supported in opset 8");
      return;
    }
    batches = 1;
    for (Tensor &value : carried)
      value = g.squeeze(value, {0});
  }
  for (int64_t i = 0; i < scanned; ++i) {
    Tensor source = n.in(first + states + i);
    if (batches)
      source = g.squeeze(source, {0});
    source = g.moveAxis(source, n.axis(at(axes, i), source.rank()), 0);
    if (at(directions, i))
      source = g.slice(source, 0, g.sub(g.dim(source, 0), g.extent(1)),
                       g.dim(source, 0), -1);
    sources.push_back(source);
  }
  if (g.failed)
    return;
  size_t scans = n.outputs() > states ? n.outputs() - states : 0;
  auto outAxes = n.ints("scan_output_axes");
  auto outDirections = n.ints("scan_output_directions");
  SmallVector<std::pair<int64_t, bool>> scanOutputs;
  for (size_t i = 0; i < scans; ++i)
    scanOutputs.push_back({at(outAxes, i), at(outDirections, i) != 0});
  CountedLoop loop{n, *body, g.dim(sources[0], 0)};
  loop.carried = carried;
  loop.yieldsCondition = false;
  auto operands = [&](Tensor number, Tensor,
                      ArrayRef<Tensor> state) -> SmallVector<Tensor> {
    SmallVector<Tensor> result(state);
    for (Tensor source : sources)
      result.push_back(g.squeeze(
          g.gather(source, g.reshape(number, {g.extent(1)}), 0), {0}));
    return result;
  };
  loop.operands = operands;
  loop.run(scanOutputs);
  if (batches)
    for (Tensor &result : n.results)
      if (result)
        result = g.unsqueeze(result, {0});
}

} // namespace dlc::onnx_import
