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

/// Nanoseconds that a task should take at least.
constexpr double leastTask = 10000;

/// Memory that something reads or writes: a part of a buffer.
struct Access {
  Value buffer;
  /// Offset and size of each dimension of the buffer where they are known;
  /// empty for all of it.
  SmallVector<std::pair<int64_t, int64_t>> ranges;
  bool isWrite = false;

  /// Two reads of a global are two values for one buffer.
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

/// The buffer behind views, and which part of it the outermost view takes.
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

/// What an op and everything in it does to memory; nothing where that is not
/// known.
std::optional<SmallVector<Access>> accessesOf(Operation *root) {
  SmallVector<Access> accesses;
  WalkResult result = root->walk([&](Operation *op) {
    if (isa<codegen::ScaleCostOp>(op))
      return WalkResult::advance();
    // What it holds is walked as well; linalg ops have effects of their own
    // beside that.
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
      // A buffer that a loop carries may be any.
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

/// About the nanoseconds that an op takes: vectors of 16, a third of one each.
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
  // A product of tiles takes a multiply-add for each element and step.
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
  /// Loops over time alone: a network has few of them, and nothing else in it
  /// that takes long has no tasks.
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

  /// Moves what stands between two loops before the first or leaves it behind
  /// both, so that they are neighbours.
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
