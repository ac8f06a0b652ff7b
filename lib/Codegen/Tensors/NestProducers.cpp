//===- NestProducers.cpp - Producers fused into a nest --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "NestProducers.h"
#include "Strided.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Codegen/Tensors/Structure.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace dlc {

linalg::LinalgOp findContraction(linalg::LinalgOp op) {
  // One result only. Fusing an optimiser, which has several, with the product
  // of a gradient was tried: short runs of many streams are slower than another
  // pass over memory (by a fifth).
  if (op.getNumReductionLoops() || op->getNumResults() != 1)
    return {};
  AffineMap out = op.getIndexingMapsArray()[op.getNumDpsInputs()];
  if (!out.isIdentity())
    return {};
  // Tiles of contractions have vectors of any length, and LLVM fails to select
  // code for some lengths of f16.
  for (Value operand : op->getOperands())
    if (getElementTypeOrSelf(operand).isF16())
      return {};
  for (OpOperand *input : op.getDpsInputOperands()) {
    auto producer = input->get().getDefiningOp<linalg::LinalgOp>();
    if (producer && input->get().hasOneUse() &&
        op.getMatchingIndexingMap(input).isIdentity() &&
        analyzeContraction(producer))
      return producer;
  }
  return {};
}

Root findPooled(linalg::LinalgOp pool) {
  if (!pool.getNumReductionLoops() || pool->getNumResults() != 1 ||
      !isVectorizable(pool) || analyzeContraction(pool))
    return {};
  auto producer = pool.getDpsInputs()[0].getDefiningOp<linalg::LinalgOp>();
  if (!producer || !producer->hasOneUse())
    return {};
  return {producer,
          analyzeContraction(producer) ? producer : findContraction(producer)};
}

std::optional<unsigned> choosePooledRow(linalg::LinalgOp pool,
                                        const Root &product,
                                        codegen::CPUAttr target) {
  auto bytesOf = [](Value value) {
    auto type = cast<ShapedType>(value.getType());
    return type.hasStaticShape() ? double(type.getNumElements()) *
                                       type.getElementTypeBitWidth() / 8
                                 : -1;
  };
  // No slabs if the result stays in the cache; and the weights must stay there,
  // as each slab reads all of them.
  double all = bytesOf(product.op->getResult(0)),
         weights =
             bytesOf(linalg::LinalgOp(product.contraction).getDpsInputs()[1]);
  if (all <= target.residentCacheBytes() || weights < 0 ||
      weights > target.residentCacheBytes())
    return std::nullopt;
  SmallVector<int64_t> ranges = pool.getStaticLoopRanges();
  AffineMap in = pool.getIndexingMapsArray()[0],
            out = pool.getIndexingMapsArray().back();
  // The first dimension with several rows and non-overlapping windows.
  double slabs = 1;
  for (unsigned d = 0; d < in.getNumResults(); ++d) {
    if (out.getNumResults() != in.getNumResults() ||
        out.getResult(d) != getAffineDimExpr(d, pool.getContext()))
      return std::nullopt;
    if (in.getResult(d) == out.getResult(d)) {
      slabs *= ranges[d];
      continue;
    }
    std::optional<Strided> window = matchStrided(in.getResult(d));
    if (!window || window->outer != d || window->factor < ranges[window->inner])
      return std::nullopt;
    slabs *= ranges[d];
    if (ranges[d] < 2 || all / slabs > target.residentCacheBytes())
      return std::nullopt;
    return d;
  }
  return std::nullopt;
}

} // namespace dlc
