//===- ReadKernels.cpp - Finds the functions of each kernel ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Target/Emit.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc {

Kernels readKernels(ModuleOp module) {
  Kernels kernels;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    auto target = function->getAttrOfType<codegen::CPUAttr>(codegen::target);
    if (target && !function.isExternal())
      function.setTargetCpu(target.getName());
    auto symbol = [&](StringRef name) {
      auto reference = function->getAttrOfType<FlatSymbolRefAttr>(name);
      return reference ? reference.getValue() : StringRef();
    };
    StringRef shapes = symbol(codegen::shapes);
    if (!target || shapes.empty())
      continue;
    StringRef name = symbol(codegen::versionOf);
    if (name.empty())
      name = function.getSymName();
    Kernel &kernel = kernels[{name.str(), target.getName().str()}];
    // Skip MLIR's C wrappers, which call the function of the kernel.
    if (function.getSymName().starts_with("_mlir_ciface_"))
      continue;
    kernel.run = function.getSymName();
    kernel.shapes = shapes;
    kernel.workspace = symbol(codegen::workspace);
    if (auto checks = module.lookupSymbol<LLVM::LLVMFuncOp>(shapes))
      if (auto texts = checks->getAttrOfType<ArrayAttr>(codegen::messages))
        for (auto text : texts.getAsRange<StringAttr>())
          kernel.messages.push_back(text.str());
  }
  return kernels;
}

} // namespace dlc
