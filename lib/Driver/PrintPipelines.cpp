//===- PrintPipelines.cpp - Prints the passes in order as a page ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Driver/Pipelines.h"
#include "dlc/Support/Format.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace dlc {

namespace {
/// A pass of a pipeline, and the op that it runs on if that is not the module.
struct Entry {
  std::string name, anchor;

  bool operator==(const Entry &other) const {
    return name == other.name && anchor == other.anchor;
  }
};

struct Stage {
  const char *name, *does;
  void (*build)(OpPassManager &, const PipelineOptions &);
};

/// An option of dlc, as its user gives it, that adds passes.
struct Choice {
  const char *option;
  void (*set)(PipelineOptions &);
};
} // namespace

/// Splits the text form of a pipeline: `func.func(cse,dlc-peel-loops{...})`.
static std::vector<Entry> splitPipeline(StringRef text) {
  std::vector<Entry> entries;
  SmallVector<StringRef> anchors; // ops that the passes run on
  while (!text.empty()) {
    size_t end = text.find_first_of("(){,");
    StringRef name = text.take_front(end);
    char next = end == StringRef::npos ? '\0' : text[end];
    text = text.drop_front(std::min(text.size(), name.size() + 1));
    if (next == '(') {
      anchors.push_back(name);
      continue;
    }
    if (!name.empty())
      entries.push_back(
          {name.str(), anchors.size() > 1 ? anchors.back().str() : ""});
    if (next == '{') // options, of which lists are in braces too
      for (unsigned depth = 1; depth && !text.empty(); text = text.drop_front())
        depth += text.front() == '{' ? 1 : text.front() == '}' ? -1 : 0;
    else if (next == ')')
      anchors.pop_back();
  }
  return entries;
}

static std::vector<Entry> passesOf(const Stage &stage,
                                   const PipelineOptions &options,
                                   MLIRContext &context) {
  PassManager pm(&context, ModuleOp::getOperationName());
  stage.build(pm, options);
  std::string text;
  llvm::raw_string_ostream stream(text);
  pm.printAsTextualPipeline(stream);
  return splitPipeline(text);
}

static std::string describe(const Entry &entry) {
  const PassInfo *pass = PassInfo::lookup(entry.name);
  return fmt::format(
      FMT_STRING("`{}`{}: {}\n"), entry.name,
      entry.anchor.empty()
          ? ""
          : fmt::format(FMT_STRING(" of each `{}`"), entry.anchor),
      pass ? pass->getPassDescription() : "");
}

/// Prints the passes of a stage by number, then those that an option adds.
static void printStage(const Stage &stage, llvm::raw_ostream &os) {
  // As for a library: only small constants stay in the code.
  auto makeDefault = [](PipelineOptions &options) {
    options.placeWeights = true;
  };
  const Choice choices[] = {
      {"--precision=bf16",
       [](PipelineOptions &options) { options.roundOperands = true; }},
      {"--unroll=n", [](PipelineOptions &options) { options.unroll = 2; }},
      {"--check-finite",
       [](PipelineOptions &options) { options.checkFinite = true; }},
      {"--check-bounds",
       [](PipelineOptions &options) { options.checkBounds = true; }}};
  MLIRContext context;
  PipelineOptions usual;
  makeDefault(usual);
  std::vector<Entry> passes = passesOf(stage, usual, context);
  print(os, FMT_STRING("\n## {}\n\n{}\n\n"), stage.name, stage.does);
  for (auto [i, entry] : llvm::enumerate(passes))
    print(os, FMT_STRING("{}. {}"), i + 1, describe(entry));
  bool isFirst = true;
  for (const Choice &choice : choices) {
    PipelineOptions options;
    makeDefault(options);
    choice.set(options);
    std::vector<Entry> seen = passes;
    for (const Entry &entry : passesOf(stage, options, context)) {
      if (llvm::is_contained(seen, entry))
        continue;
      seen.push_back(entry);
      print(os, FMT_STRING("{}- with `{}`, {}"), isFirst ? "\n" : "",
            choice.option, describe(entry));
      isFirst = false;
    }
  }
}

void printPipelines(llvm::raw_ostream &os) {
  const Stage stages[] = {
      {"`--dlc-tosa-pipeline`",
       "Only models in `tosa`: they become `linalg` on tensors.",
       buildTosaPipeline},
      {"`--dlc-define-pipeline`",
       "What a model in MLIR brings of other dialects is defined for every "
       "operand.",
       buildDefinePipeline},
      {"Parameters",
       "Only models in ONNX, where weights are learnt or kept by name.",
       buildParameterPipeline},
      {"Training", "Only with `--train`: the training step is added.",
       [](OpPassManager &pm, const PipelineOptions &) {
         buildTrainingPipeline(pm, AddTrainingOptions());
       }},
      {"`--dlc-simplify-pipeline`", "`dl` stays `dl`, smaller.",
       buildSimplifyPipeline},
      {"`--dlc-linalg-pipeline`",
       "`dl` becomes `linalg` on tensors; results go to their destinations, "
       "checks and shapes to functions of their own; each kernel is copied for "
       "each target.",
       buildLinalgPipeline},
      {"`--dlc-schedule-pipeline`",
       "Ops become loop nests, and each nest gets a schedule. Here a schedule "
       "can be edited by hand.",
       buildSchedulePipeline},
      {"`--dlc-vector-pipeline`",
       "Nests become tasks, tiles and vectors, as they are scheduled.",
       buildVectorPipeline},
      {"`--dlc-llvm-pipeline`",
       "Tensors become buffers, these an arena; tasks become functions; all "
       "becomes the LLVM dialect.",
       buildLLVMPipeline}};
  os << "# The passes, in order\n\nWhat `dlc model.mlir -o model.so` runs, "
        "with the "
        "default options. `dlc-opt` has most\nlists as pipelines of their "
        "names. "
        "`--dlc-cpu-pipeline` is `define`, `simplify`, `linalg`,\n`schedule`, "
        "`vector` and `llvm` one after the other. Passes that options add "
        "are\nnamed below the list of their stage.\n";
  for (const Stage &stage : stages)
    printStage(stage, os);
}

} // namespace dlc
