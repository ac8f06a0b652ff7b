//===- Regions.h - What a fused loop nest computes --------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TileAndFuse attaches a description, codegen.region, to each loop nest that it
// creates; MarkRegions numbers them. The compiler's report and a library's
// profile are based on these.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_TENSORS_REGIONS_H
#define DLC_CODEGEN_TENSORS_REGIONS_H

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace dlc {

/// A fused loop nest of a kernel's version for one processor.
struct Region {
  std::string kernel; // it is part of the kernel's version for `target`
  codegen::CPUAttr target;
  codegen::RegionAttr what; // per call

  /// Whether the arithmetic takes longer than moving the bytes, at the rates
  /// that the strategy assumes.
  bool isBoundByFlops() const;
};

/// The names that reports, profiles and libraries use for a kind:
/// `element-wise` for one that is `elementwise` in the IR.
llvm::StringRef nameOf(codegen::RegionKind kind);

/// Returns the names of at most three nodes or lines of a location.
std::string nameOf(mlir::Location loc);

struct Nest;

/// Describes a nest by its ops and their schedules.
codegen::RegionAttr describeRegion(const Nest &nest, int64_t number);

/// Returns all regions of a module (codegen.regions) by number, while the
/// kernels' versions are functions of it.
std::vector<Region> readRegions(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_REGIONS_H
