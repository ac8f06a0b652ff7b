//===- PlaceWeights.cpp - Constants side by side in one buffer ------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Memory/PlaceWeights.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PLACEWEIGHTS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

void dlc::viewGlobals(
    ModuleOp module, const llvm::StringMap<int64_t> &places,
    llvm::function_ref<Value(OpBuilder &, Location, Value)> memory) {
  OpBuilder b(module.getContext());
  for (auto function : module.getOps<func::FuncOp>()) {
    SmallVector<memref::GetGlobalOp> reads;
    function.walk([&](memref::GetGlobalOp read) {
      if (places.contains(read.getName()))
        reads.push_back(read);
    });
    if (reads.empty())
      continue;
    b.setInsertionPointToStart(&function.getBody().front());
    Value whole = memory(b, function.getLoc(), function.getArgument(0));
    llvm::StringMap<Value> views;
    for (memref::GetGlobalOp read : reads) {
      Value &view = views[read.getName()];
      if (!view)
        view = memref::ViewOp::create(
            b, read.getLoc(), read.getType(), whole,
            arith::ConstantIndexOp::create(b, read.getLoc(),
                                           places.lookup(read.getName())),
            ValueRange());
      read.replaceAllUsesWith(view);
    }
    // Erased last, as ops were inserted before them.
    for (memref::GetGlobalOp read : reads)
      read.erase();
  }
}

namespace {
struct PlaceWeights : dlc::impl::PlaceWeightsBase<PlaceWeights> {
  using PlaceWeightsBase::PlaceWeightsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder b(&getContext());
    llvm::StringMap<int64_t> places;
    SmallVector<Attribute> weights;
    int64_t end = 0;
    for (auto global :
         llvm::make_early_inc_range(module.getOps<memref::GlobalOp>())) {
      auto value =
          dyn_cast_if_present<ElementsAttr>(global.getInitialValueAttr());
      MemRefType type = global.getType();
      if (!value || !global.getConstant() || !type.getLayout().isIdentity())
        continue;
      int64_t bytes = type.getNumElements() *
                      llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      if (bytes < least)
        continue;
      places[global.getSymName()] = end;
      weights.push_back(codegen::WeightAttr::get(&getContext(), end, value));
      end = llvm::alignTo(end + bytes, globalAlignment);
      global.erase();
    }
    if (weights.empty())
      return;
    module->setAttr(codegen::weights, b.getArrayAttr(weights));
    viewGlobals(module, places,
                [](OpBuilder &b, Location loc, Value context) -> Value {
                  return codegen::WeightMemoryOp::create(b, loc, context);
                });
  }
};
} // namespace
