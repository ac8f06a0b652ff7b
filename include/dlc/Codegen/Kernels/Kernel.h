//===- Kernel.h - Functions that the runtime calls --------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_KERNELS_KERNEL_H
#define DLC_CODEGEN_KERNELS_KERNEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dlc {

/// Arguments of a kernel before its inputs: context and number of workers.
inline constexpr unsigned kernelPrologue = 2;

/// Whether `function` is part of the model's interface.
bool isEntry(mlir::func::FuncOp function);

/// Requests an entry point that takes pointers to buffer descriptors.
void markCallable(mlir::func::FuncOp function);

} // namespace dlc

#endif // DLC_CODEGEN_KERNELS_KERNEL_H
