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
/// Whether `type` is memref<?xi8>, that is, untyped memory.
bool isBytes(mlir::Type type);
} // namespace dlc::codegen

#include "dlc/Dialect/Codegen/IR/CodegenDialect.h.inc"
#include "dlc/Dialect/Codegen/IR/CodegenEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenAttrs.h.inc"

#define GET_OP_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenOps.h.inc"

namespace dlc::codegen {
/// Returns where an op of a model comes from, for a message: the node of an
/// imported graph, file and line, or if neither is known the op's name.
std::string describeLocation(mlir::Operation *op);

/// Returns the processor that a function is for; by default one with the
/// default parameters.
CPUAttr targetOf(mlir::Operation *function);

/// Makes `function` one for the processor of `parent`, which runs it. Each
/// function that a pass takes out of another needs this: without a processor
/// passes take the default parameters for its own, and its machine code is for
/// the least capable processor of the library.
void copyTarget(mlir::Operation *parent, mlir::Operation *function);

/// Returns the processors that the library of an op's module is for, from the
/// least to the most capable; by default one with the default parameters.
llvm::SmallVector<CPUAttr> targetsOf(mlir::Operation *op);

//===----------------------------------------------------------------------===//
// Names of attributes, which the dialect verifies
//===----------------------------------------------------------------------===//

/// On a module: the processors (CPUAttr) that the library is for, the least
/// capable first.
inline constexpr llvm::StringLiteral targets = "codegen.targets";
/// On a function: the processor (CPUAttr) that it is for.
inline constexpr llvm::StringLiteral target = "codegen.target";
/// On a function: the kernel (a symbol) of which it is a version for its
/// target.
inline constexpr llvm::StringLiteral versionOf = "codegen.version_of";
/// On a kernel: the function (a symbol) that checks and infers its shapes.
inline constexpr llvm::StringLiteral shapes = "codegen.shapes";
/// On a kernel: the function (a symbol) that returns the bytes of its arena.
inline constexpr llvm::StringLiteral workspace = "codegen.workspace";
/// On a shape function: the message of each check (strings).
inline constexpr llvm::StringLiteral messages = "codegen.messages";
/// On a kernel: the numbers of the result extents that depend on values. The
/// extents of all results are numbered consecutively.
inline constexpr llvm::StringLiteral computed = "codegen.computed";
/// On an scf.for: it runs over the steps of a scan.
inline constexpr llvm::StringLiteral steps = "codegen.steps";
/// On an scf.forall: the estimated nanoseconds of one iteration on one core.
inline constexpr llvm::StringLiteral cost = "codegen.cost";
/// On a contraction: a RegisterTileAttr found by measurement.
inline constexpr llvm::StringLiteral registerTile = "codegen.register_tile";
/// On a linalg op: a NestAttr and a ScheduleAttr.
inline constexpr llvm::StringLiteral nest = "codegen.nest";
inline constexpr llvm::StringLiteral schedule = "codegen.schedule";
/// On the root of a nest, later on its outermost loop: a RegionAttr. On a
/// module: all RegionAttrs by number.
inline constexpr llvm::StringLiteral region = "codegen.region";
inline constexpr llvm::StringLiteral regions = "codegen.regions";
/// On a module: WeightAttrs and StateAttrs in the order of their offsets.
inline constexpr llvm::StringLiteral weights = "codegen.weights";
inline constexpr llvm::StringLiteral states = "codegen.states";
} // namespace dlc::codegen

#endif // DLC_DIALECT_CODEGEN_IR_CODEGEN_H
