//===- ParallelizeLoops.cpp - Independent loops as tasks ------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PARALLELIZELOOPS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// The minimum duration of a task in nanoseconds.
constexpr double leastTask = 10000;

/// A read or write of a part of a buffer.
struct Access {
  Value buffer;
  /// Offset and size in each dimension of the buffer, with a size of -1 where
  /// they are unknown; empty for the whole buffer.
  SmallVector<std::pair<int64_t, int64_t>> ranges;
  bool isWrite = false;

  /// The buffer's identity: several get_global ops give the same buffer.
  const void *identity() const {
    if (auto read = buffer.getDefiningOp<memref::GetGlobalOp>())
      return read.getNameAttr().getAttr().getAsOpaquePointer();
    return buffer.getAsOpaquePointer();
  }

  bool meets(const Access &other) const {
    if (identity() != other.identity() || (!isWrite && !other.isWrite))
      return false;
    for (auto [a, b] : llvm::zip(ranges, other.ranges))
      if (a.second >= 0 && b.second >= 0 &&
          (a.first + a.second <= b.first || b.first + b.second <= a.first))
        return false;
    return true;
  }
};

/// Returns the access to the buffer behind all views of `value`. The ranges are
/// those of the view closest to the buffer.
Access accessOf(Value value, bool isWrite) {
  Access access;
  access.isWrite = isWrite;
  while (Operation *op = value.getDefiningOp()) {
    auto view = dyn_cast<ViewLikeOpInterface>(op);
    if (!view)
      break;
    access.ranges.clear();
    if (auto slice = dyn_cast<memref::SubViewOp>(op))
      for (auto [offset, size, stride] :
           llvm::zip(slice.getMixedOffsets(), slice.getMixedSizes(),
                     slice.getMixedStrides())) {
        auto first = getConstantIntValue(offset),
             count = getConstantIntValue(size);
        bool isKnown = first && count && isConstantIntValue(stride, 1);
        access.ranges.push_back(isKnown ? std::pair(*first, *count)
                                        : std::pair<int64_t, int64_t>(0, -1));
      }
    value = view.getViewSource();
  }
  access.buffer = value;
  return access;
}

/// Returns all memory accesses of an op and its regions, or nothing if unknown.
std::optional<SmallVector<Access>> accessesOf(Operation *root) {
  SmallVector<Access> accesses;
  WalkResult result = root->walk([&](Operation *op) {
    if (isa<codegen::ScaleCostOp>(op))
      return WalkResult::advance();
    // The walk visits nested ops as well. linalg ops have effects of their own
    // beside those.
    auto known = dyn_cast<MemoryEffectOpInterface>(op);
    if (!known)
      return op->hasTrait<OpTrait::HasRecursiveMemoryEffects>()
                 ? WalkResult::advance()
                 : WalkResult::interrupt();
    SmallVector<MemoryEffects::EffectInstance> effects;
    known.getEffects(effects);
    for (const MemoryEffects::EffectInstance &effect : effects) {
      if (isa<MemoryEffects::Allocate>(effect.getEffect()))
        continue;
      if (!effect.getValue())
        return WalkResult::interrupt();
      Access access = accessOf(effect.getValue(),
                               !isa<MemoryEffects::Read>(effect.getEffect()));
      // A buffer carried by a loop may be any buffer.
      if (auto argument = dyn_cast<BlockArgument>(access.buffer))
        if (!isa<func::FuncOp>(argument.getOwner()->getParentOp()))
          return WalkResult::interrupt();
      if (access.buffer.getDefiningOp() &&
          !isa<memref::AllocOp, memref::GetGlobalOp>(
              access.buffer.getDefiningOp()))
        return WalkResult::interrupt();
      accesses.push_back(std::move(access));
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return std::nullopt;
  return accesses;
}

bool areIndependent(Operation *a, Operation *b) {
  auto first = accessesOf(a), second = accessesOf(b);
  if (!first || !second)
    return false;
  for (const Access &x : *first)
    for (const Access &y : *second)
      if (x.meets(y))
        return false;
  return true;
}

/// Estimates the nanoseconds of an op: a third per vector of 16 elements.
double costOf(Operation *op) {
  double cost = 0;
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (Operation &inner : block)
        cost += costOf(&inner);
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    std::optional<APInt> trips = loop.getStaticTripCount();
    return cost * (trips ? trips->getSExtValue() : 16);
  }
  if (op->getNumRegions())
    return cost;
  // The size of the largest operand stands for the multiply-adds.
  double elements = 0;
  for (Type type : op->getOperandTypes())
    if (auto vector = dyn_cast<VectorType>(type))
      elements = std::max<double>(elements, vector.getNumElements());
  return std::max(1.0, elements / 16) / 3;
}

struct ParallelizeLoops : dlc::impl::ParallelizeLoopsBase<ParallelizeLoops> {
  void runOnOperation() override {
    if (!isEntry(getOperation()))
      return;
    SmallVector<Block *> blocks{&getOperation().getBody().front()};
    getOperation()->walk([&](scf::ForOp loop) {
      if (!loop->getParentOfType<scf::ForallOp>())
        blocks.push_back(loop.getBody());
    });
    for (Block *block : blocks)
      while (pairUp(*block)) {
      }
  }

private:
  /// Whether to run this loop as a task. Only loops over time: a network has
  /// few of them, and other long-running ops have tasks already.
  static bool isCandidate(scf::ForOp loop) {
    if (!loop->hasAttr(codegen::steps) || loop.getNumResults() ||
        costOf(loop) < leastTask)
      return false;
    bool isPlain = true;
    loop->walk([&](Operation *op) {
      isPlain &= !isa<scf::ForallOp, scf::WhileOp, func::CallOp>(op) &&
                 !isa<codegen::CodegenDialect>(op->getDialect());
    });
    return isPlain;
  }

  static bool pairUp(Block &block) {
    SmallVector<scf::ForOp> loops;
    for (auto loop : block.getOps<scf::ForOp>())
      if (isCandidate(loop))
        loops.push_back(loop);
    for (size_t i = 0; i + 1 < loops.size(); ++i)
      for (size_t j = i + 1; j < loops.size(); ++j)
        if (areIndependent(loops[i], loops[j]) &&
            bringTogether(loops[i], loops[j])) {
          runBoth(loops[i], loops[j]);
          return true;
        }
    return false;
  }

  /// Makes two loops adjacent by moving each op between them before the first
  /// or after the second. Returns false if that is not possible.
  static bool bringTogether(scf::ForOp a, scf::ForOp b) {
    SmallVector<Operation *> before, after;
    for (Operation *op = a->getNextNode(); op != b; op = op->getNextNode()) {
      bool canMove = areIndependent(a, op);
      for (Operation *stays : after)
        canMove = canMove && !uses(op, stays) && areIndependent(stays, op);
      (canMove ? before : after).push_back(op);
    }
    for (Operation *stays : after)
      if (uses(b, stays) || !areIndependent(stays, b))
        return false;
    for (Operation *op : before)
      op->moveBefore(a);
    b->moveAfter(a);
    return true;
  }

  static bool uses(Operation *op, Operation *producer) {
    return llvm::any_of(producer->getUsers(),
                        [&](Operation *user) { return op->isAncestor(user); });
  }

  static void runBoth(scf::ForOp a, scf::ForOp b) {
    OpBuilder builder(a);
    Location loc = builder.getFusedLoc({a.getLoc(), b.getLoc()});
    auto tasks = scf::ForallOp::create(
        builder, loc, ArrayRef<OpFoldResult>{builder.getIndexAttr(2)},
        ValueRange(), std::nullopt);
    tasks->setAttr(codegen::cost, builder.getI64IntegerAttr(
                                      int64_t(std::min(costOf(a), costOf(b)))));
    builder.setInsertionPointToStart(tasks.getBody());
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value isFirst =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                              tasks.getInductionVars()[0], zero);
    auto choice = scf::IfOp::create(builder, loc, isFirst,
                                    /*withElseRegion=*/true);
    a->moveBefore(choice.thenYield());
    b->moveBefore(choice.elseYield());
  }
};
} // namespace
