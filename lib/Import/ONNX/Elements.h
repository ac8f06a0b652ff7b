//===- Elements.h - What is known of tensors while importing ----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes, axes and conditions are computed by the graph itself, out of
// constants and extents. An interpreter of dl follows them element by element:
// a number, an extent that is known when it runs, or nothing. It works on ops
// of dl, whatever operator has built them.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_ELEMENTS_H
#define DLC_LIB_IMPORT_ONNX_ELEMENTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

namespace dlc::onnx_import {

class Graph;

/// Constants of up to this size are attributes that folders can look into,
/// larger ones are resources.
inline constexpr int64_t inlineBytes = 1024;

/// The elements of a tensor of static shape in row-major order: attributes of
/// the element type, values of type index for extents, null where unknown.
struct Elements {
  mlir::RankedTensorType type;
  /// One for all where they are equal.
  bool isSplat = false;
  llvm::SmallVector<mlir::OpFoldResult> values;

  int64_t count() const { return type.getNumElements(); }
  mlir::OpFoldResult operator[](int64_t i) const {
    return values[isSplat ? 0 : i];
  }
  /// Whether all are numbers.
  bool isConstant() const;
};

/// The elements of a constant.
Elements readElements(mlir::ElementsAttr value);
/// The constant with these elements, all of which are numbers.
mlir::ElementsAttr toAttribute(const Elements &elements);
/// An integer of any signedness.
int64_t toInteger(mlir::Attribute number);

/// The elements of the op's results from those of its operands, null where
/// nothing is known; nothing where the op is not one that the interpreter has,
/// or its results cannot be told. Symbolic extents are computed at the graph's
/// place.
std::optional<llvm::SmallVector<Elements>>
evaluate(Graph &g, mlir::Operation *op,
         llvm::ArrayRef<const Elements *> operands);
/// Whether `evaluate` may know something with only some operands known.
bool needsAllOperands(mlir::Operation *op);

/// The part of it that moves, counts and reduces elements (EvaluateMoves.cpp).
std::optional<llvm::SmallVector<Elements>>
evaluateMove(Graph &g, mlir::Operation *op,
             llvm::ArrayRef<const Elements *> operands);

/// An op of arithmetic or comparison on extents; null where it cannot be told.
mlir::OpFoldResult evaluateExtents(Graph &g, mlir::Operation *op,
                                   llvm::ArrayRef<mlir::OpFoldResult> operands);

/// The scalar function of an element-wise op, evaluated by the folders of arith
/// and math; so whatever op is written with them can be computed while
/// importing.
class ScalarProgram {
public:
  explicit ScalarProgram(mlir::Operation *elementwise);
  /// Null where a folder does not know.
  mlir::Attribute run(llvm::ArrayRef<mlir::Attribute> numbers);

private:
  mlir::Block block;
  llvm::SmallVector<mlir::Type> operandTypes;
  mlir::Type resultType;
  mlir::Value result;
};

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_ELEMENTS_H
