//===- DifferentiateDetection.cpp - Regions of interest -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

/// 0 ... extent-1 along one of four dimensions; the other extents are 1.
static TensorExpr iotaAlong(TensorExpr like, int64_t extent, int64_t axis) {
  OpBuilder &b = *like.b;
  TensorExpr positions = like.with(dl::IotaOp::create(
      b, like.loc, RankedTensorType::get({extent}, like.element()),
      ValueRange(), b.getI64IntegerAttr(0)));
  SmallVector<int64_t> shape(4, 1);
  shape[axis] = extent;
  return positions.reshape(shape);
}

/// The weight of each image position in each cell of a region, along one
/// spatial dimension. It is the mean over the samples of the cell of the
/// bilinear kernel max(0, 1 - |at - position|). The shape is [R, cells,
/// extent].
static TensorExpr buildInterpolationWeights(dl::RoiAlignOp op, TensorExpr rois,
                                            int64_t axis, int64_t extent) {
  double scale = op.getScale().convertToDouble(),
         shift = op.getHalfPixel() ? 0.5 : 0;
  int64_t cells = op.getSize()[axis], ratio = op.getSamplingRatio();
  auto corner = [&](int64_t column) {
    return rois.slice(1, column, column + 1)
                   .reshape({rois.shape()[0], 1, 1, 1}) *
               scale -
           shift;
  };
  TensorExpr low = corner(1 - axis), size = corner(3 - axis) - low;
  if (!op.getHalfPixel())
    size = max(size, 1.0);
  TensorExpr cell = size / double(cells);
  // If no sampling ratio is given, there are as many samples as positions in a
  // cell.
  TensorExpr count =
      ratio ? cell.constant(double(ratio))
            : min(max(dl::formula::ceil(cell), 1.0), double(extent + 1));
  TensorExpr step = iotaAlong(rois, ratio ? ratio : extent + 1, 2),
             position = iotaAlong(rois, extent, 3),
             at = low + iotaAlong(rois, cells, 1) * cell +
                  (step + 0.5) * cell / count;
  TensorExpr counts = (at >= -1.0) & (at <= double(extent)) & (step < count);
  at = min(max(at, 0.0), double(extent - 1));
  TensorExpr weight = max(1.0 - abs(at - position), 0.0) / count;
  return select(counts, weight, 0.0).sum({2}, /*keepDims=*/false);
}

/// The mean of bilinear samples is a product with the weights of rows and one
/// with the weights of columns. The cotangent goes back through both.
static LogicalResult differentiateRoiAlign(dl::RoiAlignOp op, Gradients &d) {
  TensorExpr x = d.at(op.getX()), g = d.of(op.getY());
  ArrayRef<int64_t> shape = x.shape();
  if (op.getKind() != dl::RoiAlignKind::avg)
    return op.emitOpError("of the largest sample has no derivative, expected "
                          "their average");
  if (d.needs(op.getRois()))
    return op.emitOpError("has no derivative by its regions, expected them to "
                          "depend on nothing that is differentiated");
  if (llvm::any_of(shape.drop_front(), ShapedType::isDynamic))
    return op.emitOpError("of shape ")
           << dl::toString(x.type()) << " has no derivative, expected known "
           << "spatial extents and channels";
  TensorExpr rois = d.at(op.getRois()).cast(x.element());
  int64_t height = shape[1], width = shape[2], channels = shape[3],
          regions = g.shape()[0], rows = op.getSize()[0];
  TensorExpr fromRows =
                 buildInterpolationWeights(op, rois, 0, height).transpose(),
             fromColumns =
                 buildInterpolationWeights(op, rois, 1, width).transpose();
  TensorExpr wide =
      matmul(fromColumns.reshape({regions, 1, width, op.getSize()[1]}), g);
  TensorExpr each =
      matmul(fromRows, wide.reshape({regions, rows, width * channels}))
          .reshape({regions, height, width, channels});
  TensorExpr images = d.at(op.getImages());
  TensorExpr last = x.count({0}, images.element()) - 1.0;
  Value sum = dl::ScatterOp::create(
      d.b, d.loc, x.filled(0), min(max(images, 0.0), last), each,
      dl::ScatterKindAttr::get(d.b.getContext(), dl::ScatterKind::add));
  d.add(op.getX(), sum);
  return success();
}

void dlc::attachDetectionRules(MLIRContext *context) {
  attachRule<dl::RoiAlignOp, differentiateRoiAlign>(context);
}
