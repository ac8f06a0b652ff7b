//===- Symbols.cpp - Which dynamic extents are equal ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ONNX broadcasts at run time: either of two corresponding extents may be 1.
// In dl corresponding dynamic extents must be equal. Each extent is therefore
// tracked as an expression of the extents that the call provides. If two of
// these are the same, as in nearly every model, nothing needs to be done.
// Otherwise the operands are broadcast to their joint extent.
//
//===----------------------------------------------------------------------===//

#include "Tensor.h"
#include "dlc/Dialect/DL/IR/Window.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc::onnx_import {

/// The maximum depth to which producers that have not been seen yet are
/// followed.
static constexpr unsigned deepest = 32;

AffineExpr Graph::unknown() {
  return getAffineSymbolExpr(symbols++, b.getContext());
}

void Graph::nameExtents(Value value, ArrayRef<std::string> names) {
  SmallVector<AffineExpr> shape;
  for (auto [extent, name] : llvm::zip(
           llvm::cast<RankedTensorType>(value.getType()).getShape(), names)) {
    AffineExpr &named = namedExtents[name];
    if (!ShapedType::isDynamic(extent))
      shape.push_back(getAffineConstantExpr(extent, b.getContext()));
    else if (name.empty())
      shape.push_back(unknown());
    else
      shape.push_back(named = named ? named : unknown());
  }
  shapes[value] = shape;
}

/// Computes the number of window positions along each extent.
template <typename OpT>
static void slide(OpT op, ArrayRef<int64_t> kernel,
                  MutableArrayRef<AffineExpr> shape) {
  auto window = dl::Window::get(op, kernel);
  for (unsigned d = 0; d < window.rank(); ++d) {
    AffineExpr &extent = shape[d + 1];
    if (op->hasAttr("ceil_mode")) {
      extent = {}; // the last window may be partial
      continue;
    }
    extent =
        window.isSame()
            ? (extent + (window.strides[d] - 1)).floorDiv(window.strides[d])
            : (extent +
               (window.low[d] + window.high[d] - window.effectiveKernel(d)))
                      .floorDiv(window.strides[d]) +
                  1;
  }
}

/// Derives the extents of an op's first result from those of its operands;
/// unknown ones are null.
static SmallVector<AffineExpr>
follow(Graph &g, Operation *op,
       function_ref<ArrayRef<AffineExpr>(unsigned)> shapeOf,
       function_ref<AffineExpr(Value)> valueOf) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<AffineExpr> shape(type.getRank());
  auto given = [&](ValueRange extents) {
    for (int64_t d = 0; d < type.getRank() && !extents.empty(); ++d)
      if (type.isDynamicDim(d)) {
        shape[d] = valueOf(extents.front());
        extents = extents.drop_front();
      }
  };
  auto same = [&] { shape.assign(shapeOf(0).begin(), shapeOf(0).end()); };
  if (isa<dl::ElementwiseOpInterface>(op)) {
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      auto own = shapeOf(i);
      int64_t skipped = type.getRank() - int64_t(own.size());
      for (int64_t d = 0; d < int64_t(own.size()); ++d)
        if (dl::tensorType(operand).getDimSize(d) != 1 && !shape[skipped + d])
          shape[skipped + d] = own[d];
    }
  } else if (isa<tensor::CastOp, dl::SoftmaxOp, dl::LogSoftmaxOp,
                 dl::BatchNormOp, dl::LayerNormOp, dl::GroupNormOp,
                 dl::InstanceNormOp, dl::CumulativeOp, dl::ScatterOp>(op)) {
    same();
  } else if (auto reshape = dyn_cast<dl::ReshapeOp>(op)) {
    given(reshape.getExtents());
  } else if (auto broadcast = dyn_cast<dl::BroadcastOp>(op)) {
    given(broadcast.getExtents());
  } else if (auto iota = dyn_cast<dl::IotaOp>(op)) {
    given(iota.getExtents());
  } else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    if (slice.getSourceType().getRank() == type.getRank())
      given(slice.getSizes());
  } else if (auto transpose = dyn_cast<dl::TransposeOp>(op)) {
    for (auto [k, d] : llvm::enumerate(transpose.getPermutation()))
      shape[k] = shapeOf(0)[d];
  } else if (auto concat = dyn_cast<dl::ConcatOp>(op)) {
    same();
    AffineExpr &sum = shape[dl::wrapAxis(concat.getAxis(), type.getRank())];
    for (unsigned i = 1; i < op->getNumOperands(); ++i)
      sum = sum + shapeOf(i)[dl::wrapAxis(concat.getAxis(), type.getRank())];
  } else if (auto slice = dyn_cast<dl::SliceOp>(op)) {
    same();
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (slice.getStarts()[d] != 0 ||
          slice.getEnds()[d] != std::numeric_limits<int64_t>::max() ||
          (slice.getSteps() && (*slice.getSteps())[d] != 1))
        shape[d] = {};
  } else if (auto pad = dyn_cast<dl::PadOp>(op)) {
    same();
    for (auto [extent, low, high] :
         llvm::zip(shape, pad.getLow(), pad.getHigh()))
      extent = extent + (low + high);
  } else if (auto gather = dyn_cast<dl::GatherOp>(op)) {
    auto x = shapeOf(0), indices = shapeOf(1);
    int64_t axis = dl::wrapAxis(gather.getAxis(), x.size());
    shape.assign(x.begin(), x.begin() + axis);
    shape.append(indices.begin(), indices.end());
    shape.append(x.begin() + axis + 1, x.end());
  } else if (auto upsample = dyn_cast<dl::UpsampleOp>(op)) {
    same();
    for (auto [d, scale] : llvm::enumerate(upsample.getScales()))
      shape[d + 1] = shape[d + 1] * scale;
  } else if (isa<dl::MatmulOp>(op)) {
    auto a = shapeOf(0), c = shapeOf(1);
    for (auto part : {a, c})
      for (int64_t d = 0; d + 2 < int64_t(part.size()); ++d) {
        AffineExpr &extent = shape[type.getRank() - part.size() + d];
        if (!extent || extent == getAffineConstantExpr(1, g.b.getContext()))
          extent = part[d];
      }
    shape.end()[-2] = a.end()[-2];
    shape.end()[-1] = c.end()[-1];
  } else if (isa<dl::DenseOp>(op)) {
    same();
    shape.back() = {};
  } else if (auto conv = dyn_cast<dl::ConvOp>(op)) {
    same();
    slide(conv, conv.getFilter().getType().getShape().drop_back(2), shape);
    shape.back() = {};
  } else if (auto pool = dyn_cast<dl::MaxPoolOp>(op)) {
    same();
    slide(pool, pool.getWindow(), shape);
  } else if (auto pool = dyn_cast<dl::AvgPoolOp>(op)) {
    same();
    slide(pool, pool.getWindow(), shape);
  } else if (isa<dl::ConvTransposeOp, dl::GlobalMaxPoolOp, dl::GlobalAvgPoolOp>(
                 op)) {
    shape[0] = shapeOf(0)[0];
  } else if (isa<dl::LstmOp, dl::GruOp, dl::RnnOp>(op)) {
    shape[0] = shapeOf(0)[0];
    shape[1] = shapeOf(0)[1];
  } else if (isa<dl::ReduceSumOp, dl::ReduceMeanOp, dl::ReduceMaxOp,
                 dl::ReduceMinOp, dl::ReduceProdOp, dl::ArgMaxOp, dl::ArgMinOp>(
                 op)) {
    auto x = shapeOf(0);
    SmallVector<bool> isReduced(x.size(), !op->hasAttr("axis"));
    if (auto axis = op->getAttrOfType<IntegerAttr>("axis"))
      isReduced[dl::wrapAxis(axis.getInt(), x.size())] = true;
    if (auto axes = op->getAttrOfType<DenseI64ArrayAttr>("axes")) {
      isReduced.assign(x.size(), false);
      for (int64_t axis : axes.asArrayRef())
        isReduced[dl::wrapAxis(axis, x.size())] = true;
    }
    bool keeps = op->hasAttr("keep_dims");
    for (size_t d = 0, to = 0; d < x.size(); ++d)
      if (keeps || !isReduced[d]) {
        if (!isReduced[d])
          shape[to] = x[d];
        ++to;
      }
  }
  return shape;
}

ArrayRef<AffineExpr> Graph::shapeOf(Value value, unsigned depth) {
  auto it = shapes.find(value);
  if (it != shapes.end())
    return it->second;
  auto type = llvm::cast<RankedTensorType>(value.getType());
  SmallVector<AffineExpr> shape(type.getRank());
  Operation *op = value.getDefiningOp();
  // Only first results are followed; the extents of others are unknown.
  if (!type.hasStaticShape() && op && depth < deepest &&
      value == op->getResult(0)) {
    // A copy, as nested calls insert into `shapes` and move its entries.
    SmallVector<SmallVector<AffineExpr>> operands;
    for (Value operand : op->getOperands()) {
      operands.emplace_back();
      if (isa<RankedTensorType>(operand.getType()))
        operands.back().assign(shapeOf(operand, depth + 1));
    }
    shape = follow(
        *this, op, [&](unsigned i) { return ArrayRef(operands[i]); },
        [&](Value extent) { return expression(extent, depth + 1); });
  }
  for (auto [d, extent] : llvm::enumerate(type.getShape()))
    if (!ShapedType::isDynamic(extent))
      shape[d] = getAffineConstantExpr(extent, b.getContext());
    else if (!shape[d])
      shape[d] = unknown();
  return shapes[value] = std::move(shape);
}

AffineExpr Graph::expression(Extent extent, unsigned depth) {
  if (auto number = getConstantIntValue(extent))
    return getAffineConstantExpr(*number, b.getContext());
  auto value = llvm::cast<Value>(extent);
  if (auto it = expressions.find(value); it != expressions.end())
    return it->second;
  AffineExpr result;
  Operation *op = value.getDefiningOp();
  auto of = [&](unsigned i) {
    return expression(getAsOpFoldResult(op->getOperand(i)), depth + 1);
  };
  if (op && depth < deepest) {
    if (auto dim = dyn_cast<tensor::DimOp>(op)) {
      auto d = getConstantIntValue(dim.getDimension());
      if (d)
        result = shapeOf(dim.getSource(), depth + 1)[*d];
    } else if (isa<arith::AddIOp>(op)) {
      result = of(0) + of(1);
    } else if (isa<arith::SubIOp>(op)) {
      result = of(0) - of(1);
    } else if (isa<arith::MulIOp>(op)) {
      result = of(0) * of(1);
    } else if (isa<arith::DivSIOp>(op)) {
      // Division rounds down only if nothing is negative.
      auto divisor = getConstantIntValue(op->getOperand(1));
      if (divisor && *divisor > 0 &&
          isNonNegative(getAsOpFoldResult(op->getOperand(0))))
        result = of(0).floorDiv(*divisor);
    }
  }
  return expressions[value] = result ? result : unknown();
}

bool Graph::areEqual(Extent x, Extent y) {
  return expression(x) == expression(y);
}

Extent Graph::join(Extent x, Extent y) {
  auto a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a == 1 || (c && c != 1))
    return y;
  if (c == 1 || a || areEqual(x, y))
    return x;
  Value v = value(x);
  Value isOne = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, v,
                                      value(index(1)));
  return arith::SelectOp::create(b, loc, isOne, value(y), v).getResult();
}

SmallVector<Value> Graph::align(ArrayRef<Value> operands, int64_t trailing) {
  SmallVector<Value> result(operands);
  bool areStatic = llvm::all_of(operands, [](Value v) {
    return v && llvm::cast<RankedTensorType>(v.getType()).hasStaticShape();
  });
  if (areStatic || operands.size() < 2 || failed ||
      llvm::is_contained(operands, Value()))
    return result;
  int64_t rank = 0;
  for (Value operand : operands)
    rank = std::max(rank, wrap(operand).rank());
  // The joined extents of dimensions, counted from the last; null where no
  // broadcast is needed.
  Extents joined(rank);
  for (int64_t d = trailing; d < rank; ++d) {
    SmallVector<Extent> met;
    SmallVector<AffineExpr> different;
    bool isOpen = false;
    for (Value operand : operands) {
      TensorValue x = wrap(operand);
      int64_t at = x.rank() - 1 - d;
      if (at < 0 || x.dim(at) == 1)
        continue;
      AffineExpr expr = shapeOf(operand)[at];
      isOpen |= ShapedType::isDynamic(x.dim(at));
      if (llvm::is_contained(different, expr))
        continue;
      different.push_back(expr);
      met.push_back(dim(x, at));
    }
    if (!isOpen || met.size() < 2)
      continue;
    joined[d] = met[0];
    for (Extent extent : ArrayRef(met).drop_front())
      joined[d] = join(joined[d], extent);
  }
  for (Value &operand : result) {
    TensorValue x = wrap(operand);
    Extents shape = dims(x);
    bool isStretched = false;
    for (int64_t at = 0; at < x.rank(); ++at)
      if (Extent extent = joined[x.rank() - 1 - at];
          extent && ShapedType::isDynamic(x.dim(at))) {
        isStretched |= !areEqual(shape[at], extent);
        shape[at] = extent;
      }
    if (isStretched)
      operand = broadcast(x, shape).value;
  }
  return result;
}

} // namespace dlc::onnx_import
