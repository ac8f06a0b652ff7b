//===- Multiversion.cpp - Kernels for several processors ------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_MULTIVERSION
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
struct Multiversion : dlc::impl::MultiversionBase<Multiversion> {
  using MultiversionBase::MultiversionBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto given = module->getAttrOfType<ArrayAttr>(codegen::targets);
    if (!given)
      return;
    auto targets = llvm::to_vector(given.getAsRange<codegen::CPUAttr>());
    OpBuilder b(&getContext());
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      function->setAttr(codegen::target, targets.front());
      if (!isEntry(function))
        continue;
      b.setInsertionPointAfter(function);
      for (codegen::CPUAttr target : llvm::drop_begin(targets)) {
        auto copy = cast<func::FuncOp>(b.clone(*function));
        copy.setName((function.getName() + "." + target.getName()).str());
        copy->setAttr(codegen::target, target);
        copy->setAttr(codegen::versionOf,
                      FlatSymbolRefAttr::get(function.getSymNameAttr()));
      }
    }
  }
};
} // namespace
