//===- Importer.h - From an ONNX graph to dl --------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_IMPORT_ONNX_IMPORTER_H
#define DLC_LIB_IMPORT_ONNX_IMPORTER_H

#include "Tensor.h"
#include "dlc/Import/ONNX.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <memory>

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace dlc::onnx_import {

/// The names visible in a graph: its own and those of the enclosing graphs.
class Scope {
public:
  explicit Scope(const Scope *parent = nullptr) : parent(parent) {}
  const TensorValue *find(llvm::StringRef name) const {
    auto it = names.find(name);
    if (it != names.end())
      return &it->second;
    return parent ? parent->find(name) : nullptr;
  }
  bool define(llvm::StringRef name, TensorValue value) {
    return names.try_emplace(name, value).second;
  }

private:
  const Scope *parent;
  llvm::StringMap<TensorValue> names;
};

class Importer;

/// A node being read: operands, attributes, results.
class Node {
public:
  Node(Importer &importer, Graph &g, const onnx::NodeProto &proto,
       int64_t version, Scope &scope)
      : importer(importer), g(g), proto(proto), version(version), scope(scope) {
  }

  size_t inputs() const { return inputs_.size(); }
  /// Whether operand i is given; an omitted optional operand may have an empty
  /// name.
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i]; }
  /// Returns operand i; reports an error if it is missing or not a tensor.
  TensorValue in(size_t i);
  /// Returns operand i, a tensor or a sequence; reports an error if it is
  /// missing.
  TensorValue any(size_t i);
  /// Returns the tensors of operand i; reports an error if it is not a
  /// sequence.
  std::optional<llvm::SmallVector<TensorValue>> sequence(size_t i);
  size_t outputs() const { return proto.output_size(); }
  bool wants(size_t i) const {
    return i < outputs() && !proto.output(i).empty();
  }

  bool hasAttr(llvm::StringRef name) const { return find(name); }
  int64_t integer(llvm::StringRef name, int64_t otherwise);
  double real(llvm::StringRef name, double otherwise);
  std::string string(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<Ints> ints(llvm::StringRef name);
  std::optional<llvm::SmallVector<double>> reals(llvm::StringRef name);
  std::optional<llvm::SmallVector<std::string>> strings(llvm::StringRef name);
  const onnx::GraphProto *graph(llvm::StringRef name);
  const onnx::AttributeProto *find(llvm::StringRef name) const;

  /// Returns the integers of an operand that must be known at compile time,
  /// such as axes; nothing if the operand is absent.
  std::optional<Ints> knownInts(size_t i, llvm::StringRef what);
  /// Returns integers that are an attribute in old opsets and an operand in new
  /// ones.
  std::optional<Ints> intsFrom(llvm::StringRef attribute, size_t operand);
  /// Returns the elements of an integer operand; unknown ones are read at run
  /// time.
  Extents extentsOf(size_t i, llvm::StringRef what);
  /// Returns the floats of an operand that must be known at compile time.
  std::optional<llvm::SmallVector<double>> knownFloats(size_t i,
                                                       llvm::StringRef what);
  /// Wraps an axis to [0, rank); reports an error if it is out of bounds.
  int64_t axis(int64_t value, int64_t rank);

  void yield(TensorValue value) { yield(0, value); }
  void yield(size_t i, TensorValue value);
  TensorValue fail(const llvm::Twine &message) { return g.fail(message); }

  Importer &importer;
  Graph &g;
  const onnx::NodeProto &proto;
  /// The opset of the operator's domain that the model imports.
  const int64_t version;
  Scope &scope;
  llvm::SmallVector<TensorValue> inputs_;
  llvm::SmallVector<TensorValue> results;
};

/// Imports one node of one operator.
using Rule = void (*)(Node &);
struct Operator {
  const char *domain, *name;
  int64_t first, last;
  Rule rule;
};
/// Returns all operators, sorted by domain and name (Operators.cpp).
llvm::ArrayRef<Operator> getOperators();
const Operator *findOperator(llvm::StringRef domain, llvm::StringRef name,
                             int64_t version);

/// Sequences and optional values (Sequence.cpp). Only their `value` may be
/// accessed; Node::in reports them as errors.
bool isTensor(TensorValue x);
bool isSequence(TensorValue x);
TensorValue makeSequence(Graph &g, llvm::ArrayRef<TensorValue> parts);
llvm::SmallVector<TensorValue> partsOf(TensorValue sequence);
/// Erases the placeholders of sequences that are no longer used.
void eraseSequences(mlir::Operation *root);

/// Returns the element type of a TensorProto data type; null if dl has none.
mlir::Type elementType(mlir::MLIRContext *context, int32_t dataType);
std::string dataTypeName(int32_t dataType);

class Importer {
public:
  /// The number of active copies of parts of the model. Such a copy does not
  /// outlive its scope, so data in it must be copied, not referenced.
  unsigned copies = 0;

  Importer(llvm::StringRef path, const ImportOptions &options,
           mlir::MLIRContext *context)
      : path(path), options(options), b(context), g(b, options.evaluator) {}

  mlir::OwningOpRef<mlir::ModuleOp> run(llvm::StringRef bytes);

  /// Reads the nodes of a graph, given the values of its inputs. Returns its
  /// outputs, or nothing after an error.
  std::optional<llvm::SmallVector<TensorValue>>
  readGraph(const onnx::GraphProto &graph, llvm::ArrayRef<TensorValue> inputs,
            Scope *parent);

  /// Returns a tensor's value (Tensors.cpp): small ones are inline, large ones
  /// are referenced in place.
  mlir::ElementsAttr readTensor(const onnx::TensorProto &tensor);
  mlir::ElementsAttr readSparse(const onnx::SparseTensorProto &tensor);

  /// Whether layers that behave differently in training are kept as layers.
  bool keepsLayers() const { return options.nameParameters; }

  mlir::Location locate(const onnx::NodeProto &node, int64_t number);

private:
  struct Function;
  /// The inputs of the model that are not initializers, in order.
  struct Inputs {
    llvm::SmallVector<mlir::Type> types;
    llvm::SmallVector<std::string> names;
    /// The symbol of each extent, empty where it has none.
    llvm::SmallVector<llvm::SmallVector<std::string>> symbols;
  };

  /// The steps of run(). Each reports what is wrong, and returns false or
  /// nothing then.
  bool parse(llvm::StringRef bytes);
  std::optional<Inputs> declareInputs();
  mlir::func::FuncOp createMain(const Inputs &inputs,
                                llvm::SmallVectorImpl<TensorValue> &arguments);
  bool checkDeclaration(const onnx::ValueInfoProto &declared,
                        TensorValue output);
  bool collectResults(llvm::ArrayRef<TensorValue> outputs,
                      llvm::SmallVectorImpl<mlir::Value> &results,
                      llvm::SmallVectorImpl<std::string> &names);
  bool checkModel();
  bool checkDims(const onnx::GraphProto &graph,
                 const llvm::StringSet<> &constants);
  void checkOperators(const onnx::GraphProto &graph);
  bool readInitializers(const onnx::GraphProto &graph, Scope &scope);
  bool readNode(const onnx::NodeProto &node, int64_t number, Scope &scope);
  TensorValue refine(TensorValue value, const onnx::ValueInfoProto &declared);
  bool readCall(const onnx::FunctionProto &function, Node &node);
  mlir::Type typeOf(const onnx::ValueInfoProto &value,
                    llvm::SmallVectorImpl<std::string> &dims);
  const onnx::FunctionProto *findFunction(llvm::StringRef domain,
                                          llvm::StringRef name) const;
  llvm::ArrayRef<char> externalData(const onnx::TensorProto &tensor,
                                    int64_t bytes,
                                    std::shared_ptr<void> &owner);

  std::string path;
  const ImportOptions &options;
  mlir::OpBuilder b;
  Graph g;
  std::shared_ptr<onnx::ModelProto> model;
  llvm::StringMap<int64_t> opsets;
  llvm::StringMap<std::shared_ptr<void>> mapped; // external files
  unsigned depth = 0;
  int64_t nodes = 0;
};

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_IMPORTER_H
