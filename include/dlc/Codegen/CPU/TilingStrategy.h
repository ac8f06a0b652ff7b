//===- TilingStrategy.h - Tile sizes from a machine model -------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategy, separate from mechanism: these functions take an op and a machine
// and return numbers. ChooseSchedules writes them into the IR. Later passes
// analyse an op again only for the roles of its loops (Contraction.h): they
// take tasks, tile sizes, the order of loops, steps and packing from the
// schedule.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_CPU_TILINGSTRATEGY_H
#define DLC_CODEGEN_CPU_TILINGSTRATEGY_H

#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dlc::cpu {

/// Smaller constant operands stay in the first-level cache in any layout and
/// are not packed.
inline constexpr int64_t leastPackedBytes = 8192;

/// The properties of a core that the choice of tiles depends on.
using Machine = codegen::CPUAttr;

/// Tiles of one root op, in its own loops; 0 leaves a loop whole.
struct Tiles {
  /// Sizes of the parallel tasks; all zero where work is too small for tasks.
  llvm::SmallVector<int64_t> tasks;
  /// Sizes of the innermost tiles and the order of their loops.
  llvm::SmallVector<int64_t> inner;
  llvm::SmallVector<int64_t> order;
  /// Estimated nanoseconds of one task if the unknown extents are as assumed.
  int64_t cost = 0;
  /// The loops of unknown extent (of the op that the tiles were chosen for)
  /// that a task's duration is proportional to, with the extent assumed of
  /// each.
  llvm::SmallVector<std::pair<unsigned, int64_t>> assumed;
  /// Whether each task copies its part of the right operand into a panel.
  bool packPanel = false;

  bool hasTasks() const {
    return llvm::any_of(tasks, [](int64_t size) { return size != 0; });
  }
};

/// The choices for a contraction, as in codegen::RegisterTileAttr.
struct RegisterTile {
  int64_t rows = 1;    // of the register tile
  int64_t vectors = 2; // its width in registers
  /// Whether all columns pass under a row of an image; otherwise all rows pass
  /// under a panel of columns.
  bool rowsFirst = false;
};

/// Returns the tile of the op's codegen.register_tile, or else that of the
/// machine model.
RegisterTile chooseRegisterTile(mlir::linalg::LinalgOp op,
                                const Contraction &loops, Machine machine);

/// Returns the register tiles worth measuring; the first is the model's choice.
llvm::SmallVector<RegisterTile> listRegisterTiles(mlir::linalg::LinalgOp op,
                                                  const Contraction &loops,
                                                  Machine machine);

/// Returns the tiles of a contraction.
Tiles tileContraction(mlir::linalg::LinalgOp op, const Contraction &loops,
                      Machine machine);

/// Returns the tiles of any other structured op whose loops have the extents
/// `ranges`.
Tiles tileOther(mlir::linalg::LinalgOp op, llvm::ArrayRef<int64_t> ranges,
                Machine machine);

/// Returns the sizes of the steps of an op's reduction loops; 0 is a whole
/// loop. Entries of parallel loops are 0.
llvm::SmallVector<int64_t> tileReductions(mlir::linalg::LinalgOp op,
                                          Machine machine);

} // namespace dlc::cpu

#endif // DLC_CODEGEN_CPU_TILINGSTRATEGY_H
