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

/// A fused loop nest. Counts are per call, and -1 if extents are unknown.
struct Region {
  std::string function; // the one that it is part of
  std::string name;     // nodes or lines that it comes from
  std::string kind;     // product, depthwise, rows, reduction,
                        // element-wise, copy
  int64_t flops = -1;
  int64_t bytes = -1; // read from and written to other regions
  int64_t cost = 0;   // nanoseconds of one core that were expected
  std::string tile, tasks, layout;

  /// Whether the arithmetic takes longer than moving the bytes, at the rates
  /// that the strategy assumes.
  bool isBoundByFlops() const;
};

/// Returns the names of at most three nodes or lines of a location.
std::string nameOf(mlir::Location loc);

struct Nest;

/// Describes a nest by its ops and their schedules.
codegen::RegionAttr describeRegion(const Nest &nest, int64_t number);

/// Returns all regions of a module (codegen.regions) by number.
std::vector<Region> readRegions(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_REGIONS_H
