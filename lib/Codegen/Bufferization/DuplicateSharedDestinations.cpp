//===- DuplicateSharedDestinations.cpp - One chain of writes per result ---===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_DUPLICATESHAREDDESTINATIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct DuplicateSharedDestinations
    : dlc::impl::DuplicateSharedDestinationsBase<DuplicateSharedDestinations> {
  void runOnOperation() override {
    SmallVector<tensor::EmptyOp> empties;
    getOperation()->walk([&](tensor::EmptyOp op) { empties.push_back(op); });
    for (tensor::EmptyOp empty : empties)
      unshareEmpty(empty);
    SmallVector<Operation *> writers;
    getOperation()->walk([&](Operation *op) {
      if (isa<DestinationStyleOpInterface, LoopLikeOpInterface>(op))
        writers.push_back(op);
    });
    for (Operation *op : writers) {
      auto writer = dyn_cast<DestinationStyleOpInterface>(op);
      for (OpOperand &destination :
           writer ? writer.getDpsInitsMutable()
                  : cast<LoopLikeOpInterface>(op).getInitsMutable())
        unshare(destination);
    }
  }

  /// Gives each writer an empty tensor of its own. With one that all layers of
  /// a deep network share, the analysis would compare each layer with all
  /// others.
  void unshareEmpty(tensor::EmptyOp empty) {
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : empty->getUses())
      uses.push_back(&use);
    if (uses.size() < 2)
      return;
    OpBuilder b(empty);
    for (OpOperand *use : uses) {
      auto insert = dyn_cast<tensor::InsertSliceOp>(use->getOwner());
      auto writer = dyn_cast<DestinationStyleOpInterface>(use->getOwner());
      auto loop = dyn_cast<LoopLikeOpInterface>(use->getOwner());
      bool isDestination = writer ? writer.isDpsInit(use) : loop && !insert;
      if (!isDestination)
        continue;
      b.setInsertionPointAfter(empty);
      Value own = b.clone(*empty)->getResult(0);
      use->set(own);
      // The inserted tile was written to a slice of the same tensor.
      if (insert)
        moveSlice(b, insert.getSource(), empty, own);
    }
    for (Operation *user : llvm::make_early_inc_range(empty->getUsers()))
      if (isa<tensor::ExtractSliceOp>(user) && user->use_empty())
        user->erase();
    if (empty->use_empty())
      empty.erase();
  }

  /// Replaces the slice of `empty` that `value` was written to by a slice of
  /// `own`.
  static void moveSlice(OpBuilder &b, Value value, Value empty, Value own) {
    while (Operation *op = value.getDefiningOp()) {
      OpOperand *init = nullptr;
      auto result = cast<OpResult>(value);
      if (auto writer = dyn_cast<DestinationStyleOpInterface>(op))
        init = writer.getTiedOpOperand(result);
      else if (auto loop = dyn_cast<LoopLikeOpInterface>(op))
        init = loop.getTiedLoopInit(result);
      if (!init)
        return;
      auto slice = init->get().getDefiningOp<tensor::ExtractSliceOp>();
      if (slice && slice.getSource() == empty) {
        b.setInsertionPoint(op);
        auto moved = cast<tensor::ExtractSliceOp>(b.clone(*slice));
        moved.getSourceMutable().assign(own);
        init->set(moved);
        return;
      }
      value = init->get();
    }
  }

  /// Gives the operand a producer of its own, and so on back to the empty
  /// tensor.
  void unshare(OpOperand &destination) {
    Operation *producer = destination.get().getDefiningOp();
    if (!isa_and_present<tensor::EmptyOp, linalg::FillOp, tensor::InsertSliceOp,
                         vector::TransferWriteOp>(producer))
      return;
    // Slices do not count: a tile read from the tensor is inserted back into
    // it.
    auto others =
        llvm::make_filter_range(producer->getUses(), [](OpOperand &use) {
          return !isa<tensor::ExtractSliceOp>(use.getOwner());
        });
    if (llvm::hasSingleElement(others))
      return;
    OpBuilder b(producer);
    b.setInsertionPointAfter(producer);
    Operation *copy = b.clone(*producer);
    destination.set(copy->getResult(0));
    // The inserted tile was written to a slice of the shared tensor. If that
    // slice stayed, the analysis would take both tiles for the same memory, as
    // it identifies slices by their position.
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(destination.getOwner()))
      moveSlice(b, insert.getSource(), producer->getResult(0),
                copy->getResult(0));
    if (auto writer = dyn_cast<DestinationStyleOpInterface>(copy))
      for (OpOperand &next : writer.getDpsInitsMutable())
        unshare(next);
  }
};
} // namespace
