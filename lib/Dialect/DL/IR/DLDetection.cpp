//===- DLDetection.cpp - Heads of object detectors ------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLDetection.cpp.inc"

LogicalResult
NonMaxSuppressionOp::inferReturnTypes(MLIRContext *context, OptionalLoc loc,
                                      Adaptor op,
                                      SmallVectorImpl<Type> &types) {
  auto boxes = tensorType(op.getBoxes()), scores = tensorType(op.getScores());
  bool fits = boxes.getRank() == 3 && scores.getRank() == 3 &&
              mayEqual(boxes.getDimSize(2), 4) &&
              mayEqual(boxes.getDimSize(0), scores.getDimSize(0)) &&
              mayEqual(boxes.getDimSize(1), scores.getDimSize(2));
  if (!fits)
    return emitOptionalError(
        loc, "'", getOperationName(), "' op boxes and scores have shapes ",
        toString(boxes), " and ", toString(scores),
        ", expected [batch, n, 4] and [batch, classes, n]");
  return pushTensor(loc, getOperationName(), {ShapedType::kDynamic, 3},
                    IntegerType::get(context, 64), types);
}

LogicalResult RoiAlignOp::inferReturnTypes(MLIRContext *, OptionalLoc loc,
                                           Adaptor op,
                                           SmallVectorImpl<Type> &types) {
  auto x = tensorType(op.getX()), rois = tensorType(op.getRois()),
       images = tensorType(op.getImages());
  if (failed(
          sameElementType(loc, getOperationName(), {op.getX(), op.getRois()})))
    return failure();
  bool fits = x.getRank() == 4 && rois.getRank() == 2 &&
              images.getRank() == 1 && mayEqual(rois.getDimSize(1), 4) &&
              mayEqual(rois.getDimSize(0), images.getDimSize(0));
  if (!fits)
    return emitOptionalError(
        loc, "'", getOperationName(), "' op x, rois and images have shapes ",
        toString(x), ", ", toString(rois), " and ", toString(images),
        ", expected [N, H, W, C], [R, 4] and [R]");
  ArrayRef<int64_t> size = op.getSize();
  int64_t ratio = op.getSamplingRatio();
  if (size.size() != 2 || size[0] < 1 || size[1] < 1 || ratio < 0)
    return emitOptionalError(loc, "'", getOperationName(), "' op size [",
                             toString(size), "] and sampling_ratio ", ratio,
                             ", expected two extents of 1 or more and a ratio "
                             "of 0 or more");
  return pushTensor(loc, getOperationName(),
                    {known(rois.getDimSize(0), images.getDimSize(0)), size[0],
                     size[1], x.getDimSize(3)},
                    x.getElementType(), types);
}
