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

/// What an op is in its nest; nothing where it is in none.
std::optional<codegen::Role> roleOf(mlir::Operation *op);

/// Whether an op's tile is that of a contraction: its own, what the sums begin
/// with, or what finishes them.
bool isInProductTile(mlir::Operation *op);

/// How an op is tiled; a null attribute where nobody said.
codegen::ScheduleAttr scheduleOf(mlir::Operation *op);

/// The sizes of a list of a schedule; none where the list is not there.
llvm::ArrayRef<int64_t> sizesOf(mlir::DenseI64ArrayAttr list);

/// A root with the contraction, if any, that its tiles pull in.
struct Root {
  mlir::linalg::LinalgOp op;
  mlir::linalg::LinalgOp contraction;

  /// Both, users first; one where they are the same.
  llvm::SmallVector<mlir::linalg::LinalgOp, 2> operations() const {
    return contraction && contraction != op
               ? llvm::SmallVector<mlir::linalg::LinalgOp, 2>{op, contraction}
               : llvm::SmallVector<mlir::linalg::LinalgOp, 2>{op};
  }
};

/// The ops that become one loop nest, in the order of the block.
struct Nest {
  llvm::SmallVector<mlir::linalg::LinalgOp> members;

  mlir::linalg::LinalgOp root() const { return members.back(); }
  /// The contraction, if there is one.
  mlir::linalg::LinalgOp contraction() const;
  /// The epilogue, else the contraction; null where there is none.
  mlir::linalg::LinalgOp product() const;
  /// As the report has it: product, depthwise, rows, reduction, element-wise.
  llvm::StringRef kind() const;
};

/// Refuses a nest whose ops are not what their roles say.
mlir::LogicalResult checkNest(const Nest &nest);

/// All nests of a function, by number.
std::map<int64_t, Nest> collectNests(mlir::func::FuncOp function);

} // namespace dlc

#endif // DLC_CODEGEN_TENSORS_NESTS_H
