//===- Codegen.h - The codegen dialect --------------------------*- C++ -*-===//

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGEN_H
#define DLC_DIALECT_CODEGEN_IR_CODEGEN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <string>

#include "dlc/Dialect/Codegen/IR/CodegenDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenAttrs.h.inc"

#define GET_OP_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenOps.h.inc"

namespace dlc::codegen {
/// Where an op of a model comes from, for a message: the node of an imported
/// graph, file and line, or where neither is known the op's name.
std::string placeOf(mlir::Operation *op);

/// Of a module: what the library is for, CPUAttrs, the least first.
inline constexpr llvm::StringLiteral targets = "codegen.targets";
/// Of a function: the one that it is for.
inline constexpr llvm::StringLiteral target = "codegen.target";
} // namespace dlc::codegen

#endif // DLC_DIALECT_CODEGEN_IR_CODEGEN_H
