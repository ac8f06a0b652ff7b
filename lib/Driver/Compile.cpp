//===- Compile.cpp - From a model file to a library -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Driver/Compile.h"
#include "CheckResources.h"
#include "Lowering.h"
#include "Messages.h"
#include "Outputs.h"
#include "ReadModel.h"
#include "ReadParameters.h"
#include "Report.h"
#include "Schedules.h"
#include "Settings.h"
#include "Training.h"
#include "Tune.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace dlc {

/// Whether the module is large enough for multithreading to outweigh the cost
/// of locks.
static bool isLarge(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](linalg::LinalgOp) { ++count; });
  return count >= 100;
}

static bool hasTosa(ModuleOp module) {
  auto stop = [](Operation *op) {
    return isa<tosa::TosaDialect>(op->getDialect()) ? WalkResult::interrupt()
                                                    : WalkResult::advance();
  };
  return module->walk(stop).wasInterrupted();
}

namespace {

/// The compilation of one model through its stages.
class Compilation {
public:
  Compilation(const Settings &settings)
      : settings(settings), options(settings.options),
        stages(options.timePasses, options.progress), context(registry()),
        outputs(settings, stages) {
    // The location suffices; the printed op, such as a whole scan, would follow
    // the message.
    context.printOpOnDiagnostic(false);
    context.disableMultithreading(); // locks are not free
  }

  LogicalResult run() {
    llvm::SourceMgr sources;
    SourceMgrDiagnosticHandler lines(sources, &context);
    NamedLocations names(&context);
    if (failed(read(sources)) || failed(simplify()))
      return failure();
    if (settings.stage == Stage::DL) {
      // The targets are a property of this run, not of the model.
      (*model.module)->removeAttr(codegen::targets);
      return outputs.writeText(*model.module);
    }
    FailureOr<Interface> interface = readInterface(
        *model.module, llvm::sys::path::stem(settings.libraryPath()));
    if (failed(interface) ||
        failed(lower("linalg", buildLinalgPipeline, ".linalg.mlir")))
      return failure();
    isChecked = true;
    markComputed(*interface, *model.module);
    if (settings.stage == Stage::Linalg)
      return outputs.writeText(*model.module);
    if (failed(schedule()))
      return failure();
    if (settings.stage == Stage::Schedule)
      return outputs.writeText(*model.module);
    if (settings.stage == Stage::Schedules)
      return outputs.writeSchedules(*model.module);
    if (failed(vectorize(*interface)))
      return failure();
    if (settings.stage == Stage::Vector)
      return outputs.writeText(*model.module);
    if (failed(lower("llvm dialect", buildLLVMPipeline, ".llvm.mlir")))
      return failure();
    return outputs.writeCode(*model.module, *interface);
  }

private:
  static DialectRegistry registry() {
    DialectRegistry registry;
    registerDialects(registry);
    registerEvaluator(registry);
    return registry;
  }

  LogicalResult read(llvm::SourceMgr &sources) {
    FailureOr<ReadModel> found = readModel(settings, stages, sources, context);
    if (failed(found))
      return failure();
    model = std::move(*found);
    if (failed(checkResources(*model.module)))
      return failure();
    if (options.report)
      printReport(*model.module, llvm::outs());
    return checkCalls(*model.module);
  }

  /// Runs the passes of one stage, then saves its IR as text if requested.
  LogicalResult lower(
      StringRef name,
      llvm::function_ref<void(OpPassManager &, const PipelineOptions &)> build,
      StringRef suffix) {
    TimingScope scope = stages.begin(name);
    PassManager pm(&context);
    pm.enableTiming(scope);
    build(pm, settings.pipeline);
    // The IR is verified once per stage: once per pass took a third of the
    // time.
    pm.enableVerifier(options.verifyEach || !options.reproducer.empty());
    if (!options.reproducer.empty())
      pm.enableCrashReproducerGeneration(options.reproducer,
                                         /*genLocalReproducer=*/true);
    if (failed(pm.run(*model.module))) {
      if (isChecked)
        note(fmt::format(FMT_STRING("if the model is valid, {}"),
                         describeOwnError(name)));
      return failure();
    }
    if (failed(verify(*model.module)))
      return report(describeOwnError(name));
    return outputs.saveText(*model.module, suffix);
  }

  static std::string describeOwnError(StringRef stage) {
    return fmt::format(
        FMT_STRING("this is an error of dlc's own in the stage '{}'; please "
                   "report it with the model. --verify-each tells the pass, "
                   "--reproducer=crash.mlir writes the IR in front of it"),
        stage);
  }

  /// Lowers the input to dl, and adds the training step and the given weights.
  LogicalResult simplify() {
    if (hasTosa(*model.module)) {
      TosaMessages messages(&context);
      if (failed(lower("tosa", buildTosaPipeline, ".tosa.mlir")))
        return failure();
    }
    // Imported models are dl, whose ops are defined for every operand already.
    if (!model.isONNX &&
        failed(lower("define", buildDefinePipeline, ".defined.mlir")))
      return failure();
    if (model.isONNX && settings.namesParameters() &&
        failed(lower("parameters", buildParameterPipeline, ".parameters.mlir")))
      return failure();
    if (!options.parameters.empty())
      if (llvm::Error error = readParameters(*model.module, options.parameters))
        return report(fmt::format(FMT_STRING("--parameters: {}"),
                                  llvm::toString(std::move(error))));
    if (settings.hasTraining()) {
      auto build = [&](OpPassManager &pm, const PipelineOptions &) {
        buildTrainingPipeline(pm, settings.training);
      };
      if (failed(lower("training", build, ".training.mlir")))
        return failure();
    }
    setTargets(*model.module, settings.processors);
    return lower("simplify", buildSimplifyPipeline, ".dl.mlir");
  }

  /// Forms loop nests and sets their tiles: measured, chosen or given ones.
  LogicalResult schedule() {
    if (!options.tuning.empty() &&
        failed(check(tune(*model.module, settings.processors.front(),
                          options.tuning, outputs.artifacts, llvm::outs()))))
      return failure();
    // A crash reproducer covers all functions, so passes must not run on them
    // in parallel.
    if (isLarge(*model.module) && options.reproducer.empty())
      context.enableMultithreading();
    bool isGiven = !options.schedules.empty();
    if (failed(lower("schedule", buildSchedulePipeline,
                     isGiven ? ".chosen.mlir" : ".schedule.mlir")))
      return failure();
    if (!isGiven)
      return success();
    if (failed(check(readSchedules(*model.module, options.schedules))))
      return failure();
    return outputs.saveText(*model.module, ".schedule.mlir");
  }

  /// Lowers linalg to tiles of vectors for each processor. With --profile, adds
  /// to the interface the regions whose times it can report.
  LogicalResult vectorize(Interface &interface) {
    if (failed(lower("vector", buildVectorPipeline, ".vector.mlir")))
      return failure();
    std::vector<Region> regions = readRegions(*model.module);
    if (options.report)
      printRegions(regions, interface, llvm::outs());
    if (settings.pipeline.profile)
      for (Region &region : regions)
        interface.regions.push_back(
            {nameOfKernel(interface, region.kernel),
             region.what.getName().str(), nameOf(region.what.getKind()).str(),
             region.what.getFlops(), region.what.getBytes()});
    return success();
  }

  const Settings &settings;
  const CompileOptions &options;
  Stages stages;
  MLIRContext context;
  ReadModel model;
  /// Whether the stages that refuse models have run. A pass that fails after
  /// them is probably not the user's mistake.
  bool isChecked = false;
  Outputs outputs;
};

} // namespace

LogicalResult compile(const CompileOptions &options) {
  Settings settings(options);
  if (failed(settings.settle()))
    return failure();
  return Compilation(settings).run();
}

} // namespace dlc
