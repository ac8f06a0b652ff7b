//===- Kernel.cpp - Functions that the runtime calls ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Kernels/Kernel.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace dlc {

bool isEntry(func::FuncOp function) {
  return function.isPublic() && !function.isDeclaration();
}

void markCallable(func::FuncOp function) {
  function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                    UnitAttr::get(function.getContext()));
}

} // namespace dlc
