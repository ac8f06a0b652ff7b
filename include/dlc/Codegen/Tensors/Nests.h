//===- Nests.h - The ops of each loop nest ----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORS_NESTS_H
#define DLC_CODEGEN_TENSORS_NESTS_H

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <map>
#include <optional>

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace dlc {

/// Returns the role of an op in its nest, or nothing if it is in none.
std::optional<codegen::Role> roleOf(mlir::Operation *op);

/// Whether an op is in the tile of a contraction: the contraction itself, the
/// fill of its accumulator, or its epilogue.
bool isInProductTile(mlir::Operation *op);

/// Returns the op's schedule, or a null attribute.
codegen::ScheduleAttr scheduleOf(mlir::Operation *op);

/// Returns the sizes of a schedule's list; none if the list is absent.
llvm::ArrayRef<int64_t> sizesOf(mlir::DenseI64ArrayAttr list);

/// A root and the contraction, if any, that is fused into its tiles.
struct Root {
  mlir::linalg::LinalgOp op;
  mlir::linalg::LinalgOp contraction;

  /// Returns both ops, the consumer first, or one if they are the same.
  llvm::SmallVector<mlir::linalg::LinalgOp, 2> operations() const {
    return contraction && contraction != op
               ? llvm::SmallVector<mlir::linalg::LinalgOp, 2>{op, contraction}
               : llvm::SmallVector<mlir::linalg::LinalgOp, 2>{op};
  }
};

/// The ops that become one loop nest, in block order.
struct Nest {
  llvm::SmallVector<mlir::linalg::LinalgOp> members;

  mlir::linalg::LinalgOp root() const { return members.back(); }
  /// Returns the contraction, or null.
  mlir::linalg::LinalgOp contraction() const;
  /// Returns the epilogue, or else the contraction; null if there is neither.
  mlir::linalg::LinalgOp product() const;
  /// Returns what the nest is by the roles of its ops.
  codegen::RegionKind kind() const;
};

/// Reports an error and fails if an op of the nest does not fit its role or
/// schedule.
mlir::LogicalResult checkNest(const Nest &nest);

/// Returns all nests of a function by number.
std::map<int64_t, Nest> collectNests(mlir::func::FuncOp function);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_NESTS_H
