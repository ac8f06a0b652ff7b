//===- Report.h - Tables of layers and loop nests ---------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_REPORT_H
#define DLC_LIB_DRIVER_REPORT_H

#include "dlc/Codegen/Tensors/Regions.h"
#include "dlc/Target/Interface.h"
#include "mlir/IR/BuiltinOps.h"

namespace dlc {

/// Prints a table of layers: shapes, weights, connections.
void printReport(mlir::ModuleOp module, llvm::raw_ostream &os);

/// Prints a table of fused loop nests: operations, bytes, tiles, expected time.
void printRegions(llvm::ArrayRef<Region> regions, const Interface &interface,
                  llvm::raw_ostream &os);

/// Returns the model's name for the function whose code is in `kernel`.
std::string nameOfKernel(const Interface &interface, llvm::StringRef kernel);

} // namespace dlc

#endif // DLC_LIB_DRIVER_REPORT_H
