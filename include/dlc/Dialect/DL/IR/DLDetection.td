//===- DLDetection.td - Heads of object detectors ---------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLDETECTION_TD
#define DLC_DIALECT_DL_IR_DLDETECTION_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_NonMaxSuppressionOp : DL_InferredOp<"non_max_suppression", [DL_NotDifferentiable]> {
  let summary = "the best boxes of each class that do not overlap better ones";
  let description = [{
    `boxes` is `[batch, n, 4]`. Each box is two opposite corners (y, x, y, x), or with
    `centered` its centre and size (x, y, width, height). `scores` is
    `[batch, classes, n]`.

    For each image and class, at most `most` boxes with a score above
    `score_threshold` are selected, best first; of equal ones the first. A box is
    skipped if its intersection over union with a selected one is above
    `overlap_threshold`. Each row of the result is (image, class, box). The number of
    rows is known only at run time.
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$boxes, RankedTensorOf<[F32]>:$scores,
                       I64:$most, F32:$overlap_threshold, F32:$score_threshold,
                       UnitAttr:$centered);
  let results = (outs RankedTensorOf<[I64]>:$y);
  let assemblyFormat = [{
    $boxes `,` $scores `,` $most `,` $overlap_threshold `,` $score_threshold
    (`centered` $centered^)? attr-dict `:` type($boxes) `,` type($scores)
  }];
}

def DL_RoiAlignKind : I32EnumAttr<"RoiAlignKind", "how samples are combined", [
    I32EnumAttrCase<"avg", 0>,
    I32EnumAttrCase<"max", 1>]> {
  let cppNamespace = "::dlc::dl";
}

def DL_RoiAlignOp : DL_InferredOp<"roi_align"> {
  let summary = "each region of interest resampled to a grid of fixed size";
  let description = [{
    `x` is `[N, H, W, C]`. `rois` `[R, 4]` holds the corners (x1, y1, x2, y2) of
    regions in coordinates of the image; times `scale` they are those of `x`. `images`
    `[R]` is the image of each region.

    Every cell of the `size` = [h, w] grid takes `sampling_ratio` squared bilinear
    samples (0: as many as positions of x in the cell), and combines them by their
    average or maximum. `half_pixel` shifts coordinates by -1/2; without it a region
    is at least 1 x 1 (He et al., Mask R-CNN, 2017).
  }];
  let arguments = (ins DL_FloatTensor:$x, DL_FloatTensor:$rois,
                       DL_IndexTensor:$images, DenseI64ArrayAttr:$size,
                       DefaultValuedAttr<I64Attr, "0">:$sampling_ratio,
                       DefaultValuedAttr<F64Attr, "1.0">:$scale,
                       DefaultValuedAttr<DL_RoiAlignKind, "RoiAlignKind::avg">:$kind,
                       UnitAttr:$half_pixel);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = [{
    $x `,` $rois `,` $images `size` $size oilist(`sampling_ratio` $sampling_ratio |
    `scale` $scale | `kind` $kind | `half_pixel` $half_pixel) attr-dict `:`
    type($x) `,` type($rois) `,` type($images)
  }];
}

#endif // DLC_DIALECT_DL_IR_DLDETECTION_TD
