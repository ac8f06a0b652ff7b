#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  dlc::registerDLToLinalgPasses();
  registry.insert<dlc::dl::DLDialect>();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "dlc's optimiser driver\n", registry));
}
