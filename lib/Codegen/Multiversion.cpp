//===- Multiversion.cpp - Kernels for several processors ------------------===//

#include "dlc/Codegen/CPU/TilingStrategy.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_MULTIVERSION
#include "dlc/Codegen/Passes.h.inc"

cpu::Machine cpu::Machine::of(Operation *function, Machine otherwise) {
  if (auto numbers =
          function->getAttrOfType<DenseI64ArrayAttr>(names::machine)) {
    otherwise.vectorBits = numbers[0];
    otherwise.vectorRegisters = numbers[1];
    otherwise.hasBF16Dot = numbers[2];
  }
  return otherwise;
}
} // namespace dlc

using namespace dlc;

namespace {
struct Multiversion : dlc::impl::MultiversionBase<Multiversion> {
  using MultiversionBase::MultiversionBase;

  void runOnOperation() override {
    // name:bits:registers[:bf16]
    SmallVector<std::pair<StringRef, SmallVector<int64_t>>> machines;
    for (const std::string &entry : processors) {
      SmallVector<StringRef> parts;
      StringRef(entry).split(parts, ':');
      SmallVector<int64_t> numbers(3);
      if (parts.size() == 4 && parts.back() == "bf16") {
        numbers[2] = 1;
        parts.pop_back();
      }
      if (parts.size() != 3 || parts[1].getAsInteger(10, numbers[0]) ||
          parts[2].getAsInteger(10, numbers[1])) {
        getOperation().emitError("processor '")
            << entry << "', expected name:bits:registers";
        return signalPassFailure();
      }
      machines.push_back({parts[0], numbers});
    }
    if (machines.size() < 2)
      return;
    OpBuilder b(&getContext());
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!isEntry(function) ||
          function.getName().ends_with(names::shapesSuffix))
        continue;
      b.setInsertionPointAfter(function);
      for (auto &[name, numbers] : llvm::drop_begin(machines)) {
        auto copy = cast<func::FuncOp>(b.clone(*function));
        copy.setName((function.getName() + "." + name).str());
        copy->setAttr(names::machine, b.getDenseI64ArrayAttr(numbers));
        copy->setAttr(names::processor, b.getStringAttr(name));
      }
      function->setAttr(names::machine,
                        b.getDenseI64ArrayAttr(machines.front().second));
      function->setAttr(names::processor,
                        b.getStringAttr(machines.front().first));
    }
  }
};
} // namespace
