//===- IndexRange.h - The range of an index ---------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_INDEXRANGE_H
#define DLC_DIALECT_CODEGEN_IR_INDEXRANGE_H

#include "mlir/IR/OpDefinition.h"
#include <optional>

namespace dlc {

/// The maximum bytes of a tensor, with each extent of 0 counted as 1. The
/// runtime rejects larger arguments, and checks reject other larger tensors. So
/// it bounds every extent too, and sums of thousands of extents fit in 64 bits.
constexpr int64_t maxBytes = int64_t(1) << 48;

/// The closed interval from `least` to `most`.
struct IndexRange {
  int64_t least, most;
};

/// Returns the range of an index if nothing in its computation wraps:
/// upstream's bounds, computed in unbounded integers, then hold for the index
/// itself. Returns nothing if a sum or product may exceed 64 bits, or if the
/// index is computed by unknown ops.
std::optional<IndexRange> rangeOf(mlir::OpFoldResult index);

} // namespace dlc

#endif // DLC_DIALECT_CODEGEN_IR_INDEXRANGE_H
