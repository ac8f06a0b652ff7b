//===- RaiseLoops.cpp - Counted loops as scans ----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Only dl.scan has a rule for loops. An scf.for that carries tensors becomes a
// scan whose only input is the number of the step.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;

static bool isRaisable(scf::ForOp loop) {
  return loop.getInductionVar().getType().isIndex() &&
         llvm::all_of(loop.getResultTypes(),
                      [](Type type) { return isa<RankedTensorType>(type); });
}

static void raise(scf::ForOp loop) {
  OpBuilder b(loop);
  Location loc = loop.getLoc();
  // The number of steps; 0 if the lower bound is above the upper one.
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value steps = arith::CeilDivSIOp::create(
      b, loc,
      arith::SubIOp::create(b, loc, loop.getUpperBound(), loop.getLowerBound()),
      loop.getStep());
  steps = arith::MaxSIOp::create(b, loc, steps, zero);
  Value numbers = dl::IotaOp::create(
      b, loc, RankedTensorType::get({ShapedType::kDynamic}, b.getI64Type()),
      ValueRange{steps}, b.getI64IntegerAttr(0));
  auto scan = dl::ScanOp::create(
      b, loc, loop.getInitArgs(), numbers, Value(), steps, /*axis=*/0,
      /*reverse=*/false,
      [&](OpBuilder &b, Location, ValueRange states, ValueRange elements) {
        Value number = arith::IndexCastOp::create(
            b, loc, b.getIndexType(),
            tensor::ExtractOp::create(b, loc, elements[0], ValueRange()));
        Value position = arith::AddIOp::create(
            b, loc, loop.getLowerBound(),
            arith::MulIOp::create(b, loc, number, loop.getStep()));
        IRMapping mapping;
        mapping.map(loop.getInductionVar(), position);
        mapping.map(loop.getRegionIterArgs(), states);
        for (Operation &op : loop.getBody()->without_terminator())
          b.clone(op, mapping);
        SmallVector<Value> next;
        for (Value value : loop.getYieldedValues())
          next.push_back(mapping.lookupOrDefault(value));
        dl::YieldOp::create(b, loc, next, ValueRange(), Value());
      });
  loop.replaceAllUsesWith(scan.getFinals());
  loop.erase();
}

void dlc::raiseLoops(func::FuncOp function) {
  SmallVector<scf::ForOp> loops;
  // Inner loops first.
  function.walk([&](scf::ForOp loop) {
    if (isRaisable(loop))
      loops.push_back(loop);
  });
  for (scf::ForOp loop : loops)
    raise(loop);
}
