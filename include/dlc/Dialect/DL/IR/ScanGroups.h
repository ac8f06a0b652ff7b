//===- ScanGroups.h - Several steps of a scan as one ------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_SCANGROUPS_H
#define DLC_DIALECT_DL_IR_SCANGROUPS_H

#include "dlc/Dialect/DL/IR/DL.h"
#include "mlir/IR/IRMapping.h"

namespace dlc::dl {

/// The scans that are not inside another scan.
inline llvm::SmallVector<ScanOp> outermostScans(mlir::Operation *root) {
  llvm::SmallVector<ScanOp> scans;
  root->walk<mlir::WalkOrder::PreOrder>([&](ScanOp scan) {
    scans.push_back(scan);
    return mlir::WalkResult::skip();
  });
  return scans;
}

/// Splits dimension T along the axis into two, T / size groups of `size` steps.
/// T must be known and a multiple of `size`; one other extent may be unknown.
inline mlir::Value groupSteps(mlir::OpBuilder &b, mlir::Location loc,
                              mlir::Value x, int64_t axis, int64_t size) {
  auto type = tensorType(x);
  Shape shape(type.getShape());
  shape[axis] /= size;
  shape.insert(shape.begin() + axis + 1, size);
  return ReshapeOp::create(b, loc, type.clone(shape), x);
}

/// A body builder that clones the cell of another scan.
inline auto copyCell(ScanOp scan) {
  return [scan](mlir::OpBuilder &b, mlir::Location, mlir::ValueRange states,
                mlir::ValueRange elements) mutable {
    mlir::IRMapping mapping;
    mapping.map(scan.getStates(), states);
    mapping.map(scan.getElements(), elements);
    for (mlir::Operation &op : scan.getBody().front())
      b.clone(op, mapping);
  };
}

/// Whether the steps of a scan can be grouped. The number of steps must be
/// known, and so must all extents of each input and output, except for
/// `unknown` of them. Lengths and early exit (`until`) rule it out.
inline bool hasPlainSteps(ScanOp scan, size_t unknown = 0) {
  YieldOp yield = scan.getYield();
  if (mlir::ShapedType::isDynamic(scan.getStaticSteps()) || scan.getLengths() ||
      yield.getUntil())
    return false;
  auto isStatic = [&](mlir::Value value) {
    return tensorType(value).getNumDynamicDims() <= unknown;
  };
  return llvm::all_of(scan.getInputs(), isStatic) &&
         llvm::all_of(yield.getOutputs(), isStatic);
}

} // namespace dlc::dl

#endif // DLC_DIALECT_DL_IR_SCANGROUPS_H
