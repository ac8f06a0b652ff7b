//===- ExtentChecks.h - Value numbering of extents, and checks --*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_KERNELS_EXTENTCHECKS_H
#define DLC_LIB_CODEGEN_KERNELS_EXTENTCHECKS_H

#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseSet.h"

namespace dlc {

/// Whether `op` is scalar arithmetic whose result does not depend on where it
/// is placed.
bool isScalar(mlir::Operation *op);

/// The arithmetic and the checks that CheckExtents emits: extents are
/// value-numbered, and each condition that is not proven yet becomes a
/// codegen.require.
class ExtentChecks : protected AffineExtents {
public:
  /// If `isAnalysis`, a missing check is an error and no check is added.
  ExtentChecks(mlir::MLIRContext *context, bool isAnalysis)
      : AffineExtents(builder, mlir::UnknownLoc::get(context)),
        builder(context), isAnalysis(isAnalysis) {}

protected:
  /// Returns `value`, or an equal value computed before it.
  mlir::Value numbered(mlir::Value value);
  mlir::OpFoldResult known(mlir::OpFoldResult size) override;
  mlir::Value value(mlir::OpFoldResult size) override;
  mlir::Value compare(mlir::arith::CmpIPredicate predicate,
                      mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::Value either(mlir::Value x, mlir::Value y);
  static bool isConstant(mlir::OpFoldResult size, int64_t number);
  /// Whether `size` is non-negative for all values of its operands.
  static bool isKnownNonNegative(mlir::OpFoldResult size);
  /// Returns a message about `op` that begins with its source location.
  std::string sentence(mlir::Operation *op, const llvm::Twine &what);
  void require(mlir::Operation *op, mlir::Value condition,
               const llvm::Twine &what);
  /// Reports a condition that no call can satisfy.
  void refuse(mlir::Operation *op, const llvm::Twine &what);
  void requireEqual(mlir::Operation *op, mlir::OpFoldResult x,
                    mlir::OpFoldResult y, const llvm::Twine &what);
  void requireNonNegative(mlir::Operation *op, mlir::OpFoldResult size,
                          const llvm::Twine &what);
  /// Requires that the tensor has at most `maxBytes` bytes, computed in f64,
  /// which does not overflow. Among tensors with the same set of unknown
  /// extents only the largest is checked.
  void requireMemory(mlir::Operation *op,
                     llvm::ArrayRef<mlir::OpFoldResult> sizes,
                     mlir::Type element);
  /// Requires all indices offset + i * stride, 0 <= i < size, to be below the
  /// extent.
  void requireInside(mlir::Operation *op, mlir::OpFoldResult offset,
                     mlir::OpFoldResult size, mlir::OpFoldResult stride,
                     mlir::OpFoldResult extent, const llvm::Twine &what);
  /// Whether the bounds of enclosing loops prove the same.
  bool isInsideByBounds(mlir::OpFoldResult offset, mlir::OpFoldResult size,
                        mlir::OpFoldResult stride, mlir::OpFoldResult extent);

  mlir::OpBuilder builder;
  bool isAnalysis, failed = false;
  /// One entry for each enclosing block, the innermost last: scalars by the
  /// hash of what they compute, conditions that hold, and tensors whose size in
  /// bytes has been checked.
  llvm::SmallVector<
      llvm::DenseMap<size_t, llvm::SmallVector<mlir::Operation *, 1>>>
      scopes;
  llvm::SmallVector<llvm::DenseSet<mlir::Value>> required;
  llvm::SmallVector<
      llvm::SmallVector<std::pair<llvm::SmallVector<mlir::Value>, double>>>
      measured;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_KERNELS_EXTENTCHECKS_H
