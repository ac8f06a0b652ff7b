//===- LowerLinear.cpp - Matrix products ----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"

using namespace mlir;
using namespace dlc;

/// Adds the bias along the last dimension.
static Value addBias(Emitter &e, Value y, Value bias, Type type) {
  int64_t rank = cast<RankedTensorType>(y.getType()).getRank();
  Sizes sizes = e.sizes(y);
  return e.map({y, bias},
               {e.b.getMultiDimIdentityMap(rank), e.pick(rank, {rank - 1})},
               sizes, type, [&](OpBuilder &b, Location loc, ValueRange args) {
                 return scalarT(b, loc, args[0]) + scalarT(b, loc, args[1]);
               });
}

static Value emitDense(dl::DenseOp, dl::DenseOpAdaptor op, Emitter &e) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  Type stored = x.getElementType(), type = computeType(stored);
  Value weights = e.widen(op.getWeights());
  int64_t rank = x.getRank();
  OpFoldResult k = e.dim(op.getX(), rank - 1);
  e.requireEqual(k, e.dim(op.getWeights(), 0),
                 "the input's last extent differs from the weights' first");
  // Merges the leading dimensions into rows.
  Value rows = e.widen(op.getX());
  Sizes lead = e.sizes(op.getX());
  lead.pop_back();
  if (rank != 2) {
    if (rank == 1) {
      SmallVector<ReassociationIndices> groups{{0, 1}};
      Sizes shape{e.index(1), k};
      rows = tensor::ExpandShapeOp::create(
          e.b, e.loc, RankedTensorType::get({1, x.getDimSize(0)}, type), rows,
          groups, shape);
    } else {
      SmallVector<ReassociationIndices> groups(2);
      for (int64_t d = 0; d < rank; ++d)
        groups[d == rank - 1].push_back(d);
      rows = tensor::CollapseShapeOp::create(e.b, e.loc, rows, groups);
    }
  }
  Sizes sizes{e.dim(rows, 0), e.dim(weights, 1)};
  Value y = linalg::MatmulOp::create(e.b, e.loc, ValueRange{rows, weights},
                                     ValueRange{e.filled(sizes, type, 0)})
                .getResult(0);
  if (op.getBias()) {
    e.requireEqual(e.dim(op.getBias(), 0), sizes[1],
                   "the bias' extent differs from the weights' last");
    y = addBias(e, y, e.widen(op.getBias()), type);
  }
  y = e.toStored(y, stored);
  type = stored;
  if (rank == 2)
    return y;
  // Restores the leading dimensions.
  auto flat = cast<RankedTensorType>(y.getType());
  if (rank == 1) {
    SmallVector<ReassociationIndices> groups{{0, 1}};
    return tensor::CollapseShapeOp::create(e.b, e.loc, y, groups);
  }
  SmallVector<ReassociationIndices> groups(2);
  SmallVector<int64_t> shape(x.getShape().drop_back());
  shape.push_back(flat.getDimSize(1));
  for (int64_t d = 0; d < rank; ++d)
    groups[d == rank - 1].push_back(d);
  Sizes back = lead;
  back.push_back(sizes[1]);
  return tensor::ExpandShapeOp::create(
      e.b, e.loc, RankedTensorType::get(shape, type), y, groups, back);
}

static Value emitMatmul(dl::MatmulOp, dl::MatmulOpAdaptor op, Emitter &e) {
  auto aType = cast<RankedTensorType>(op.getA().getType());
  auto bType = cast<RankedTensorType>(op.getB().getType());
  Type stored = aType.getElementType(), type = computeType(stored);
  Value left = e.widen(op.getA()), right = e.widen(op.getB());
  int64_t aRank = aType.getRank(), bRank = bType.getRank();
  int64_t rank = std::max(aRank, bRank);        // of the result
  int64_t m = rank - 2, n = rank - 1, k = rank; // loops
  e.requireEqual(e.dim(op.getA(), aRank - 1), e.dim(op.getB(), bRank - 2),
                 "the inner extents of the operands differ");
  if (rank == 2) {
    Sizes sizes{e.dim(op.getA(), 0), e.dim(op.getB(), 1)};
    Value y = linalg::MatmulOp::create(e.b, e.loc, ValueRange{left, right},
                                       ValueRange{e.filled(sizes, type, 0)})
                  .getResult(0);
    return e.toStored(y, stored);
  }
  Sizes sizes(rank, e.index(1));
  std::vector<bool> found(rank, false);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (auto [operand, operandRank, last] :
       {std::tuple(left, aRank, std::pair(m, k)),
        std::tuple(right, bRank, std::pair(k, n))}) {
    auto operandType = cast<RankedTensorType>(operand.getType());
    SmallVector<bool> dropped;
    SmallVector<int64_t> dims;
    for (int64_t d = 0; d + 2 < operandRank; ++d) {
      int64_t loop = rank - operandRank + d;
      bool stretched = operandType.getDimSize(d) == 1;
      dropped.push_back(stretched);
      if (stretched)
        continue;
      dims.push_back(loop);
      OpFoldResult extent = e.dim(operand, d);
      if (found[loop])
        e.requireEqual(sizes[loop], extent,
                       "operands differ in batch dimension " + Twine(loop));
      if (!found[loop] || isa<Attribute>(extent))
        sizes[loop] = extent;
      found[loop] = true;
    }
    dropped.append({false, false});
    dims.append({last.first, last.second});
    inputs.push_back(e.dropUnitDims(operand, dropped));
    maps.push_back(e.pick(rank + 1, dims));
  }
  sizes[m] = e.dim(op.getA(), aRank - 2);
  sizes[n] = e.dim(op.getB(), bRank - 1);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  maps.push_back(
      e.pick(rank + 1, llvm::to_vector(llvm::seq<int64_t>(0, rank))));
  Value y =
      e.generic(inputs, e.filled(sizes, type, 0), maps, iterators,
                [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                  scalarT x(b, loc, args[0]), w(b, loc, args[1]);
                  return scalarT(b, loc, args[2]) + x * w;
                });
  return e.toStored(y, stored);
}

void dlc::populateLinearLowering(TypeConverter &types,
                                 RewritePatternSet &patterns) {
  addEmitter<dl::DenseOp>(patterns, types, emitDense);
  addEmitter<dl::MatmulOp>(patterns, types, emitMatmul);
}
