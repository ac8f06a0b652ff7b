//===- Tensor.cpp - Building dl as one writes formulas --------------------===//

#include "Tensor.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace dlc::onnx_import {

Type Tensor::element() const {
  if (value)
    return type().getElementType();
  return Float32Type::get(graph->b.getContext());
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

SmallVector<Tensor>
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
  return settle(b.create(state));
}

Tensor Graph::fail(const Twine &message) {
  if (!failed)
    emitError(loc) << message;
  failed = true;
  return {this, Value()};
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

Extent Graph::dim(Tensor x, int64_t d) {
  if (d < 0)
    d += x.rank();
  if (!x || d < 0 || d >= x.rank()) {
    failed = failed || !x;
    return extent(1);
  }
  if (!ShapedType::isDynamic(x.dim(d)))
    return extent(x.dim(d));
  if (auto number = dyn_cast<AffineConstantExpr>(shapeOf(x.value)[d]))
    return extent(number.getValue());
  return getAsOpFoldResult(b.createOrFold<tensor::DimOp>(loc, x.value, d));
}

Extents Graph::dims(Tensor x) {
  if (!x) { // whoever asks takes the first, the last, or all but some
    failed = true;
    return Extents(16, extent(1));
  }
  Extents result;
  for (int64_t d = 0; d < x.rank(); ++d)
    result.push_back(dim(x, d));
  return result;
}

Tensor Graph::refine(Tensor x, ArrayRef<int64_t> extents,
                     const Twine &message) {
  if (!x)
    return x;
  Ints shape(x.shape());
  for (auto [d, extent] : llvm::enumerate(shape)) {
    if (!ShapedType::isDynamic(extent) || ShapedType::isDynamic(extents[d]))
      continue;
    extent = extents[d];
    Value isEqual = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          toValue(dim(x, d)),
                                          toValue(this->extent(extent)));
    require(isEqual, message);
  }
  auto type = x.type().clone(shape);
  return type == x.type()
             ? x
             : wrap(tensor::CastOp::create(b, loc, type, x.value).getResult());
}

void Graph::requireSmall(Extent number, const Twine &what) {
  std::optional<IndexRange> range = rangeOf(number);
  if (range && range->least >= -mostBytes && range->most <= mostBytes)
    return;
  using Predicate = arith::CmpIPredicate;
  auto compare = [&](Predicate predicate, int64_t bound) {
    return arith::CmpIOp::create(b, loc, predicate, toValue(number),
                                 toValue(extent(bound)));
  };
  Value isSmall =
      arith::AndIOp::create(b, loc, compare(Predicate::sge, -mostBytes),
                            compare(Predicate::sle, mostBytes));
  require(isSmall, what + " are beyond 2^48");
}

void Graph::require(Value condition, const Twine &message) {
  auto check = codegen::RequireOp::create(b, loc, condition, "");
  check.setMessage((codegen::placeOf(check) + ": " + message).str());
}

Value Graph::toValue(Extent x) {
  return getValueOrCreateConstantIndexOp(b, loc, x);
}

Extents Graph::toExtents(ArrayRef<int64_t> values) {
  Extents result;
  for (int64_t value : values)
    result.push_back(extent(value));
  return result;
}

Extent Graph::add(Extent x, Extent y) {
  auto a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a && c)
    return extent(int64_t(uint64_t(*a) + uint64_t(*c)));
  if (a == 0)
    return y;
  if (c == 0)
    return x;
  return arith::AddIOp::create(b, loc, toValue(x), toValue(y)).getResult();
}
Extent Graph::sub(Extent x, Extent y) {
  auto a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a && c)
    return extent(int64_t(uint64_t(*a) - uint64_t(*c)));
  if (c == 0)
    return x;
  return arith::SubIOp::create(b, loc, toValue(x), toValue(y)).getResult();
}
Extent Graph::mul(Extent x, Extent y) {
  auto a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a && c)
    return extent(int64_t(uint64_t(*a) * uint64_t(*c)));
  if (a == 0 || c == 0)
    return extent(0);
  if (a == 1)
    return y;
  if (c == 1)
    return x;
  return arith::MulIOp::create(b, loc, toValue(x), toValue(y)).getResult();
}
Extent Graph::div(Extent x, Extent y) {
  auto a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (c == 0)
    return extent(0);
  if (a && c)
    return extent(*c == -1 ? -*a : *a / *c);
  if (c == 1)
    return x;
  Value divisor = toValue(y);
  if (c)
    return arith::DivSIOp::create(b, loc, toValue(x), divisor).getResult();
  Value zero = toValue(extent(0));
  Value byZero =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, divisor, zero);
  Value safe =
      arith::SelectOp::create(b, loc, byZero, toValue(extent(1)), divisor);
  Value quotient = arith::DivSIOp::create(b, loc, toValue(x), safe);
  return arith::SelectOp::create(b, loc, byZero, zero, quotient).getResult();
}
Extent Graph::max(Extent x, Extent y) {
  auto a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a && c)
    return extent(std::max(*a, *c));
  if (isEqualConstantIntOrValue(x, y) || (c && *c <= 0 && isNonNegative(x)))
    return x;
  if (a && *a <= 0 && isNonNegative(y))
    return y;
  return arith::MaxSIOp::create(b, loc, toValue(x), toValue(y)).getResult();
}
Extent Graph::min(Extent x, Extent y) {
  auto a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a && c)
    return extent(std::min(*a, *c));
  if (isEqualConstantIntOrValue(x, y))
    return x;
  return arith::MinSIOp::create(b, loc, toValue(x), toValue(y)).getResult();
}
Extent Graph::product(ArrayRef<Extent> extents) {
  Extent result = extent(1);
  for (Extent e : extents)
    result = mul(result, e);
  return result;
}

std::optional<Extents> Graph::elements(Tensor x, bool forced) {
  if (!x || x.rank() > 1 || x.isFloat() || !x.isStatic())
    return std::nullopt;
  // More are data, not shapes.
  int64_t count = x.type().getNumElements();
  if (count > 64)
    return std::nullopt;
  std::shared_ptr<const Elements> given = demand(x.value);
  Extents result(count);
  for (int64_t i = 0; given && i < count; ++i)
    if (OpFoldResult element = (*given)[i]) {
      auto number = dyn_cast<Attribute>(element);
      result[i] = number ? extent(toInteger(number)) : element;
    }
  if (!llvm::is_contained(result, Extent()))
    return result;
  if (!forced)
    return std::nullopt;
  Tensor wide = cast(toNumber(x), i64());
  if (!wide)
    return std::nullopt;
  for (int64_t i = 0; i < count; ++i) {
    if (result[i])
      continue;
    SmallVector<Value> place;
    if (x.rank() == 1)
      place.push_back(arith::ConstantIndexOp::create(b, loc, i));
    Value element = tensor::ExtractOp::create(b, loc, wide.value, place);
    result[i] = arith::IndexCastOp::create(b, loc, b.getIndexType(), element)
                    .getResult();
  }
  return result;
}

std::shared_ptr<const Elements> Graph::numbers(Tensor x) {
  auto elements = x ? demand(x.value) : nullptr;
  return elements && elements->isConstant() ? elements : nullptr;
}

std::optional<Ints> Graph::constantInts(Tensor x) {
  auto elements = x && !x.isFloat() ? numbers(x) : nullptr;
  if (!elements)
    return std::nullopt;
  Ints result;
  for (int64_t i = 0; i < elements->count(); ++i)
    result.push_back(toInteger(llvm::cast<Attribute>((*elements)[i])));
  return result;
}

std::optional<SmallVector<double>> Graph::constantFloats(Tensor x) {
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

Tensor Graph::fromElements(ArrayRef<Extent> elements, bool isScalar,
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
        arith::IndexCastOp::create(b, loc, scalar, toValue(e)).getResult());
  Tensor result =
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

Tensor Graph::constant(ElementsAttr value) {
  return wrap(arith::ConstantOp::create(b, loc, llvm::cast<TypedAttr>(value))
                  .getResult());
}

Tensor Graph::number(Type element, double value, ArrayRef<int64_t> shape) {
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

Tensor Graph::ints(ArrayRef<int64_t> values) {
  return constant(DenseElementsAttr::get(
      RankedTensorType::get({int64_t(values.size())}, i64()), values));
}

Tensor Graph::cast(Tensor x, Type element, bool overflow) {
  if (!x || x.element() == element)
    return x;
  SmallVector<NamedAttribute> attributes{
      b.getNamedAttr("to", TypeAttr::get(element))};
  if (overflow)
    attributes.push_back(flag("overflow"));
  return op<dl::CastOp>({x.value}, attributes);
}

Tensor Graph::toNumber(Tensor x) {
  return x.isBool() ? cast(x, b.getI32Type()) : x;
}

/// The type with these extents, and the values of those that are unknown.
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

/// An op that gives x another shape; nothing where it has it already.
template <typename OpT>
static Tensor giveShape(Graph &g, Tensor x, ArrayRef<Extent> shape) {
  if (!x || g.failed)
    return {&g, Value()};
  if (hasNegative(shape))
    return g.fail("a shape has a negative extent");
  SmallVector<Value> unknown;
  RankedTensorType type = typeOf(x.element(), shape, unknown);
  // Unknown extents that are those of x say nothing new.
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
  return g.settle(op).front();
}

Tensor Graph::reshape(Tensor x, ArrayRef<Extent> shape) {
  return giveShape<dl::ReshapeOp>(*this, x, shape);
}

Tensor Graph::broadcast(Tensor x, ArrayRef<Extent> shape) {
  return giveShape<dl::BroadcastOp>(*this, x, shape);
}

Tensor Graph::stretch(Tensor x, Tensor like, StringRef what) {
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

Tensor Graph::transpose(Tensor x, ArrayRef<int64_t> permutation) {
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return x;
  return op<dl::TransposeOp>({x.value}, {attr("permutation", permutation)});
}

Tensor Graph::channelsLast(Tensor x) {
  Ints permutation{0};
  for (int64_t d = 2; d < x.rank(); ++d)
    permutation.push_back(d);
  permutation.push_back(1);
  return x.rank() < 3 ? x : transpose(x, permutation);
}

Tensor Graph::channelsFirst(Tensor x) {
  Ints permutation{0, x.rank() - 1};
  for (int64_t d = 1; d + 1 < x.rank(); ++d)
    permutation.push_back(d);
  return x.rank() < 3 ? x : transpose(x, permutation);
}

Tensor Graph::moveAxis(Tensor x, int64_t from, int64_t to) {
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

Tensor Graph::unsqueeze(Tensor x, ArrayRef<int64_t> axes) {
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
    shape.push_back(isNew[d] ? extent(1) : dim(x, from++));
  return reshape(x, shape);
}

Tensor Graph::squeeze(Tensor x, ArrayRef<int64_t> axes) {
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

Tensor Graph::concat(ArrayRef<Tensor> inputs, int64_t axis) {
  SmallVector<Value> values;
  for (Tensor input : inputs)
    values.push_back(input.value);
  return op<dl::ConcatOp>(values, {attr("axis", axis)});
}

Tensor Graph::slice(Tensor x, int64_t axis, Extent start, Extent size,
                    int64_t step) {
  if (!x || failed)
    return {this, Value()};
  axis = axis < 0 ? axis + x.rank() : axis;
  auto from = getConstantIntValue(start), count = getConstantIntValue(size);
  bool isFixed = !ShapedType::isDynamic(x.dim(axis));
  // Behind the end there is nothing.
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
    Extents offsets(x.rank(), extent(0)), sizes = dims(x),
                                          strides(x.rank(), extent(1));
    offsets[axis] = start;
    sizes[axis] = size;
    strides[axis] = extent(step);
    // Upstream's slices may not even begin where there is nothing.
    if (llvm::is_contained(x.shape(), 0))
      return broadcast(number(x.element(), 0), sizes);
    return wrap(
        tensor::ExtractSliceOp::create(b, loc, x.value, offsets, sizes, strides)
            .getResult());
  }
  Tensor places = iota({size}, 0, i64());
  places =
      places * double(step) + fromElements({start}, /*isScalar=*/true, i64());
  return gather(x, places, axis);
}

Tensor Graph::gather(Tensor x, Tensor indices, int64_t axis) {
  Type element = indices.element();
  if (!element.isInteger(32) && !element.isInteger(64))
    indices = cast(toNumber(indices), i64());
  return op<dl::GatherOp>({x.value, indices.value}, {attr("axis", axis)});
}

Tensor Graph::iota(ArrayRef<Extent> shape, int64_t axis, Type element) {
  if (failed)
    return {this, Value()};
  if (hasNegative(shape))
    return fail("a shape has a negative extent");
  SmallVector<Value> unknown;
  RankedTensorType type = typeOf(element, shape, unknown);
  return settle(dl::IotaOp::create(b, loc, type, unknown, uint64_t(axis)))
      .front();
}

Tensor Graph::select(Tensor condition, Tensor a, Tensor c) {
  return op<dl::SelectOp>({condition.value, a.value, c.value});
}
Tensor Graph::maximum(Tensor a, Tensor c) { return op<dl::MaximumOp>(a, c); }
Tensor Graph::minimum(Tensor a, Tensor c) { return op<dl::MinimumOp>(a, c); }
Tensor Graph::pow(Tensor a, Tensor c) { return op<dl::PowOp>(a, c); }
Tensor Graph::matmul(Tensor a, Tensor c) {
  if (a.rank() > 2 && c.rank() > 2) {
    auto aligned = align({a.value, c.value}, /*trailing=*/2);
    return op<dl::MatmulOp>(wrap(aligned[0]), wrap(aligned[1]));
  }
  return op<dl::MatmulOp>(a, c);
}

Tensor Graph::normalizeLast(Tensor x, double epsilon) {
  return op<dl::LayerNormOp>(
      {x.value}, {attr("axis", int64_t(-1)), attr("epsilon", epsilon),
                  b.getNamedAttr("operandSegmentSizes",
                                 b.getDenseI32ArrayAttr({1, 0, 0}))});
}

static Tensor like(Tensor x, double value) {
  return x ? x.graph->number(x.element(), value) : Tensor(x.graph, Value());
}

Tensor operator+(Tensor a, Tensor b) { return a.graph->op<dl::AddOp>(a, b); }
Tensor operator-(Tensor a, Tensor b) { return a.graph->op<dl::SubOp>(a, b); }
Tensor operator*(Tensor a, Tensor b) { return a.graph->op<dl::MulOp>(a, b); }
Tensor operator/(Tensor a, Tensor b) { return a.graph->op<dl::DivOp>(a, b); }
Tensor operator+(Tensor a, double b) { return a + like(a, b); }
Tensor operator-(Tensor a, double b) { return a - like(a, b); }
Tensor operator*(Tensor a, double b) { return a * like(a, b); }
Tensor operator/(Tensor a, double b) { return a / like(a, b); }
Tensor operator-(double a, Tensor b) { return like(b, a) - b; }
Tensor operator/(double a, Tensor b) { return like(b, a) / b; }
Tensor operator-(Tensor x) { return x.graph->op<dl::NegOp>(x); }
Tensor operator<(Tensor a, Tensor b) { return a.graph->op<dl::LessOp>(a, b); }
Tensor operator<(Tensor a, double b) { return a < like(a, b); }
Tensor operator>(Tensor a, double b) {
  return a.graph->op<dl::GreaterOp>(a, like(a, b));
}
Tensor operator==(Tensor a, Tensor b) { return a.graph->op<dl::EqualOp>(a, b); }
Tensor operator==(Tensor a, double b) { return a == like(a, b); }

} // namespace dlc::onnx_import
