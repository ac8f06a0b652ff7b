//===- ExtentChecks.h - Numbers of extents, and checks of them --*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_KERNELS_EXTENTCHECKS_H
#define DLC_LIB_CODEGEN_KERNELS_EXTENTCHECKS_H

#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseSet.h"

namespace dlc {

/// Whether an op is arithmetic on numbers, which gives the same wherever it
/// stands.
bool isScalar(mlir::Operation *op);

/// What CheckExtents makes of extents: arithmetic on them, each number once,
/// and a codegen.require for each condition that nothing proves yet.
class ExtentChecks : protected AffineExtents {
public:
  /// `isAnalysis`: what lacks a check is an error, and nothing is added.
  ExtentChecks(mlir::MLIRContext *context, bool isAnalysis)
      : AffineExtents(builder, mlir::UnknownLoc::get(context)),
        builder(context), isAnalysis(isAnalysis) {}

protected:
  /// The op, or the one before it that computes the same.
  mlir::Value numbered(mlir::Value value);
  mlir::OpFoldResult known(mlir::OpFoldResult size) override;
  mlir::Value value(mlir::OpFoldResult size) override;
  mlir::Value compare(mlir::arith::CmpIPredicate predicate,
                      mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::Value either(mlir::Value x, mlir::Value y);
  static bool isConstant(mlir::OpFoldResult size, int64_t number);
  /// Whether a number is 0 or more whatever the values are.
  static bool isNatural(mlir::OpFoldResult size);
  /// A sentence about an op that says where it comes from.
  std::string sentence(mlir::Operation *op, const llvm::Twine &what);
  void require(mlir::Operation *op, mlir::Value condition,
               const llvm::Twine &what);
  /// What no call could get right.
  void refuse(mlir::Operation *op, const llvm::Twine &what);
  void requireEqual(mlir::Operation *op, mlir::OpFoldResult x,
                    mlir::OpFoldResult y, const llvm::Twine &what);
  void requireNatural(mlir::Operation *op, mlir::OpFoldResult size,
                      const llvm::Twine &what);
  /// Number of bytes, as a float that does not overflow. Of tensors of one set
  /// of unknown extents the largest is looked at.
  void requireMemory(mlir::Operation *op,
                     llvm::ArrayRef<mlir::OpFoldResult> sizes,
                     mlir::Type element);
  /// Places offset + i stride, i below size, are below the extent.
  void requireInside(mlir::Operation *op, mlir::OpFoldResult offset,
                     mlir::OpFoldResult size, mlir::OpFoldResult stride,
                     mlir::OpFoldResult extent, const llvm::Twine &what);
  /// The same by what is known of the loops around.
  bool isInsideByBounds(mlir::OpFoldResult offset, mlir::OpFoldResult size,
                        mlir::OpFoldResult stride, mlir::OpFoldResult extent);

  mlir::OpBuilder builder;
  bool isAnalysis, failed = false;
  /// Of the blocks around, the innermost last: scalars by what they compute,
  /// conditions that hold, and tensors whose bytes were looked at.
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
