//===- DecomposePads.cpp - Padding as strips and an interior --------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_DECOMPOSEPADS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

struct DecomposePads : dlc::impl::DecomposePadsBase<DecomposePads> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<tensor::PadOp> pads;
    getOperation()->walk([&](tensor::PadOp pad) { pads.push_back(pad); });
    for (tensor::PadOp pad : pads)
      if (failed(decompose(rewriter, pad))) {
        pad.emitError("padding value depends on the position");
        return signalPassFailure();
      }
  }

  LogicalResult decompose(IRRewriter &b, tensor::PadOp pad) {
    Value padding = pad.getConstantPaddingValue();
    if (!padding)
      return failure();
    Location loc = pad.getLoc();
    b.setInsertionPoint(pad);
    Value source = pad.getSource();
    // Fill the borders before the producer: it can then compute the interior in
    // place, without a copy.
    Operation *producer = source.getDefiningOp();
    if (isa_and_present<linalg::LinalgOp>(producer) &&
        pad.getResultType().hasStaticShape() &&
        matchPattern(padding, m_Constant()) &&
        producer->getBlock() == pad->getBlock()) {
      b.setInsertionPoint(producer);
      padding = b.clone(*padding.getDefiningOp())->getResult(0);
    } else if (Operation *constant = padding.getDefiningOp();
               constant && pad->isProperAncestor(constant)) {
      padding = b.clone(*constant)->getResult(0);
    }
    int64_t rank = pad.getSourceType().getRank();
    SmallVector<OpFoldResult> low = pad.getMixedLowPad(),
                              high = pad.getMixedHighPad(),
                              extent = tensor::getMixedSizes(b, loc, source);
    SmallVector<OpFoldResult> offset(rank, b.getIndexAttr(0)), full,
        ones(rank, b.getIndexAttr(1));
    dlc::AffineExtents extents(b, loc);
    for (int64_t d = 0; d < rank; ++d)
      full.push_back(extents.add(extents.add(low[d], extent[d]), high[d]));
    // An allocation, not an empty tensor: CSE would merge two empty tensors,
    // and borders that two buffers share would have to be copied.
    SmallVector<Value> dynamic;
    SmallVector<int64_t> shape;
    dispatchIndexOpFoldResults(full, dynamic, shape);
    Value result = bufferization::AllocTensorOp::create(
        b, loc,
        RankedTensorType::get(shape, pad.getSourceType().getElementType()),
        dynamic);

    // One strip before and one after each dimension. In the dimensions already
    // done a strip spans the interior only.
    SmallVector<OpFoldResult> size = full;
    auto fill = [&](ArrayRef<OpFoldResult> offsets,
                    ArrayRef<OpFoldResult> sizes) {
      Value strip =
          tensor::ExtractSliceOp::create(b, loc, result, offsets, sizes, ones);
      strip = linalg::FillOp::create(b, loc, padding, strip).getResult(0);
      result = tensor::InsertSliceOp::create(b, loc, strip, result, offsets,
                                             sizes, ones);
    };
    for (int64_t d = 0; d < rank; ++d) {
      for (bool after : {false, true}) {
        OpFoldResult width = after ? high[d] : low[d];
        if (isZeroInteger(width))
          continue;
        SmallVector<OpFoldResult> offsets(offset), sizes(size);
        sizes[d] = width;
        if (after)
          offsets[d] = extents.add(low[d], extent[d]);
        fill(offsets, sizes);
      }
      offset[d] = low[d];
      size[d] = extent[d];
    }
    // An interior computed here can be computed in place. One from outside is
    // copied by a loop nest of its own.
    if (!source.getDefiningOp() ||
        source.getDefiningOp<bufferization::ToTensorOp>()) {
      Value interior =
          tensor::ExtractSliceOp::create(b, loc, result, offset, extent, ones);
      source = linalg::CopyOp::create(b, loc, source, interior).getResult(0);
    }
    b.setInsertionPoint(pad);
    result = tensor::InsertSliceOp::create(b, loc, source, result, offset,
                                           extent, ones);
    if (result.getType() != pad.getType())
      result = tensor::CastOp::create(b, loc, pad.getType(), result);
    b.replaceOp(pad, result);
    return success();
  }
};
} // namespace
