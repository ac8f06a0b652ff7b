//===- Multiversion.cpp - Kernels for several processors ------------------===//

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_MULTIVERSION
#include "dlc/Codegen/Passes.h.inc"

cpu::Machine cpu::Machine::of(Operation *function) {
  auto target = function->getAttrOfType<codegen::CPUAttr>(codegen::target);
  return target ? Machine{target.getVectorBits(), target.getVectorRegisters(),
                          target.getHasBF16Dot()}
                : Machine();
}
} // namespace dlc

using namespace dlc;

namespace {
struct Multiversion : dlc::impl::MultiversionBase<Multiversion> {
  using MultiversionBase::MultiversionBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<codegen::CPUAttr> targets;
    if (Attribute given = module->getAttr(codegen::targets)) {
      auto list = dyn_cast<ArrayAttr>(given);
      for (Attribute target : list ? list.getValue() : ArrayRef<Attribute>())
        if (auto cpu = dyn_cast<codegen::CPUAttr>(target))
          targets.push_back(cpu);
      if (!list || list.empty() || targets.size() != list.size()) {
        module.emitError("'")
            << codegen::targets << "' is " << given
            << ", expected a list of #codegen.cpu, the least first";
        return signalPassFailure();
      }
    }
    if (targets.empty())
      return;
    OpBuilder b(&getContext());
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      function->setAttr(codegen::target, targets.front());
      if (!isEntry(function) ||
          function.getName().ends_with(names::shapesSuffix))
        continue;
      b.setInsertionPointAfter(function);
      for (codegen::CPUAttr target : llvm::drop_begin(targets)) {
        auto copy = cast<func::FuncOp>(b.clone(*function));
        copy.setName((function.getName() + "." + target.getName()).str());
        copy->setAttr(codegen::target, target);
      }
    }
  }
};
} // namespace
