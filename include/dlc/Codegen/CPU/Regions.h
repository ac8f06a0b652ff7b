//===- Regions.h - What a fused loop nest computes --------------*- C++ -*-===//
//
// TileAndFuse leaves a description on each loop nest that it makes, under
// names::region; MarkRegions numbers them. The report of the compiler and the
// profile of a library are made of these.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_CPU_REGIONS_H
#define DLC_CODEGEN_CPU_REGIONS_H

#include "dlc/Codegen/CPU/TilingStrategy.h"
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

/// Describes `ops`, which `tiles` (of the last of them) fuse; for the attribute
/// names::region.
mlir::DictionaryAttr describeRegion(llvm::ArrayRef<mlir::linalg::LinalgOp> ops,
                                    llvm::StringRef kind,
                                    const cpu::Tiles &tiles, int64_t number);

/// All regions that MarkRegions has put into the module's attribute
/// names::regions, by number.
std::vector<Region> readRegions(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_CODEGEN_CPU_REGIONS_H
