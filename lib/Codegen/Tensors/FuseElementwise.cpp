//===- FuseElementwise.cpp - Element-wise chains in one op ----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

/// Whether to fuse the producer: it must have no other user, and the user must
/// read each element once.
static bool shouldFuse(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  if (!consumer || !operand->get().hasOneUse())
    return false;
  // The body of a gather reads whole tensors, so it may read an element more
  // than once.
  if (consumer->getNumResults() != 1)
    return false;
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  if (!map.isPermutation())
    return false;
  // Products would recompute the operand for each tile of rows or columns, even
  // if the map reads each element once.
  return consumer.getNumReductionLoops() == 0 ||
         consumer.getNumDpsInputs() == 1;
}

/// Whether an element-wise op reads every operand in the order of its loops or
/// broadcast, and writes every result in that order.
static bool hasPlainResults(linalg::GenericOp op) {
  if (op.getNumReductionLoops() || !op.hasPureTensorSemantics() ||
      !op.getNumLoops())
    return false;
  for (OpOperand &init : op.getDpsInitsMutable())
    if (!op.getMatchingIndexingMap(&init).isIdentity())
      return false;
  // Gathers are left as loops.
  return op.getBody()
             ->walk([](Operation *inner) {
               return isa<tensor::ExtractOp, linalg::IndexOp>(inner)
                          ? WalkResult::interrupt()
                          : WalkResult::advance();
             })
             .wasInterrupted() == false;
}

/// The maximum number of results of one op: each is a separate stream to
/// memory.
constexpr size_t maxResults = 6;

/// Replaces both ops by one with the results of both, whose body is one body
/// after the other. The loops and the maps of shared values are the same.
/// Upstream fuses one operand, but the consumer may read several results.
static void merge(RewriterBase &rewriter, linalg::GenericOp producer,
                  linalg::GenericOp consumer) {
  SmallVector<Value> inputs(producer.getDpsInputs()), inits;
  SmallVector<AffineMap> maps;
  for (OpOperand *operand : producer.getDpsInputOperands())
    maps.push_back(producer.getMatchingIndexingMap(operand));
  SmallVector<OpOperand *> others;
  for (OpOperand *operand : consumer.getDpsInputOperands())
    if (operand->get().getDefiningOp() != producer) {
      others.push_back(operand);
      inputs.push_back(operand->get());
      maps.push_back(consumer.getMatchingIndexingMap(operand));
    }
  SmallVector<Type> types;
  for (linalg::GenericOp op : {producer, consumer}) {
    llvm::append_range(inits, op.getDpsInits());
    llvm::append_range(types, op.getResultTypes());
  }
  maps.append(inits.size(),
              rewriter.getMultiDimIdentityMap(consumer.getNumLoops()));

  rewriter.setInsertionPoint(consumer);
  auto merged = linalg::GenericOp::create(
      rewriter, rewriter.getFusedLoc({producer.getLoc(), consumer.getLoc()}),
      types, inputs, inits, maps, consumer.getIteratorTypesArray(),
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        IRMapping mapping;
        size_t first = inputs.size();
        mapping.map(producer.getBody()->getArguments().take_front(
                        producer.getNumDpsInputs()),
                    arguments.take_front(producer.getNumDpsInputs()));
        mapping.map(producer.getRegionOutputArgs(),
                    arguments.slice(first, producer.getNumResults()));
        for (auto [i, operand] : llvm::enumerate(others))
          mapping.map(consumer.getMatchingBlockArgument(operand),
                      arguments[producer.getNumDpsInputs() + i]);
        mapping.map(consumer.getRegionOutputArgs(),
                    arguments.drop_front(first + producer.getNumResults()));
        SmallVector<Value> results;
        for (linalg::GenericOp op : {producer, consumer}) {
          for (Operation &inner : op.getBody()->without_terminator())
            b.clone(inner, mapping);
          for (Value value : op.getBody()->getTerminator()->getOperands())
            results.push_back(mapping.lookupOrDefault(value));
          for (OpOperand *operand : consumer.getDpsInputOperands())
            if (operand->get().getDefiningOp() == op)
              mapping.map(
                  consumer.getMatchingBlockArgument(operand),
                  results[cast<OpResult>(operand->get()).getResultNumber()]);
        }
        linalg::YieldOp::create(b, loc, results);
      });
  auto results = merged.getResults();
  rewriter.replaceOp(consumer, results.drop_front(producer.getNumResults()));
  rewriter.replaceOp(producer, results.take_front(producer.getNumResults()));
}

/// Merges a producer that has other users in the same loop into `consumer`. For
/// example, an optimiser's new moments and the parameter computed from them
/// then go through memory once.
static bool mergeProducer(RewriterBase &rewriter, linalg::GenericOp consumer) {
  if (!hasPlainResults(consumer))
    return false;
  Block *block = consumer->getBlock();
  for (Value value : consumer.getDpsInputs()) {
    auto producer = value.getDefiningOp<linalg::GenericOp>();
    if (!producer || producer->getBlock() != block ||
        !hasPlainResults(producer) ||
        producer.getNumResults() + consumer.getNumResults() > maxResults)
      continue;
    bool isSamePlace =
        llvm::all_of(consumer->getOpOperands(), [&](OpOperand &operand) {
          return operand.get().getDefiningOp() != producer ||
                 (consumer.isDpsInput(&operand) &&
                  consumer.getMatchingIndexingMap(&operand).isIdentity());
        });
    // The merged op takes the consumer's position.
    bool isReadBefore =
        llvm::any_of(producer->getUsers(), [&](Operation *user) {
          Operation *at = block->findAncestorOpInBlock(*user);
          return !at || at->isBeforeInBlock(consumer);
        });
    if (!isSamePlace || isReadBefore)
      continue;
    merge(rewriter, producer, consumer);
    return true;
  }
  return false;
}

namespace {
struct FuseElementwise : dlc::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    if (failed(fuse()))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    bool isChanged = false;
    SmallVector<Block *> blocks;
    getOperation()->walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      for (auto it = block->begin(); it != block->end();) {
        auto op = dyn_cast<linalg::GenericOp>(*it++);
        if (op && mergeProducer(rewriter, op)) {
          isChanged = true;
          --it; // The merged op may merge more.
        }
      }
    if (isChanged && failed(fuse()))
      signalPassFailure();
  }

  LogicalResult fuse() {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::EmptyOp::getCanonicalizationPatterns(patterns, &getContext());
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};
} // namespace
