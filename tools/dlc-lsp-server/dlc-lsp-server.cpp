//===- dlc-lsp-server.cpp - Editors' view of dl ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Hover.h"

#include "dlc/Driver/Pipelines.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/ADT/ArrayRef.h"

#include <cstdlib>

/// What the server's own options (--help) say of its messages.
static dlc::MessageStyle styleOf(llvm::ArrayRef<char *> words) {
  dlc::MessageStyle style;
  for (llvm::StringRef word : words) {
    word.consume_front("-");
    word.consume_front("-");
    if (word == "input-style=delimited" || word == "lit-test")
      style.input = llvm::lsp::Delimited;
    if (word == "pretty" || word == "lit-test")
      style.pretty = true;
  }
  return style;
}

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  dlc::registerDialects(registry);
  int status =
      dlc::serveWithHovers(registry, styleOf({argv + 1, argv + argc}), [&] {
        return int(mlir::failed(mlir::MlirLspServerMain(argc, argv, registry)));
      });
  std::_Exit(status);
}
