//===- OutlineParallelLoops.cpp - Tasks as functions ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_OUTLINEPARALLELLOOPS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
struct OutlineParallelLoops
    : dlc::impl::OutlineParallelLoopsBase<OutlineParallelLoops> {
  void runOnOperation() override {
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (function.isDeclaration())
        continue;
      SmallVector<scf::ForallOp> loops;
      function.walk([&](scf::ForallOp loop) { loops.push_back(loop); });
      for (auto [number, loop] : llvm::enumerate(loops)) {
        if (loop.getNumResults()) {
          loop.emitError("parallel loop with results, expected buffers");
          return signalPassFailure();
        }
        outline(function, loop, number);
      }
    }
    // Left over from loops of one task, which upstream has inlined.
    getOperation().walk([](codegen::ScaleCostOp scale) { scale.erase(); });
  }

  /// Returns the estimated nanoseconds of one iteration, scaled by the actual
  /// extents.
  static Value takeCost(OpBuilder &b, scf::ForallOp loop) {
    Location loc = loop.getLoc();
    auto constant = [&](int64_t number) {
      return arith::ConstantIndexOp::create(b, loc, number);
    };
    int64_t known = 1000;
    if (auto attr = loop->getAttrOfType<IntegerAttr>(codegen::cost))
      known = attr.getInt();
    Value cost = constant(known);
    for (auto scale : llvm::make_early_inc_range(
             loop.getBody()->getOps<codegen::ScaleCostOp>())) {
      // Limited to a second, so that the product does not wrap. Longer costs
      // make no difference.
      cost = arith::MinUIOp::create(b, loc, cost, constant(1000000000));
      cost = arith::MulIOp::create(b, loc, cost, scale.getExtent());
      cost = arith::DivUIOp::create(b, loc, cost, constant(scale.getAssumed()));
      scale.erase();
    }
    return cost;
  }

  void outline(func::FuncOp function, scf::ForallOp loop, size_t number) {
    Location loc = loop.getLoc();
    OpBuilder b(loop);
    Type index = b.getIndexType();
    Value cost = takeCost(b, loop);

    // Trip counts; the tasks are numbered row-major.
    SmallVector<Value> lower = loop.getLowerBound(b),
                       upper = loop.getUpperBound(b), step = loop.getStep(b);
    SmallVector<Value> counts;
    Value total = arith::ConstantIndexOp::create(b, loc, 1);
    for (auto [l, u, s] : llvm::zip(lower, upper, step)) {
      Value span = arith::SubIOp::create(b, loc, u, l);
      counts.push_back(arith::CeilDivSIOp::create(b, loc, span, s));
      total = arith::MulIOp::create(b, loc, total, counts.back());
    }

    // Live-ins of the body. Constants are cloned inside.
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(loop.getRegion(), captured);
    for (ArrayRef<Value> values :
         {ArrayRef<Value>(lower), ArrayRef<Value>(step),
          ArrayRef<Value>(counts)
              .drop_front()}) // the first count is not needed
      captured.insert(values.begin(), values.end());
    SmallVector<Value> constants, captures;
    for (Value value : captured)
      (matchPattern(value, m_Constant()) ? constants : captures)
          .push_back(value);

    SmallVector<Type> types{index, index, index};
    for (Value capture : captures)
      types.push_back(capture.getType());
    OpBuilder top(function);
    auto task = func::FuncOp::create(
        top, loc,
        fmt::format(FMT_STRING("{}.{}.task"), function.getName(), number),
        b.getFunctionType(types, {}));
    task.setPrivate();
    codegen::copyTarget(function, task);
    Block *entry = task.addEntryBlock();
    OpBuilder t = OpBuilder::atBlockBegin(entry);
    IRMapping mapping;
    for (Value constant : constants)
      mapping.map(constant, t.clone(*constant.getDefiningOp())->getResult(0));
    for (auto [i, capture] : llvm::enumerate(captures))
      mapping.map(capture, entry->getArgument(i + 3));

    auto range = scf::ForOp::create(
        t, loc, entry->getArgument(0), entry->getArgument(1),
        arith::ConstantIndexOp::create(t, loc, 1).getResult());
    func::ReturnOp::create(t, loc);
    t.setInsertionPointToStart(range.getBody());
    Value rest = range.getInductionVar();
    SmallVector<Value> ivs(counts.size());
    for (int64_t d = counts.size() - 1; d >= 0; --d) {
      Value count = d == 0 ? Value() : mapping.lookup(counts[d]);
      Value at = d == 0
                     ? rest
                     : arith::RemUIOp::create(t, loc, rest, count).getResult();
      if (d != 0)
        rest = arith::DivUIOp::create(t, loc, rest, count);
      ivs[d] = arith::AddIOp::create(
          t, loc, mapping.lookup(lower[d]),
          arith::MulIOp::create(t, loc, at, mapping.lookup(step[d])));
    }
    mapping.map(ValueRange(loop.getInductionVars()), ValueRange(ivs));
    for (Operation &op : loop.getBody()->without_terminator()) {
      if (auto worker = dyn_cast<codegen::WorkerOp>(op))
        mapping.map(worker.getResult(), entry->getArgument(2));
      else
        t.clone(op, mapping);
    }

    codegen::ParallelForOp::create(b, loc, function.getArgument(0), total, cost,
                                   task.getSymName(), captures);
    loop.erase();
  }
};
} // namespace
