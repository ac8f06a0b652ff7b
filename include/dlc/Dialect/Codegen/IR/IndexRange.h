//===- IndexRange.h - What an index can be ----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_INDEXRANGE_H
#define DLC_DIALECT_CODEGEN_IR_INDEXRANGE_H

#include "mlir/IR/OpDefinition.h"
#include <optional>

namespace dlc {

/// A tensor has at most so many bytes, counting each extent of 0 as 1: the
/// runtime refuses larger arguments, checks other tensors. So no extent is
/// more, and sums of thousands of them stay within 64 bits.
constexpr int64_t maxBytes = int64_t(1) << 48;

/// From `least` to `most`, both included.
struct IndexRange {
  int64_t least, most;
};

/// The values that an index takes, where nothing on the way to it wraps around:
/// what upstream's analysis of bounds says in unbounded integers is then true
/// of the index itself. Nothing where a sum or a product may leave 64 bits, or
/// is made in a way that is not known here.
std::optional<IndexRange> rangeOf(mlir::OpFoldResult index);

} // namespace dlc

#endif // DLC_DIALECT_CODEGEN_IR_INDEXRANGE_H
