//===- MarkRegions.cpp - Fused loop nests get numbers ---------------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_MARKREGIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
/// How often a call comes by; -1 where that is not known.
int64_t countRounds(Operation *op) {
  int64_t rounds = 1;
  for (Operation *loop = op->getParentOp(); !isa<func::FuncOp>(loop);
       loop = loop->getParentOp()) {
    auto counted = dyn_cast<scf::ForOp>(loop);
    std::optional<APInt> trips =
        counted ? counted.getStaticTripCount() : std::nullopt;
    if (!trips)
      return -1;
    rounds *= trips->getSExtValue();
  }
  return rounds;
}

struct MarkRegions : dlc::impl::MarkRegionsBase<MarkRegions> {
  using MarkRegionsBase::MarkRegionsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder b(&getContext());
    SmallVector<Attribute> regions;
    SmallVector<std::pair<Operation *, int64_t>> marked;
    for (auto function : module.getOps<func::FuncOp>()) {
      if (function.isDeclaration())
        continue;
      llvm::DenseMap<Attribute, int64_t> numbers; // parts of one region
      function.walk<WalkOrder::PreOrder>([&](Operation *op) {
        auto region = op->getAttrOfType<DictionaryAttr>(names::region);
        if (!region)
          return;
        op->removeAttr(names::region);
        auto [number, isNew] = numbers.try_emplace(region, regions.size());
        if (isNew) {
          NamedAttrList entry(region);
          // Counts are of one call: of all rounds of the loops around it.
          int64_t rounds = countRounds(op);
          for (StringRef name : {"flops", "bytes"}) {
            int64_t once = region.getAs<IntegerAttr>(name).getInt();
            entry.set(name, b.getI64IntegerAttr(
                                once < 0 || rounds < 0 ? -1 : once * rounds));
          }
          entry.set("function", b.getStringAttr(function.getName()));
          regions.push_back(entry.getDictionary(&getContext()));
        }
        marked.push_back({op, number->second});
      });
    }
    if (regions.empty())
      return;
    module->setAttr(names::regions, b.getArrayAttr(regions));
    if (!calls)
      return;
    Type ptr = LLVM::LLVMPointerType::get(&getContext());
    b.setInsertionPointToStart(module.getBody());
    auto mark =
        func::FuncOp::create(b, module.getLoc(), names::mark,
                             b.getFunctionType({ptr, b.getI64Type()}, {}));
    mark.setPrivate();
    for (auto &entry : marked) {
      auto [op, number] = entry;
      auto function = op->getParentOfType<func::FuncOp>();
      if (!function.getNumArguments() ||
          function.getArgument(0).getType() != ptr)
        continue; // no kernel
      Value context = function.getArgument(0);
      auto call = [&, op = entry.first](int64_t value) {
        Value operand =
            arith::ConstantIntOp::create(b, op->getLoc(), value, 64);
        func::CallOp::create(b, op->getLoc(), mark,
                             ValueRange{context, operand});
      };
      b.setInsertionPoint(op);
      call(number);
      b.setInsertionPointAfter(op);
      call(-1);
    }
  }
};
} // namespace
