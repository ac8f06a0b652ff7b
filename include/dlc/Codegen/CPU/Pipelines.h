//===- Pipelines.h - From linalg to the LLVM dialect, for a CPU -*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_CPU_PIPELINES_H
#define DLC_CODEGEN_CPU_PIPELINES_H

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace dlc {

/// The options of code generation. The options of dlc-opt's pipelines document
/// each of them.
struct CodegenOptions {
  bool plainLoops = false;
  bool placeWeights = false;
  bool checkBounds = false;
  bool separateBuffers = false;
  bool fastMath = false;
  bool profile = false;
};

/// Adds canonicalisation (which keeps the blocks) and CSE.
void addCleanup(mlir::OpPassManager &);

namespace cpu {
/// From linalg on tensors to loop nests with schedules, still linalg on
/// tensors.
void buildSchedulePipeline(mlir::OpPassManager &, const CodegenOptions &);
/// From scheduled linalg to tiles of vectors, still on tensors.
void buildVectorPipeline(mlir::OpPassManager &, const CodegenOptions &);
/// From vectors on tensors to the LLVM dialect.
void buildLLVMPipeline(mlir::OpPassManager &, const CodegenOptions &);
} // namespace cpu

} // namespace dlc

#endif // DLC_CODEGEN_CPU_PIPELINES_H
