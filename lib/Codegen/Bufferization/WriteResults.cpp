//===- WriteResults.cpp - Results as insertions for the analysis ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Bufferization/Destinations.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_WRITERESULTS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
struct WriteResults : dlc::impl::WriteResultsBase<WriteResults> {
  void runOnOperation() override {
    SmallVector<bufferization::MaterializeInDestinationOp> writes;
    for (auto op :
         getOperation().getOps<bufferization::MaterializeInDestinationOp>())
      if (isa<MemRefType>(op.getDest().getType()))
        writes.push_back(op);
    for (bufferization::MaterializeInDestinationOp op : writes)
      write(op);
  }

  /// Returns the tensor that reads `buffer`: the existing writable read, moved
  /// to the front, or a new one.
  static Value tensorOf(OpBuilder &b, Value buffer) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(buffer);
    for (Operation *user : buffer.getUsers())
      if (auto read = dyn_cast<bufferization::ToTensorOp>(user);
          read && read.getWritable()) {
        read->moveBefore(b.getInsertionBlock(), b.getInsertionPoint());
        return read;
      }
    auto type = cast<MemRefType>(buffer.getType());
    return bufferization::ToTensorOp::create(
        b, buffer.getLoc(),
        RankedTensorType::get(type.getShape(), type.getElementType()), buffer,
        /*restrict=*/true, /*writable=*/true);
  }

  void write(bufferization::MaterializeInDestinationOp op) {
    OpBuilder b(op);
    Location loc = op.getLoc();
    Value source = op.getSource(), buffer = op.getDest();
    auto shape = cast<RankedTensorType>(source.getType()).getShape();
    // Upstream's verifier has no slice of nothing.
    if (llvm::is_contained(shape, 0))
      return op.erase();
    int64_t rank = shape.size();
    Value place = tensorOf(b, buffer), whole = source;
    // If the source was written to the buffer already, a second write would be
    // wrong: the analysis would not see that both are the same.
    if (!isWrittenTo(source, place)) {
      SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0)),
          ones(rank, b.getIndexAttr(1));
      whole = tensor::InsertSliceOp::create(
          b, loc, source, place, offsets, tensor::getMixedSizes(b, loc, source),
          ones);
    }
    op.erase();
    // A copy for results that cannot be computed in place; otherwise it copies
    // the buffer to itself.
    b.setInsertionPoint(getOperation().getBody().front().getTerminator());
    auto type = cast<RankedTensorType>(whole.getType());
    Value computed = bufferization::ToBufferOp::create(
        b, loc, MemRefType::get(type.getShape(), type.getElementType()), whole,
        /*read_only=*/true);
    memref::CopyOp::create(b, loc, computed, buffer);
  }
};
} // namespace
