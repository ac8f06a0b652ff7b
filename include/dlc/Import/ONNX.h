//===- ONNX.h - ONNX models in ----------------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_IMPORT_ONNX_H
#define DLC_IMPORT_ONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include <functional>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace dlc {

/// Runs the function `@evaluate` of a module of `dl`, which has no operands,
/// and returns its results.
using ConstantEvaluator =
    std::function<mlir::FailureOr<std::vector<mlir::ElementsAttr>>(
        mlir::ModuleOp)>;

struct ImportOptions {
  /// Extents of symbolic dimensions that are fixed: `batch` -> 8.
  llvm::StringMap<int64_t> dims;
  /// Constants made of initialisers of floats keep their names, in the
  /// attribute `dl.parameter`: see the pass dl-name-parameters. Dropout and
  /// batch normalisation stay layers, which have a form for training.
  bool nameParameters = false;
  /// Computes constants that shapes follow from by ops which the importer does
  /// not evaluate itself. Without it such models are refused.
  ConstantEvaluator evaluator;
};

/// Reads an ONNX model (IR versions up to 14, opsets 7 to 28, most operators
/// from opset 1) into a module of `dl` with one function `@main`. `bytes` is
/// the content of the file. The module refers to the weights in the memory of
/// the parsed protobuf, which lives as long as they do. `path` names the file
/// in messages, and external data is searched in its folder; empty where the
/// model has none. All problems of one kind are reported, each at a location
/// that names the node.
mlir::OwningOpRef<mlir::ModuleOp> importONNX(llvm::StringRef bytes,
                                             llvm::StringRef path,
                                             const ImportOptions &options,
                                             mlir::MLIRContext *context);

/// Prints the operators that can be read, one a line: name, first and last
/// opset.
void printONNXOperators(llvm::raw_ostream &os);

} // namespace dlc

#endif // DLC_IMPORT_ONNX_H
