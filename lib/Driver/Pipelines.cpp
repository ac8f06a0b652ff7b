//===- Pipelines.cpp - The way down, as named pipelines -------------------===//

#include "dlc/Driver/Pipelines.h"
#include "dlc/Autodiff/Autodiff.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToSCF/TosaToSCF.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace dlc {

static void addCleanup(OpPassManager &pm) {
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  pm.addPass(createCanonicalizerPass(config));
  pm.addPass(createCSEPass());
}

void buildParameterPipeline(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createNameParameters());
  addCleanup(pm);
  pm.addPass(createFoldConstants({options.foldLimit, /*keepParameters=*/true}));
}

void buildTrainingPipeline(OpPassManager &pm,
                           const AddTrainingOptions &options) {
  // What functions a model calls is part of it.
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
  // Upstream's way down, and what it leaves to other conversions.
  tosa::addTosaToLinalgPasses(pm, TosaToLinalgOptions());
  pm.addPass(createTosaToTensorPass());
  pm.addPass(createTosaToArithPass());
  pm.addPass(createTosaToSCFPass());
}

void buildDefinePipeline(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createDefineArithmetic());
  pm.addNestedPass<func::FuncOp>(createCheckIndices());
  // Of linalg and tensor ops as they were read: canonicalisation infers extents
  // of one op for another.
  pm.addNestedPass<func::FuncOp>(createCheckExtents());
}

void buildLinalgPipeline(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createVerifyTypes({/*entries=*/true}));
  pm.addPass(createConvertDLToLinalg());
  // Before anything is inferred of what the checks protect, and once more of
  // what was inferred.
  pm.addNestedPass<func::FuncOp>(createCheckExtents());
  pm.addNestedPass<func::FuncOp>(createHoistChecks());
  // Extents of carried values are those that they begin with.
  pm.addNestedPass<func::FuncOp>(createSCFForLoopCanonicalizationPass());
  addCleanup(pm);
  pm.addNestedPass<func::FuncOp>(createCheckExtents());
  pm.addNestedPass<func::FuncOp>(createHoistChecks());
  if (options.roundOperands)
    pm.addNestedPass<func::FuncOp>(createRoundOperands());
  pm.addPass(createOutlineShapeFunctions());
  pm.addPass(createPassResultsByDestination());
  pm.addPass(createDropEmptyLoops());
  pm.addPass(createFuseElementwise());
  addCleanup(pm);
  pm.addNestedPass<func::FuncOp>(createUpdateInPlace());
}

void buildVectorPipeline(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createMultiversion());
  // By function, which the threads of a large model share.
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createDecomposePads());
  addCleanup(functions);
  if (options.plainLoops)
    return;
  functions.addPass(createFormNests());
  functions.addPass(createChooseSchedules());
  functions.addPass(createTileAndFuse());
  pm.addPass(createMarkRegions({options.profile}));
  OpPassManager &tiles = pm.nest<func::FuncOp>();
  addCleanup(tiles);
  tiles.addPass(createPeelLoops());
  addCleanup(tiles);
  tiles.addPass(createPackWeights());
  addCleanup(tiles);
  tiles.addPass(createTilePartialRows());
  addCleanup(tiles);
  tiles.addPass(createTileReductions());
  addCleanup(tiles);
  tiles.addPass(createPeelLoops());
  addCleanup(tiles);
  tiles.addPass(createSimplifyWindows());
  tiles.addPass(createSliceGathers());
  tiles.addPass(createVectorizeTiles());
  addCleanup(tiles);
}

void buildLLVMPipeline(OpPassManager &pm, const PipelineOptions &options) {
  // Masks become operands first: a region could not hold the copies of
  // bufferisation nor the index arithmetic of folded aliases.
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(vector::createLowerVectorMaskPass());
  // Extents as arithmetic on those of arguments: the analysis compares slices.
  functions.addPass(memref::createResolveShapedTypeResultDimsPass());
  addCleanup(functions);
  functions.addPass(createReshapeDestinations());
  // Buffers: in place where upstream's analysis allows it.
  functions.addPass(createUnshareDestinations());
  if (!options.separateBuffers) {
    functions.addPass(createHideIndices());
    functions.addPass(bufferization::createEmptyTensorEliminationPass());
  }
  functions.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  functions.addPass(createWriteResults());
  functions.addPass(createCarryInPlace());
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferAlignment = 64;
  // Nothing is freed on the way: PlanArena knows such buffers by their use.
  bufferize.allowReturnAllocsFromLoops = true;
  bufferize.copyBeforeWrite = options.separateBuffers;
  pm.addNestedPass<func::FuncOp>(createHideIndices());
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  addCleanup(pm); // shows the indices again
  if (options.checkBounds)
    pm.addNestedPass<func::FuncOp>(createCheckBounds());
  pm.addPass(createExpandReshapes());
  pm.addNestedPass<func::FuncOp>(createParallelizeLoops());
  if (!options.checkBounds) // a call cannot end in what functions share
    pm.addPass(createShareLoops());
  // From here on by function, which the threads of a large model share.
  OpPassManager &vectors = pm.nest<func::FuncOp>();
  vectors.addPass(createUnrollMaskedWrites());
  vectors.addPass(createApproximateMath({options.fastMath}));
  vectors.addPass(memref::createFoldMemRefAliasOpsPass());
  addCleanup(vectors);
  vectors.addPass(createUnrollShortLoops());
  vectors.addPass(createLowerVectors());
  vectors.addPass(memref::createFoldMemRefAliasOpsPass());
  addCleanup(vectors);
  vectors.addPass(createPrefetchTiles());
  vectors.addPass(createLoopInvariantCodeMotionPass());
  vectors.addPass(memref::createResolveShapedTypeResultDimsPass());
  addCleanup(vectors);
  if (options.placeWeights)
    pm.addPass(createPlaceWeights());
  pm.addPass(createPlaceState());
  pm.addPass(createPlanArena({/*share=*/!options.separateBuffers}));
  if (options.checkBounds)
    pm.addNestedPass<func::FuncOp>(createCheckBounds());
  pm.addPass(createEmitChecks());
  // While a task's copies are in the function that says for which processor.
  pm.addNestedPass<func::FuncOp>(createExpandCopies());
  pm.addPass(createOutlineParallelLoops());
  OpPassManager &loops = pm.nest<func::FuncOp>();
  loops.addPass(createConvertLinalgToLoopsPass());
  addCleanup(loops);
  pm.addPass(createSplitFunctions());
  pm.addPass(createLegalizeElementTypes());

  // To the LLVM dialect, upstream's way.
  pm.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass(
      VectorTransferToSCFOptions().enableFullUnroll()));
  pm.addPass(createCallLibm());
  OpPassManager &code = pm.nest<func::FuncOp>();
  code.addPass(memref::createExpandStridedMetadataPass());
  code.addPass(createLowerAffinePass());
  code.addPass(createSCFToControlFlowPass());
  code.addPass(createExpandArith());
  ConvertVectorToLLVMPassOptions instructions;
  instructions.x86Vector = true;
  code.addPass(createConvertVectorToLLVMPass(instructions));
  code.addPass(createUBToLLVMConversionPass());
  code.addPass(createConvertMathToLLVMPass());
  code.addPass(createConvertIndexToLLVMPass());
  code.addPass(createArithToLLVMConversionPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertCodegenToLLVM());
  addCleanup(pm.nest<LLVM::LLVMFuncOp>());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createEmitDispatch());
}

void buildCPUPipeline(OpPassManager &pm, const PipelineOptions &options) {
  buildDefinePipeline(pm, options);
  buildSimplifyPipeline(pm, options);
  buildLinalgPipeline(pm, options);
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
      "dlc-vector-pipeline", "Tile and vectorise linalg", buildVectorPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "dlc-llvm-pipeline", "Lower vectors on tensors to the LLVM dialect",
      buildLLVMPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "dlc-cpu-pipeline", "Lower a model in dl to the LLVM dialect",
      buildCPUPipeline);
}

} // namespace dlc
