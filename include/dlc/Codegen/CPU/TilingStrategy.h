//===- TilingStrategy.h - Which tiles, from a machine model -----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategy apart from mechanism: these functions look at an op and a machine
// and return numbers. ChooseSchedules writes them into the IR; no pass behind
// it asks again.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_CPU_TILINGSTRATEGY_H
#define DLC_CODEGEN_CPU_TILINGSTRATEGY_H

#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dlc::cpu {

/// Smaller constant operands stay in the first level cache however they lie:
/// they are not packed.
inline constexpr int64_t leastPackedBytes = 8192;

/// What the choice of tiles needs to know of a core.
using Machine = codegen::CPUAttr;

/// Tiles of one root op, in its own loops; 0 leaves a loop whole.
struct Tiles {
  /// Sizes of the parallel tasks; all zero where work is too small for tasks.
  llvm::SmallVector<int64_t> tasks;
  /// Sizes of the innermost tiles and the order of their loops.
  llvm::SmallVector<int64_t> inner;
  llvm::SmallVector<int64_t> order;
  /// About the nanoseconds of one task where the unknown extents are those that
  /// were assumed.
  int64_t cost = 0;
  /// The loops of unknown extent, of the op that the tiles were chosen for, by
  /// which a task takes longer; the extent assumed of each.
  llvm::SmallVector<std::pair<unsigned, int64_t>> assumed;
  /// Whether to copy the right operand's part of a task into a panel.
  bool packPanel = false;

  bool hasTasks() const {
    return llvm::any_of(tasks, [](int64_t size) { return size != 0; });
  }
};

/// What there is to choose for a contraction; codegen::RegisterTileAttr.
struct RegisterTile {
  int64_t rows = 1;    // of the register tile
  int64_t vectors = 2; // its width in registers
  /// Whether all columns pass under a row of an image, or all rows under a
  /// panel of columns.
  bool rowsFirst = false;
};

/// What the machine model chooses, or what the op's codegen.register_tile says.
RegisterTile chooseRegisterTile(mlir::linalg::LinalgOp op,
                                const Contraction &loops, Machine machine);

/// Those that are worth a measurement, the model's own first.
llvm::SmallVector<RegisterTile> listRegisterTiles(mlir::linalg::LinalgOp op,
                                                  const Contraction &loops,
                                                  Machine machine);

/// Tiles for a contraction.
Tiles tileContraction(mlir::linalg::LinalgOp op, const Contraction &loops,
                      Machine machine);

/// Tiles for everything else that is structured, whose loops have these
/// extents.
Tiles tileOther(mlir::linalg::LinalgOp op, llvm::ArrayRef<int64_t> ranges,
                Machine machine);

/// Sizes for the reduction loops of an op that is tiled otherwise (0: whole).
llvm::SmallVector<int64_t> tileReductions(mlir::linalg::LinalgOp op,
                                          Machine machine);

} // namespace dlc::cpu

#endif // DLC_CODEGEN_CPU_TILINGSTRATEGY_H
