//===- Extents.h - Arithmetic on extents ------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_UTILS_EXTENTS_H
#define DLC_DIALECT_UTILS_EXTENTS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypeInterfaces.h"
#include "mlir/IR/OpDefinition.h"

namespace dlc {

/// The product of extents, unknown where one is. Known ones multiply to no more
/// than a tensor has elements.
int64_t productOf(llvm::ArrayRef<int64_t> extents);

/// The bytes of a tensor or buffer whose extents are known.
int64_t bytesOf(mlir::ShapedType type);

/// Arithmetic on extents and positions: index attributes where they are known,
/// values of type index elsewhere. Ops are appended at the insertion point, and
/// none where the result is known.
class ExtentBuilder {
public:
  ExtentBuilder(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  mlir::OpFoldResult index(int64_t number) { return b.getIndexAttr(number); }
  virtual mlir::Value value(mlir::OpFoldResult x);

  virtual mlir::OpFoldResult add(mlir::OpFoldResult x,
                                 mlir::OpFoldResult y) = 0;
  virtual mlir::OpFoldResult sub(mlir::OpFoldResult x,
                                 mlir::OpFoldResult y) = 0;
  virtual mlir::OpFoldResult mul(mlir::OpFoldResult x,
                                 mlir::OpFoldResult y) = 0;
  virtual mlir::OpFoldResult max(mlir::OpFoldResult x,
                                 mlir::OpFoldResult y) = 0;
  virtual mlir::OpFoldResult min(mlir::OpFoldResult x,
                                 mlir::OpFoldResult y) = 0;
  mlir::OpFoldResult product(llvm::ArrayRef<mlir::OpFoldResult> extents);

  mlir::OpBuilder &b;
  mlir::Location loc;

protected:
  ~ExtentBuilder() = default;
};

/// By ops of affine, each composed with those that its operands come from.
class AffineExtents : public ExtentBuilder {
public:
  using ExtentBuilder::ExtentBuilder;

  /// `expr` of the symbols that `operands` are.
  mlir::OpFoldResult apply(mlir::AffineExpr expr,
                           llvm::ArrayRef<mlir::OpFoldResult> operands);
  mlir::OpFoldResult add(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  mlir::OpFoldResult sub(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  mlir::OpFoldResult mul(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  mlir::OpFoldResult floorDiv(mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::OpFoldResult ceilDiv(mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::OpFoldResult max(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  mlir::OpFoldResult min(mlir::OpFoldResult x, mlir::OpFoldResult y) override;

protected:
  /// What stands for a result from here on.
  virtual mlir::OpFoldResult known(mlir::OpFoldResult result) { return result; }
};

/// By ops of arith, as a model has them. Numbers may be read at run time, so
/// they may be negative and divisors 0.
class ArithExtents : public ExtentBuilder {
public:
  using ExtentBuilder::ExtentBuilder;

  mlir::OpFoldResult add(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  mlir::OpFoldResult sub(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  mlir::OpFoldResult mul(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  /// Rounded towards zero; by zero gives zero.
  mlir::OpFoldResult div(mlir::OpFoldResult x, mlir::OpFoldResult y);
  /// Rounded up, of numbers of 0 and more.
  mlir::OpFoldResult ceilDiv(mlir::OpFoldResult x, mlir::OpFoldResult y);
  /// What remains of a division of numbers of 0 and more.
  mlir::OpFoldResult mod(mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::OpFoldResult max(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
  mlir::OpFoldResult min(mlir::OpFoldResult x, mlir::OpFoldResult y) override;
};

/// Whether an extent is 0 or more whatever the call gives.
bool isNonNegative(mlir::OpFoldResult x);

} // namespace dlc

#endif // DLC_DIALECT_UTILS_EXTENTS_H
