//===- NestProducers.h - Producers fused into a nest ------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_TENSORS_NESTPRODUCERS_H
#define DLC_LIB_CODEGEN_TENSORS_NESTPRODUCERS_H

#include "dlc/Codegen/Tensors/Nests.h"

namespace dlc {

/// Returns the single-use contraction that `op` reads element by element, or
/// null.
mlir::linalg::LinalgOp findContraction(mlir::linalg::LinalgOp op);

/// Returns the product that computes the single-use value that `pool` reads in
/// windows. Its contraction is null if `pool` reads something else.
Root findPooled(mlir::linalg::LinalgOp pool);

/// Returns the loop over rows of `pool` by which the product is split into
/// slabs that fit in a cache. Nothing if windows overlap or slabs are not worth
/// it. All loops before it are tiled by 1.
std::optional<unsigned> choosePooledRow(mlir::linalg::LinalgOp pool,
                                        const Root &product,
                                        codegen::CPUAttr target);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_TENSORS_NESTPRODUCERS_H
