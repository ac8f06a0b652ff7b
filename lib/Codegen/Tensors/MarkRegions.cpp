//===- MarkRegions.cpp - Numbering of fused loop nests --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_MARKREGIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
/// Returns how often `op` runs per call, or -1 if unknown.
int64_t countIterations(Operation *op) {
  int64_t iterations = 1;
  for (Operation *loop = op->getParentOp(); !isa<func::FuncOp>(loop);
       loop = loop->getParentOp()) {
    auto counted = dyn_cast<scf::ForOp>(loop);
    std::optional<APInt> trips =
        counted ? counted.getStaticTripCount() : std::nullopt;
    if (!trips ||
        llvm::MulOverflow(iterations, trips->getSExtValue(), iterations))
      return -1;
  }
  return iterations;
}

struct MarkRegions : dlc::impl::MarkRegionsBase<MarkRegions> {
  using MarkRegionsBase::MarkRegionsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    module->removeAttr(codegen::regions);
    OpBuilder b(&getContext());
    SmallVector<Attribute> regions;
    SmallVector<std::pair<Operation *, int64_t>> marked;
    for (auto function : module.getOps<func::FuncOp>()) {
      if (function.isDeclaration())
        continue;
      llvm::DenseMap<Attribute, int64_t> numbers; // parts of one region
      function.walk<WalkOrder::PreOrder>([&](Operation *op) {
        auto region = op->getAttrOfType<codegen::RegionAttr>(codegen::region);
        if (!region)
          return;
        op->removeAttr(codegen::region);
        auto [number, isNew] = numbers.try_emplace(region, regions.size());
        if (isNew) {
          // The counts are per call: multiplied by the trip counts of the loops
          // around.
          int64_t iterations = countIterations(op);
          auto all = [&](int64_t once) {
            int64_t product;
            return once < 0 || iterations < 0 ||
                           llvm::MulOverflow(once, iterations, product)
                       ? -1
                       : product;
          };
          regions.push_back(codegen::RegionAttr::get(
              &getContext(), region.getNumber(), region.getName(),
              region.getKind(), all(region.getFlops()), all(region.getBytes()),
              region.getCost(), region.getTile(), region.getTasks(),
              region.getLayout(), FlatSymbolRefAttr::get(function)));
        }
        marked.push_back({op, number->second});
      });
    }
    if (regions.empty())
      return;
    module->setAttr(codegen::regions, b.getArrayAttr(regions));
    if (!calls)
      return;
    for (auto [op, number] : marked) {
      auto function = op->getParentOfType<func::FuncOp>();
      if (!function.getNumArguments() ||
          !isa<LLVM::LLVMPointerType>(function.getArgument(0).getType()))
        continue; // not a kernel
      Value context = function.getArgument(0);
      b.setInsertionPoint(op);
      codegen::BeginRegionOp::create(b, op->getLoc(), context, number);
      b.setInsertionPointAfter(op);
      codegen::EndRegionOp::create(b, op->getLoc(), context);
    }
  }
};
} // namespace
