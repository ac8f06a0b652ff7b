//===- Flatten.cpp - Element-wise loops as one ----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Flatten.h"
#include "dlc/Codegen/Tensors/Structure.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc {

/// Whether the elements of a slice lie one after the other.
static bool isContiguous(tensor::ExtractSliceOp slice) {
  ArrayRef<int64_t> sizes = slice.getStaticSizes(),
                    whole = slice.getSourceType().getShape();
  if (!slice.hasUnitStride())
    return false;
  // From the first dimension with several elements on all are taken whole.
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
  // A slice with gaps would be copied to be one line.
  for (Value operand : op->getOperands())
    if (auto slice = operand.getDefiningOp<tensor::ExtractSliceOp>();
        slice && !isContiguous(slice))
      return op;
  // Neighbouring loops that every operand has in order, or has neither of.
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
  // An empty tensor in the loop's shape, which bufferisation can replace by
  // the place that the result goes to; a reshaped one it cannot.
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
