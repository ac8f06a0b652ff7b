//===- Flatten.cpp - Collapsing of element-wise loops ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Flatten.h"
#include "dlc/Codegen/Tensors/Structure.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc {

/// Whether the elements of a slice are contiguous.
static bool isContiguous(tensor::ExtractSliceOp slice) {
  ArrayRef<int64_t> sizes = slice.getStaticSizes(),
                    whole = slice.getSourceType().getShape();
  if (!slice.hasUnitStride())
    return false;
  // All dimensions after the first one with several elements must be whole.
  size_t d = 0;
  while (d < sizes.size() && sizes[d] == 1)
    ++d;
  for (++d; d < sizes.size(); ++d)
    if (ShapedType::isDynamic(sizes[d]) || sizes[d] != whole[d])
      return false;
  return true;
}

linalg::LinalgOp flatten(RewriterBase &rewriter, linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || generic.getNumReductionLoops() || !isVectorizable(op))
    return op;
  SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
  if (!llvm::all_of(maps,
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return op;
  // Collapsing a slice with gaps would require a copy.
  for (Value operand : op->getOperands())
    if (auto slice = operand.getDefiningOp<tensor::ExtractSliceOp>();
        slice && !isContiguous(slice))
      return op;
  // Group neighbouring loops if each operand is indexed by both in order, or by
  // neither.
  SmallVector<ReassociationIndices> groups;
  for (unsigned loop = 0; loop < generic.getNumLoops(); ++loop) {
    if (!groups.empty()) {
      ReassociationIndices grown = groups.back();
      grown.push_back(loop);
      if (linalg::areDimSequencesPreserved(maps, {grown})) {
        groups.back() = grown;
        continue;
      }
    }
    groups.push_back({loop});
  }
  if (groups.size() == generic.getNumLoops())
    return op;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::CollapseResult> collapsed =
      linalg::collapseOpIterationDims(op, groups, rewriter);
  if (failed(collapsed))
    return op;
  rewriter.replaceOp(op, collapsed->results);
  // Use an empty tensor of the collapsed shape: bufferisation can replace it by
  // the result's destination, but not a reshaped one.
  for (OpOperand &init : collapsed->collapsedOp.getDpsInitsMutable()) {
    auto reshape = init.get().getDefiningOp<tensor::CollapseShapeOp>();
    if (!reshape || !reshape.getSrc().getDefiningOp<tensor::EmptyOp>())
      continue;
    rewriter.setInsertionPoint(reshape);
    ReifiedRankedShapedTypeDims extents;
    if (succeeded(reifyResultShapes(rewriter, reshape, extents)))
      rewriter.replaceOpWithNewOp<tensor::EmptyOp>(
          reshape, extents[0], reshape.getResultType().getElementType());
  }
  return collapsed->collapsedOp;
}

} // namespace dlc
