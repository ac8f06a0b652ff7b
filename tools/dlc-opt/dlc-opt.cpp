//===- dlc-opt.cpp - Every pass of dlc and of MLIR, alone -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Driver/Pipelines.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  dlc::registerDialects(registry);
  dlc::registerEvaluator(registry);
  dlc::registerPasses();
  if (argc == 2 && llvm::StringRef(argv[1]) == "--print-pipelines") {
    dlc::printPipelines(llvm::outs());
    return 0;
  }
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "dlc's optimiser driver\n", registry));
}
