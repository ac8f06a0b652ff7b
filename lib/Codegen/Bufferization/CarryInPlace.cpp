//===- CarryInPlace.cpp - Carried values stay in their buffers ------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Bufferization/Destinations.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CARRYINPLACE
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct CarryInPlace : dlc::impl::CarryInPlaceBase<CarryInPlace> {
  void runOnOperation() override {
    SmallVector<scf::WhileOp> loops;
    getOperation()->walk([&](scf::WhileOp loop) { loops.push_back(loop); });
    for (scf::WhileOp loop : loops)
      alignForwardedValues(loop);
    getOperation()->walk([&](Operation *op) {
      if (auto loop = dyn_cast<scf::ForOp>(op))
        carry(loop.getBody()->getTerminator(),
              SmallVector<Value>(loop.getRegionIterArgs()));
      else if (auto loop = dyn_cast<scf::WhileOp>(op))
        carryWhile(loop);
    });
  }

private:
  /// Whether `value` always has the extents of `buffer`.
  static bool haveSameExtents(Value value, Value buffer) {
    auto type = cast<RankedTensorType>(value.getType());
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (!type.isDynamicDim(d))
        continue;
      FailureOr<bool> isEqual =
          ValueBoundsConstraintSet::areEqual({value, d}, {buffer, d});
      if (failed(isEqual) || !*isEqual)
        return false;
    }
    return true;
  }

  /// Makes the condition forward each value at the position at which it came
  /// in, and new values after those. Upstream's bufferisation otherwise copies
  /// the forwarded values in every iteration. Positions shift because
  /// canonicalisation drops values that the second region does not read.
  static void alignForwardedValues(scf::WhileOp loop) {
    scf::ConditionOp condition = loop.getConditionOp();
    SmallVector<Value> forwarded;
    for (Value argument : loop.getBeforeArguments()) {
      Value value = argument;
      if (isa<RankedTensorType>(argument.getType()) &&
          !llvm::is_contained(condition.getArgs(), argument))
        for (Value written : condition.getArgs())
          if (written.getType() == argument.getType() &&
              !llvm::is_contained(forwarded, written) &&
              dlc::isWrittenTo(written, argument))
            value = written;
      forwarded.push_back(value);
    }
    SmallVector<unsigned> positions;
    for (Value value : condition.getArgs()) {
      auto *at = llvm::find(forwarded, value);
      positions.push_back(at - forwarded.begin());
      if (at == forwarded.end())
        forwarded.push_back(value);
    }
    if (llvm::equal(forwarded, condition.getArgs()))
      return;
    OpBuilder b(loop);
    auto aligned = scf::WhileOp::create(
        b, loop.getLoc(), ValueRange(forwarded).getTypes(), loop.getInits());
    aligned->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
    aligned.getBefore().takeBody(loop.getBefore());
    aligned.getAfter().takeBody(loop.getAfter());
    condition.getArgsMutable().assign(forwarded);
    Block &body = aligned.getAfter().front();
    unsigned old = body.getNumArguments();
    for (Value value : forwarded)
      body.addArgument(value.getType(), value.getLoc());
    for (auto [i, position] : llvm::enumerate(positions)) {
      body.getArgument(i).replaceAllUsesWith(body.getArgument(old + position));
      loop.getResult(i).replaceAllUsesWith(aligned.getResult(position));
    }
    body.eraseArguments(0, old);
    loop.erase();
  }

  /// Carries the values of a while loop. Its regions may have a value at
  /// different positions.
  void carryWhile(scf::WhileOp loop) {
    SmallVector<Value> carried;
    ValueRange forwarded = loop.getConditionOp().getArgs();
    for (Value argument : loop.getBeforeArguments()) {
      auto at = llvm::find(forwarded, argument);
      carried.push_back(at == forwarded.end()
                            ? Value()
                            : loop.getAfterArguments()[at - forwarded.begin()]);
    }
    carry(loop.getYieldOp(), carried);
    copyAliasingYields(loop, carried);
  }

  /// Copies values that the second region yields where they may alias.
  /// Upstream's analysis writes into the values that an iteration begins with,
  /// assuming that nothing else aliases them. In scf.while it ensures this only
  /// for values that the condition forwards.
  static void copyAliasingYields(scf::WhileOp loop, ArrayRef<Value> carried) {
    OpBuilder b(loop.getYieldOp());
    llvm::SmallDenseSet<Value> roots;
    for (auto [operand, buffer] :
         llvm::zip(loop.getYieldOp()->getOpOperands(), carried)) {
      Value value = operand.get();
      if (!isa<RankedTensorType>(value.getType()) ||
          (buffer && dlc::isWrittenTo(value, buffer)))
        continue;
      Value root = rootWithin(value, loop.getAfter());
      if (root && roots.insert(root).second)
        continue;
      operand.set(bufferization::AllocTensorOp::create(
          b, value.getLoc(), cast<RankedTensorType>(value.getType()),
          /*dynamicSizes=*/ValueRange(), /*copy=*/value));
    }
  }

  /// Returns the tensor.empty in `region` that `value` was written to, or null
  /// if the destination may come from outside.
  static Value rootWithin(Value value, Region &region) {
    for (;;) {
      Operation *op = value.getDefiningOp();
      if (!op || op->getParentRegion() != &region)
        return Value();
      if (isa<tensor::EmptyOp>(op))
        return value;
      if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
        value = insert.getDest();
      else if (auto insert = dyn_cast<tensor::InsertOp>(op))
        value = insert.getDest();
      else if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
        value = destination.getTiedOpOperand(cast<OpResult>(value))->get();
      else
        return Value();
    }
  }

  void carry(Operation *yield, ArrayRef<Value> carried) {
    OpBuilder b(yield);
    for (auto [operand, buffer] : llvm::zip(yield->getOpOperands(), carried)) {
      auto type = dyn_cast<RankedTensorType>(operand.get().getType());
      if (!type || !buffer || dlc::isWrittenTo(operand.get(), buffer) ||
          !haveSameExtents(operand.get(), buffer))
        continue;
      Location loc = operand.get().getLoc();
      SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
          ones(type.getRank(), b.getIndexAttr(1));
      operand.set(tensor::InsertSliceOp::create(
          b, loc, operand.get(), buffer, offsets,
          tensor::getMixedSizes(b, loc, buffer), ones));
    }
  }
};
} // namespace
