//===- Importer.cpp - From an ONNX graph to dl ----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Importer.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SaveAndRestore.h"
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <set>

using namespace mlir;

namespace dlc::onnx_import {

/// The maximum nesting depth of graphs and function calls.
static constexpr unsigned deepest = 64;
/// The maximum number of nodes after expansion, which bounds functions that
/// call other functions repeatedly.
static constexpr int64_t maxNodes = 1 << 20;

static std::string normalDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain.str();
}

/// Returns `'name'`, or the number of a node without a name.
static std::string nameOf(const onnx::NodeProto &node, int64_t number) {
  if (node.name().empty())
    return fmt::format(FMT_STRING("#{}"), number);
  return fmt::format(FMT_STRING("'{}'"), node.name());
}

static std::string qualified(StringRef domain, StringRef name) {
  if (domain.empty())
    return name.str();
  return fmt::format(FMT_STRING("{}.{}"), domain, name);
}

Location Importer::locate(const onnx::NodeProto &node, int64_t number) {
  return NameLoc::get(b.getStringAttr(
      fmt::format(FMT_STRING("{}: node {} ({})"), path, nameOf(node, number),
                  qualified(node.domain(), node.op_type()))));
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

const Operator *findOperator(StringRef domain, StringRef name,
                             int64_t version) {
  for (const Operator &op : getOperators())
    if (name == op.name && domain == op.domain && version >= op.first &&
        version <= op.last)
      return &op;
  return nullptr;
}

const onnx::FunctionProto *Importer::findFunction(StringRef domain,
                                                  StringRef name) const {
  for (const onnx::FunctionProto &function : model->functions())
    if (function.name() == name.str() &&
        normalDomain(function.domain()) == domain)
      return &function;
  return nullptr;
}

/// Returns a hint for an unknown operator.
static std::string suggest(StringRef domain, StringRef name, int64_t version) {
  std::string ranges;
  for (const Operator &op : getOperators())
    if (name == op.name && domain == op.domain)
      ranges += fmt::format(FMT_STRING("{}{} to {}"),
                            ranges.empty() ? "; it is read in opsets " : ", ",
                            op.first, op.last);
  if (!ranges.empty())
    return ranges;
  const Operator *nearest = nullptr;
  unsigned best = name.size() / 3 + 1;
  for (const Operator &op : getOperators()) {
    unsigned distance = name.edit_distance(op.name, true, best);
    if (distance < best) {
      best = distance;
      nearest = &op;
    }
  }
  if (!nearest)
    return "";
  return fmt::format(FMT_STRING("; the nearest name that works is {}"),
                     nearest->name);
}

void Importer::checkOperators(const onnx::GraphProto &top) {
  // In order of the first node that needs each operator.
  std::vector<
      std::pair<std::string, std::pair<std::string, SmallVector<std::string>>>>
      unknown;
  auto check = [&](auto &&self, const auto &nodes, unsigned level,
                   const llvm::StringMap<int64_t> &versions) -> void {
    if (level > deepest)
      return; // reported when it is read
    int64_t number = 0;
    for (const onnx::NodeProto &node : nodes) {
      std::string domain = normalDomain(node.domain());
      auto version = versions.find(domain);
      int64_t v = version == versions.end() ? 0 : version->second;
      if (!findFunction(domain, node.op_type()) &&
          !findOperator(domain, node.op_type(), v)) {
        std::string key = fmt::format(FMT_STRING("{} of opset {}"),
                                      qualified(domain, node.op_type()), v);
        auto at =
            llvm::find_if(unknown, [&](auto &e) { return e.first == key; });
        if (at == unknown.end())
          at = unknown.insert(at,
                              {key, {suggest(domain, node.op_type(), v), {}}});
        at->second.second.push_back(nameOf(node, number));
      }
      for (const onnx::AttributeProto &attribute : node.attribute()) {
        if (attribute.has_g())
          self(self, attribute.g().node(), level + 1, versions);
        for (const onnx::GraphProto &graph : attribute.graphs())
          self(self, graph.node(), level + 1, versions);
      }
      ++number;
    }
  };
  check(check, top.node(), 0, opsets);
  for (const onnx::FunctionProto &function : model->functions()) {
    llvm::StringMap<int64_t> versions;
    for (const auto &import : function.opset_import())
      versions[normalDomain(import.domain())] = import.version();
    check(check, function.node(), 0, versions);
  }
  if (unknown.empty())
    return;
  std::string message = "operators that dlc does not have:";
  for (auto &[name, entry] : unknown) {
    const auto &[advice, nodes] = entry;
    size_t shown = std::min<size_t>(nodes.size(), 8);
    std::string more;
    if (shown < nodes.size())
      more = fmt::format(FMT_STRING(" and {} more"), nodes.size() - shown);
    message += fmt::format(FMT_STRING("\n  {}, {} {}{}{}"), name,
                           nodes.size() == 1 ? "node" : "nodes",
                           llvm::join(ArrayRef(nodes).take_front(shown), ", "),
                           more, advice);
  }
  g.fail(message);
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

bool Importer::readInitializers(const onnx::GraphProto &graph, Scope &scope) {
  auto define = [&](const std::string &name, ElementsAttr value) {
    if (g.failed)
      return false;
    TensorValue constant = g.constant(value);
    if (options.nameParameters && depth == 1 && constant.rank() > 0 &&
        isa<FloatType>(constant.element()))
      constant.value.getDefiningOp()->setAttr(dl::parameterAttr,
                                              g.b.getStringAttr(name));
    if (!scope.define(name, constant)) {
      g.fail("the name '" + name + "' is defined twice in graph '" +
             graph.name() + "'");
      return false;
    }
    return true;
  };
  for (const onnx::TensorProto &tensor : graph.initializer())
    if (!define(tensor.name(), readTensor(tensor)))
      return false;
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer())
    if (!define(tensor.values().name(), readSparse(tensor)))
      return false;
  return true;
}

bool Importer::readNode(const onnx::NodeProto &proto, int64_t number,
                        Scope &scope) {
  g.loc = locate(proto, number);
  if (++nodes > maxNodes) {
    g.fail("is one of more than " + Twine(maxNodes) +
           " nodes, those of called functions included");
    return false;
  }
  std::string domain = normalDomain(proto.domain());
  auto version = opsets.find(domain);
  Node node(*this, g, proto,
            version == opsets.end() ? 0 : int64_t(version->second), scope);
  for (const std::string &name : proto.input()) {
    if (name.empty()) {
      node.inputs_.push_back(TensorValue());
      continue;
    }
    const TensorValue *value = scope.find(name);
    if (!value) {
      g.fail(
          "reads '" + name +
          "', which no input, initializer or earlier node gives: the graph is "
          "incomplete, cyclic or not in order");
      return false;
    }
    node.inputs_.push_back(*value);
  }
  if (const onnx::FunctionProto *function =
          findFunction(domain, proto.op_type())) {
    if (!readCall(*function, node))
      return false;
  } else {
    const Operator *op = findOperator(domain, proto.op_type(), node.version);
    if (!op) {
      g.fail("is no operator that dlc has in opset " + Twine(node.version));
      return false;
    }
    op->rule(node);
  }
  if (g.failed)
    return false;
  for (auto [i, name] : llvm::enumerate(proto.output())) {
    if (name.empty())
      continue;
    if (i >= node.results.size() || !node.results[i]) {
      g.fail("output " + Twine(i) + " ('" + name + "') is not computed by dlc");
      return false;
    }
    if (!scope.define(name, node.results[i])) {
      g.fail("defines '" + name + "', which is defined already");
      return false;
    }
  }
  return true;
}

/// Copies a node of a function and substitutes the caller's attributes.
static onnx::NodeProto bindAttributes(const onnx::NodeProto &node,
                                      const onnx::NodeProto &call,
                                      const onnx::FunctionProto &function,
                                      unsigned depth) {
  onnx::NodeProto result = node;
  auto *attributes = result.mutable_attribute();
  for (int i = attributes->size() - 1; i >= 0; --i) {
    onnx::AttributeProto *attribute = attributes->Mutable(i);
    if (attribute->has_g() && depth < deepest) {
      onnx::GraphProto *graph = attribute->mutable_g();
      for (auto &inner : *graph->mutable_node())
        inner = bindAttributes(inner, call, function, depth + 1);
    }
    if (attribute->ref_attr_name().empty())
      continue;
    const onnx::AttributeProto *given = nullptr;
    for (const onnx::AttributeProto &candidate : call.attribute())
      if (candidate.name() == attribute->ref_attr_name())
        given = &candidate;
    std::string name = attribute->name();
    if (!given) {
      attributes->DeleteSubrange(i, 1);
      continue;
    }
    *attribute = *given;
    attribute->set_name(name);
    attribute->clear_ref_attr_name();
  }
  return result;
}

bool Importer::readCall(const onnx::FunctionProto &function, Node &node) {
  if (++depth > deepest) {
    g.fail("functions call each other more than " + Twine(deepest) +
           " deep, or themselves");
    return false;
  }
  llvm::StringMap<int64_t> outer = opsets;
  opsets.clear();
  for (const auto &import : function.opset_import())
    opsets[normalDomain(import.domain())] = import.version();
  Scope scope;
  for (int i = 0; i < function.input_size(); ++i)
    if (node.has(i))
      scope.define(function.input(i), node.any(i));
  // Attribute defaults are a field that the installed onnx.proto does not have.
  onnx::NodeProto call = node.proto;
  const auto &fields = function.GetReflection()->GetUnknownFields(function);
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() != 11 ||
        fields.field(i).type() !=
            google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
      continue;
    onnx::AttributeProto attribute;
    if (attribute.ParseFromString(fields.field(i).length_delimited()) &&
        !node.find(attribute.name()))
      *call.add_attribute() = attribute;
  }
  int64_t number = 0;
  bool fine = true;
  llvm::SaveAndRestore copied(copies, copies + 1);
  for (const onnx::NodeProto &inner : function.node()) {
    // Optional operands that the caller omitted remain absent.
    onnx::NodeProto bound = bindAttributes(inner, call, function, 0);
    for (std::string &name : *bound.mutable_input())
      if (!name.empty() && !scope.find(name) &&
          llvm::is_contained(function.input(), name))
        name.clear();
    if (!(fine = readNode(bound, number++, scope)))
      break;
  }
  if (fine)
    for (int i = 0; i < function.output_size(); ++i)
      if (const TensorValue *value = scope.find(function.output(i)))
        node.yield(i, *value);
  opsets = std::move(outer);
  --depth;
  return fine;
}

/// Refines a value by extents that the graph declares and dlc could not infer;
/// they are checked at run time.
TensorValue Importer::refine(TensorValue value,
                             const onnx::ValueInfoProto &declared) {
  const auto &shape = declared.type().tensor_type().shape();
  if (!value || !isTensor(value) || shape.dim_size() != value.rank())
    return value;
  Ints extents;
  for (const auto &dim : shape.dim())
    extents.push_back(dim.has_dim_value() ? dim.dim_value()
                                          : ShapedType::kDynamic);
  return g.refine(value, extents,
                  "'" + declared.name() +
                      "' has another shape than the model declares");
}

std::optional<SmallVector<TensorValue>>
Importer::readGraph(const onnx::GraphProto &graph, ArrayRef<TensorValue> inputs,
                    Scope *parent) {
  if (++depth > deepest) {
    g.fail("graphs are nested more than " + Twine(deepest) + " deep");
    return std::nullopt;
  }
  Location whole = g.loc;
  Scope scope(parent);
  llvm::StringSet<> constants;
  for (const auto &tensor : graph.initializer())
    constants.insert(tensor.name());
  for (const auto &tensor : graph.sparse_initializer())
    constants.insert(tensor.values().name());
  size_t next = 0;
  for (const onnx::ValueInfoProto &input : graph.input()) {
    if (constants.contains(input.name()))
      continue;
    if (next >= inputs.size()) {
      g.fail("graph '" + graph.name() + "' has more inputs than it is given");
      return std::nullopt;
    }
    if (!scope.define(input.name(), inputs[next++])) {
      g.fail("graph '" + graph.name() + "' has two inputs named '" +
             input.name() + "'");
      return std::nullopt;
    }
  }
  if (next != inputs.size()) {
    g.fail("graph '" + graph.name() + "' has " + Twine(next) +
           " inputs, it is given " + Twine(inputs.size()));
    return std::nullopt;
  }
  if (!readInitializers(graph, scope))
    return std::nullopt;
  int64_t number = 0;
  for (const onnx::NodeProto &node : graph.node())
    if (!readNode(node, number++, scope))
      return std::nullopt;
  g.loc = whole;
  SmallVector<TensorValue> outputs;
  for (const onnx::ValueInfoProto &output : graph.output()) {
    const TensorValue *value = scope.find(output.name());
    if (!value) {
      g.fail("output '" + output.name() + "' of graph '" + graph.name() +
             "' is given by no node");
      return std::nullopt;
    }
    outputs.push_back(parent ? refine(*value, output) : *value);
  }
  --depth;
  return outputs;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

Type Importer::typeOf(const onnx::ValueInfoProto &value,
                      SmallVectorImpl<std::string> &dims) {
  auto fail = [&](const Twine &message) {
    emitError(g.loc) << "'" << value.name() << "' " << message;
    return Type();
  };
  if (!value.type().has_tensor_type())
    return fail("is no tensor; sequences, maps and optional values are not "
                "supported");
  const auto &tensor = value.type().tensor_type();
  Type element = elementType(b.getContext(), tensor.elem_type());
  if (!element)
    return fail("has elements of " + dataTypeName(tensor.elem_type()) +
                ", which dlc does not have");
  if (!tensor.has_shape())
    return fail("has no shape; its rank must be known, extents may be symbols");
  Ints shape;
  for (const auto &dim : tensor.shape().dim()) {
    const std::string &name = dim.dim_param();
    if (dim.has_dim_value()) {
      if (dim.dim_value() < 0)
        return fail("has the negative extent " + Twine(dim.dim_value()));
      shape.push_back(dim.dim_value());
      dims.push_back("");
      continue;
    }
    // By position, for extents without a name, or by name.
    auto fixed =
        options.dims.find((value.name() + ":" + Twine(shape.size())).str());
    if (fixed == options.dims.end() && !name.empty())
      fixed = options.dims.find(name);
    bool isFixed = fixed != options.dims.end();
    shape.push_back(isFixed ? fixed->second : ShapedType::kDynamic);
    dims.push_back(isFixed ? "" : name);
  }
  return RankedTensorType::get(shape, element);
}

/// Checks that all extents that the user fixed exist.
bool Importer::checkDims(const onnx::GraphProto &graph,
                         const llvm::StringSet<> &constants) {
  std::set<std::string> known, byPosition; // in order
  for (const onnx::ValueInfoProto &input : graph.input()) {
    if (constants.contains(input.name()))
      continue;
    const auto &shape = input.type().tensor_type().shape();
    for (auto [d, dim] : llvm::enumerate(shape.dim())) {
      if (dim.has_dim_value())
        continue;
      std::string name = input.name() + ":" + std::to_string(d);
      byPosition.insert(name);
      known.insert(dim.dim_param().empty() ? name : dim.dim_param());
    }
  }
  SmallVector<StringRef> names(known.begin(), known.end()), all(names);
  all.append(byPosition.begin(), byPosition.end());
  bool valid = true;
  for (const auto &entry : options.dims) {
    if (llvm::is_contained(all, entry.getKey()))
      continue;
    emitError(g.loc) << "has no symbolic dimension '" << entry.getKey()
                     << "', only "
                     << (names.empty() ? std::string("none")
                                       : llvm::join(names, ", "))
                     << dl::suggestName(entry.getKey(), all);
    valid = false;
  }
  return valid;
}

bool Importer::checkModel() {
  if (!model->has_graph()) {
    g.fail("is no ONNX model: it has no graph");
    return false;
  }
  for (const auto &import : model->opset_import()) {
    std::string domain = normalDomain(import.domain());
    opsets[domain] = import.version();
  }
  if (opsets.empty())
    opsets[""] = 1;
  checkOperators(model->graph());
  return !g.failed;
}

bool Importer::parse(StringRef bytes) {
  model = std::make_shared<onnx::ModelProto>();
  google::protobuf::io::ArrayInputStream stream(bytes.data(), bytes.size());
  google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetTotalBytesLimit(std::numeric_limits<int>::max());
  if (bytes.size() > size_t(std::numeric_limits<int>::max())) {
    g.fail(
        "has more than 2 GiB, which the format does not allow; large weights "
        "belong in files beside it (external data)");
    return false;
  }
  if (!model->ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage()) {
    g.fail("is no ONNX model, or truncated: protobuf cannot be parsed after "
           "byte " +
           Twine(coded.CurrentPosition()) + " of " + Twine(bytes.size()));
    return false;
  }
  return checkModel();
}

std::optional<Importer::Inputs> Importer::declareInputs() {
  const onnx::GraphProto &graph = model->graph();
  llvm::StringSet<> constants;
  for (const auto &tensor : graph.initializer())
    constants.insert(tensor.name());
  for (const auto &tensor : graph.sparse_initializer())
    constants.insert(tensor.values().name());
  Inputs inputs;
  bool valid = true;
  for (const onnx::ValueInfoProto &input : graph.input()) {
    if (constants.contains(input.name()))
      continue;
    SmallVector<std::string> symbols;
    Type type = typeOf(input, symbols);
    valid &= bool(type);
    inputs.types.push_back(type);
    inputs.names.push_back(input.name());
    inputs.symbols.push_back(std::move(symbols));
  }
  valid &= checkDims(graph, constants);
  if (!valid)
    return std::nullopt;
  return inputs;
}

func::FuncOp Importer::createMain(const Inputs &inputs,
                                  SmallVectorImpl<TensorValue> &arguments) {
  auto function = func::FuncOp::create(b, g.loc, "main",
                                       b.getFunctionType(inputs.types, {}));
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);
  for (auto [i, argument] : llvm::enumerate(entry->getArguments())) {
    ArrayRef<std::string> symbols = inputs.symbols[i];
    arguments.push_back(g.wrap(argument));
    g.nameExtents(argument, symbols);
    function.setArgAttr(i, dl::nameAttr, b.getStringAttr(inputs.names[i]));
    if (llvm::all_of(symbols, [](const auto &name) { return name.empty(); }))
      continue;
    SmallVector<StringRef> names(symbols.begin(), symbols.end());
    function.setArgAttr(i, dl::dimsAttr, b.getStrArrayAttr(names));
  }
  return function;
}

bool Importer::checkDeclaration(const onnx::ValueInfoProto &declared,
                                TensorValue output) {
  if (!declared.type().has_tensor_type())
    return true;
  const auto &type = declared.type().tensor_type();
  Type element = elementType(b.getContext(), type.elem_type());
  if (element && element != output.element()) {
    emitError(g.loc) << "declares output '" << declared.name()
                     << "' with elements of " << element << ", its node gives "
                     << output.element();
    return false;
  }
  const auto &shape = type.shape();
  bool fits = !type.has_shape() || shape.dim_size() == output.rank();
  for (int d = 0; fits && d < shape.dim_size(); ++d)
    fits = !shape.dim(d).has_dim_value() ||
           dl::mayEqual(shape.dim(d).dim_value(), output.dim(d));
  if (!fits)
    emitError(g.loc) << "declares output '" << declared.name()
                     << "' with another shape than "
                     << dl::toString(output.shape())
                     << ", which its node gives";
  return fits;
}

bool Importer::collectResults(ArrayRef<TensorValue> outputs,
                              SmallVectorImpl<Value> &results,
                              SmallVectorImpl<std::string> &names) {
  for (auto [output, declared] : llvm::zip(outputs, model->graph().output())) {
    // The tensors of a sequence are separate results.
    if (isSequence(output)) {
      for (auto [i, part] : llvm::enumerate(partsOf(output))) {
        results.push_back(part.value);
        names.push_back(fmt::format(FMT_STRING("{}_{}"), declared.name(), i));
      }
      continue;
    }
    if (!isTensor(output)) {
      emitError(g.loc) << "output '" << declared.name()
                       << "' is an optional value without one, expected a "
                          "tensor";
      return false;
    }
    if (!checkDeclaration(declared, output))
      return false;
    results.push_back(output.value);
    names.push_back(declared.name());
  }
  auto isNoTensor = [](Value v) { return !isa<RankedTensorType>(v.getType()); };
  if (results.empty() || llvm::any_of(results, isNoTensor)) {
    g.fail("gives a sequence of sequences, or nothing but empty sequences, "
           "expected tensors");
    return false;
  }
  return true;
}

OwningOpRef<ModuleOp> Importer::run(StringRef bytes) {
  g.loc = NameLoc::get(b.getStringAttr(path));
  if (!parse(bytes))
    return {};
  std::optional<Inputs> inputs = declareInputs();
  if (!inputs)
    return {};
  OwningOpRef<ModuleOp> module = ModuleOp::create(g.loc);
  b.setInsertionPointToEnd(module->getBody());
  SmallVector<TensorValue> arguments;
  func::FuncOp function = createMain(*inputs, arguments);
  Location whole = g.loc;
  auto outputs = readGraph(model->graph(), arguments, nullptr);
  if (!outputs || g.failed)
    return {};
  g.loc = whole;
  if (outputs->empty()) {
    g.fail("has no output");
    return {};
  }
  SmallVector<Value> results;
  SmallVector<std::string> names;
  if (!collectResults(*outputs, results, names))
    return {};
  func::ReturnOp::create(b, g.loc, results);
  function.setType(
      b.getFunctionType(inputs->types, ValueRange(results).getTypes()));
  for (auto [i, name] : llvm::enumerate(names))
    function.setResultAttr(i, dl::nameAttr, b.getStringAttr(name));
  eraseSequences(*module);
  if (failed(verify(*module)))
    return {};
  return module;
}

} // namespace dlc::onnx_import

using namespace dlc;
using namespace dlc::onnx_import;

OwningOpRef<ModuleOp> dlc::importONNX(StringRef bytes, StringRef path,
                                      const ImportOptions &options,
                                      MLIRContext *context) {
  context->loadDialect<dl::DLDialect, func::FuncDialect, tensor::TensorDialect,
                       scf::SCFDialect, arith::ArithDialect,
                       dlc::codegen::CodegenDialect, linalg::LinalgDialect,
                       math::MathDialect>();
  return Importer(path, options, context).run(bytes);
}

void dlc::printONNXOperators(llvm::raw_ostream &os) {
  for (const Operator &op : getOperators())
    os << (*op.domain ? op.domain + std::string(".") : std::string()) << op.name
       << " " << op.first << " " << op.last << "\n";
}
