//===- NestProducers.h - What the tiles of a loop nest take inside ------*- C++
//-*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_TENSORS_NESTPRODUCERS_H
#define DLC_LIB_CODEGEN_TENSORS_NESTPRODUCERS_H

#include "dlc/Codegen/Tensors/Nests.h"

namespace dlc {

/// The single-use contraction that `op` reads element by element.
mlir::linalg::LinalgOp findContraction(mlir::linalg::LinalgOp op);

/// The product behind the single-use value that `pool` reads in windows; no
/// contraction where it reads something else.
Root findPooled(mlir::linalg::LinalgOp pool);

/// The loop over rows of `pool` by which that product comes in slabs that a
/// cache holds; nothing where windows overlap or no slab is worth it. Loops
/// before it are tiled by 1.
std::optional<unsigned> choosePooledRow(mlir::linalg::LinalgOp pool,
                                        const Root &product,
                                        codegen::CPUAttr target);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_TENSORS_NESTPRODUCERS_H
