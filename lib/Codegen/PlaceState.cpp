//===- PlaceState.cpp - Mutable globals in the context's memory -----------===//

#include "Memory.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PLACESTATE
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

static bool isZero(ElementsAttr value) {
  auto splat = dyn_cast<SplatElementsAttr>(value);
  if (!splat)
    return false;
  return llvm::all_of(splat.getRawData(), [](char byte) { return byte == 0; });
}

namespace {
struct PlaceState : dlc::impl::PlaceStateBase<PlaceState> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder b(&getContext());
    // Behind the weights that have their places already.
    SmallVector<Attribute> values, states;
    SmallVector<int64_t> offsets;
    if (auto known = module->getAttrOfType<ArrayAttr>(names::weights)) {
      values.assign(known.begin(), known.end());
      offsets.assign(
          module->getAttrOfType<DenseI64ArrayAttr>(names::weightOffsets)
              .asArrayRef()
              .begin(),
          module->getAttrOfType<DenseI64ArrayAttr>(names::weightOffsets)
              .asArrayRef()
              .end());
    }
    int64_t weightEnd =
        values.empty()
            ? 0
            : llvm::alignTo(
                  offsets.back() +
                      bytesOf(
                          cast<ElementsAttr>(values.back()).getShapedType()),
                  globalAlignment);
    llvm::StringMap<int64_t> places;
    int64_t end = 0;
    for (auto global :
         llvm::make_early_inc_range(module.getOps<memref::GlobalOp>())) {
      auto value =
          dyn_cast_if_present<ElementsAttr>(global.getInitialValueAttr());
      if (!value || global.getConstant())
        continue;
      int64_t first = -1, bytes = bytesOf(global.getType());
      if (!isZero(value)) {
        first = weightEnd;
        values.push_back(value);
        offsets.push_back(first);
        weightEnd = llvm::alignTo(first + bytes, globalAlignment);
      }
      places[global.getSymName()] = end;
      NamedAttrList entry;
      entry.set("name", global.getSymNameAttr());
      entry.set("type", TypeAttr::get(value.getShapedType()));
      entry.set("offset", b.getI64IntegerAttr(end));
      entry.set("first", b.getI64IntegerAttr(first));
      states.push_back(entry.getDictionary(&getContext()));
      end = llvm::alignTo(end + bytes, globalAlignment);
      global.erase();
    }
    if (states.empty())
      return;
    module->setAttr(names::states, b.getArrayAttr(states));
    if (!values.empty()) {
      module->setAttr(names::weights, b.getArrayAttr(values));
      module->setAttr(names::weightOffsets, b.getDenseI64ArrayAttr(offsets));
    }
    viewGlobals(module, places, names::stateMemory);
  }
};
} // namespace
