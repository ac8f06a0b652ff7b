//===- Compile.cpp - From a model file to a library -----------------------===//

#include "dlc/Driver/Compile.h"
#include "Artifacts.h"
#include "Lowering.h"
#include "ReadMLIR.h"
#include "Training.h"
#include "dlc/Codegen/CPU/Regions.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Import/ONNX.h"
#include "dlc/Support/FileKind.h"
#include "dlc/Support/OpenFile.h"
#include "dlc/Target/Emit.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace dlc {

static Stage stageOf(StringRef path) {
  return llvm::StringSwitch<Stage>(llvm::sys::path::extension(path))
      .Case(".so", Stage::Library)
      .Case(".o", Stage::Object)
      .Case(".a", Stage::Archive)
      .Case(".s", Stage::Assembly)
      .Case(".ll", Stage::LLVM)
      .Case(".mlir", Stage::DL)
      .Default(Stage::Auto);
}

static bool isText(Stage stage) { return stage <= Stage::Assembly; }

static LogicalResult report(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "dlc") << message << "\n";
  return failure();
}

static LogicalResult report(llvm::Error error) {
  return report(llvm::toString(std::move(error)));
}

namespace {

class Compilation {
public:
  explicit Compilation(const CompileOptions &options)
      : options(options), mlir(registry()) {
    // The place says it; whole scans would follow the message.
    mlir.printOpOnDiagnostic(false);
  }

  LogicalResult run() {
    if (failed(settle()))
      return failure();
    if (options.timePasses)
      timing.setEnabled(true);
    timing.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
    TimingScope root = timing.getRootScope();
    llvm::SourceMgr sources;
    SourceMgrDiagnosticHandler diagnostics(sources, &mlir);
    // Nodes of imported models have names instead of lines.
    ScopedDiagnosticHandler named(&mlir, [&](Diagnostic &diagnostic) {
      auto name = diagnostic.getLocation()->findInstanceOf<NameLoc>();
      bool isWarning = diagnostic.getSeverity() == DiagnosticSeverity::Warning;
      if (!name ||
          (!isWarning && diagnostic.getSeverity() != DiagnosticSeverity::Error))
        return failure();
      (isWarning ? llvm::WithColor::warning(llvm::errs(), "dlc")
                 : llvm::WithColor::error(llvm::errs(), "dlc"))
          << name.getName().getValue() << ": " << diagnostic << "\n";
      return success();
    });
    mlir.disableMultithreading(); // locks are not free

    OwningOpRef<ModuleOp> module;
    if (failed(parse(sources, begin(root, "parse"), module)))
      return failure();
    if (failed(checkResources(*module)))
      return failure();
    if (options.report)
      printReport(*module, llvm::outs());
    if (failed(checkCalls(*module)))
      return failure();

    PipelineOptions pipeline;
    pipeline.plainLoops = options.level < 2;
    pipeline.placeWeights = stage >= Stage::Object;
    pipeline.profile = options.profile;
    pipeline.fastMath = options.fastMath;
    pipeline.unroll = options.unroll;
    pipeline.checkFinite = options.checkFinite;
    pipeline.checkBounds = options.checkBounds;
    pipeline.separateBuffers = options.separateBuffers;
    pipeline.recompute = recomputation.steps;
    pipeline.memory = recomputation.bytes;
    pipeline.truncate = options.truncate;
    pipeline.roundOperands = options.precision == Precision::BF16;
    auto lower = [&](StringRef name, auto build, const char *suffix) {
      TimingScope scope = begin(root, name);
      PassManager pm(&mlir);
      pm.enableTiming(scope);
      build(pm, pipeline);
      // Once a stage, not once a pass: that took a third of the time.
      pm.enableVerifier(options.verifyEach || !options.reproducer.empty());
      if (!options.reproducer.empty())
        pm.enableCrashReproducerGeneration(options.reproducer,
                                           /*genLocalReproducer=*/true);
      if (failed(pm.run(*module)))
        return failure();
      if (failed(verify(*module)))
        return report(("this is an error of dlc's own in the stage '" + name +
                       "'; please report it with the model. --verify-each "
                       "tells the pass, --reproducer=crash.mlir writes the IR "
                       "in front of it")
                          .str());
      return saveText(*module, suffix);
    };
    bool isTosa = module
                      ->walk([](Operation *op) {
                        return isa<tosa::TosaDialect>(op->getDialect())
                                   ? WalkResult::interrupt()
                                   : WalkResult::advance();
                      })
                      .wasInterrupted();
    if (isTosa) {
      // Upstream's words are about conversion, not about the model.
      ScopedDiagnosticHandler reworded(&mlir, [&](Diagnostic &diagnostic) {
        std::string text = diagnostic.str();
        StringRef name = text;
        if (!name.consume_front("failed to legalize operation '"))
          return failure();
        emitError(diagnostic.getLocation())
            << "'" << name.take_until([](char c) { return c == '\''; })
            << "' of these types has no way down from tosa, expected static "
               "extents or another op";
        return success();
      });
      if (failed(lower("tosa", buildTosaPipeline, ".tosa.mlir")))
        return failure();
    }
    // What imported models bring is dl, defined already.
    if (!isONNX &&
        failed(lower("define", buildDefinePipeline, ".defined.mlir")))
      return failure();
    if (isONNX && (!options.training.empty() || !options.parameters.empty()) &&
        failed(lower("parameters", buildParameterPipeline, ".parameters.mlir")))
      return failure();
    if (!options.parameters.empty())
      if (llvm::Error error = readParameters(*module, options.parameters))
        return report("--parameters: " + llvm::toString(std::move(error)));
    if (!options.training.empty()) {
      auto build = [&](OpPassManager &pm, const PipelineOptions &) {
        buildTrainingPipeline(pm, training);
      };
      if (failed(lower("training", build, ".training.mlir")))
        return failure();
    }
    if (failed(lower("simplify", buildSimplifyPipeline, ".dl.mlir")))
      return failure();
    if (stage == Stage::DL)
      return finishText(*module);
    FailureOr<Interface> interface =
        readInterface(*module, llvm::sys::path::stem(libraryPath()));
    if (failed(interface))
      return failure();
    if (failed(lower("linalg", buildLinalgPipeline, ".linalg.mlir")))
      return failure();
    markComputed(*interface, *module);
    if (stage == Stage::Linalg)
      return finishText(*module);
    if (!options.tuning.empty())
      if (llvm::Error error = tune(*module, processors.front(), options.tuning,
                                   artifacts, llvm::outs()))
        return report(std::move(error));
    // The IR in front of one pass is that of all functions.
    if (isLarge(*module) && options.reproducer.empty())
      mlir.enableMultithreading();
    setTargets(*module, processors);
    if (failed(lower("vector", buildVectorPipeline, ".vector.mlir")))
      return failure();
    std::vector<Region> regions = readRegions(*module);
    if (options.report)
      printRegions(regions, *interface, processors, llvm::outs());
    if (options.profile)
      for (Region &region : regions)
        interface->regions.push_back({nameOfKernel(*interface, region.function),
                                      region.name, region.kind, region.flops,
                                      region.bytes});
    if (stage == Stage::Vector)
      return finishText(*module);
    if (failed(lower("llvm dialect", buildLLVMPipeline, ".llvm.mlir")))
      return failure();
    return emit(*module, *interface, root);
  }

private:
  static DialectRegistry registry() {
    DialectRegistry registry;
    registerDialects(registry);
    registerEvaluator(registry);
    return registry;
  }

  /// Decides on stage, output and processor before any work is done.
  LogicalResult settle() {
    stage = options.stage;
    output = options.output;
    if (stage == Stage::Auto)
      stage = output.empty() ? Stage::Library : stageOf(output);
    if (stage == Stage::Auto)
      return report(
          "cannot tell from the name '" + output +
          "' what to write, expected .so, .o, .a, .s, .ll or .mlir, or "
          "--emit");
    if (output.empty()) {
      if (isText(stage)) {
        output = "-";
      } else {
        llvm::SmallString<128> name(
            options.input == "-" ? StringRef("model")
                                 : llvm::sys::path::filename(options.input));
        llvm::sys::path::replace_extension(name, stage == Stage::Object ? "o"
                                                 : stage == Stage::Archive
                                                     ? "a"
                                                     : "so");
        output = std::string(name);
      }
    }
    if (!options.weights.empty()) {
      if (stage < Stage::Object)
        return report("--weights goes with a library, object or archive");
      if (llvm::sys::path::extension(options.weights) != ".safetensors")
        return report("--weights " + options.weights +
                      " does not name a .safetensors file");
    }
    if (!options.training.empty()) {
      auto parsed = parseTraining(options.training);
      if (!parsed)
        return report(parsed.takeError());
      training = std::move(*parsed);
    }
    auto again = parseRecomputation(options.recompute);
    if (!again)
      return report(again.takeError());
    recomputation = *again;
    auto found =
        Processor::getAll(options.cpu, options.precision == Precision::BF16);
    if (!found)
      return report(found.takeError());
    processors = std::move(*found);
    if (!options.tuning.empty()) {
      if (options.cpu != "native")
        return report("--tune measures on this machine, so it goes with "
                      "--cpu=native, not with --cpu=" +
                      options.cpu);
      if (options.level < 2)
        return report("--tune chooses tiles, which -O" +
                      llvm::Twine(options.level) +
                      " does not make, expected -O2 or -O3");
      if (stage < Stage::Vector)
        return report("--tune chooses tiles, which the output '" + output +
                      "' does not have yet");
    }
    return success();
  }

  /// The stages are what is timed, and what --progress tells.
  TimingScope begin(TimingScope &root, StringRef name) {
    if (options.progress)
      llvm::errs() << "stage: " << name << "\n";
    return root.nest(name);
  }

  /// Whether threads make up for what their locks cost.
  static bool isLarge(ModuleOp module) {
    int64_t count = 0;
    module.walk([&](linalg::LinalgOp) { ++count; });
    return count >= 100;
  }

  StringRef libraryPath() const {
    return output == "-" ? StringRef("model") : StringRef(output);
  }

  LogicalResult parse(llvm::SourceMgr &sources, TimingScope scope,
                      OwningOpRef<ModuleOp> &module) {
    if (options.input != "-") {
      if (!llvm::sys::fs::exists(options.input))
        return report("there is no file '" + options.input + "'");
      if (llvm::sys::fs::is_directory(options.input))
        return report("'" + options.input +
                      "' is a folder, expected a model file (.mlir, .onnx)");
    }
    auto file = readInput(options.input);
    if (!file)
      return report("'" + options.input + "' " +
                    llvm::toString(file.takeError()));
    IdentifiedFile identified =
        identifyFile((*file)->getBuffer(), options.input);
    if (identified.kind == FileKind::Other)
      return report("'" + options.input + "' " + identified.message);
    isONNX = identified.kind == FileKind::ONNX;
    if (isONNX) {
      ImportOptions import;
      for (auto &[name, extent] : options.dims)
        import.dims[name] = extent;
      import.nameParameters =
          !options.training.empty() || !options.parameters.empty();
      import.evaluator = [](ModuleOp module) {
        return getEvaluator(module.getContext())->evaluate(module, {});
      };
      module = importONNX((*file)->getBuffer(), options.input, import, &mlir);
      return success(bool(module));
    }
    if (!options.dims.empty())
      return report("--dim fixes symbolic dimensions of ONNX models, '" +
                    options.input + "' is none");
    sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
    module = readMLIR(sources, options.allowNativeCode, mlir);
    return success(bool(module));
  }

  void print(ModuleOp module, llvm::raw_ostream &os) {
    // Never a large weight by accident.
    OpPrintingFlags flags;
    flags.elideLargeElementsAttrs(64);
    flags.elideLargeResourceString(64);
    module.print(os, flags);
  }

  std::string besideOutput(StringRef suffix) {
    llvm::SmallString<128> path(libraryPath());
    llvm::sys::path::replace_extension(path, "");
    return (path + suffix).str();
  }

  LogicalResult saveText(ModuleOp module, StringRef suffix) {
    if (!options.saveTemps)
      return success();
    if (auto error = artifacts.write(besideOutput(suffix), [&](auto &os) {
          print(module, os);
          return llvm::Error::success();
        }))
      return report(std::move(error));
    return success();
  }

  LogicalResult commit() {
    if (auto error = artifacts.commit())
      return report(std::move(error));
    return success();
  }

  LogicalResult finishText(ModuleOp module) {
    if (auto error = artifacts.write(output, [&](auto &os) {
          print(module, os);
          return llvm::Error::success();
        }))
      return report(std::move(error));
    return commit();
  }

  LogicalResult emit(ModuleOp module, const Interface &interface,
                     TimingScope &root) {
    Weights weights = readWeights(module);
    std::vector<std::string> objects;
    if (failed(writeWeights(module, interface, weights, objects, root)))
      return failure();
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> code;
    {
      TimingScope scope = begin(root, "translate");
      auto translated =
          translateToLLVM(module, interface, processors, options.level, weights,
                          stage == Stage::Library, context);
      if (failed(translated))
        return failure();
      code = std::move(*translated);
    }
    // Text, and what goes with text, is of one module.
    std::vector<llvm::SmallString<0>> codes;
    if (isText(stage) || options.saveTemps) {
      std::unique_ptr<llvm::TargetMachine> machine =
          processors.front().makeMachine(options.level);
      {
        TimingScope scope = begin(root, "optimise");
        optimize(*code, *machine, options.level);
      }
      auto writeIR = [&](auto &os) {
        code->print(os, nullptr);
        return llvm::Error::success();
      };
      if (auto error = stage == Stage::LLVM ? artifacts.write(output, writeIR)
                       : options.saveTemps
                           ? artifacts.write(besideOutput(".ll"), writeIR)
                           : llvm::Error::success())
        return report(std::move(error));
      if (stage == Stage::LLVM)
        return commit();
      TimingScope scope = begin(root, "machine code");
      auto writeCode = [&](llvm::raw_pwrite_stream &os) {
        return emitCode(*code, *machine, stage == Stage::Assembly, os);
      };
      if (stage == Stage::Assembly) {
        if (auto error = artifacts.write(output, writeCode))
          return report(std::move(error));
        return commit();
      }
      llvm::raw_svector_ostream os(codes.emplace_back());
      if (auto error = writeCode(os))
        return report(std::move(error));
    } else {
      TimingScope scope = begin(root, "optimise and machine code");
      auto parts = emitObjects(*code, processors.front(), options.level);
      if (!parts)
        return report(parts.takeError());
      codes = std::move(*parts);
    }
    TimingScope scope = begin(root, "link");
    // An object file with weights, or of several parts, is linked from these.
    bool isAlone =
        stage == Stage::Object && objects.empty() && codes.size() == 1;
    std::vector<std::string> files;
    for (const llvm::SmallString<0> &bytes : codes) {
      auto file = artifacts.reserve(
          isAlone ? output
                  : besideOutput(stage == Stage::Object ? ".code.o" : ".o"),
          isAlone || options.saveTemps);
      if (!file)
        return report(file.takeError());
      if (auto error = artifacts.fill(*file, bytes))
        return report(std::move(error));
      files.push_back(*file);
    }
    if (stage == Stage::Archive && files.size() > 1) {
      auto linked = linkObject(files);
      if (!linked)
        return report(linked.takeError());
      auto whole = artifacts.reserve(besideOutput(".o"), /*keep=*/false);
      if (!whole)
        return report(whole.takeError());
      if (auto error = artifacts.fill(*whole, *linked))
        return report(std::move(error));
      files = {*whole};
    }
    objects.insert(objects.begin(), files.begin(), files.end());
    if (!isAlone) {
      StringRef name = llvm::sys::path::filename(output);
      llvm::Error error = llvm::Error::success();
      if (stage == Stage::Archive) {
        auto archive = makeArchive(objects, name);
        error = archive ? artifacts.write(output, (*archive)->getBuffer())
                        : archive.takeError();
      } else {
        auto linked = stage == Stage::Object ? linkObject(objects)
                                             : linkLibrary(objects, name);
        error = linked ? artifacts.write(output, linked->str())
                       : linked.takeError();
      }
      if (error)
        return report(std::move(error));
    }
    std::string header = besideOutput(".h");
    if (auto error = artifacts.write(header, [&](auto &os) {
          os << writeHeader(interface, llvm::sys::path::filename(header));
          return llvm::Error::success();
        }))
      return report(std::move(error));
    if (failed(commit()))
      return failure();
    if (options.verbose)
      describe(interface, header, weights);
    return success();
  }

  /// Weights go their own way, past LLVM: to a file beside the library or to an
  /// object file of their own. Their memory is free afterwards.
  LogicalResult writeWeights(ModuleOp module, const Interface &interface,
                             Weights &weights,
                             std::vector<std::string> &objects,
                             TimingScope &root) {
    if (!weights.bytes)
      return success();
    TimingScope scope = begin(root, "weights");
    bool isBeside = !options.weights.empty();
    auto reserved = artifacts.reserve(
        isBeside ? options.weights : besideOutput(".weights.o"), isBeside);
    if (!reserved)
      return report(reserved.takeError());
    if (isBeside)
      weights.file = llvm::sys::path::filename(options.weights).str();
    else
      objects.push_back(*reserved);
    if (auto error = isBeside
                         ? writeSafetensors(weights, *reserved)
                         : writeWeightsObject(weights, weightsSymbol(interface),
                                              *reserved))
      return report(std::move(error));
    for (Attribute value : module->getAttrOfType<ArrayAttr>(names::weights))
      if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
        resource.getRawHandle().getResource()->setBlob(AsmResourceBlob());
    for (Weight &weight : weights.all)
      weight.data = {};
    return success();
  }

  void describe(const Interface &interface, StringRef header,
                const Weights &weights) {
    uint64_t bytes = 0;
    (void)llvm::sys::fs::file_size(output, bytes);
    llvm::outs() << output << ": " << bytes << " bytes, for ";
    llvm::interleaveComma(processors, llvm::outs(), [](const Processor &one) {
      llvm::outs() << one.cpu;
    });
    llvm::outs() << ", " << weights.bytes << " bytes of weights "
                 << (weights.file.empty() ? "inside" : "in " + options.weights)
                 << "\n"
                 << header << ":\n";
    for (const Function &function : interface.functions) {
      llvm::outs() << "  " << interface.prefix << "_" << function.cName << "(";
      llvm::interleaveComma(function.inputs, llvm::outs(), [](auto &argument) {
        llvm::outs() << argument.cName << ": " << argument.describe();
      });
      llvm::outs() << ") -> ";
      llvm::interleaveComma(function.outputs, llvm::outs(), [](auto &argument) {
        llvm::outs() << argument.cName << ": " << argument.describe();
      });
      llvm::outs() << "\n";
    }
  }

  const CompileOptions &options;
  DefaultTimingManager timing;
  MLIRContext mlir;
  Stage stage = Stage::Auto;
  bool isONNX = false;
  std::string output;
  AddTrainingOptions training;
  Recomputation recomputation;
  std::vector<Processor> processors; // the least first
  Artifacts artifacts;
};

} // namespace

LogicalResult compile(const CompileOptions &options) {
  return Compilation(options).run();
}

} // namespace dlc
