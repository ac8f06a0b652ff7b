//===- PrintPipelines.cpp - Prints the passes in order as a page ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Driver/Pipelines.h"
#include "dlc/Support/Format.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace dlc {

/// Prints a numbered list of the passes in the text form of a pipeline:
/// `func.func(cse,dlc-peel-loops{...})`.
static void printPasses(StringRef text, llvm::raw_ostream &os) {
  unsigned number = 0;
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
    if (!name.empty()) {
      const PassInfo *pass = PassInfo::lookup(name);
      print(os, FMT_STRING("{}. `{}`{}: {}\n"), ++number, name,
            anchors.size() > 1
                ? fmt::format(FMT_STRING(" of each `{}`"), anchors.back())
                : "",
            pass ? pass->getPassDescription() : "");
    }
    if (next == '{') // options, which contain no braces
      text = text.drop_front(std::min(text.size(), text.find('}') + 1));
    else if (next == ')')
      anchors.pop_back();
  }
}

void printPipelines(llvm::raw_ostream &os) {
  struct Stage {
    const char *name, *does;
    void (*build)(OpPassManager &, const PipelineOptions &);
  };
  const Stage stages[] = {
      {"dlc-define-pipeline",
       "What a model brings of other dialects is defined for every operand.",
       buildDefinePipeline},
      {"dlc-simplify-pipeline", "`dl` stays `dl`, smaller.",
       buildSimplifyPipeline},
      {"dlc-linalg-pipeline",
       "`dl` becomes `linalg` on tensors; results go to their destinations, "
       "checks and shapes to functions of their own; each kernel is copied for "
       "each target.",
       buildLinalgPipeline},
      {"dlc-schedule-pipeline",
       "Ops become loop nests, and each nest gets a schedule. Here a schedule "
       "can be edited by hand.",
       buildSchedulePipeline},
      {"dlc-vector-pipeline",
       "Nests become tasks, tiles and vectors, as they are scheduled.",
       buildVectorPipeline},
      {"dlc-llvm-pipeline",
       "Tensors become buffers, these an arena; tasks become functions; all "
       "becomes the LLVM dialect.",
       buildLLVMPipeline}};
  os << "# The passes, in order\n\nWhat `dlc model.mlir -o model.so` runs, "
        "with the default options. `dlc-opt` has each\nlist as a pipeline of "
        "its name.\n";
  MLIRContext context;
  for (const Stage &stage : stages) {
    PassManager pm(&context, ModuleOp::getOperationName());
    stage.build(pm, PipelineOptions());
    std::string text;
    llvm::raw_string_ostream stream(text);
    pm.printAsTextualPipeline(stream);
    print(os, FMT_STRING("\n## `--{}`\n\n{}\n\n"), stage.name, stage.does);
    printPasses(text, os);
  }
}

} // namespace dlc
