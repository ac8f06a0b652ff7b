//===- Control.cpp - If, Loop, Scan ---------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "Single.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace dlc::onnx_import {

/// Returns whether a tensor of one element is true, as an i1.
static Value toCondition(Graph &g, TensorValue x) {
  TensorValue number = g.reshape(g.cast(x, g.b.getI32Type()), {});
  if (!number)
    return {};
  Value element = tensor::ExtractOp::create(g.b, g.loc, number.value);
  return arith::CmpIOp::create(
      g.b, g.loc, arith::CmpIPredicate::ne, element,
      arith::ConstantIntOp::create(g.b, g.loc, g.b.getI32Type(), 0));
}

/// Joins two types: extents that differ become dynamic. Null if the ranks or
/// element types differ.
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
  if (auto known = single(g.constantInts(n.in(0)))) {
    auto values = n.importer.readGraph(*branches[*known ? 0 : 1], {}, &n.scope);
    if (values)
      for (auto [i, value] : llvm::enumerate(*values))
        n.yield(i, value);
    return;
  }
  Value condition = toCondition(g, n.in(0));
  if (!condition)
    return;
  // The regions come first: the result types are joined from those of both.
  SmallVector<SmallVector<TensorValue>> values;
  OpBuilder::InsertionGuard guard(g.b);
  auto insertionPoint = g.b.saveInsertionPoint();
  // The branches are read into a temporary op, which is replaced when the types
  // are known.
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
    if (!isTensor(a) || !isTensor(c)) {
      n.fail("its branches give sequences or optional values: its condition "
             "(operand 0, '" +
             n.proto.input(0) +
             "') must be known while compiling: make it an initializer");
      return;
    }
    types.push_back(join(a.type(), c.type()));
    if (!types.back()) {
      n.fail("its branches give " + dl::toString(a.shape()) + " and " +
             dl::toString(c.shape()) +
             ", expected tensors of one rank and "
             "element type");
      return;
    }
  }
  g.b.restoreInsertionPoint(insertionPoint);
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

/// A graph as the body of a scan.
struct Cell {
  Node &n;
  const onnx::GraphProto &body;
  SmallVector<TensorValue> states, inputs;
  /// The number of iterations where there are no inputs.
  Value steps;
  /// Returns the graph's operands for given states and elements.
  llvm::function_ref<SmallVector<TensorValue>(ArrayRef<TensorValue>,
                                              ArrayRef<TensorValue>)>
      operands;
  /// Whether the graph's first result is the condition to continue.
  bool hasCondition = false;
  /// The number of states that the graph does not know, after its own; `next`
  /// computes their next values.
  size_t hidden = 0;
  llvm::function_ref<TensorValue(TensorValue)> next = nullptr;

  /// Builds the scan; null if the graph cannot be read. `outputs` is the number
  /// of scanned outputs.
  dl::ScanOp build(size_t outputs);
};

} // namespace

dl::ScanOp Cell::build(size_t outputs) {
  Graph &g = n.g;
  Location loc = g.loc;
  auto known = g.known; // forget facts about values of one iteration
  auto values = [](ArrayRef<TensorValue> tensors) {
    SmallVector<Value> result;
    for (TensorValue tensor : tensors)
      result.push_back(tensor.value);
    return result;
  };
  auto wrap = [&](ValueRange range) {
    SmallVector<TensorValue> result;
    for (Value value : range)
      result.push_back(g.wrap(value));
    return result;
  };
  size_t own = states.size() - hidden, first = hasCondition ? 1 : 0;
  auto read = [&](ValueRange now, ValueRange elements) -> bool {
    auto results = n.importer.readGraph(
        body, operands(wrap(now), wrap(elements)), &n.scope);
    g.loc = loc;
    if (!results || g.failed)
      return false;
    if (results->size() != first + own + outputs) {
      n.fail("its body has " + Twine(results->size()) + " outputs, expected " +
             Twine(first + own + outputs));
      return false;
    }
    SmallVector<Value> after, scanned;
    for (size_t i = 0; i < own; ++i) {
      TensorValue value = (*results)[first + i];
      if (!dl::areCompatibleTypes(states[i].type(), value.type())) {
        n.fail("carries a value of shape " + dl::toString(states[i].shape()) +
               " and yields one of shape " + dl::toString(value.shape()) +
               ", expected one shape");
        return false;
      }
      after.push_back(value.value);
    }
    for (size_t i = own; i < states.size(); ++i)
      after.push_back(next(g.wrap(now[i])).value);
    for (size_t i = 0; i < outputs; ++i)
      scanned.push_back((*results)[first + own + i].value);
    Value until;
    if (hasCondition)
      if (auto continues = g.constantInts((*results)[0]);
          !continues || !(*continues)[0])
        until = (~g.reshape((*results)[0], {})).value;
    if (g.failed)
      return false;
    dl::YieldOp::create(g.b, loc, after, scanned, until);
    return true;
  };
  auto scan = dl::ScanOp::create(
      g.b, loc, values(states), values(inputs), Value(), steps, /*axis=*/0,
      /*reverse=*/false,
      [&](OpBuilder &, Location, ValueRange now, ValueRange elements) {
        if (!read(now, elements)) {
          g.failed = true;
          dl::YieldOp::create(g.b, loc, now, ValueRange(), Value());
        }
      });
  g.known = std::move(known);
  return g.failed ? dl::ScanOp() : scan;
}

namespace {
/// A loop-carried tensor to which each iteration appends a piece: its index
/// among the carried values, the axis, and the name of the piece.
struct Growing {
  size_t number;
  int64_t axis;
  std::string piece;
};
} // namespace

/// Counts the uses of a value in a graph and in the graphs of its nodes.
static size_t countUses(const onnx::GraphProto &graph, StringRef name) {
  size_t count = 0;
  for (const onnx::NodeProto &node : graph.node()) {
    count += llvm::count(node.input(), name);
    for (const onnx::AttributeProto &attribute : node.attribute())
      if (attribute.has_g())
        count += countUses(attribute.g(), name);
  }
  for (const onnx::ValueInfoProto &output : graph.output())
    count += output.name() == name;
  return count;
}

/// Removes tensors that grow in each iteration from the carried values of a
/// loop's body: the appended pieces become a scanned output instead. The
/// remaining carried values keep their shapes.
static SmallVector<Growing> takeGrowing(onnx::GraphProto &body,
                                        size_t carried) {
  SmallVector<Growing> found;
  if (size_t(body.input_size()) != 2 + carried ||
      size_t(body.output_size()) < 1 + carried)
    return found;
  for (size_t number = carried; number-- > 0;) {
    const onnx::ValueInfoProto &input = body.input(2 + number);
    std::string before = input.name(), after = body.output(1 + number).name();
    auto *nodes = body.mutable_node();
    // The piece of a removed list is also used by the new scanned output.
    if (countUses(body, before) != 1 || countUses(body, after) != 1 ||
        llvm::any_of(found, [&](const Growing &other) {
          return other.piece == before || other.piece == after;
        }))
      continue;
    // Some exporters cast the list to the type that it already has.
    auto copy = llvm::find_if(*nodes, [&](const onnx::NodeProto &node) {
      return node.op_type() == "Cast" && node.domain().empty() &&
             node.output_size() == 1 && node.input_size() == 1 &&
             node.input(0) == before && node.attribute_size() == 1 &&
             node.attribute(0).i() == input.type().tensor_type().elem_type() &&
             countUses(body, node.output(0)) == 1;
    });
    std::string list = copy == nodes->end() ? before : copy->output(0);
    auto at = llvm::find_if(*nodes, [&](const onnx::NodeProto &node) {
      return node.op_type() == "Concat" && node.domain().empty() &&
             node.input_size() == 2 && node.input(0) == list &&
             node.output_size() == 1 && node.output(0) == after;
    });
    if (at == nodes->end())
      continue;
    int64_t axis = 0;
    for (const onnx::AttributeProto &attribute : at->attribute())
      if (attribute.name() == "axis")
        axis = attribute.i();
    found.push_back({number, axis, at->input(1)});
    nodes->erase(at);
    if (list != before)
      nodes->erase(llvm::find_if(*nodes, [&](const onnx::NodeProto &node) {
        return node.output_size() && node.output(0) == list;
      }));
    body.mutable_input()->erase(body.input().begin() + 2 + number);
    body.mutable_output()->erase(body.output().begin() + 1 + number);
  }
  std::reverse(found.begin(), found.end());
  for (const Growing &list : found)
    body.add_output()->set_name(list.piece);
  return found;
}

/// How many times a loop is run.
struct LoopLimit {
  /// Not negative; the largest int64 where there is no limit.
  Extent count;
  /// Whether it is run at all, where that is not known while importing.
  TensorValue start;
};

static std::optional<LoopLimit> readLimit(Node &n, size_t scans) {
  Graph &g = n.g;
  std::optional<Extents> count;
  if (n.has(0))
    count = g.elements(n.in(0), /*forced=*/true);
  if (!count && scans) {
    n.fail("scans outputs over an unlimited number of iterations, expected the "
           "operand M");
    return std::nullopt;
  }
  if (count && count->size() != 1) {
    n.fail("has an operand M of " + Twine(count->size()) +
           " elements, expected one");
    return std::nullopt;
  }
  LoopLimit limit{
      single(count).value_or(g.index(std::numeric_limits<int64_t>::max())), {}};
  limit.count = g.max(limit.count, g.index(0));
  if (n.has(1)) {
    auto known = single(g.constantInts(n.in(1)));
    if (!known)
      limit.start = n.in(1);
    else if (!*known)
      limit.count = g.index(0);
  }
  return limit;
}

/// Repeats the body `count` times, so that shapes of carried values may change
/// between iterations, as sequences need it, and yields the loop's outputs.
/// Returns false if a condition is not known while importing: the ops built so
/// far are dead then. Returns nothing after an error.
static std::optional<bool> unrollLoop(Node &n, const onnx::GraphProto &body,
                                      ArrayRef<TensorValue> carried,
                                      size_t scans, int64_t count,
                                      bool hasSequence) {
  Graph &g = n.g;
  SmallVector<TensorValue> state(carried);
  SmallVector<SmallVector<TensorValue>> scanned(scans);
  bool isKnown = count > 0 || hasSequence;
  Location loc = g.loc;
  for (int64_t i = 0; isKnown && i < count; ++i) {
    SmallVector<TensorValue> operands{g.number(g.i64(), i),
                                      g.number(g.i1(), 1)};
    llvm::append_range(operands, state);
    auto results = n.importer.readGraph(body, operands, &n.scope);
    g.loc = loc;
    if (!results)
      return std::nullopt;
    if (results->size() != 1 + state.size() + scans) {
      n.fail("its body has " + Twine(results->size()) + " outputs, expected " +
             Twine(1 + state.size() + scans));
      return std::nullopt;
    }
    auto continues = single(g.constantInts((*results)[0]));
    isKnown = continues.has_value();
    for (size_t s = 0; s < state.size(); ++s)
      state[s] = (*results)[1 + s];
    for (size_t s = 0; s < scans; ++s)
      scanned[s].push_back(g.unsqueeze((*results)[1 + state.size() + s], {0}));
    if (continues && !*continues)
      break;
  }
  if (!isKnown || g.failed)
    return false;
  for (size_t s = 0; s < state.size(); ++s)
    n.yield(s, state[s]);
  for (size_t s = 0; s < scans; ++s)
    n.yield(state.size() + s, g.concat(scanned[s], 0));
  return true;
}

/// Returns the list after the loop: its initial value, then the pieces of all
/// iterations, [iterations, ...].
static TensorValue grown(Graph &g, TensorValue before, TensorValue pieces,
                         int64_t axis) {
  int64_t rank = pieces.rank() - 1;
  if (g.failed || rank != before.rank() || rank < 1 || axis < -rank ||
      axis >= rank)
    return g.fail("appends a tensor to a list of another rank");
  axis += axis < 0 ? rank : 0;
  Ints order;
  Extents shape;
  for (int64_t d = 0; d < rank; ++d) {
    if (d == axis)
      order.push_back(0);
    order.push_back(d + 1);
    Extent extent = g.dim(pieces, d + 1);
    shape.push_back(d == axis ? g.mul(g.dim(pieces, 0), extent) : extent);
  }
  return g.concat({before, g.reshape(g.transpose(pieces, order), shape)}, axis);
}

void importLoop(Node &n) {
  Graph &g = n.g;
  const onnx::GraphProto *body = n.graph("body");
  if (!body)
    return;
  SmallVector<TensorValue> carried;
  for (size_t i = 2; i < n.inputs(); ++i)
    carried.push_back(n.any(i));
  size_t scans =
      n.outputs() > carried.size() ? n.outputs() - carried.size() : 0;
  std::optional<LoopLimit> known = readLimit(n, scans);
  if (!known)
    return;
  auto [limit, start] = *known;
  bool hasSequence =
      llvm::any_of(carried, [](TensorValue x) { return x && !isTensor(x); });
  if (auto few = getConstantIntValue(limit);
      few && (*few <= 8 || hasSequence) && !start) {
    std::optional<bool> isUnrolled =
        unrollLoop(n, *body, carried, scans, *few, hasSequence);
    if (!isUnrolled || *isUnrolled)
      return;
  }
  if (hasSequence) {
    size_t at = getConstantIntValue(limit) ? 1 : 0;
    n.fail("carries a sequence: its " + Twine(at ? "condition" : "count") +
           " (operand " + Twine(at) + ", '" + n.proto.input(at) +
           "') must be known while compiling: make it an initializer");
    return;
  }
  onnx::GraphProto rest = *body;
  SmallVector<Growing> lists = takeGrowing(rest, carried.size());
  llvm::SaveAndRestore copied(n.importer.copies,
                              n.importer.copies + !lists.empty());
  SmallVector<TensorValue> all = carried;
  for (const Growing &list : llvm::reverse(lists))
    carried.erase(carried.begin() + list.number);
  if (!lists.empty())
    body = &rest;
  // The iteration number is an input; if the number of iterations has no limit,
  // it is a counter among the states.
  std::optional<int64_t> constant = getConstantIntValue(limit);
  bool isEndless = constant == std::numeric_limits<int64_t>::max();
  if (start) {
    Value goes = toCondition(g, start);
    if (!goes)
      return;
    limit = arith::SelectOp::create(g.b, g.loc, goes, g.value(limit),
                                    g.value(g.index(0)))
                .getResult();
  }
  auto operands =
      [&](ArrayRef<TensorValue> states,
          ArrayRef<TensorValue> elements) -> SmallVector<TensorValue> {
    SmallVector<TensorValue> result{isEndless ? states.back() : elements[0],
                                    g.number(g.i1(), 1)};
    llvm::append_range(result, states.take_front(carried.size()));
    return result;
  };
  auto increment = [](TensorValue number) { return number + 1.0; };
  Cell cell{n, *body, carried, {}, {}, operands, /*hasCondition=*/true};
  if (isEndless) {
    cell.states.push_back(g.number(g.i64(), 0));
    cell.hidden = 1;
    cell.next = increment;
    cell.steps = g.value(limit);
  } else {
    cell.inputs.push_back(g.iota({limit}, 0, g.i64()));
  }
  if (g.failed)
    return;
  if (isEndless && !lists.empty()) {
    n.fail("appends to a list over an unlimited number of iterations, "
           "expected the operand M");
    return;
  }
  auto scan = cell.build(scans + lists.size());
  if (!scan)
    return;
  auto scanned = [&](size_t i) {
    TensorValue values = g.wrap(scan.getOutputs()[i]);
    if (!scan.getCount())
      return values;
    auto done = g.elements(g.wrap(scan.getCount()), /*forced=*/true);
    return g.slice(values, 0, g.index(0), (*done)[0]);
  };
  ValueRange finals = scan.getFinals();
  for (size_t i = 0, list = 0; i < all.size(); ++i) {
    if (list < lists.size() && lists[list].number == i) {
      n.yield(i, grown(g, all[i], scanned(scans + list), lists[list].axis));
      ++list;
      continue;
    }
    n.yield(i, g.wrap(finals.front()));
    finals = finals.drop_front();
  }
  for (size_t i = 0; i < scans; ++i)
    n.yield(all.size() + i, scanned(i));
}

void importScan(Node &n) {
  Graph &g = n.g;
  const onnx::GraphProto *body = n.graph("body");
  int64_t scanned = n.integer("num_scan_inputs", 0);
  if (!body)
    return;
  // In opset 8 a batch dimension and the sequence lengths come first.
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
  SmallVector<TensorValue> carried, sources;
  for (size_t i = 0; i < states; ++i)
    carried.push_back(n.in(first + i));
  auto axes = n.ints("scan_input_axes");
  auto directions = n.ints(isOld ? "directions" : "scan_input_directions");
  auto at = [](const std::optional<Ints> &values, size_t i) {
    return values && i < values->size() ? (*values)[i] : 0;
  };
  size_t batches = 0;
  if (isOld) {
    // Each entry of the batch is scanned separately; only a batch of one is in
    // use.
    if (n.in(1).dim(0) != 1) {
      n.fail("a batch of more than one is not supported in opset 8");
      return;
    }
    batches = 1;
    for (TensorValue &value : carried)
      value = g.squeeze(value, {0});
  }
  for (int64_t i = 0; i < scanned; ++i) {
    TensorValue source = n.in(first + states + i);
    if (batches)
      source = g.squeeze(source, {0});
    source = g.moveAxis(source, n.axis(at(axes, i), source.rank()), 0);
    if (at(directions, i))
      source = g.slice(source, 0, g.sub(g.dim(source, 0), g.index(1)),
                       g.dim(source, 0), -1);
    sources.push_back(source);
  }
  if (g.failed)
    return;
  size_t scans = n.outputs() > states ? n.outputs() - states : 0;
  auto outAxes = n.ints("scan_output_axes");
  auto outDirections = n.ints("scan_output_directions");
  auto operands =
      [](ArrayRef<TensorValue> states,
         ArrayRef<TensorValue> elements) -> SmallVector<TensorValue> {
    SmallVector<TensorValue> result(states);
    llvm::append_range(result, elements);
    return result;
  };
  Cell cell{n, *body, carried, sources, {}, operands};
  auto scan = cell.build(scans);
  if (!scan)
    return;
  for (size_t i = 0; i < states; ++i)
    n.yield(i, g.wrap(scan.getFinals()[i]));
  for (size_t i = 0; i < scans; ++i) {
    TensorValue all = g.wrap(scan.getOutputs()[i]);
    if (at(outDirections, i))
      all =
          g.slice(all, 0, g.sub(g.dim(all, 0), g.index(1)), g.dim(all, 0), -1);
    if (int64_t axis = at(outAxes, i))
      all = g.moveAxis(all, 0, n.axis(axis, all.rank()));
    n.yield(states + i, all);
  }
  if (batches)
    for (TensorValue &result : n.results)
      if (result)
        result = g.unsqueeze(result, {0});
}

} // namespace dlc::onnx_import
