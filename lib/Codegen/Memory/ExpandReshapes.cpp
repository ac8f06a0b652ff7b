//===- ExpandReshapes.cpp - Reshapes as views of a buffer -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_EXPANDRESHAPES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

class Expander {
public:
  explicit Expander(MLIRContext *context) : b(context) {}

  void expand(memref::ExpandShapeOp op) {
    SmallVector<OpFoldResult> from = begin(op, op.getSrc()),
                              sizes = op.getMixedOutputShape(),
                              strides(sizes.size());
    dlc::AffineExtents extents(b, loc);
    for (auto [i, group] : llvm::enumerate(op.getReassociationIndices())) {
      OpFoldResult stride = from[i];
      for (int64_t d : llvm::reverse(group)) {
        strides[d] = stride;
        stride = extents.mul(stride, sizes[d]);
      }
    }
    finish(op, op.getResultType(), sizes, strides);
  }

  /// Collapses each group. The verifier guarantees that its dimensions are
  /// contiguous.
  void collapse(memref::CollapseShapeOp op) {
    SmallVector<OpFoldResult> from = begin(op, op.getSrc()),
                              extent = source.getConstifiedMixedSizes(), sizes,
                              strides;
    dlc::AffineExtents extents(b, loc);
    for (const ReassociationIndices &group : op.getReassociationIndices()) {
      OpFoldResult size = extents.index(1);
      for (int64_t d : group)
        size = extents.mul(size, extent[d]);
      sizes.push_back(size);
      strides.push_back(from[innermost(op, group)]);
    }
    finish(op, op.getResultType(), sizes, strides);
  }

private:
  SmallVector<OpFoldResult> begin(Operation *op, Value buffer) {
    b.setInsertionPoint(op);
    loc = op->getLoc();
    source = memref::ExtractStridedMetadataOp::create(b, loc, buffer);
    return source.getConstifiedMixedStrides();
  }

  /// Returns the last dimension of the group whose stride is meaningful, that
  /// is, whose extent is not 1.
  int64_t innermost(memref::CollapseShapeOp op,
                    const ReassociationIndices &group) {
    ArrayRef<int64_t> shape = op.getSrcType().getShape();
    for (int64_t d : llvm::reverse(group))
      if (shape[d] != 1)
        return d;
    return group.back();
  }

  void finish(Operation *op, MemRefType type, ArrayRef<OpFoldResult> sizes,
              ArrayRef<OpFoldResult> strides) {
    // Static values of the type take precedence over those computed.
    auto [typeStrides, typeOffset] = type.getStridesAndOffset();
    auto settle = [&](ArrayRef<OpFoldResult> values, ArrayRef<int64_t> known) {
      SmallVector<OpFoldResult> result;
      for (auto [value, constant] : llvm::zip(values, known))
        result.push_back(
            ShapedType::isDynamic(constant)
                ? OpFoldResult(getValueOrCreateConstantIndexOp(b, loc, value))
                : OpFoldResult(b.getIndexAttr(constant)));
      return result;
    };
    // Upstream does not fold memref.dim of a reinterpret_cast. Passes that
    // allocate memory of that size must see how it is computed.
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      if (auto dim = dyn_cast<memref::DimOp>(user))
        if (std::optional<int64_t> d = dim.getConstantIndex();
            d && *d < static_cast<int64_t>(sizes.size()))
          b.replaceAllUsesWith(
              dim, getValueOrCreateConstantIndexOp(b, loc, sizes[*d]));
    OpFoldResult offset = source.getConstifiedMixedOffset();
    b.replaceOpWithNewOp<memref::ReinterpretCastOp>(
        op, type, source.getBaseBuffer(), settle(offset, typeOffset).front(),
        settle(sizes, type.getShape()), settle(strides, typeStrides));
  }

  IRRewriter b;
  Location loc = b.getUnknownLoc();
  memref::ExtractStridedMetadataOp source;
};

struct ExpandReshapes : dlc::impl::ExpandReshapesBase<ExpandReshapes> {
  void runOnOperation() override {
    Expander expander(&getContext());
    getOperation()->walk([&](Operation *op) {
      if (auto expand = dyn_cast<memref::ExpandShapeOp>(op))
        expander.expand(expand);
      else if (auto collapse = dyn_cast<memref::CollapseShapeOp>(op))
        expander.collapse(collapse);
    });
  }
};
} // namespace
