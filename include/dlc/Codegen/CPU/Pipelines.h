//===- Pipelines.h - From linalg to the LLVM dialect, for a CPU -*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_CPU_PIPELINES_H
#define DLC_CODEGEN_CPU_PIPELINES_H

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace dlc {

/// What code generation does for a user's wishes; the options of dlc-opt's
/// pipelines say it of each.
struct CodegenOptions {
  bool plainLoops = false;
  bool placeWeights = false;
  bool checkBounds = false;
  bool separateBuffers = false;
  bool fastMath = false;
  bool profile = false;
};

/// Canonicalises and takes out common subexpressions; blocks stay as they are.
void addCleanup(mlir::OpPassManager &);

namespace cpu {
/// linalg on tensors -> the same with its loop nests and how they are tiled.
void buildSchedulePipeline(mlir::OpPassManager &, const CodegenOptions &);
/// Scheduled linalg -> tiles of vectors, still on tensors.
void buildVectorPipeline(mlir::OpPassManager &, const CodegenOptions &);
/// Vectors on tensors -> the LLVM dialect.
void buildLLVMPipeline(mlir::OpPassManager &, const CodegenOptions &);
} // namespace cpu

} // namespace dlc

#endif // DLC_CODEGEN_CPU_PIPELINES_H
