//===- TilingStrategy.h - Which tiles, from a machine model -----*- C++ -*-===//
//
// Strategy apart from mechanism: these functions look at an op and a machine
// and return numbers. ChooseSchedules writes them into the IR; no pass behind
// it asks again.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_CPU_TILINGSTRATEGY_H
#define DLC_CODEGEN_CPU_TILINGSTRATEGY_H

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace dlc::cpu {

/// Smaller constant operands stay in the first level cache however they lie:
/// they are not packed.
inline constexpr int64_t leastPackedBytes = 8192;

/// What the choice of tiles needs to know of a core.
using Machine = codegen::CPUAttr;

/// That of a function's `codegen.target`.
Machine machineOf(mlir::Operation *function);

/// Loops of a contraction: any op that multiplies two operands and adds up, a
/// matrix product as well as a convolution.
struct Contraction {
  /// Contiguous in result and right operand: becomes the vector.
  unsigned n;
  /// Not in the right operand; the innermost of them: rows of the register
  /// tile.
  std::optional<unsigned> m;
  /// Parallel loops of the right operand but `n` (batch, group).
  llvm::SmallVector<unsigned> shared;
  /// Parallel loops that are neither (batch, image rows).
  llvm::SmallVector<unsigned> outer;
  /// Whether the left operand has `n` too: each column has a sum of its own
  /// elements (a depthwise convolution).
  bool isDepthwise = false;
  /// The innermost reduction loop, of two steps, where both operands hold pairs
  /// (RoundOperands): the left one's last index is 2 k + pair, the right one's
  /// 2 n + pair.
  std::optional<unsigned> pair;
};

/// The roles of the loops, or nothing where `op` is no contraction or its right
/// operand is not contiguous along the result's last dimension.
std::optional<Contraction> analyzeContraction(mlir::linalg::LinalgOp op);

/// Ops that compute a row of a result from the same row of what they read: a
/// softmax or a normalisation with its reductions. Row by row all of them work
/// on what the first level cache holds.
struct Rows {
  /// How many outer loops all of them share.
  unsigned loops = 0;
  /// All but the root, which comes last.
  llvm::SmallPtrSet<mlir::Operation *, 8> producers;
};

/// The producers that share rows with `root`, if a reduction is among them; no
/// loops where there are none.
Rows findRows(mlir::linalg::LinalgOp root);

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

/// Whether the vectoriser takes ops like this one.
bool isVectorizable(mlir::linalg::LinalgOp op);

/// The tensor.extract ops in the body of `op` that walk along a row of a tensor
/// as the innermost loop walks along the result's, where the body's indices
/// serve to find rows alone; else none. Such a nest becomes vectors once its
/// other loops take one step (SliceGathers).
llvm::SmallVector<mlir::tensor::ExtractOp>
findGathers(mlir::linalg::LinalgOp op);

/// The first input with dimensions; null where all are numbers.
mlir::OpOperand *firstTensor(mlir::linalg::LinalgOp op);

} // namespace dlc::cpu

#endif // DLC_CODEGEN_CPU_TILINGSTRATEGY_H
