//===- PlaceState.cpp - Mutable globals in the context's memory -----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Memory/PlaceWeights.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/Utils/Extents.h"
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
    // After the weights that are already placed.
    SmallVector<Attribute> weights, states;
    int64_t weightEnd = 0;
    if (auto known = module->getAttrOfType<ArrayAttr>(codegen::weights)) {
      llvm::append_range(weights, known);
      auto last = cast<codegen::WeightAttr>(weights.back());
      weightEnd = llvm::alignTo(last.getOffset() +
                                    bytesOf(last.getValues().getShapedType()),
                                globalAlignment);
    }
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
        weights.push_back(
            codegen::WeightAttr::get(&getContext(), first, value));
        weightEnd = llvm::alignTo(first + bytes, globalAlignment);
      }
      places[global.getSymName()] = end;
      states.push_back(codegen::StateAttr::get(
          &getContext(), global.getSymNameAttr(),
          cast<RankedTensorType>(value.getShapedType()), end, first));
      end = llvm::alignTo(end + bytes, globalAlignment);
      global.erase();
    }
    if (states.empty())
      return;
    module->setAttr(codegen::states, b.getArrayAttr(states));
    if (!weights.empty())
      module->setAttr(codegen::weights, b.getArrayAttr(weights));
    viewGlobals(module, places,
                [](OpBuilder &b, Location loc, Value context) -> Value {
                  return codegen::StateMemoryOp::create(b, loc, context);
                });
  }
};
} // namespace
