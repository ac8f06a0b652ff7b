//===- Inference.h - Shape inference shared by op families ------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Helpers for the `inferReturnTypes` and verifiers of all families. Every
// failure is reported at `loc` (if there is one) in one form: op, operand, what
// was expected, what was found, both shapes.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_INFERENCE_H
#define DLC_DIALECT_DL_IR_INFERENCE_H

#include "dlc/Support/Suggest.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/ValueRange.h"

namespace dlc::dl {

using Shape = llvm::SmallVector<int64_t>;
using OptionalLoc = std::optional<mlir::Location>;

/// Formats a shape as `2x?x3`, for messages.
std::string toString(llvm::ArrayRef<int64_t> shape);
inline std::string toString(mlir::Type type) {
  return toString(llvm::cast<mlir::ShapedType>(type).getShape());
}

/// Whether two extents can be equal at run time.
inline bool mayEqual(int64_t a, int64_t b) {
  return a == b || mlir::ShapedType::isDynamic(a) ||
         mlir::ShapedType::isDynamic(b);
}

/// The known one of two extents that must be equal.
inline int64_t known(int64_t a, int64_t b) {
  return mlir::ShapedType::isDynamic(a) ? b : a;
}

/// Whether a value of type `actual` can be used where `inferred` is expected:
/// equal element types and ranks, and extents that may be equal.
bool areCompatibleTypes(mlir::TypeRange inferred, mlir::TypeRange actual);

/// The shape by NumPy's broadcasting rules, or failure.
mlir::FailureOr<Shape> broadcastShapes(llvm::ArrayRef<int64_t> a,
                                       llvm::ArrayRef<int64_t> b);

/// No tensor has more than 2^45 elements. With 8 bytes each they fill the
/// address space, and computations on their number stay within 63 bits.
inline constexpr int64_t maxElements = int64_t(1) << 45;
/// Whether the product of the known extents is within the limit; 0 counts as 1.
bool isBounded(llvm::ArrayRef<int64_t> shape);
/// Checks this for all operands and results of an op, and reports which fails.
llvm::LogicalResult checkBounds(mlir::Operation *op);

/// Checks that every operand is a ranked tensor of integers or floats of at
/// most 64 bits. The parser infers result types before it verifies operands, so
/// inference relies on this.
llvm::LogicalResult checkTensors(OptionalLoc loc, llvm::StringRef op,
                                 mlir::ValueRange operands);

/// Adds a tensor type; refuses one whose byte count overflows 63 bits.
llvm::LogicalResult pushTensor(OptionalLoc loc, llvm::StringRef op,
                               llvm::ArrayRef<int64_t> shape,
                               mlir::Type element,
                               llvm::SmallVectorImpl<mlir::Type> &types);

/// Resolves a negative axis, which counts from the end. Fails with a message if
/// `axis` is not in [-rank, rank).
mlir::FailureOr<int64_t> normalizeAxis(OptionalLoc loc, llvm::StringRef op,
                                       int64_t axis, int64_t rank);

/// The same for an axis that has been checked.
inline int64_t wrapAxis(int64_t axis, int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

/// The `inferReturnTypes` of every element-wise op.
llvm::LogicalResult inferElementwise(mlir::MLIRContext *context,
                                     OptionalLoc loc, llvm::StringRef op,
                                     mlir::ValueRange operands,
                                     mlir::Type element,
                                     llvm::SmallVectorImpl<mlir::Type> &types);

/// Checks that all operands have the element type of the first.
llvm::LogicalResult sameElementType(OptionalLoc loc, llvm::StringRef op,
                                    mlir::ValueRange operands);

/// Checks that the vector operand `name` (bias, scale, ...), if present, has
/// the shape `[extent]`.
llvm::LogicalResult checkVector(OptionalLoc loc, llvm::StringRef op,
                                llvm::StringRef name, mlir::Value operand,
                                int64_t extent, llvm::StringRef of);

using dlc::suggestName;
/// The suggestion of suggestName among the symbols of one kind around `user`.
template <typename OpT>
std::string suggestSymbol(mlir::Operation *user, llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> known;
  mlir::Operation *table = mlir::SymbolTable::getNearestSymbolTable(user);
  for (OpT op : table->getRegion(0).getOps<OpT>())
    known.push_back(mlir::SymbolTable::getSymbolName(op));
  return suggestName(name, known, "@");
}

/// The type of a ranked tensor. Inference runs before any verifier, and it adds
/// and multiplies extents. For shapes beyond the limit, which the verifier
/// refuses later, this caps them just above it.
mlir::RankedTensorType tensorType(mlir::Value value);

} // namespace dlc::dl

#endif // DLC_DIALECT_DL_IR_INFERENCE_H
