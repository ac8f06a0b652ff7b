//===- Strided.h - Index expressions of windows -----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_CODEGEN_TENSORS_STRIDED_H
#define DLC_LIB_CODEGEN_TENSORS_STRIDED_H

#include "mlir/IR/AffineExpr.h"
#include <optional>

namespace dlc {

/// The expression c a + b: the loops a and b, and the factor c.
struct Strided {
  unsigned outer, inner;
  int64_t factor;
};

inline std::optional<Strided> matchStrided(mlir::AffineExpr expr) {
  auto sum = llvm::dyn_cast<mlir::AffineBinaryOpExpr>(expr);
  if (!sum || sum.getKind() != mlir::AffineExprKind::Add)
    return std::nullopt;
  for (auto [scaled, once] : {std::pair(sum.getLHS(), sum.getRHS()),
                              std::pair(sum.getRHS(), sum.getLHS())}) {
    auto product = llvm::dyn_cast<mlir::AffineBinaryOpExpr>(scaled);
    auto inner = llvm::dyn_cast<mlir::AffineDimExpr>(once);
    if (!product || !inner || product.getKind() != mlir::AffineExprKind::Mul)
      continue;
    auto outer = llvm::dyn_cast<mlir::AffineDimExpr>(product.getLHS());
    auto factor = llvm::dyn_cast<mlir::AffineConstantExpr>(product.getRHS());
    if (outer && factor)
      return Strided{outer.getPosition(), inner.getPosition(),
                     factor.getValue()};
  }
  return std::nullopt;
}

} // namespace dlc

#endif // DLC_LIB_CODEGEN_TENSORS_STRIDED_H
