//===- Node.cpp - Operands and attributes of a node -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Importer.h"

using namespace mlir;

namespace dlc::onnx_import {

TensorValue Node::any(size_t i) {
  if (has(i))
    return inputs_[i];
  return fail("operand " + Twine(i) + " is missing");
}

TensorValue Node::in(size_t i) {
  TensorValue x = any(i);
  if (!x || isTensor(x))
    return x;
  return fail("operand " + Twine(i) + " ('" + proto.input(i) + "') is " +
              (isSequence(x) ? "a sequence" : "an optional value without one") +
              ", expected a tensor");
}

const onnx::AttributeProto *Node::find(StringRef name) const {
  for (const onnx::AttributeProto &attribute : proto.attribute())
    if (attribute.name() == name.str())
      return &attribute;
  return nullptr;
}

/// Whether an attribute has a type. Attributes of old models may lack it.
static bool hasType(const onnx::AttributeProto &attribute,
                    onnx::AttributeProto::AttributeType type) {
  return attribute.type() == type ||
         attribute.type() == onnx::AttributeProto::UNDEFINED;
}

int64_t Node::integer(StringRef name, int64_t otherwise) {
  const onnx::AttributeProto *attribute = find(name);
  if (!attribute)
    return otherwise;
  if (!hasType(*attribute, onnx::AttributeProto::INT))
    fail("attribute '" + name + "' is not an integer");
  return attribute->i();
}

double Node::real(StringRef name, double otherwise) {
  const onnx::AttributeProto *attribute = find(name);
  if (!attribute)
    return otherwise;
  if (!hasType(*attribute, onnx::AttributeProto::FLOAT))
    fail("attribute '" + name + "' is not a float");
  return attribute->f();
}

std::string Node::string(StringRef name, StringRef otherwise) {
  const onnx::AttributeProto *attribute = find(name);
  if (!attribute)
    return otherwise.str();
  if (!hasType(*attribute, onnx::AttributeProto::STRING))
    fail("attribute '" + name + "' is not a string");
  return attribute->s();
}

std::optional<Ints> Node::ints(StringRef name) {
  const onnx::AttributeProto *attribute = find(name);
  if (!attribute)
    return std::nullopt;
  if (!hasType(*attribute, onnx::AttributeProto::INTS))
    fail("attribute '" + name + "' is not a list of integers");
  return Ints(attribute->ints().begin(), attribute->ints().end());
}

std::optional<SmallVector<double>> Node::reals(StringRef name) {
  const onnx::AttributeProto *attribute = find(name);
  if (!attribute)
    return std::nullopt;
  if (!hasType(*attribute, onnx::AttributeProto::FLOATS))
    fail("attribute '" + name + "' is not a list of floats");
  return SmallVector<double>(attribute->floats().begin(),
                             attribute->floats().end());
}

std::optional<SmallVector<std::string>> Node::strings(StringRef name) {
  const onnx::AttributeProto *attribute = find(name);
  if (!attribute)
    return std::nullopt;
  if (!hasType(*attribute, onnx::AttributeProto::STRINGS))
    fail("attribute '" + name + "' is not a list of strings");
  return SmallVector<std::string>(attribute->strings().begin(),
                                  attribute->strings().end());
}

const onnx::GraphProto *Node::graph(StringRef name) {
  const onnx::AttributeProto *attribute = find(name);
  if (attribute && attribute->has_g())
    return &attribute->g();
  fail("attribute '" + name + "' with a graph is missing");
  return nullptr;
}

std::optional<Ints> Node::knownInts(size_t i, StringRef what) {
  if (!has(i))
    return std::nullopt;
  std::optional<Ints> values = g.constantInts(in(i));
  if (!values)
    fail("its " + what + " (operand " + Twine(i) + ", '" + proto.input(i) +
         "') must be known while compiling: make it an initializer");
  return values;
}

std::optional<Ints> Node::intsFrom(StringRef attribute, size_t operand) {
  if (std::optional<Ints> values = ints(attribute))
    return values;
  return knownInts(operand, attribute);
}

Extents Node::extentsOf(size_t i, StringRef what) {
  TensorValue x = in(i);
  std::optional<Extents> values = g.elements(x, /*forced=*/true);
  if (!values)
    fail("its " + what + " (operand " + Twine(i) +
         ") must be a vector of known length of up to 64 integers: make it an "
         "initializer");
  return values.value_or(Extents());
}

std::optional<SmallVector<double>> Node::knownFloats(size_t i, StringRef what) {
  if (!has(i))
    return std::nullopt;
  auto values = g.constantFloats(in(i));
  if (!values)
    fail("its " + what + " (operand " + Twine(i) + ", '" + proto.input(i) +
         "') must be known while compiling: make it an initializer");
  return values;
}

int64_t Node::axis(int64_t value, int64_t rank) {
  if (value >= -rank && value < rank)
    return value < 0 ? value + rank : value;
  fail("axis " + Twine(value) + " is out of range for an operand of rank " +
       Twine(rank));
  return 0;
}

void Node::yield(size_t i, TensorValue value) {
  if (i >= results.size())
    results.resize(i + 1);
  results[i] = value;
  if (!value)
    g.failed = true;
}

} // namespace dlc::onnx_import
