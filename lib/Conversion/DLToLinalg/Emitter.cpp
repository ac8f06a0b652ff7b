//===- Emitter.cpp - Building blocks of the lowering ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/Utils/Utils.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace dlc {

Type computeType(Type stored) {
  if (stored.isF16() || stored.isBF16())
    return Float32Type::get(stored.getContext());
  return stored;
}

bool Emitter::replaceEmpty(ConversionPatternRewriter &rewriter) {
  SmallVector<Value> empties;
  for (Type type : op->getResultTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    if (!tensor.hasStaticShape() || tensor.getNumElements())
      return false;
    empties.push_back(tensor::EmptyOp::create(
        b, loc, tensor.getShape(),
        dl::scalar::storedType(tensor.getElementType())));
  }
  rewriter.replaceOp(op, empties);
  return true;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

OpFoldResult Emitter::dim(Value tensor, int64_t d) {
  return tensor::getMixedSize(b, loc, tensor, d);
}

Sizes Emitter::sizes(Value tensor) {
  return tensor::getMixedSizes(b, loc, tensor);
}

Sizes Emitter::sizes(RankedTensorType type, ValueRange extents) {
  Sizes result;
  for (int64_t extent : type.getShape()) {
    if (!ShapedType::isDynamic(extent)) {
      result.push_back(index(extent));
      continue;
    }
    result.push_back(getAsOpFoldResult(extents.front()));
    extents = extents.drop_front();
  }
  return result;
}

void Emitter::requireEqual(OpFoldResult x, OpFoldResult y, const Twine &what) {
  if (isEqualConstantIntOrValue(x, y))
    return;
  // The constant goes on the right, as in canonical form.
  if (isa<Attribute>(x))
    std::swap(x, y);
  require(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, value(x),
                                value(y)),
          what);
}

void Emitter::require(Value condition, const Twine &what) {
  StringRef name = op->getName().getStringRef();
  std::string where = codegen::describeLocation(op);
  if (where != name)
    where += (": " + name).str();
  codegen::RequireOp::create(b, loc, condition, (where + ": " + what).str());
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Value Emitter::constant(Type type, double number) {
  if (type.isInteger(1))
    return arith::ConstantIntOp::create(b, loc, type, number != 0);
  if (auto integer = dyn_cast<IntegerType>(type)) {
    APInt value(integer.getWidth(), 0);
    if (number == -std::numeric_limits<double>::infinity())
      value = APInt::getSignedMinValue(integer.getWidth());
    else if (number == std::numeric_limits<double>::infinity())
      value = APInt::getSignedMaxValue(integer.getWidth());
    else
      value = APInt(integer.getWidth(), int64_t(number), /*isSigned=*/true);
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
  }
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, number));
}

Value Emitter::storedConstant(Type element, double number) {
  if (!dl::scalar::isNarrow(element))
    return constant(dl::scalar::storedType(element), number);
  Type computed = dl::scalar::computedType(element);
  return scalarT(b, loc, constant(computed, number))
      .cast(element)
      .store(element);
}

Value Emitter::loadNarrow(Value stored, Type element) {
  if (!isa<TensorType>(stored.getType()) || !dl::scalar::isNarrow(element))
    return stored;
  return raw().map(stored, dl::scalar::computedType(element),
                   [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                     return dl::scalar::load(b, loc, args[0], element);
                   });
}

Value Emitter::storeNarrow(Value computed, Type element) {
  if (!dl::scalar::isNarrow(element))
    return computed;
  return raw().map(computed, dl::scalar::storedType(element),
                   [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                     return scalarT(b, loc, args[0]).store(element);
                   });
}

Value Emitter::empty(ArrayRef<OpFoldResult> sizes, Type type) {
  return tensor::EmptyOp::create(b, loc, sizes, type);
}

Value Emitter::filled(ArrayRef<OpFoldResult> sizes, Type type, double number) {
  return linalg::FillOp::create(b, loc, constant(type, number),
                                empty(sizes, type))
      .getResult(0);
}

static bool isNothing(const Sizes &sizes) {
  return llvm::any_of(sizes,
                      [](OpFoldResult size) { return isZeroInteger(size); });
}

Value Emitter::extract(Value x, const Sizes &offsets, const Sizes &sizes,
                       const Sizes &strides) {
  if (isNothing(sizes))
    return empty(sizes, getElementTypeOrSelf(x));
  return tensor::ExtractSliceOp::create(b, loc, x, offsets, sizes, strides);
}

Value Emitter::insert(Value part, Value x, const Sizes &offsets,
                      const Sizes &sizes, const Sizes &strides) {
  if (isNothing(sizes))
    return x;
  // The op needs types that are as static as its sizes, and not more.
  auto type = cast<RankedTensorType>(part.getType());
  Sizes known = sizes;
  SmallVector<int64_t> shape(type.getShape());
  for (auto [size, extent] : llvm::zip_equal(known, shape)) {
    if (ShapedType::isDynamic(extent))
      extent = getConstantIntValue(size).value_or(ShapedType::kDynamic);
    else
      size = index(extent);
  }
  if (type.getShape() != ArrayRef(shape))
    part = tensor::CastOp::create(b, loc, type.clone(shape), part);
  return tensor::InsertSliceOp::create(b, loc, part, x, offsets, known,
                                       strides);
}

AffineMap Emitter::pick(unsigned rank, ArrayRef<int64_t> dims) {
  SmallVector<AffineExpr> results;
  for (int64_t d : dims)
    results.push_back(b.getAffineDimExpr(d));
  return AffineMap::get(rank, 0, results, b.getContext());
}

Value Emitter::generic(ValueRange inputs, Value init, ArrayRef<AffineMap> maps,
                       ArrayRef<utils::IteratorType> iterators, Body body) {
  // Upstream's verifier has no loops of no steps.
  auto isEmpty = [](Value x) {
    auto type = dyn_cast<RankedTensorType>(x.getType());
    return type && llvm::is_contained(type.getShape(), 0);
  };
  if (isEmpty(init) || llvm::any_of(inputs, isEmpty))
    return init;
  auto makeBody = [&](OpBuilder &b, Location loc, ValueRange args) {
    if (isRaw) {
      linalg::YieldOp::create(b, loc, body(b, loc, args));
      return;
    }
    SmallVector<Value> widened;
    for (Value arg : args)
      widened.push_back(scalarT(b, loc, arg).to(computeType(arg.getType())));
    Value result = body(b, loc, widened);
    linalg::YieldOp::create(
        b, loc, scalarT(b, loc, result).to(args.back().getType()).value);
  };
  return linalg::GenericOp::create(b, loc, init.getType(), inputs, init, maps,
                                   iterators, makeBody)
      .getResult(0);
}

Value Emitter::map(ValueRange inputs, ArrayRef<AffineMap> inputMaps,
                   ArrayRef<OpFoldResult> sizes, Type type, Body body) {
  SmallVector<AffineMap> maps(inputMaps);
  maps.push_back(b.getMultiDimIdentityMap(sizes.size()));
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  return generic(inputs, empty(sizes, type), maps, iterators, body);
}

Value Emitter::map(ValueRange inputs, Type type, Body body) {
  Sizes shape = sizes(inputs.front());
  SmallVector<AffineMap> maps(inputs.size(),
                              b.getMultiDimIdentityMap(shape.size()));
  return map(inputs, maps, shape, type, body);
}

Value Emitter::toStored(Value x, Type stored) {
  if (cast<RankedTensorType>(x.getType()).getElementType() == stored)
    return x;
  return map(x, stored,
             [](OpBuilder &, Location, ValueRange args) { return args[0]; });
}

Value Emitter::widen(Value x) {
  return x ? toStored(x,
                      computeType(
                          cast<RankedTensorType>(x.getType()).getElementType()))
           : x;
}

Value Emitter::reduce(Value x, ArrayRef<bool> reduced, double init, Body body) {
  auto type = cast<RankedTensorType>(x.getType());
  unsigned rank = type.getRank();
  Sizes kept;
  SmallVector<int64_t> keptDims;
  SmallVector<utils::IteratorType> iterators;
  for (unsigned d = 0; d < rank; ++d) {
    iterators.push_back(reduced[d] ? utils::IteratorType::reduction
                                   : utils::IteratorType::parallel);
    if (!reduced[d]) {
      kept.push_back(dim(x, d));
      keptDims.push_back(d);
    }
  }
  Value start = filled(kept, computeType(type.getElementType()), init);
  return generic(x, start,
                 {b.getMultiDimIdentityMap(rank), pick(rank, keptDims)},
                 iterators, body);
}

/// What a call says whose sizes do not fit a reshape.
static constexpr StringLiteral wrongCount =
    "the number of elements does not fit the new shape";

Value Emitter::castTo(RankedTensorType type, Value x) {
  return x.getType() == type
             ? x
             : tensor::CastOp::create(b, loc, type, x).getResult();
}

Value Emitter::flatten(Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  if (type.getRank() == 1)
    return x;
  if (type.getRank() == 0)
    return tensor::ExpandShapeOp::create(
        b, loc, RankedTensorType::get({1}, type.getElementType()), x,
        ArrayRef<ReassociationIndices>{});
  SmallVector<ReassociationIndices> all(1);
  llvm::append_range(all[0], llvm::seq<int64_t>(type.getRank()));
  return tensor::CollapseShapeOp::create(b, loc, x, all);
}

Value Emitter::reshapeToScalar(Value x) {
  auto source = cast<RankedTensorType>(x.getType());
  requireEqual(product(sizes(x)), index(1), wrongCount);
  if (llvm::is_contained(source.getShape(), 0))
    return empty({}, source.getElementType()); // never reached
  // Bufferisation drops dimensions of extent 1 alone. An extent that is static
  // may be another: by way of one dimension, whose extent is not.
  if (!source.hasStaticShape())
    x = tensor::CastOp::create(b, loc, source.clone({int64_t(1)}), flatten(x));
  return tensor::CollapseShapeOp::create(
      b, loc, RankedTensorType::get({}, source.getElementType()), x,
      ArrayRef<ReassociationIndices>{});
}

Value Emitter::reshapeThroughFlat(Value x, RankedTensorType type, Sizes shape) {
  OpFoldResult count = product(sizes(x));
  Value flat = flatten(x);
  if (type.getRank() == 1) {
    if (!shape.empty())
      requireEqual(shape[0], count, wrongCount);
    return castTo(type, flat);
  }
  if (shape.empty()) {
    // A single unknown extent follows from the count.
    OpFoldResult knownCount = index(1);
    for (int64_t extent : type.getShape())
      if (!ShapedType::isDynamic(extent))
        knownCount = mul(knownCount, index(extent));
    for (int64_t extent : type.getShape())
      shape.push_back(!ShapedType::isDynamic(extent) ? index(extent)
                      : isZeroInteger(knownCount)
                          ? index(0)
                          : floorDiv(count, knownCount));
  }
  requireEqual(product(shape), count, wrongCount);
  // The type must be as static as the sizes: for every unknown extent of the
  // type, upstream's patterns expect an operand of the op.
  SmallVector<int64_t> known;
  for (OpFoldResult size : shape)
    known.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  type = type.clone(known);
  // The flat extent is static exactly if all new extents are.
  flat = castTo(
      RankedTensorType::get({type.hasStaticShape() ? type.getNumElements()
                                                   : ShapedType::kDynamic},
                            type.getElementType()),
      flat);
  SmallVector<ReassociationIndices> all(1);
  llvm::append_range(all[0], llvm::seq<int64_t>(type.getRank()));
  return tensor::ExpandShapeOp::create(b, loc, type, flat, all, shape);
}

Value Emitter::reshape(Value x, RankedTensorType type, ValueRange extents) {
  auto source = cast<RankedTensorType>(x.getType());
  Sizes given;
  if (!extents.empty()) {
    // Extents that have become known go into the type.
    given = sizes(type, extents);
    SmallVector<int64_t> shape;
    for (OpFoldResult size : given)
      shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
    type = type.clone(shape);
  }
  if (given.empty() && source.hasStaticShape() && !type.hasStaticShape()) {
    // The single unknown extent follows from the number of elements.
    SmallVector<int64_t> shape(type.getShape());
    int64_t product = 1;
    for (int64_t extent : shape)
      product *= ShapedType::isDynamic(extent) ? 1 : extent;
    for (int64_t &extent : shape)
      if (ShapedType::isDynamic(extent))
        extent = source.getNumElements() / product;
    type = type.clone(shape);
  }
  if (source == type && given.empty())
    return x;
  if (source.getRank() == type.getRank() && source.getRank() <= 1) {
    if (!given.empty())
      requireEqual(given[0], dim(x, 0), wrongCount);
    return tensor::CastOp::create(b, loc, type, x);
  }
  if (type.getRank() == 0)
    return reshapeToScalar(x);
  std::optional<SmallVector<ReassociationIndices>> groups;
  if (given.empty() || type.hasStaticShape())
    groups = getReassociationIndicesForReshape(source, type);
  if (groups && source.getRank() > type.getRank())
    return castTo(type, tensor::CollapseShapeOp::create(b, loc, x, *groups));
  return reshapeThroughFlat(x, type, given);
}

/// Each kept dimension is grouped with the unit dimensions after it. Leading
/// unit dimensions go with the first kept one.
static SmallVector<ReassociationIndices> groupUnitDims(ArrayRef<bool> unit) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices leading;
  for (int64_t d = 0; d < int64_t(unit.size()); ++d) {
    if (unit[d]) {
      (groups.empty() ? leading : groups.back()).push_back(d);
      continue;
    }
    groups.push_back(groups.empty() ? leading : ReassociationIndices());
    groups.back().push_back(d);
  }
  return groups;
}

Value Emitter::dropUnitDims(Value x, ArrayRef<bool> dropped) {
  if (!llvm::is_contained(dropped, true))
    return x;
  return tensor::CollapseShapeOp::create(b, loc, x, groupUnitDims(dropped));
}

Value Emitter::insertUnitDims(Value x, ArrayRef<bool> inserted) {
  if (!llvm::is_contained(inserted, true))
    return x;
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape;
  Sizes from = sizes(x), to;
  for (bool isNew : inserted) {
    int64_t d = llvm::count(inserted.take_front(to.size()), false);
    shape.push_back(isNew ? 1 : type.getDimSize(d));
    to.push_back(isNew ? index(1) : from[d]);
  }
  return tensor::ExpandShapeOp::create(
      b, loc, RankedTensorType::get(shape, type.getElementType()), x,
      groupUnitDims(inserted), to);
}

Value Emitter::pad(Value x, ArrayRef<OpFoldResult> low,
                   ArrayRef<OpFoldResult> high, Value scalar) {
  auto isZero = [](OpFoldResult size) { return isZeroInteger(size); };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return x;
  return tensor::PadOp::create(b, loc, Type(), x, low, high, scalar,
                               /*nofold=*/false)
      .getResult();
}

Value Emitter::extractElements(
    Value x, ArrayRef<OpFoldResult> sizes,
    function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)>
        indices) {
  Type element = cast<RankedTensorType>(x.getType()).getElementType();
  return map({}, {}, sizes, element,
             [&](OpBuilder &b, Location loc, ValueRange) -> Value {
               SmallVector<Value> position;
               for (size_t d = 0; d < sizes.size(); ++d)
                 position.push_back(linalg::IndexOp::create(b, loc, d));
               Value picked = tensor::ExtractOp::create(
                   b, loc, x, indices(b, loc, position));
               return isRaw ? picked
                            : scalarT(b, loc, picked).to(computeType(element));
             });
}

} // namespace dlc
