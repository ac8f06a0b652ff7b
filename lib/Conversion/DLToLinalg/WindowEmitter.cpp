//===- WindowEmitter.cpp - Windows over possibly unknown extents ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "WindowEmitter.h"

using namespace mlir;

namespace dlc {

WindowSizes computeWindow(Emitter &e, const dl::Window &window, Value x) {
  WindowSizes result;
  for (unsigned d = 0; d < window.rank(); ++d) {
    OpFoldResult extent = e.dim(x, d + 1);
    OpFoldResult stride = e.index(window.strides[d]);
    OpFoldResult effectiveKernel = e.index(window.effectiveKernel(d));
    OpFoldResult low = e.index(window.low[d]), positions, high;
    if (window.isSame()) {
      positions = e.ceilDiv(extent, stride);
      OpFoldResult total =
          e.max(e.sub(e.add(e.mul(e.sub(positions, e.index(1)), stride),
                            effectiveKernel),
                      extent),
                e.index(0));
      OpFoldResult half = e.floorDiv(total, e.index(2));
      OpFoldResult more = e.sub(total, half);
      low = window.mode == dl::AutoPadding::same ? half : more;
      high = window.mode == dl::AutoPadding::same ? more : half;
    } else {
      OpFoldResult room = e.sub(
          e.add(e.add(extent, low), e.index(window.high[d])), effectiveKernel);
      if (!isa<Attribute>(extent)) {
        Value fits =
            arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sge,
                                  e.value(room), e.value(e.index(0)));
        e.require(fits, "the window is larger than the padded input in spatial "
                        "dimension " +
                            Twine(d));
      }
      if (auto known = getConstantIntValue(extent)) {
        positions = e.index(window.outputExtent(d, *known));
      } else if (window.ceilMode) {
        positions = e.add(e.ceilDiv(room, stride), e.index(1));
        // The last window must begin inside the input or its leading padding.
        OpFoldResult most = e.ceilDiv(e.add(extent, low), stride);
        positions = e.min(positions, most);
      } else {
        positions = e.add(e.floorDiv(room, stride), e.index(1));
      }
      OpFoldResult needed = e.sub(
          e.add(e.mul(e.sub(positions, e.index(1)), stride), effectiveKernel),
          e.add(extent, low));
      high = e.max(needed, e.index(0));
    }
    result.low.push_back(low);
    result.high.push_back(high);
    result.positions.push_back(positions);
  }
  return result;
}

Value padSpatial(Emitter &e, Value x, const WindowSizes &sizes, double number) {
  Sizes low{e.index(0)}, high{e.index(0)};
  llvm::append_range(low, sizes.low);
  llvm::append_range(high, sizes.high);
  low.push_back(e.index(0));
  high.push_back(e.index(0));
  Type element = cast<RankedTensorType>(x.getType()).getElementType();
  return e.pad(x, low, high, e.constant(element, number));
}

AffineMap windowMap(Emitter &e, const dl::Window &window, unsigned loops,
                    unsigned firstOut, unsigned firstWindow,
                    ArrayRef<int64_t> rest) {
  SmallVector<AffineExpr> exprs{e.b.getAffineDimExpr(0)};
  for (unsigned d = 0; d < window.rank(); ++d)
    exprs.push_back(e.b.getAffineDimExpr(firstOut + d) * window.strides[d] +
                    e.b.getAffineDimExpr(firstWindow + d) *
                        window.dilations[d]);
  for (int64_t d : rest)
    exprs.push_back(e.b.getAffineDimExpr(d));
  return AffineMap::get(loops, 0, exprs, e.b.getContext());
}

} // namespace dlc
