//===- dlc.cpp - The deep-learning compiler -------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Options.h"
#include "dlc/Support/CommandLine.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/InitLLVM.h"
#include <csignal>

using namespace llvm;

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  // A limit of the size of files is an error of writing, not the end.
  signal(SIGXFSZ, SIG_IGN);
  setBugReportMsg("dlc crashed; please report this with the model, and with "
                  "the file that --reproducer=crash.mlir writes.\n");
  dlc::forgetForeignOptions();
  cl::SetVersionPrinter([](raw_ostream &os) {
    os << "dlc " DLC_VERSION " with LLVM " LLVM_VERSION_STRING "\n";
  });
  Options options;
  options.parse(argc, argv);
  return dlc::finishOutput("dlc", !options.printTable() &&
                                      failed(dlc::compile(options.settings)));
}
