//===- Roots.h - What the tiles of a loop nest take inside ------*- C++ -*-===//

#ifndef DLC_LIB_CODEGEN_CPU_ROOTS_H
#define DLC_LIB_CODEGEN_CPU_ROOTS_H

#include "Nests.h"
#include "dlc/Codegen/CPU/TilingStrategy.h"

namespace dlc::cpu {

/// The single-use contraction that `op` reads element by element.
mlir::linalg::LinalgOp findContraction(mlir::linalg::LinalgOp op);

/// The product behind the single-use value that `pool` reads in windows; no
/// contraction where it reads something else.
Root findPooled(mlir::linalg::LinalgOp pool);

/// The loop over rows of `pool` by which that product comes in slabs that a
/// cache holds; nothing where windows overlap or no slab is worth it. Loops
/// before it are tiled by 1.
std::optional<unsigned> choosePooledRow(mlir::linalg::LinalgOp pool,
                                        const Root &product, Machine machine);

/// Element-wise ops whose operands all run through memory alike have one loop:
/// few, long vectors and no short inner loops.
mlir::linalg::LinalgOp flatten(mlir::RewriterBase &rewriter,
                               mlir::linalg::LinalgOp op);

} // namespace dlc::cpu

#endif // DLC_LIB_CODEGEN_CPU_ROOTS_H
