//===- Pipelines.h - The lowering as named pipelines ------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DRIVER_PIPELINES_H
#define DLC_DRIVER_PIPELINES_H

#include "dlc/Transforms/Transforms.h"
#include "mlir/Pass/PassOptions.h"

namespace llvm {
class raw_ostream;
} // namespace llvm
namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace dlc {

/// What the passes need to know about the target and the user's choices. The
/// first options are also options of dlc, with the same name and help text.
struct PipelineOptions : mlir::PassPipelineOptions<PipelineOptions> {
  Option<unsigned> unroll{
      *this, "unroll",
      llvm::cl::desc(
          "Steps of a recurrent layer that one iteration of its loop "
          "runs, where their number is known and a multiple (default 1)"),
      llvm::cl::value_desc("n"), llvm::cl::init(1)};
  Option<int64_t> truncate{
      *this, "truncate",
      llvm::cl::desc(
          "Propagate back through n steps of recurrent layers at most"),
      llvm::cl::value_desc("n"), llvm::cl::init(0)};
  Option<bool> fastMath{
      *this, "fast-math",
      llvm::cl::desc("Compute tanh and erf of f32 within 5 units in the last "
                     "place instead of 2, in less time"),
      llvm::cl::init(false)};
  Option<bool> profile{
      *this, "profile",
      llvm::cl::desc("Make a library that measures how long each loop nest "
                     "takes (dlc-run --profile)"),
      llvm::cl::init(false)};
  Option<bool> checkFinite{
      *this, "check-finite",
      llvm::cl::desc("Make a library whose calls end at the first op whose "
                     "result is infinite or NaN; slow, for finding it"),
      llvm::cl::init(false)};
  Option<bool> checkBounds{
      *this, "check-bounds",
      llvm::cl::desc("Make a library that checks every access to memory and "
                     "ends a call before one outside of its buffer; slow, for "
                     "finding defects of dlc"),
      llvm::cl::init(false)};
  Option<bool> separateBuffers{
      *this, "separate-buffers",
      llvm::cl::desc("Make a library that copies before every write and never "
                     "uses memory again; slow, for finding defects of dlc"),
      llvm::cl::init(false)};

  Option<bool> roundOperands{
      *this, "round-operands",
      llvm::cl::desc("Round the operands of products to bf16"),
      llvm::cl::init(false)};
  Option<bool> plainLoops{
      *this, "plain-loops",
      llvm::cl::desc("Neither tile nor vectorise: one loop for each "
                     "dimension"),
      llvm::cl::init(false)};
  Option<bool> placeWeights{
      *this, "place-weights",
      llvm::cl::desc(
          "Put constants apart from the code, for a file of weights"),
      llvm::cl::init(false)};
  Option<int64_t> recompute{
      *this, "recompute",
      llvm::cl::desc("Keep only the states of every k-th step of a scan for "
                     "its derivative"),
      llvm::cl::init(0)};
  Option<int64_t> memory{
      *this, "memory",
      llvm::cl::desc("Bytes that scans may keep for their derivatives"),
      llvm::cl::init(0)};
  Option<int64_t> foldLimit{
      *this, "fold-limit",
      llvm::cl::desc(
          "Largest constant in bytes that is computed while compiling"),
      llvm::cl::init(FoldConstantsOptions().limit)};
};

/// The arith and scf ops of a model -> the same ops, defined for every operand.
void buildDefinePipeline(mlir::OpPassManager &, const PipelineOptions &);
/// TOSA -> linalg on tensors, for models from other front ends.
void buildTosaPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// An imported model -> the same model with its named weights as globals, in
/// the layout that dl reads.
void buildParameterPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// A model -> the same model with its training step (AddTraining).
void buildTrainingPipeline(mlir::OpPassManager &, const AddTrainingOptions &);
/// dl -> simplified dl.
void buildSimplifyPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// dl -> linalg on tensors, with results in destination-passing style, outlined
/// shape functions, and one copy per target.
void buildLinalgPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// linalg -> the same IR grouped into loop nests, with their tilings.
void buildSchedulePipeline(mlir::OpPassManager &, const PipelineOptions &);
/// Scheduled linalg -> tiles of vectors, still on tensors.
void buildVectorPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// Vectors on tensors -> the LLVM dialect.
void buildLLVMPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// The complete pipeline for a model read from text.
void buildCPUPipeline(mlir::OpPassManager &, const PipelineOptions &);

/// Registers the pipelines by name (`dlc-simplify-pipeline`, ...) and dlc's own
/// passes.
void registerPasses();
/// Writes a Markdown page of dlc's pipelines: their passes in order, with a
/// description of each.
void printPipelines(llvm::raw_ostream &os);
/// Registers every dialect and extension that the pipelines use.
void registerDialects(mlir::DialectRegistry &);
/// Registers the evaluator of `dl-fold-constants`, which is the compiler
/// itself, with the contexts of a registry.
void registerEvaluator(mlir::DialectRegistry &);

} // namespace dlc

#endif // DLC_DRIVER_PIPELINES_H
