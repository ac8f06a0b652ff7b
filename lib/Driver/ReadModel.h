//===- ReadModel.h - Reads a model file into a module -----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_READMODEL_H
#define DLC_LIB_DRIVER_READMODEL_H

#include "Settings.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace llvm {
class SourceMgr;
} // namespace llvm

namespace dlc {

class Stages;

struct ReadModel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  bool isONNX = false;
};

/// Reads the model that the options name; reports what is wrong with it.
llvm::FailureOr<ReadModel> readModel(const Settings &settings, Stages &stages,
                                     llvm::SourceMgr &sources,
                                     mlir::MLIRContext &context);

} // namespace dlc

#endif // DLC_LIB_DRIVER_READMODEL_H
