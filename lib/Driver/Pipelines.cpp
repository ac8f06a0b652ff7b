//===- Pipelines.cpp - The lowering as named pipelines --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Driver/Pipelines.h"
#include "dlc/Autodiff/Autodiff.h"
#include "dlc/Codegen/CPU/Pipelines.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToSCF/TosaToSCF.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace dlc {

void buildParameterPipeline(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createNameParameters());
  addCleanup(pm);
  pm.addPass(createFoldConstants({options.foldLimit, /*keepParameters=*/true}));
}

void buildTrainingPipeline(OpPassManager &pm,
                           const AddTrainingOptions &options) {
  // Functions that a model calls are part of it: inline them.
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  pm.addPass(createAddTraining(options));
}

void buildSimplifyPipeline(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createVerifyTypes());
  pm.addPass(createDifferentiate(
      {options.recompute, options.memory, options.truncate}));
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  pm.addPass(createDecompose());
  addCleanup(pm);
  pm.addPass(createMergeScans());
  pm.addPass(createMergeProducts());
  pm.addPass(createHoistInputProjections());
  pm.addPass(createHoistOutputProjections());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createSinkTransposes());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createPipelineScans());
  pm.addPass(createBlockScans());
  if (options.unroll != 1)
    pm.addPass(createUnrollScans({options.unroll}));
  pm.addPass(createFoldBatchNorm());
  pm.addPass(createPadChannels());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createFoldConstants({options.foldLimit}));
  addCleanup(pm);
  if (options.checkFinite)
    pm.addNestedPass<func::FuncOp>(createCheckFinite());
}

void buildTosaPipeline(OpPassManager &pm, const PipelineOptions &) {
  // Upstream's pipeline, then the conversions of the ops that it leaves.
  tosa::addTosaToLinalgPasses(pm, TosaToLinalgOptions());
  pm.addPass(createTosaToTensorPass());
  pm.addPass(createTosaToArithPass());
  pm.addPass(createTosaToSCFPass());
}

void buildDefinePipeline(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createDefineArithmetic());
  pm.addNestedPass<func::FuncOp>(createCheckIndices());
  // Must see linalg and tensor ops as they were read: canonicalisation infers
  // extents of one op from another.
  pm.addNestedPass<func::FuncOp>(createCheckExtents());
}

void buildLinalgPipeline(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createVerifyTypes({/*entries=*/true}));
  pm.addPass(createConvertDLToLinalg());
  // Once before anything is inferred from what the checks protect, and once
  // again for what was inferred.
  pm.addNestedPass<func::FuncOp>(createCheckExtents());
  pm.addNestedPass<func::FuncOp>(createHoistChecks());
  // Loop-carried values keep the extents of their initial values.
  pm.addNestedPass<func::FuncOp>(createSCFForLoopCanonicalizationPass());
  addCleanup(pm);
  pm.addNestedPass<func::FuncOp>(createCheckExtents());
  pm.addNestedPass<func::FuncOp>(createHoistChecks());
  pm.addPass(createOutlineShapeFunctions());
  pm.addPass(createResultsToOutParams());
  pm.addPass(createMultiversion());
  if (options.roundOperands)
    pm.addPass(createRoundOperands());
  pm.addPass(createDropEmptyLoops());
  pm.addPass(createFuseElementwise());
  addCleanup(pm);
  pm.addNestedPass<func::FuncOp>(createUpdateInPlace());
}

/// Extracts the user's choices that code generation needs.
static CodegenOptions codegenOptions(const PipelineOptions &options) {
  return {options.plainLoops,      options.placeWeights, options.checkBounds,
          options.separateBuffers, options.fastMath,     options.profile};
}

void buildSchedulePipeline(OpPassManager &pm, const PipelineOptions &options) {
  cpu::buildSchedulePipeline(pm, codegenOptions(options));
}

void buildVectorPipeline(OpPassManager &pm, const PipelineOptions &options) {
  cpu::buildVectorPipeline(pm, codegenOptions(options));
}

void buildLLVMPipeline(OpPassManager &pm, const PipelineOptions &options) {
  cpu::buildLLVMPipeline(pm, codegenOptions(options));
}

void buildCPUPipeline(OpPassManager &pm, const PipelineOptions &options) {
  buildDefinePipeline(pm, options);
  buildSimplifyPipeline(pm, options);
  buildLinalgPipeline(pm, options);
  buildSchedulePipeline(pm, options);
  buildVectorPipeline(pm, options);
  buildLLVMPipeline(pm, options);
}

void registerPasses() {
  registerAutodiffPasses();
  registerTransformsPasses();
  registerDLToLinalgPasses();
  registerCodegenPasses();
  PassPipelineRegistration<PipelineOptions>(
      "dlc-define-pipeline", "Define what a model brings of other dialects",
      buildDefinePipeline);
  PassPipelineRegistration<PipelineOptions>(
      "dlc-simplify-pipeline", "Simplify a model in dl", buildSimplifyPipeline);
  PassPipelineRegistration<PipelineOptions>("dlc-tosa-pipeline",
                                            "Lower TOSA to linalg on tensors",
                                            buildTosaPipeline);
  PassPipelineRegistration<PipelineOptions>("dlc-linalg-pipeline",
                                            "Lower dl to linalg on tensors",
                                            buildLinalgPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "dlc-schedule-pipeline", "Choose loop nests and tiles for linalg",
      buildSchedulePipeline);
  PassPipelineRegistration<PipelineOptions>(
      "dlc-vector-pipeline", "Tile and vectorise linalg as it is scheduled",
      buildVectorPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "dlc-llvm-pipeline", "Lower vectors on tensors to the LLVM dialect",
      buildLLVMPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "dlc-cpu-pipeline", "Lower a model in dl to the LLVM dialect",
      buildCPUPipeline);
}

} // namespace dlc
