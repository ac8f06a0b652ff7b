//===- UpdateInPlace.cpp - Updates of the state in place ------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_UPDATEINPLACE
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct UpdateInPlace : dlc::impl::UpdateInPlaceBase<UpdateInPlace> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies(getOperation().getOps<memref::CopyOp>());
    for (memref::CopyOp copy : copies)
      update(copy);
  }

  /// Returns the only operand that reads `memory`, if it is read by the map
  /// `position`: each element is then read only in the iteration that writes
  /// it.
  static OpOperand *findOld(linalg::GenericOp op, Value memory,
                            AffineMap position) {
    OpOperand *found = nullptr;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto read = operand->get().getDefiningOp<bufferization::ToTensorOp>();
      if (!read || read.getBuffer() != memory)
        continue;
      if (found || op.getMatchingIndexingMap(operand) != position)
        return nullptr;
      found = operand;
    }
    return found;
  }

  void update(memref::CopyOp copy) {
    auto buffer = copy.getSource().getDefiningOp<bufferization::ToBufferOp>();
    auto result = buffer ? dyn_cast<OpResult>(buffer.getTensor()) : OpResult();
    auto op = result ? dyn_cast<linalg::GenericOp>(result.getOwner())
                     : linalg::GenericOp();
    if (!op || op.getNumReductionLoops())
      return;
    OpOperand *init = op.getDpsInitOperand(result.getResultNumber());
    AffineMap position = op.getMatchingIndexingMap(init);
    if (!init->get().getDefiningOp<tensor::EmptyOp>() || !position.isIdentity())
      return;
    OpOperand *old = findOld(op, copy.getTarget(), position);
    if (!old)
      return;
    auto read = old->get().getDefiningOp<bufferization::ToTensorOp>();
    read.setWritable(true);
    // The operand becomes the destination, whose old element the body can read.
    unsigned number = old->getOperandNumber();
    SmallVector<Value> inputs(op.getDpsInputs());
    inputs.erase(inputs.begin() + number);
    SmallVector<Value> inits(op.getDpsInits());
    inits[result.getResultNumber()] = read;
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps.erase(maps.begin() + number);
    OpBuilder b(op);
    auto updated =
        linalg::GenericOp::create(b, op.getLoc(), op.getResultTypes(), inputs,
                                  inits, maps, op.getIteratorTypesArray());
    updated->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    Block &body = op.getRegion().front();
    body.getArgument(number).replaceAllUsesWith(
        body.getArgument(op.getNumDpsInputs() + result.getResultNumber()));
    body.eraseArgument(number);
    updated.getRegion().takeBody(op.getRegion());
    op.replaceAllUsesWith(updated.getResults());
    op.erase();
  }
};
} // namespace
