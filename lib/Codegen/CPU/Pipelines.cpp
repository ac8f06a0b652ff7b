//===- Pipelines.cpp - From linalg to the LLVM dialect, for a CPU ---------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/CPU/Pipelines.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace dlc {

void addCleanup(OpPassManager &pm) {
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  pm.addPass(createCanonicalizerPass(config));
  pm.addPass(createCSEPass());
}

void cpu::buildSchedulePipeline(OpPassManager &pm,
                                const CodegenOptions &options) {
  // By function: the threads of a large model share this work.
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createDecomposePads());
  addCleanup(functions);
  if (options.plainLoops)
    return;
  functions.addPass(createFormNests());
  functions.addPass(createChooseSchedules());
}

void cpu::buildVectorPipeline(OpPassManager &pm,
                              const CodegenOptions &options) {
  if (options.plainLoops)
    return;
  pm.addNestedPass<func::FuncOp>(createTileAndFuse());
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

void cpu::buildLLVMPipeline(OpPassManager &pm, const CodegenOptions &options) {
  // Masks become operands first. A mask region could not hold the copies of
  // bufferisation, nor the index arithmetic of folded aliases.
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(vector::createLowerVectorMaskPass());
  // Computes extents from those of the arguments, as the analysis compares
  // slices.
  functions.addPass(memref::createResolveShapedTypeResultDimsPass());
  addCleanup(functions);
  functions.addPass(createReshapeDestinations());
  // Buffers: in place where upstream's analysis allows it.
  functions.addPass(createDuplicateSharedDestinations());
  if (!options.separateBuffers) {
    functions.addPass(createHideIndices());
    functions.addPass(bufferization::createEmptyTensorEliminationPass());
  }
  functions.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  functions.addPass(createWriteResults());
  functions.addPass(createCarryInPlace());
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferAlignment = 64;
  // Nothing is deallocated: PlanArena derives live ranges from uses.
  bufferize.allowReturnAllocsFromLoops = true;
  bufferize.copyBeforeWrite = options.separateBuffers;
  pm.addNestedPass<func::FuncOp>(createHideIndices());
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  addCleanup(pm); // removes the casts of HideIndices
  if (options.checkBounds)
    pm.addNestedPass<func::FuncOp>(createCheckBounds());
  pm.addPass(createExpandReshapes());
  pm.addNestedPass<func::FuncOp>(createParallelizeLoops());
  if (!options.checkBounds) // shared functions cannot end the call
    pm.addPass(createShareLoops());
  // By function from here on: the threads of a large model share this work.
  OpPassManager &vectors = pm.nest<func::FuncOp>();
  vectors.addPass(createOrderMaskedTransfers());
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
  // While copies inside tasks are still in the function that has the target.
  pm.addNestedPass<func::FuncOp>(createExpandCopies());
  pm.addPass(createOutlineParallelLoops());
  OpPassManager &loops = pm.nest<func::FuncOp>();
  loops.addPass(createConvertLinalgToLoopsPass());
  addCleanup(loops);
  pm.addPass(createSplitFunctions());
  LegalizeElementTypesOptions elements;
  elements.instructions = {"x86vector"};
  pm.addPass(createLegalizeElementTypes(elements));

  // Upstream's passes to the LLVM dialect.
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

} // namespace dlc
