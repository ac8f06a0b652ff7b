//===- Codegen.h - The codegen dialect --------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_CODEGEN_IR_CODEGEN_H
#define DLC_DIALECT_CODEGEN_IR_CODEGEN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <string>

namespace dlc::codegen {
/// Whether `type` is memref<?xi8>, memory of any use.
bool isBytes(mlir::Type type);
} // namespace dlc::codegen

#include "dlc/Dialect/Codegen/IR/CodegenDialect.h.inc"
#include "dlc/Dialect/Codegen/IR/CodegenEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenAttrs.h.inc"

#define GET_OP_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenOps.h.inc"

namespace dlc::codegen {
/// Where an op of a model comes from, for a message: the node of an imported
/// graph, file and line, or where neither is known the op's name.
std::string describeLocation(mlir::Operation *op);

/// The processor that a function is for; where it does not say, one of the
/// default parameters.
CPUAttr targetOf(mlir::Operation *function);

/// What the library of an op's module is for, the least first; where the module
/// does not say, one processor of the default parameters.
llvm::SmallVector<CPUAttr> targetsOf(mlir::Operation *op);

//===----------------------------------------------------------------------===//
// Names of attributes, which the dialect verifies
//===----------------------------------------------------------------------===//

/// Of a module: what the library is for, CPUAttrs, the least first.
inline constexpr llvm::StringLiteral targets = "codegen.targets";
/// Of a function: the one that it is for.
inline constexpr llvm::StringLiteral target = "codegen.target";
/// Of a function: the kernel (a symbol) of which it is the version for its
/// target.
inline constexpr llvm::StringLiteral versionOf = "codegen.version_of";
/// Of a kernel: the function (a symbol) that checks and infers its shapes.
inline constexpr llvm::StringLiteral shapes = "codegen.shapes";
/// Of a kernel: the function (a symbol) that tells the bytes of its arena.
inline constexpr llvm::StringLiteral workspace = "codegen.workspace";
/// Of a shape function: what to say where a check does not hold, strings.
inline constexpr llvm::StringLiteral messages = "codegen.messages";
/// Of a kernel: numbers of the extents of its results, all in one row, that
/// follow from values.
inline constexpr llvm::StringLiteral computed = "codegen.computed";
/// Of an scf.for: it runs over the steps of a scan.
inline constexpr llvm::StringLiteral steps = "codegen.steps";
/// Of an scf.forall: about the nanoseconds that one iteration takes on one
/// core.
inline constexpr llvm::StringLiteral cost = "codegen.cost";
/// Of a contraction: a RegisterTileAttr that somebody has measured.
inline constexpr llvm::StringLiteral registerTile = "codegen.register_tile";
/// Of a linalg op: a NestAttr and a ScheduleAttr.
inline constexpr llvm::StringLiteral nest = "codegen.nest";
inline constexpr llvm::StringLiteral schedule = "codegen.schedule";
/// Of the root of a nest, then of its outermost loop: a RegionAttr. Of a
/// module: all, by number.
inline constexpr llvm::StringLiteral region = "codegen.region";
inline constexpr llvm::StringLiteral regions = "codegen.regions";
/// Of a module: WeightAttrs and StateAttrs, by place.
inline constexpr llvm::StringLiteral weights = "codegen.weights";
inline constexpr llvm::StringLiteral states = "codegen.states";
} // namespace dlc::codegen

#endif // DLC_DIALECT_CODEGEN_IR_CODEGEN_H
