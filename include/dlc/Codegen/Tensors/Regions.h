//===- Regions.h - What a fused loop nest computes --------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TileAndFuse leaves a description on each loop nest that it makes,
// codegen.region; MarkRegions numbers them. The report of the compiler and the
// profile of a library are made of these.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_TENSORS_REGIONS_H
#define DLC_CODEGEN_TENSORS_REGIONS_H

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace dlc {

/// A fused loop nest. Counts are of one call, -1 where extents are unknown.
struct Region {
  std::string function; // the one that it is part of
  std::string name;     // nodes or lines that it comes from
  std::string kind;     // product, depthwise, rows, reduction,
                        // element-wise, copy
  int64_t flops = -1;
  int64_t bytes = -1; // read from and written to other regions
  int64_t cost = 0;   // nanoseconds of one core that were expected
  std::string tile, tasks, layout;

  /// Whether arithmetic takes longer than moving the bytes, by the strategy's
  /// rates.
  bool isBoundByFlops() const;
};

/// The nodes or lines that a location names, three at most.
std::string nameOf(mlir::Location loc);

struct Nest;

/// What a nest computes, by its ops and their schedules.
codegen::RegionAttr describeRegion(const Nest &nest, int64_t number);

/// All regions of a module, by number: codegen.regions.
std::vector<Region> readRegions(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_REGIONS_H
