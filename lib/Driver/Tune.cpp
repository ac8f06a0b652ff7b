//===- Tune.cpp - Measures schedules --------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures schedules where the machine model is not accurate enough: each
// distinct contraction of a model is compiled alone under several schedules and
// timed. The best ones are stored in a file, by processor and contraction, and
// set on the ops as the attribute codegen.register_tile, which ChooseSchedules
// obeys.
//
//===----------------------------------------------------------------------===//

#include "Tune.h"
#include "Artifacts.h"
#include "InMemory.h"
#include "Lowering.h"
#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Codegen/Tensors/Regions.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/OpenFile.h"
#include "dlc/Support/ParseJSON.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <chrono>
#include <random>

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

namespace {

/// Contractions with less work are not worth tuning.
constexpr double leastFlops = 1e6;
/// The model's choice is kept if another one gains less, which is noise.
constexpr double leastGain = 1.02;

struct Tuner {
  Tuner(const Processor &processor, MLIRContext *context,
        llvm::raw_ostream &log)
      : processor(processor), machine(getTarget(processor, context)), log(log) {
  }

  /// A text that identifies a contraction; with the processor, the key of the
  /// file.
  static std::string signatureOf(linalg::LinalgOp op) {
    std::string text;
    llvm::raw_string_ostream os(text);
    for (AffineMap map : op.getIndexingMapsArray())
      os << map << " ";
    for (Value operand : op->getOperands())
      os << operand.getType()
         << (operand.getDefiningOp<arith::ConstantOp>() ? " constant " : " ");
    return StringRef(text).rtrim().str();
  }

  LogicalResult run(ModuleOp module, llvm::json::Object &known) {
    LogicalResult result = success();
    module.walk([&](linalg::LinalgOp op) {
      // The other versions are for processors that cannot be measured here.
      auto function = op->getParentOfType<func::FuncOp>();
      if (codegen::targetOf(function).getName() != machine.getName())
        return;
      std::optional<Contraction> loops = analyzeContraction(op);
      if (!loops || !op.hasPureTensorSemantics() || failed(result))
        return;
      double flops = 2;
      for (int64_t range : op.getStaticLoopRanges())
        flops *= ShapedType::isDynamic(range) ? 0 : range;
      if (flops < leastFlops)
        return;
      std::string signature = signatureOf(op);
      auto *entry = known.getArray(signature);
      if (!entry) {
        FailureOr<RegisterTile> best = measure(op, *loops);
        if (failed(best)) {
          result = failure();
          return;
        }
        known[signature] = llvm::json::Array{best->rows, best->vectors,
                                             int64_t(best->rowsFirst)};
        entry = known.getArray(signature);
      }
      auto number = [&](size_t at) {
        return (*entry)[at].getAsInteger().value_or(0);
      };
      setRegisterTile(op, {number(0), number(1), number(2) != 0});
    });
    return result;
  }

private:
  static void setRegisterTile(Operation *op, const RegisterTile &tile) {
    op->setAttr(codegen::registerTile,
                codegen::RegisterTileAttr::get(op->getContext(), tile.rows,
                                               tile.vectors, tile.rowsFirst));
  }

  FailureOr<RegisterTile> measure(linalg::LinalgOp op,
                                  const Contraction &loops) {
    SmallVector<RegisterTile> candidates =
        listRegisterTiles(op, loops, machine);
    RegisterTile best = candidates.front();
    double model = 0, least = 0;
    for (const RegisterTile &tile : candidates) {
      FailureOr<double> time = timeOf(op, tile);
      if (failed(time))
        return failure();
      if (!model)
        model = least = *time;
      if (*time * leastGain < least || (least < model && *time < least)) {
        least = *time;
        best = tile;
      }
    }
    auto describe = [](const RegisterTile &tile) {
      return fmt::format(FMT_STRING("{} rows of {} vectors{}"), tile.rows,
                         tile.vectors, tile.rowsFirst ? ", rows first" : "");
    };
    std::string gain = ", as the model has it";
    if (least < model)
      gain = fmt::format(FMT_STRING(", {:.2f} times as fast as {}"),
                         model / least, describe(candidates.front()));
    print(log, FMT_STRING("  {:9.1f} us  {}{}  {}\n"), least * 1e6,
          describe(best), gain, nameOf(op.getLoc()));
    return best;
  }

  /// The time of one call in seconds, the least of several.
  FailureOr<double> timeOf(linalg::LinalgOp op, const RegisterTile &tile) {
    OwningOpRef<ModuleOp> module = isolate(op, tile);
    FailureOr<InMemory> library = InMemory::compile(*module, processor, 3);
    if (failed(library))
      return failure();
    // The same inputs at every run.
    // NOLINTNEXTLINE(bugprone-random-generator-seed)
    std::mt19937 generator(1);
    std::uniform_real_distribution<float> numbers(-1, 1);
    const dlc_function &function = library->function();
    std::vector<AsmResourceBlob> memory;
    SmallVector<void *> data;
    for (int32_t i = 0; i < function.inputs + function.outputs; ++i) {
      const dlc_argument &argument = function.arguments[i];
      int64_t count = 1;
      for (int32_t d = 0; d < argument.rank; ++d)
        count *= argument.shape[d];
      // Eight bytes hold an element of any type, and zero bits are valid in all
      // of them.
      memory.push_back(HeapAsmResourceBlob::allocate(count * 8, 64, true));
      MutableArrayRef<char> bytes = memory.back().getMutableData();
      llvm::fill(bytes, 0);
      if (argument.element == DLC_F32)
        for (int64_t e = 0; e < count; ++e)
          reinterpret_cast<float *>(bytes.data())[e] = numbers(generator);
      data.push_back(bytes.data());
    }
    ArrayRef<void *> all(data);
    double least = 1e300, spent = 0;
    for (unsigned round = 0; round < 1000 && (round < 5 || spent < 0.05);
         ++round) {
      auto begin = std::chrono::steady_clock::now();
      if (llvm::Error error = library->call(all.take_front(function.inputs),
                                            all.drop_front(function.inputs))) {
        op->emitError("could not be timed: ")
            << llvm::toString(std::move(error));
        return failure();
      }
      double time = std::chrono::duration<double>(
                        std::chrono::steady_clock::now() - begin)
                        .count();
      spent += time;
      if (round)
        least = std::min(least, time);
    }
    return least;
  }

  /// Builds a module that computes the contraction alone from its constants and
  /// arguments.
  OwningOpRef<ModuleOp> isolate(linalg::LinalgOp op, const RegisterTile &tile) {
    Location loc = op.getLoc();
    OpBuilder b(op->getContext());
    OwningOpRef<ModuleOp> module = ModuleOp::create(b, loc);
    b.setInsertionPointToEnd(module->getBody());
    SmallVector<Value> given;
    for (Value input : op.getDpsInputs())
      if (!isRemade(input) && !llvm::is_contained(given, input))
        given.push_back(input);
    auto function = func::FuncOp::create(
        b, loc, "evaluate",
        b.getFunctionType(ValueRange(given).getTypes(), op->getResultTypes()));
    b.setInsertionPointToStart(function.addEntryBlock());
    IRMapping mapping;
    mapping.map(given, function.getArguments());
    for (Value input : op.getDpsInputs())
      if (!mapping.contains(input))
        b.clone(*input.getDefiningOp(), mapping);
    auto type = cast<RankedTensorType>(op.getDpsInits()[0].getType());
    Value zero =
        arith::ConstantOp::create(b, loc, b.getZeroAttr(type.getElementType()));
    Value empty =
        tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
    mapping.map(op.getDpsInits()[0],
                linalg::FillOp::create(b, loc, zero, empty).getResult(0));
    Operation *copy = b.clone(*op, mapping);
    setRegisterTile(copy, tile);
    func::ReturnOp::create(b, loc, copy->getResults());
    return module;
  }

  static bool isRemade(Value value) {
    return isa_and_nonnull<arith::ConstantOp, tensor::EmptyOp>(
        value.getDefiningOp());
  }

  const Processor &processor;
  Machine machine;
  llvm::raw_ostream &log;
};

/// Reads the file's content; empty if the file does not exist.
llvm::Expected<llvm::json::Object> readKnown(StringRef path) {
  if (!llvm::sys::fs::exists(path))
    return llvm::json::Object();
  auto buffer = readRegularFile(path);
  if (!buffer)
    return llvm::createStringError(fmt::format(
        FMT_STRING("'{}' {}"), path, llvm::toString(buffer.takeError())));
  auto value = parseJSON((*buffer)->getBuffer());
  auto wrong = [&](StringRef why) {
    return llvm::createStringError(
        fmt::format(FMT_STRING("'{}' is no file of schedules: {}; remove it, "
                               "or name another one with --tune="),
                    path, why));
  };
  if (!value)
    return wrong(llvm::toString(value.takeError()));
  auto *processors = value->getAsObject();
  if (!processors)
    return wrong("expected an object of processors");
  for (auto &[name, entries] : *processors) {
    auto *contractions = entries.getAsObject();
    if (!contractions)
      return wrong(
          fmt::format(FMT_STRING("expected an object of contractions for '{}'"),
                      StringRef(name)));
    for (auto &[signature, schedule] : *contractions) {
      auto *numbers = schedule.getAsArray();
      bool isValid = numbers && numbers->size() == 3;
      for (unsigned i = 0; isValid && i < 3; ++i) {
        std::optional<int64_t> number = (*numbers)[i].getAsInteger();
        isValid = number && *number >= (i < 2) && *number <= (i < 2 ? 64 : 1);
      }
      if (!isValid)
        return wrong(
            fmt::format(FMT_STRING("expected [rows, columns, 0 or 1] for '{}'"),
                        StringRef(signature)));
    }
  }
  return std::move(*processors);
}

} // namespace

llvm::Error dlc::tune(ModuleOp module, const Processor &processor,
                      StringRef path, Artifacts &artifacts,
                      llvm::raw_ostream &log) {
  auto known = readKnown(path);
  if (!known)
    return known.takeError();
  llvm::json::Value &mine = (*known)[processor.cpu];
  if (!mine.getAsObject())
    mine = llvm::json::Object();
  size_t before = mine.getAsObject()->size();
  // Fails early, before minutes of measuring.
  StringRef folder = llvm::sys::path::parent_path(path);
  if (!folder.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(folder))
      return llvm::createStringError(
          fmt::format(FMT_STRING("cannot create the folder '{}': {}"), folder,
                      code.message()));
  print(log, FMT_STRING("schedules of products for {}, from {}\n"),
        processor.cpu, path);
  if (failed(Tuner(processor, module.getContext(), log)
                 .run(module, *mine.getAsObject())))
    return llvm::createStringError("a product could not be timed");
  size_t measured = mine.getAsObject()->size() - before;
  print(log, FMT_STRING("  {} measured, {} known before\n"), measured, before);
  if (!measured)
    return llvm::Error::success();
  return artifacts.write(path, [&](llvm::raw_pwrite_stream &os) {
    os << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(*known)));
    return llvm::Error::success();
  });
}
