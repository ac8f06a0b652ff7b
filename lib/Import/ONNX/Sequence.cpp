//===- Sequence.cpp - Sequences of known length ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A sequence is a list of tensors that exists only during import: a value of a
// tuple type that stands for its parts. No such value remains in the imported
// program.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "Single.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc::onnx_import {

bool isTensor(TensorValue x) {
  return x.value && isa<RankedTensorType>(x.value.getType());
}

bool isSequence(TensorValue x) {
  return x.value && isa<TupleType>(x.value.getType());
}

TensorValue makeSequence(Graph &g, ArrayRef<TensorValue> parts) {
  SmallVector<Value> values;
  SmallVector<Type> types;
  for (TensorValue part : parts) {
    if (!part)
      return {&g, Value()};
    values.push_back(part.value);
    types.push_back(part.value.getType());
  }
  auto type = TupleType::get(g.b.getContext(), types);
  return g.wrap(UnrealizedConversionCastOp::create(g.b, g.loc, type, values)
                    .getResult(0));
}

SmallVector<TensorValue> partsOf(TensorValue sequence) {
  SmallVector<TensorValue> parts;
  if (auto cast = sequence.value.getDefiningOp<UnrealizedConversionCastOp>())
    for (Value value : cast.getInputs())
      parts.push_back(sequence.graph->wrap(value));
  return parts;
}

void eraseSequences(Operation *root) {
  // In reverse order: uses come after definitions.
  SmallVector<UnrealizedConversionCastOp> casts;
  root->walk([&](UnrealizedConversionCastOp cast) { casts.push_back(cast); });
  for (UnrealizedConversionCastOp cast : llvm::reverse(casts))
    if (cast.use_empty())
      cast.erase();
}

std::optional<SmallVector<TensorValue>> Node::sequence(size_t i) {
  TensorValue x = any(i);
  if (!x)
    return std::nullopt;
  if (isSequence(x))
    return partsOf(x);
  fail("operand " + Twine(i) + " ('" + proto.input(i) +
       "') is a tensor, expected a sequence");
  return std::nullopt;
}

void importSequenceEmpty(Node &n) { n.yield(makeSequence(n.g, {})); }

void importSequenceConstruct(Node &n) {
  SmallVector<TensorValue> parts;
  for (size_t i = 0; i < n.inputs(); ++i)
    parts.push_back(n.in(i));
  n.yield(makeSequence(n.g, parts));
}

void importSequenceLength(Node &n) {
  if (auto parts = n.sequence(0))
    n.yield(n.g.constant(DenseElementsAttr::get(
        RankedTensorType::get({}, n.g.i64()), int64_t(parts->size()))));
}

/// Returns the position in [0, count) that operand i gives, counted from the
/// end if negative; the last if it is absent.
static std::optional<int64_t> positionOf(Node &n, size_t i, int64_t count) {
  int64_t position = count - 1;
  if (n.has(i)) {
    auto given = n.knownInts(i, "position");
    if (!given)
      return std::nullopt;
    if (given->size() != 1) {
      n.fail("its position has " + Twine(given->size()) +
             " elements, expected one");
      return std::nullopt;
    }
    position = given->front() < 0 ? given->front() + count : given->front();
  }
  if (position >= 0 && position < count)
    return position;
  n.fail("has a position beyond a sequence of " + Twine(count));
  return std::nullopt;
}

void importSequenceAt(Node &n) {
  auto parts = n.sequence(0);
  if (!parts)
    return;
  if (auto position = positionOf(n, 1, parts->size()))
    n.yield((*parts)[*position]);
}

void importSequenceErase(Node &n) {
  auto parts = n.sequence(0);
  if (!parts)
    return;
  if (auto position = positionOf(n, 1, parts->size())) {
    parts->erase(parts->begin() + *position);
    n.yield(makeSequence(n.g, *parts));
  }
}

void importSequenceInsert(Node &n) {
  auto parts = n.sequence(0);
  TensorValue x = n.in(1);
  if (!parts || !x)
    return;
  int64_t position = parts->size();
  if (n.has(2)) {
    auto given = n.knownInts(2, "position");
    if (!given)
      return;
    int64_t count = parts->size();
    position = given->size() == 1 ? given->front() : -count - 1;
    position = position < 0 ? position + count : position;
    if (position < 0 || position > count) {
      n.fail("has a position beyond a sequence of " + Twine(count));
      return;
    }
  }
  parts->insert(parts->begin() + position, x);
  n.yield(makeSequence(n.g, *parts));
}

void importSplitToSequence(Node &n) {
  Graph &g = n.g;
  TensorValue x = n.in(0);
  int64_t axis = n.axis(n.integer("axis", 0), x.rank());
  auto given = n.knownInts(1, "split");
  if (g.failed)
    return;
  int64_t extent = x.dim(axis);
  Ints sizes;
  if (given && n.in(1).rank() == 1) {
    sizes = *given;
  } else {
    int64_t each = given ? single(given).value_or(0) : 1;
    if (ShapedType::isDynamic(extent) || each < 1) {
      n.fail("splits " + dl::toString(x.shape()) + " along axis " +
             Twine(axis) + " into parts of " + Twine(each) +
             ", expected an extent that is known while compiling and parts of "
             "1 and more");
      return;
    }
    if (extent / each > (1 << 16)) {
      n.fail("splits into more than 65536 parts");
      return;
    }
    for (int64_t at = 0; at < extent; at += each)
      sizes.push_back(std::min(each, extent - at));
  }
  SmallVector<TensorValue> parts;
  if (!sizes.empty())
    parts = g.ops<dl::SplitOp>({x.value},
                               {g.attr("axis", axis), g.attr("sizes", sizes)});
  if (!given && !n.integer("keepdims", 1))
    for (TensorValue &part : parts)
      part = g.squeeze(part, {axis});
  if (!g.failed)
    n.yield(makeSequence(g, parts));
}

void importConcatFromSequence(Node &n) {
  Graph &g = n.g;
  auto parts = n.sequence(0);
  if (!parts)
    return;
  if (parts->empty()) {
    n.fail("concatenates an empty sequence");
    return;
  }
  bool isNew = n.integer("new_axis", 0);
  int64_t axis =
      n.axis(n.integer("axis", 0), parts->front().rank() + (isNew ? 1 : 0));
  if (isNew)
    for (TensorValue &part : *parts)
      part = g.unsqueeze(part, {axis});
  n.yield(g.concat(*parts, axis));
}

/// Applies the graph to each element; the iterations are unrolled.
void importSequenceMap(Node &n) {
  Graph &g = n.g;
  const onnx::GraphProto *body = n.graph("body");
  auto first = n.sequence(0);
  if (!body || !first)
    return;
  SmallVector<SmallVector<TensorValue>> inputs, outputs(n.outputs());
  for (size_t i = 0; i < n.inputs(); ++i) {
    TensorValue x = n.any(i);
    if (!x)
      return;
    inputs.push_back(isSequence(x)
                         ? partsOf(x)
                         : SmallVector<TensorValue>(first->size(), x));
    if (inputs.back().size() != first->size()) {
      n.fail("has sequences of " + Twine(first->size()) + " and " +
             Twine(inputs.back().size()) + " tensors, expected one length");
      return;
    }
  }
  Location loc = g.loc;
  for (size_t at = 0; at < first->size(); ++at) {
    SmallVector<TensorValue> operands;
    for (const SmallVector<TensorValue> &input : inputs)
      operands.push_back(input[at]);
    auto results = n.importer.readGraph(*body, operands, &n.scope);
    g.loc = loc;
    if (!results)
      return;
    if (results->size() != outputs.size()) {
      n.fail("its body has " + Twine(results->size()) + " outputs, expected " +
             Twine(outputs.size()));
      return;
    }
    for (auto [output, result] : llvm::zip(outputs, *results))
      output.push_back(result);
  }
  for (auto [i, output] : llvm::enumerate(outputs))
    n.yield(i, makeSequence(g, output));
}

//===----------------------------------------------------------------------===//
// Optional values
//===----------------------------------------------------------------------===//

/// Whether an optional has a value is known at compile time. A present optional
/// is the value itself; an absent one is a value of type none.
void importOptional(Node &n) {
  Graph &g = n.g;
  if (n.has(0))
    return n.yield(n.any(0));
  n.yield(g.wrap(
      UnrealizedConversionCastOp::create(
          g.b, g.loc, TypeRange{NoneType::get(g.b.getContext())}, ValueRange())
          .getResult(0)));
}

static bool isNone(TensorValue x) { return isa<NoneType>(x.value.getType()); }

void importOptionalHasElement(Node &n) {
  bool has = n.has(0) && !isNone(n.any(0));
  n.yield(n.g.number(n.g.i1(), has));
}

void importOptionalGetElement(Node &n) {
  TensorValue x = n.any(0);
  if (!x)
    return;
  if (isNone(x)) {
    n.fail("takes the element of an optional value that has none");
    return;
  }
  n.yield(x);
}

} // namespace dlc::onnx_import
