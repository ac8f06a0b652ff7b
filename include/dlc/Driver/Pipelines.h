//===- Pipelines.h - The way down, as named pipelines -----------*- C++ -*-===//

#ifndef DLC_DRIVER_PIPELINES_H
#define DLC_DRIVER_PIPELINES_H

#include "mlir/Pass/PassOptions.h"

namespace llvm {
class raw_ostream;
} // namespace llvm
namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace dlc {
struct AddTrainingOptions;

/// What the passes need to know of the machine and of the user's wishes.
struct PipelineOptions : mlir::PassPipelineOptions<PipelineOptions> {
  Option<bool> roundOperands{
      *this, "round-operands",
      llvm::cl::desc("Round the operands of products to bf16"),
      llvm::cl::init(false)};
  Option<bool> plainLoops{
      *this, "plain-loops",
      llvm::cl::desc("Neither tile nor vectorise: loops as the mathematics has "
                     "them"),
      llvm::cl::init(false)};
  Option<bool> placeWeights{
      *this, "place-weights",
      llvm::cl::desc(
          "Put constants apart from the code, for a file of weights"),
      llvm::cl::init(false)};
  Option<int64_t> unroll{*this, "unroll",
                         llvm::cl::desc("Steps of a scan in one iteration"),
                         llvm::cl::init(1)};
  Option<int64_t> recompute{
      *this, "recompute",
      llvm::cl::desc("Keep the states of every so many steps of a scan alone "
                     "for its derivative"),
      llvm::cl::init(0)};
  Option<int64_t> memory{
      *this, "memory",
      llvm::cl::desc("Bytes that scans may keep for their derivatives"),
      llvm::cl::init(0)};
  Option<int64_t> truncate{
      *this, "truncate",
      llvm::cl::desc("Steps that back-propagation through time goes back"),
      llvm::cl::init(0)};
  Option<bool> checkFinite{
      *this, "check-finite",
      llvm::cl::desc("End a call with the first op whose result is not finite"),
      llvm::cl::init(false)};
  Option<bool> checkBounds{
      *this, "check-bounds",
      llvm::cl::desc("Check every access to memory; slow, for finding defects"),
      llvm::cl::init(false)};
  Option<bool> separateBuffers{
      *this, "separate-buffers",
      llvm::cl::desc("Copy before every write, and give each buffer a place "
                     "of its own; slow, for finding defects"),
      llvm::cl::init(false)};
  Option<bool> fastMath{
      *this, "fast-math",
      llvm::cl::desc(
          "tanh and erf within five units in the last place, not two"),
      llvm::cl::init(false)};
  Option<bool> profile{
      *this, "profile",
      llvm::cl::desc("Tell the runtime where each region begins and ends"),
      llvm::cl::init(false)};
  Option<int64_t> foldLimit{
      *this, "fold-limit",
      llvm::cl::desc(
          "Largest constant in bytes that is computed while compiling"),
      llvm::cl::init(1 << 20)};
};

/// What a model brings of arith and scf -> the same, defined for every operand.
void buildDefinePipeline(mlir::OpPassManager &, const PipelineOptions &);
/// TOSA -> linalg on tensors, for models that come from elsewhere.
void buildTosaPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// An imported model -> the same with its named weights as globals, in the
/// layout that dl reads.
void buildParameterPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// A model -> the same with its training step (AddTraining).
void buildTrainingPipeline(mlir::OpPassManager &, const AddTrainingOptions &);
/// dl -> dl, smaller.
void buildSimplifyPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// dl -> linalg on tensors, results by destination, shapes apart, once a target.
void buildLinalgPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// linalg -> the same with its loop nests and how they are tiled.
void buildSchedulePipeline(mlir::OpPassManager &, const PipelineOptions &);
/// Scheduled linalg -> tiles of vectors, still on tensors.
void buildVectorPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// Vectors on tensors -> the LLVM dialect.
void buildLLVMPipeline(mlir::OpPassManager &, const PipelineOptions &);
/// All of a model that was read from text.
void buildCPUPipeline(mlir::OpPassManager &, const PipelineOptions &);

/// Registers the pipelines by name (`dlc-simplify-pipeline`, ...) and dlc's own
/// passes.
void registerPasses();
/// Writes a page in Markdown of dlc's pipelines: their passes in order, with
/// what each does.
void printPipelines(llvm::raw_ostream &os);
/// Registers every dialect and extension that the pipelines meet.
void registerDialects(mlir::DialectRegistry &);
/// Gives the contexts of a registry the evaluator of `dl-fold-constants`, which
/// is the compiler itself.
void registerEvaluator(mlir::DialectRegistry &);

} // namespace dlc

#endif // DLC_DRIVER_PIPELINES_H
