//===- Tensor.h - Builds dl ops from formulas -------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vocabulary of the import rules: tensors with arithmetic operators, and
// extents that are numbers or values. If an op cannot be built, this is
// reported once. The op then yields a tensor without a value, and everything
// computed from it is empty too, so rules need no error checks between
// statements.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_TENSOR_H
#define DLC_LIB_IMPORT_ONNX_TENSOR_H

#include "Elements.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "dlc/Import/ONNX.h"
#include "dlc/Support/Expression.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::onnx_import {

class Graph;

/// An extent or a position: an index attribute, or a value of type index.
using Extent = mlir::OpFoldResult;
using Extents = llvm::SmallVector<Extent>;
using Ints = llvm::SmallVector<int64_t>;
/// Returns 0, 1, ..., n - 1.
inline Ints upTo(int64_t n) {
  auto range = llvm::seq<int64_t>(0, n);
  return Ints(range.begin(), range.end());
}

/// A tensor. Its operators are element-wise and broadcast as in NumPy.
class TensorValue : public Expression<TensorValue> {
public:
  TensorValue() = default;
  TensorValue(Graph *graph, mlir::Value value) : graph(graph), value(value) {}

  explicit operator bool() const { return bool(value); }
  mlir::RankedTensorType type() const {
    return llvm::cast<mlir::RankedTensorType>(value.getType());
  }
  /// An empty tensor has rank 0, unknown extents and element type f32.
  int64_t rank() const { return value ? type().getRank() : 0; }
  llvm::ArrayRef<int64_t> shape() const {
    return value ? type().getShape() : llvm::ArrayRef<int64_t>();
  }
  int64_t dim(int64_t d) const {
    if (d < 0)
      d += rank();
    return d >= 0 && d < rank() ? shape()[d] : mlir::ShapedType::kDynamic;
  }
  mlir::Type element() const;
  bool isFloat() const { return llvm::isa<mlir::FloatType>(element()); }
  bool isBool() const { return element().isInteger(1); }
  bool isStatic() const { return value && type().hasStaticShape(); }

  /// The operations on which Expression is built.
  TensorValue constant(double number) const;
  static TensorValue apply(UnaryOperator op, TensorValue x);
  static TensorValue apply(BinaryOperator op, TensorValue a, TensorValue b);

  Graph *graph = nullptr;
  mlir::Value value;
};

class Graph : public ArithExtents {
public:
  /// `evaluator` computes ops that the interpreter of Elements.h does not
  /// support.
  Graph(mlir::OpBuilder &b, const ConstantEvaluator &evaluator)
      : ArithExtents(b, b.getUnknownLoc()), evaluator(evaluator) {}

  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  /// Builds an op whose result types are inferred from operands and attributes.
  template <typename OpT>
  llvm::SmallVector<TensorValue>
  ops(llvm::ArrayRef<mlir::Value> operands,
      llvm::ArrayRef<mlir::NamedAttribute> attributes);
  template <typename OpT>
  TensorValue op(llvm::ArrayRef<mlir::Value> operands,
                 llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
    llvm::SmallVector<TensorValue> results = ops<OpT>(operands, attributes);
    return results.empty() ? TensorValue(this, mlir::Value()) : results.front();
  }
  template <typename OpT> TensorValue op(TensorValue x) {
    return op<OpT>({x.value});
  }
  template <typename OpT> TensorValue op(TensorValue a, TensorValue b) {
    return op<OpT>({a.value, b.value});
  }

  mlir::NamedAttribute attr(llvm::StringRef name, int64_t value) {
    return b.getNamedAttr(name, b.getI64IntegerAttr(value));
  }
  mlir::NamedAttribute attr(llvm::StringRef name, double value) {
    return b.getNamedAttr(name, b.getF64FloatAttr(value));
  }
  mlir::NamedAttribute attr(llvm::StringRef name, llvm::ArrayRef<int64_t> v) {
    return b.getNamedAttr(name, b.getDenseI64ArrayAttr(v));
  }
  mlir::NamedAttribute flag(llvm::StringRef name) {
    return b.getNamedAttr(name, b.getUnitAttr());
  }

  /// Reports an error in the current node; returns an empty tensor.
  TensorValue fail(const llvm::Twine &message);

  //===--------------------------------------------------------------------===//
  // Extents
  //===--------------------------------------------------------------------===//

  Extent dim(TensorValue x, int64_t d);
  /// Returns all extents; of an empty tensor, more than any rule accesses.
  Extents dims(TensorValue x);
  /// Returns x with extents known from elsewhere. They are checked at run time:
  /// a call with other extents ends with the message.
  TensorValue refine(TensorValue x, llvm::ArrayRef<int64_t> extents,
                     const llvm::Twine &message);
  /// Checks a condition at run time; a call that violates it ends with the node
  /// and the message.
  void require(mlir::Value condition, const llvm::Twine &message);
  /// Guards sums against overflow: a number read at run time is checked to be
  /// at most 2^48 in magnitude. Constants must be checked by the rule.
  void requireSmall(Extent number, const llvm::Twine &what);
  /// Returns the broadcast of two extents: of 1 and another, the other.
  Extent join(Extent x, Extent y);
  /// Whether two extents are equal in every call.
  bool areEqual(Extent x, Extent y);
  /// Broadcasts the operands to joint extents where dynamic extents need not be
  /// equal; the last `trailing` dimensions are unchanged.
  llvm::SmallVector<mlir::Value> align(llvm::ArrayRef<mlir::Value> operands,
                                       int64_t trailing = 0);
  /// Names the dynamic extents of an input; equal names are equal extents.
  void nameExtents(mlir::Value value, llvm::ArrayRef<std::string> names);
  Extents toExtents(llvm::ArrayRef<int64_t> values);

  /// Returns the elements of an integer tensor of rank 0 or 1 and known length
  /// as extents; with `forced` unknown ones are read from the tensor at run
  /// time.
  std::optional<Extents> elements(TensorValue x, bool forced);
  /// Returns the elements of a constant tensor of integers or floats.
  std::optional<Ints> constantInts(TensorValue x);
  std::optional<llvm::SmallVector<double>> constantFloats(TensorValue x);
  /// Returns a tensor of rank 0 or 1 with these elements.
  TensorValue fromElements(llvm::ArrayRef<Extent> elements, bool isScalar,
                           mlir::Type element);
  /// Returns the elements of a tensor, computed from constants if necessary;
  /// null if one of them is not a known number.
  std::shared_ptr<const Elements> numbers(TensorValue x);
  /// Returns the op's results. Those whose elements can be inferred are
  /// replaced by constants, or tracked as extents.
  llvm::SmallVector<TensorValue> foldOrTrack(mlir::Operation *op);

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  TensorValue wrap(mlir::Value value) { return {this, value}; }
  TensorValue constant(mlir::ElementsAttr value);
  /// Returns a scalar, or a splat, of an element type.
  TensorValue number(mlir::Type element, double value,
                     llvm::ArrayRef<int64_t> shape = {});
  TensorValue ints(llvm::ArrayRef<int64_t> values);

  TensorValue cast(TensorValue x, mlir::Type element, bool overflow = false);
  /// Converts booleans to i32; returns other tensors unchanged.
  TensorValue toNumber(TensorValue x);
  TensorValue reshape(TensorValue x, llvm::ArrayRef<Extent> shape);
  TensorValue broadcast(TensorValue x, llvm::ArrayRef<Extent> shape);
  /// Broadcasts x unidirectionally to `like`: returns x if that is known to be
  /// possible, else x in like's shape, checked. `what` names x in a message.
  TensorValue broadcastLike(TensorValue x, TensorValue like,
                            llvm::StringRef what);
  TensorValue transpose(TensorValue x, llvm::ArrayRef<int64_t> permutation);
  /// [N, C, spatial...] -> [N, spatial..., C] and back.
  TensorValue channelsLast(TensorValue x);
  TensorValue channelsFirst(TensorValue x);
  /// Moves dimension `from` to position `to`.
  TensorValue moveAxis(TensorValue x, int64_t from, int64_t to);
  TensorValue unsqueeze(TensorValue x, llvm::ArrayRef<int64_t> axes);
  TensorValue squeeze(TensorValue x, llvm::ArrayRef<int64_t> axes);
  TensorValue concat(llvm::ArrayRef<TensorValue> inputs, int64_t axis);
  /// Returns elements start + i step for 0 <= i < size along an axis.
  TensorValue slice(TensorValue x, int64_t axis, Extent start, Extent size,
                    int64_t step = 1);
  TensorValue gather(TensorValue x, TensorValue indices, int64_t axis);
  /// Returns a tensor whose elements are their index along the axis.
  TensorValue iota(llvm::ArrayRef<Extent> shape, int64_t axis,
                   mlir::Type element);
  TensorValue select(TensorValue condition, TensorValue a, TensorValue b);
  TensorValue matmul(TensorValue a, TensorValue b);
  template <typename OpT>
  TensorValue reduce(TensorValue x, llvm::ArrayRef<int64_t> axes,
                     bool keepDims) {
    llvm::SmallVector<mlir::NamedAttribute> attributes{attr("axes", axes)};
    if (keepDims)
      attributes.push_back(flag("keep_dims"));
    return op<OpT>({x.value}, attributes);
  }
  /// (x - mean) / sqrt(variance + epsilon) over the last dimension.
  TensorValue normalizeLast(TensorValue x, double epsilon);

  mlir::Type f32() { return b.getF32Type(); }
  mlir::Type i64() { return b.getI64Type(); }
  mlir::Type i1() { return b.getI1Type(); }

  bool failed = false;
  /// What is known about the elements of values.
  llvm::DenseMap<mlir::Value, std::shared_ptr<const Elements>> known;

private:
  /// The symbolic extents of a value, or an extent, as expressions
  /// (Symbols.cpp).
  llvm::ArrayRef<mlir::AffineExpr> shapeOf(mlir::Value value,
                                           unsigned depth = 0);
  mlir::AffineExpr expression(Extent extent, unsigned depth = 0);
  mlir::AffineExpr unknown();

  /// Returns known elements; `demanded` also reads parameters and large
  /// constants.
  std::shared_ptr<const Elements> find(mlir::Value value, bool demanded);
  /// Returns elements that can be computed from constants.
  std::shared_ptr<const Elements> evaluateOnDemand(mlir::Value value);
  std::optional<llvm::SmallVector<Elements>>
  evaluateOp(mlir::Operation *op,
             llvm::ArrayRef<std::shared_ptr<const Elements>> operands,
             int64_t limit);
  std::optional<llvm::SmallVector<Elements>>
  compileOp(mlir::Operation *op,
            llvm::ArrayRef<std::shared_ptr<const Elements>> operands);

  const ConstantEvaluator &evaluator;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::AffineExpr>> shapes;
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> expressions;
  llvm::StringMap<mlir::AffineExpr> namedExtents;
  unsigned symbols = 0;
  /// For ops whose value was demanded: whether all their transitive operands
  /// are constant.
  llvm::DenseMap<mlir::Operation *, bool> fixed;
  llvm::SmallVector<TensorValue> build(mlir::OperationState &state,
                                       llvm::function_ref<llvm::LogicalResult(
                                           llvm::SmallVectorImpl<mlir::Type> &)>
                                           infer);
};

template <typename OpT>
llvm::SmallVector<TensorValue>
Graph::ops(llvm::ArrayRef<mlir::Value> operands,
           llvm::ArrayRef<mlir::NamedAttribute> attributes) {
  mlir::OperationState state(loc, OpT::getOperationName());
  llvm::SmallVector<mlir::Value> aligned;
  if (OpT::template hasTrait<dl::ElementwiseOpInterface::Trait>()) {
    aligned = align(operands);
    operands = aligned;
  }
  state.addOperands(operands);
  mlir::DictionaryAttr dictionary = b.getDictionaryAttr(attributes);
  state.attributes = mlir::NamedAttrList(dictionary);
  return build(state, [&](llvm::SmallVectorImpl<mlir::Type> &types) {
    typename OpT::Properties properties;
    mlir::RegisteredOperationName name = *state.name.getRegisteredInfo();
    OpT::populateDefaultProperties(name, properties);
    mlir::NamedAttrList all(dictionary);
    auto emitError = [&] { return mlir::emitError(loc); };
    if (mlir::failed(OpT::setPropertiesFromAttr(
            properties, all.getDictionary(b.getContext()), emitError)))
      return mlir::failure();
    return OpT::inferReturnTypes(b.getContext(), loc, operands, dictionary,
                                 mlir::OpaqueProperties(&properties), {},
                                 types);
  });
}

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_TENSOR_H
