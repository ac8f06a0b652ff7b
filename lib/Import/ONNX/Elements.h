//===- Elements.h - Known elements during import ----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ONNX graphs compute shapes, axes and conditions from constants and extents.
// An interpreter of dl tracks them element by element: each is a number, an
// extent that is known at run time, or unknown. It works on dl ops, whatever
// operator they were built from.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_ELEMENTS_H
#define DLC_LIB_IMPORT_ONNX_ELEMENTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

namespace dlc::onnx_import {

class Graph;

/// The maximum size in bytes of constants that are inline attributes, which
/// folders can read; larger ones are resources.
inline constexpr int64_t inlineBytes = 1024;

/// The elements of a tensor of static shape in row-major order. An element is
/// an attribute of the element type, a value of type index (an extent), or null
/// where unknown.
struct Elements {
  mlir::RankedTensorType type;
  /// Whether all elements are equal; `values` then holds one.
  bool isSplat = false;
  llvm::SmallVector<mlir::OpFoldResult> values;

  int64_t count() const { return type.getNumElements(); }
  mlir::OpFoldResult operator[](int64_t i) const {
    return values[isSplat ? 0 : i];
  }
  /// Whether all elements are numbers.
  bool isConstant() const;
};

/// Returns the elements of a constant.
Elements readElements(mlir::ElementsAttr value);
/// Returns a constant with these elements, all of which must be numbers.
mlir::ElementsAttr toAttribute(const Elements &elements);
/// Returns the value of an integer attribute of any signedness.
int64_t toInteger(mlir::Attribute number);

/// Computes the elements of the op's results from those of its operands, which
/// are null where nothing is known. Returns nothing if the interpreter does not
/// support the op or cannot determine its results. Arithmetic on symbolic
/// extents is inserted at the graph's insertion point.
std::optional<llvm::SmallVector<Elements>>
evaluate(Graph &g, mlir::Operation *op,
         llvm::ArrayRef<const Elements *> operands);
/// Whether `evaluate` can compute nothing unless all operands are known.
bool needsAllOperands(mlir::Operation *op);

/// The part of `evaluate` that moves, counts and reduces elements
/// (EvaluateMoves.cpp).
std::optional<llvm::SmallVector<Elements>>
evaluateMove(Graph &g, mlir::Operation *op,
             llvm::ArrayRef<const Elements *> operands);

/// Evaluates an arithmetic op or comparison on extents; null if unknown.
mlir::OpFoldResult evaluateExtents(Graph &g, mlir::Operation *op,
                                   llvm::ArrayRef<mlir::OpFoldResult> operands);

/// The scalar function of an element-wise op, evaluated by the folders of arith
/// and math. Any op defined with them can therefore be computed during import.
class ScalarProgram {
public:
  explicit ScalarProgram(mlir::Operation *elementwise);
  /// Evaluates the function; null if a folder fails.
  mlir::Attribute run(llvm::ArrayRef<mlir::Attribute> numbers);

private:
  mlir::Block block;
  llvm::SmallVector<mlir::Type> operandTypes;
  mlir::Type resultType;
  mlir::Value result;
};

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_ELEMENTS_H
