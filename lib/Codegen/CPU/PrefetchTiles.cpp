//===- PrefetchTiles.cpp - Prefetching the operands of epilogues ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PREFETCHTILES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

constexpr int64_t lineBytes = 64;
/// Smaller buffers are in a near cache anyway.
constexpr int64_t leastBytes = 128 << 10;

bool carriesVectors(scf::ForOp loop) {
  return llvm::any_of(loop.getResultTypes(),
                      [](Type type) { return isa<VectorType>(type); });
}

Value rootOf(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  return buffer;
}

struct PrefetchTiles : dlc::impl::PrefetchTilesBase<PrefetchTiles> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) {
      auto outer = dyn_cast<scf::ForOp>(loop->getParentOp());
      if (carriesVectors(loop) && !(outer && carriesVectors(outer)))
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops)
      prefetch(loop);
  }

private:
  void prefetch(scf::ForOp loop) {
    SmallVector<vector::LoadOp> loads;
    SmallVector<vector::StoreOp> stores;
    llvm::SmallPtrSet<Value, 4> written;
    for (Operation *op = loop->getNextNode(); op && !op->getNumRegions();
         op = op->getNextNode()) {
      if (auto load = dyn_cast<vector::LoadOp>(op)) {
        loads.push_back(load);
      } else if (auto store = dyn_cast<vector::StoreOp>(op)) {
        stores.push_back(store);
        written.insert(rootOf(store.getBase()));
      }
    }
    OpBuilder b(loop);
    IRMapping known;
    bool anyPrefetched = false;
    for (vector::LoadOp load : loads)
      if (!written.contains(rootOf(load.getBase())))
        anyPrefetched |=
            emitPrefetch(b, load, load.getVectorType(), loop, known);
    // Stores are prefetched only along with loads. They wait in the store queue
    // for their lines; the queue is long enough unless as many loads miss as
    // well.
    if (anyPrefetched)
      for (vector::StoreOp store : stores)
        emitPrefetch(b, store, store.getVectorType(), loop, known);
  }

  /// Prefetches the cache lines of a load or store, if its address can be
  /// computed before the loop. Returns whether it did.
  template <typename Access>
  static bool emitPrefetch(OpBuilder &b, Access access, VectorType vector,
                           scf::ForOp loop, IRMapping &known) {
    MemRefType type = access.getMemRefType();
    if (rootOf(access.getBase())
            .template getDefiningOp<memref::GetGlobalOp>() ||
        (type.hasStaticShape() &&
         type.getNumElements() * type.getElementTypeBitWidth() / 8 <
             leastBytes))
      return false;
    Value base = available(b, access.getBase(), loop, known);
    SmallVector<Value> indices;
    for (Value index : access.getIndices())
      indices.push_back(available(b, index, loop, known));
    if (!base || llvm::is_contained(indices, Value()))
      return false;
    int64_t step = lineBytes * 8 / type.getElementTypeBitWidth();
    Value last = indices.back();
    Location loc = access.getLoc();
    for (int64_t at = 0; at < vector.getNumElements(); at += step) {
      if (at)
        indices.back() = arith::AddIOp::create(
            b, loc, last, arith::ConstantIndexOp::create(b, loc, at));
      // Into the second-level cache: the rows of a tile may be 1 KiB apart, and
      // would evict each other and the product's operands from the first.
      memref::PrefetchOp::create(b, loc, base, indices, /*isWrite=*/false,
                                 /*localityHint=*/2, /*isDataCache=*/true);
    }
    return true;
  }

  /// Returns the value if it is available before the loop, else a copy computed
  /// there; null if it depends on the loop.
  static Value available(OpBuilder &b, Value value, scf::ForOp loop,
                         IRMapping &known) {
    if (Value done = known.lookupOrNull(value))
      return done;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != loop->getBlock() || op->isBeforeInBlock(loop))
      return value;
    if (op == loop || !isPure(op) || op->getNumRegions())
      return {};
    for (Value operand : op->getOperands()) {
      Value made = available(b, operand, loop, known);
      if (!made)
        return {};
      known.map(operand, made);
    }
    b.clone(*op, known);
    return known.lookup(value);
  }
};
} // namespace
