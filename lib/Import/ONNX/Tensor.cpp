//===- Tensor.cpp - Builds dl ops from formulas ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Tensor.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "dlc/Dialect/DL/IR/Operators.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace dlc::onnx_import {

Type TensorValue::element() const {
  if (value)
    return type().getElementType();
  return Float32Type::get(graph->b.getContext());
}

TensorValue TensorValue::constant(double number) const {
  return value ? graph->number(element(), number) : TensorValue(graph, Value());
}

TensorValue TensorValue::apply(UnaryOperator op, TensorValue x) {
  return dl::withOpOf(
      op, [&](auto tag) { return x.graph->op<typename decltype(tag)::Op>(x); });
}

TensorValue TensorValue::apply(BinaryOperator op, TensorValue a,
                               TensorValue b) {
  return dl::withOpOf(op, [&](auto tag) {
    return a.graph->op<typename decltype(tag)::Op>(a, b);
  });
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

SmallVector<TensorValue>
Graph::build(OperationState &state,
             function_ref<LogicalResult(SmallVectorImpl<Type> &)> infer) {
  if (failed || llvm::any_of(state.operands, [](Value v) { return !v; })) {
    failed = true;
    return {};
  }
  SmallVector<Type> types;
  if (mlir::failed(infer(types))) {
    failed = true;
    return {};
  }
  state.addTypes(types);
  return foldOrTrack(b.create(state));
}

TensorValue Graph::fail(const Twine &message) {
  if (!failed)
    emitError(loc) << message;
  failed = true;
  return {this, Value()};
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

Extent Graph::dim(TensorValue x, int64_t d) {
  if (d < 0)
    d += x.rank();
  if (!x || d < 0 || d >= x.rank()) {
    failed = failed || !x;
    return index(1);
  }
  if (!ShapedType::isDynamic(x.dim(d)))
    return index(x.dim(d));
  if (auto number = dyn_cast<AffineConstantExpr>(shapeOf(x.value)[d]))
    return index(number.getValue());
  return getAsOpFoldResult(b.createOrFold<tensor::DimOp>(loc, x.value, d));
}

Extents Graph::dims(TensorValue x) {
  if (!x) { // callers access the first, the last, or most
    failed = true;
    return Extents(16, index(1));
  }
  Extents result;
  for (int64_t d = 0; d < x.rank(); ++d)
    result.push_back(dim(x, d));
  return result;
}

TensorValue Graph::refine(TensorValue x, ArrayRef<int64_t> extents,
                          const Twine &message) {
  if (!x)
    return x;
  Ints shape(x.shape());
  for (auto [d, extent] : llvm::enumerate(shape)) {
    if (!ShapedType::isDynamic(extent) || ShapedType::isDynamic(extents[d]))
      continue;
    extent = extents[d];
    Value isEqual =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                              value(dim(x, d)), value(index(extent)));
    require(isEqual, message);
  }
  auto type = x.type().clone(shape);
  return type == x.type()
             ? x
             : wrap(tensor::CastOp::create(b, loc, type, x.value).getResult());
}

void Graph::requireSmall(Extent number, const Twine &what) {
  std::optional<IndexRange> range = rangeOf(number);
  if (range && range->least >= -maxBytes && range->most <= maxBytes)
    return;
  using Predicate = arith::CmpIPredicate;
  auto compare = [&](Predicate predicate, int64_t bound) {
    return arith::CmpIOp::create(b, loc, predicate, value(number),
                                 value(index(bound)));
  };
  Value isSmall =
      arith::AndIOp::create(b, loc, compare(Predicate::sge, -maxBytes),
                            compare(Predicate::sle, maxBytes));
  require(isSmall, what + " are beyond 2^48");
}

void Graph::require(Value condition, const Twine &message) {
  auto check = codegen::RequireOp::create(b, loc, condition, "");
  check.setMessage((codegen::describeLocation(check) + ": " + message).str());
}

Extents Graph::toExtents(ArrayRef<int64_t> values) {
  Extents result;
  for (int64_t value : values)
    result.push_back(index(value));
  return result;
}

std::optional<Extents> Graph::elements(TensorValue x, bool forced) {
  if (!x || x.rank() > 1 || x.isFloat() || !x.isStatic())
    return std::nullopt;
  // Larger tensors are data, not shapes.
  int64_t count = x.type().getNumElements();
  if (count > 64)
    return std::nullopt;
  std::shared_ptr<const Elements> given = evaluateOnDemand(x.value);
  Extents result(count);
  for (int64_t i = 0; given && i < count; ++i)
    if (OpFoldResult element = (*given)[i]) {
      auto number = dyn_cast<Attribute>(element);
      result[i] = number ? index(toInteger(number)) : element;
    }
  if (!llvm::is_contained(result, Extent()))
    return result;
  if (!forced)
    return std::nullopt;
  TensorValue wide = cast(toNumber(x), i64());
  if (!wide)
    return std::nullopt;
  for (int64_t i = 0; i < count; ++i) {
    if (result[i])
      continue;
    SmallVector<Value> position;
    if (x.rank() == 1)
      position.push_back(arith::ConstantIndexOp::create(b, loc, i));
    Value element = tensor::ExtractOp::create(b, loc, wide.value, position);
    result[i] = arith::IndexCastOp::create(b, loc, b.getIndexType(), element)
                    .getResult();
  }
  return result;
}

std::shared_ptr<const Elements> Graph::numbers(TensorValue x) {
  auto elements = x ? evaluateOnDemand(x.value) : nullptr;
  return elements && elements->isConstant() ? elements : nullptr;
}

std::optional<Ints> Graph::constantInts(TensorValue x) {
  auto elements = x && !x.isFloat() ? numbers(x) : nullptr;
  if (!elements)
    return std::nullopt;
  Ints result;
  for (int64_t i = 0; i < elements->count(); ++i)
    result.push_back(toInteger(llvm::cast<Attribute>((*elements)[i])));
  return result;
}

std::optional<SmallVector<double>> Graph::constantFloats(TensorValue x) {
  auto elements = numbers(x);
  if (!elements)
    return std::nullopt;
  SmallVector<double> result;
  for (int64_t i = 0; i < elements->count(); ++i) {
    auto number = llvm::cast<Attribute>((*elements)[i]);
    auto real = dyn_cast<FloatAttr>(number);
    result.push_back(real ? real.getValueAsDouble()
                          : double(toInteger(number)));
  }
  return result;
}

TensorValue Graph::fromElements(ArrayRef<Extent> elements, bool isScalar,
                                Type element) {
  if (failed)
    return {this, Value()};
  auto type = isScalar
                  ? RankedTensorType::get({}, element)
                  : RankedTensorType::get({int64_t(elements.size())}, element);
  if (auto values = getConstantIntValues(elements)) {
    SmallVector<APInt> ints;
    for (int64_t value : *values)
      ints.push_back(APInt(element.getIntOrFloatBitWidth(), uint64_t(value),
                           /*isSigned=*/false, /*implicitTrunc=*/true));
    return constant(DenseElementsAttr::get(type, ints));
  }
  SmallVector<Value> values;
  Type scalar =
      IntegerType::get(b.getContext(), element.getIntOrFloatBitWidth());
  for (Extent e : elements)
    values.push_back(
        arith::IndexCastOp::create(b, loc, scalar, value(e)).getResult());
  TensorValue result =
      wrap(tensor::FromElementsOp::create(b, loc, type, values).getResult());
  Elements known{type, false, {}};
  for (Extent e : elements) {
    auto number = getConstantIntValue(e);
    known.values.push_back(
        number ? OpFoldResult(b.getIntegerAttr(element, *number)) : e);
  }
  this->known[result.value] = std::make_shared<Elements>(std::move(known));
  return result;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

TensorValue Graph::constant(ElementsAttr value) {
  return wrap(arith::ConstantOp::create(b, loc, llvm::cast<TypedAttr>(value))
                  .getResult());
}

TensorValue Graph::number(Type element, double value, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, element);
  if (isa<FloatType>(element)) {
    APFloat number(value);
    bool lost;
    number.convert(llvm::cast<FloatType>(element).getFloatSemantics(),
                   APFloat::rmNearestTiesToEven, &lost);
    return constant(DenseElementsAttr::get(type, number));
  }
  return constant(DenseElementsAttr::get(
      type, APInt(element.getIntOrFloatBitWidth(), uint64_t(int64_t(value)),
                  /*isSigned=*/false, /*implicitTrunc=*/true)));
}

TensorValue Graph::ints(ArrayRef<int64_t> values) {
  return constant(DenseElementsAttr::get(
      RankedTensorType::get({int64_t(values.size())}, i64()), values));
}

TensorValue Graph::cast(TensorValue x, Type element, bool overflow) {
  if (!x || x.element() == element)
    return x;
  SmallVector<NamedAttribute> attributes{
      b.getNamedAttr("to", TypeAttr::get(element))};
  if (overflow)
    attributes.push_back(flag("overflow"));
  return op<dl::CastOp>({x.value}, attributes);
}

TensorValue Graph::toNumber(TensorValue x) {
  return x.isBool() ? cast(x, b.getI32Type()) : x;
}

/// Returns the type with these extents, and collects the values of dynamic
/// ones.
static RankedTensorType typeOf(Type element, ArrayRef<Extent> shape,
                               SmallVectorImpl<Value> &unknown) {
  Ints extents;
  for (Extent e : shape) {
    std::optional<int64_t> value = getConstantIntValue(e);
    extents.push_back(value.value_or(ShapedType::kDynamic));
    if (!value)
      unknown.push_back(llvm::cast<Value>(e));
  }
  return RankedTensorType::get(extents, element);
}

static bool hasNegative(ArrayRef<Extent> shape) {
  return llvm::any_of(
      shape, [](Extent e) { return getConstantIntValue(e).value_or(0) < 0; });
}

/// Builds an op that reshapes x; returns x if it already has the shape.
template <typename OpT>
static TensorValue giveShape(Graph &g, TensorValue x, ArrayRef<Extent> shape) {
  if (!x || g.failed)
    return {&g, Value()};
  if (hasNegative(shape))
    return g.fail("a shape has a negative extent");
  SmallVector<Value> unknown;
  RankedTensorType type = typeOf(x.element(), shape, unknown);
  // Dynamic extents equal to those of x add no information.
  if (type == x.type() &&
      llvm::all_of_zip(g.dims(x), shape, [&](Extent own, Extent wanted) {
        return g.areEqual(own, wanted);
      }))
    return x;
  auto op = OpT::create(g.b, g.loc, type, x.value, unknown);
  if (mlir::failed(mlir::verify(op))) {
    g.failed = true;
    return {&g, Value()};
  }
  return g.foldOrTrack(op).front();
}

TensorValue Graph::reshape(TensorValue x, ArrayRef<Extent> shape) {
  return giveShape<dl::ReshapeOp>(*this, x, shape);
}

TensorValue Graph::broadcast(TensorValue x, ArrayRef<Extent> shape) {
  return giveShape<dl::BroadcastOp>(*this, x, shape);
}

TensorValue Graph::broadcastLike(TensorValue x, TensorValue like,
                                 StringRef what) {
  if (!x || !like)
    return x;
  int64_t lead = like.rank() - x.rank();
  bool isKnown = true, fits = lead >= 0;
  for (int64_t d = 0; fits && d < x.rank(); ++d) {
    int64_t from = x.dim(d), to = like.dim(d + lead);
    if (from == 1)
      continue;
    isKnown &= !ShapedType::isDynamic(from) && from == to;
    fits &=
        from == to || ShapedType::isDynamic(from) || ShapedType::isDynamic(to);
  }
  if (!fits)
    return fail(what + " of shape " + dl::toString(x.shape()) +
                " cannot be broadcast to " + dl::toString(like.shape()) +
                ": aligned at the last dimension, each of its extents must be "
                "1 or equal");
  return isKnown ? x : broadcast(x, dims(like));
}

TensorValue Graph::transpose(TensorValue x, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return x;
  return op<dl::TransposeOp>({x.value}, {attr("permutation", permutation)});
}

TensorValue Graph::channelsLast(TensorValue x) {
  Ints permutation{0};
  for (int64_t d = 2; d < x.rank(); ++d)
    permutation.push_back(d);
  permutation.push_back(1);
  return x.rank() < 3 ? x : transpose(x, permutation);
}

TensorValue Graph::channelsFirst(TensorValue x) {
  Ints permutation{0, x.rank() - 1};
  for (int64_t d = 1; d + 1 < x.rank(); ++d)
    permutation.push_back(d);
  return x.rank() < 3 ? x : transpose(x, permutation);
}

TensorValue Graph::moveAxis(TensorValue x, int64_t from, int64_t to) {
  int64_t rank = x.rank();
  from = from < 0 ? from + rank : from;
  to = to < 0 ? to + rank : to;
  Ints permutation;
  for (int64_t d = 0; d < rank; ++d)
    if (d != from)
      permutation.push_back(d);
  if (from >= 0 && from < rank && to >= 0 && to < rank)
    permutation.insert(permutation.begin() + to, from);
  return transpose(x, permutation);
}

TensorValue Graph::unsqueeze(TensorValue x, ArrayRef<int64_t> axes) {
  int64_t rank = x.rank() + axes.size();
  llvm::SmallVector<bool> isNew(rank, false);
  for (int64_t axis : axes) {
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank || isNew[axis])
      return fail("axis " + Twine(axis) + " is out of range or given twice");
    isNew[axis] = true;
  }
  Extents shape;
  for (int64_t d = 0, from = 0; d < rank; ++d)
    shape.push_back(isNew[d] ? index(1) : dim(x, from++));
  return reshape(x, shape);
}

TensorValue Graph::squeeze(TensorValue x, ArrayRef<int64_t> axes) {
  llvm::SmallVector<bool> drop(x.rank(), false);
  for (int64_t axis : axes) {
    axis = axis < 0 ? axis + x.rank() : axis;
    if (axis < 0 || axis >= x.rank())
      return fail("axis " + Twine(axis) + " is out of range");
    drop[axis] = true;
  }
  Extents shape;
  for (int64_t d = 0; d < x.rank(); ++d)
    if (!drop[d])
      shape.push_back(dim(x, d));
  return reshape(x, shape);
}

TensorValue Graph::concat(ArrayRef<TensorValue> inputs, int64_t axis) {
  SmallVector<Value> values;
  for (TensorValue input : inputs)
    values.push_back(input.value);
  return op<dl::ConcatOp>(values, {attr("axis", axis)});
}

TensorValue Graph::slice(TensorValue x, int64_t axis, Extent start, Extent size,
                         int64_t step) {
  if (!x || failed)
    return {this, Value()};
  axis = axis < 0 ? axis + x.rank() : axis;
  auto from = getConstantIntValue(start), count = getConstantIntValue(size);
  bool isFixed = !ShapedType::isDynamic(x.dim(axis));
  // Past the end there are no elements.
  if (from && isFixed && step > 0 && *from >= x.dim(axis))
    count = 0;
  if (count == 0)
    from = 0;
  if (from && count && (isFixed || count == 0)) {
    Ints starts(x.rank(), 0),
        ends(x.rank(), std::numeric_limits<int64_t>::max()), steps(x.rank(), 1);
    for (int64_t d = 0; d < x.rank(); ++d)
      if (!ShapedType::isDynamic(x.dim(d)))
        ends[d] = x.dim(d);
    starts[axis] = *from;
    steps[axis] = step;
    int64_t end = *from + *count * step;
    ends[axis] =
        step < 0 && end < 0 ? std::numeric_limits<int64_t>::min() : end;
    SmallVector<NamedAttribute> attributes{attr("starts", starts),
                                           attr("ends", ends)};
    if (step != 1)
      attributes.push_back(attr("steps", steps));
    return op<dl::SliceOp>({x.value}, attributes);
  }
  if (step > 0) {
    Extents offsets(x.rank(), index(0)), sizes = dims(x),
                                         strides(x.rank(), index(1));
    offsets[axis] = start;
    sizes[axis] = size;
    strides[axis] = index(step);
    // tensor.extract_slice must not start in an empty dimension, even if its
    // result is empty.
    if (llvm::is_contained(x.shape(), 0))
      return broadcast(number(x.element(), 0), sizes);
    return wrap(
        tensor::ExtractSliceOp::create(b, loc, x.value, offsets, sizes, strides)
            .getResult());
  }
  TensorValue positions = iota({size}, 0, i64());
  positions = positions * double(step) +
              fromElements({start}, /*isScalar=*/true, i64());
  return gather(x, positions, axis);
}

TensorValue Graph::gather(TensorValue x, TensorValue indices, int64_t axis) {
  Type element = indices.element();
  if (!element.isInteger(32) && !element.isInteger(64))
    indices = cast(toNumber(indices), i64());
  return op<dl::GatherOp>({x.value, indices.value}, {attr("axis", axis)});
}

TensorValue Graph::iota(ArrayRef<Extent> shape, int64_t axis, Type element) {
  if (failed)
    return {this, Value()};
  if (hasNegative(shape))
    return fail("a shape has a negative extent");
  SmallVector<Value> unknown;
  RankedTensorType type = typeOf(element, shape, unknown);
  return foldOrTrack(dl::IotaOp::create(b, loc, type, unknown, uint64_t(axis)))
      .front();
}

TensorValue Graph::select(TensorValue condition, TensorValue a, TensorValue c) {
  return op<dl::SelectOp>({condition.value, a.value, c.value});
}
TensorValue Graph::matmul(TensorValue a, TensorValue c) {
  if (a.rank() > 2 && c.rank() > 2) {
    auto aligned = align({a.value, c.value}, /*trailing=*/2);
    return op<dl::MatmulOp>(wrap(aligned[0]), wrap(aligned[1]));
  }
  return op<dl::MatmulOp>(a, c);
}

TensorValue Graph::normalizeLast(TensorValue x, double epsilon) {
  return op<dl::LayerNormOp>(
      {x.value}, {attr("axis", int64_t(-1)), attr("epsilon", epsilon),
                  b.getNamedAttr("operandSegmentSizes",
                                 b.getDenseI32ArrayAttr({1, 0, 0}))});
}

} // namespace dlc::onnx_import
