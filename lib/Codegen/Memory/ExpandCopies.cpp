//===- ExpandCopies.cpp - Strided copies as loops -------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_EXPANDCOPIES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
/// Copies rows that are contiguous in both buffers, one vector at a time.
class RowCopy {
public:
  RowCopy(OpBuilder &b, memref::CopyOp copy, int64_t lanes)
      : b(b), loc(copy.getLoc()), source(copy.getSource()),
        target(copy.getTarget()), from(cast<MemRefType>(source.getType())),
        to(cast<MemRefType>(target.getType())), lanes(lanes) {}

  /// Whether `copy` has rows that are contiguous on both sides.
  static bool fits(memref::CopyOp copy) {
    auto isRows = [](Value buffer) {
      auto type = dyn_cast<MemRefType>(buffer.getType());
      // Vectors pack elements of less than a byte, buffers do not. i1 is
      // accepted because it becomes bytes (LegalizeElementTypes).
      return type && type.getRank() && type.isLastDimUnitStride() &&
             type.getElementType().isIntOrFloat() &&
             llvm::is_contained({1u, 8u, 16u, 32u, 64u},
                                type.getElementTypeBitWidth());
    };
    return isRows(copy.getSource()) && isRows(copy.getTarget());
  }

  void emit() {
    zero = constant(0);
    one = constant(1);
    SmallVector<Value> indices;
    for (int64_t d = 0; d + 1 < to.getRank(); ++d) {
      if (staticExtent(d) == 1) {
        indices.push_back(zero);
        continue;
      }
      auto loop = scf::ForOp::create(b, loc, zero, extent(d), one);
      b.setInsertionPointToStart(loop.getBody());
      indices.push_back(loop.getInductionVar());
    }
    indices.push_back(zero);
    emitRow(indices);
  }

private:
  /// Up to this many vectors are copied without a loop.
  static constexpr int64_t fewVectors = 4;

  Value constant(int64_t number) {
    return arith::ConstantIndexOp::create(b, loc, number);
  }
  int64_t staticExtent(int64_t d) const {
    return from.isDynamicDim(d) ? to.getDimSize(d) : from.getDimSize(d);
  }
  Value extent(int64_t d) {
    int64_t known = staticExtent(d);
    return ShapedType::isDynamic(known)
               ? Value(memref::DimOp::create(b, loc, source, d))
               : constant(known);
  }

  /// Copies `count` elements of the row, starting at index `at`.
  void move(SmallVector<Value> indices, Value at, int64_t count) {
    indices.back() = at;
    if (count == 1) {
      Value x = memref::LoadOp::create(b, loc, source, indices);
      memref::StoreOp::create(b, loc, x, target, indices);
      return;
    }
    auto type = VectorType::get({count}, from.getElementType());
    Value x = vector::LoadOp::create(b, loc, type, source, indices);
    vector::StoreOp::create(b, loc, x, target, indices);
  }

  void moveEach(ArrayRef<Value> indices, Value begin, Value end,
                int64_t count) {
    auto loop = scf::ForOp::create(b, loc, begin, end, constant(count));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    move(SmallVector<Value>(indices), loop.getInductionVar(), count);
  }

  void emitRow(ArrayRef<Value> indices) {
    int64_t last = to.getRank() - 1, known = staticExtent(last);
    if (ShapedType::isDynamic(known)) {
      Value end = extent(last);
      Value rest = arith::RemUIOp::create(b, loc, end, constant(lanes));
      Value whole = arith::SubIOp::create(b, loc, end, rest);
      moveEach(indices, zero, whole, lanes);
      moveEach(indices, whole, end, 1);
      return;
    }
    int64_t at = 0;
    if (known / lanes > fewVectors) {
      at = known / lanes * lanes;
      moveEach(indices, zero, constant(at), lanes);
    }
    for (int64_t count = lanes; count; count /= 2)
      for (; known - at >= count; at += count)
        move(SmallVector<Value>(indices), constant(at), count);
  }

  OpBuilder &b;
  Location loc;
  Value source, target, zero, one;
  MemRefType from, to;
  int64_t lanes;
};

struct ExpandCopies : dlc::impl::ExpandCopiesBase<ExpandCopies> {
  using ExpandCopiesBase::ExpandCopiesBase;

  void runOnOperation() override {
    auto machine = dlc::codegen::targetOf(getOperation());
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](memref::CopyOp copy) {
      // Looks through casts, which are folded away later. Results of branches
      // and loops may hide casts too and change their type then; they do not
      // count as dense.
      auto isDense = [](Value buffer) {
        while (auto cast = buffer.getDefiningOp<memref::CastOp>())
          buffer = cast.getSource();
        Operation *made = buffer.getDefiningOp();
        bool isPassedOn = made ? isa<RegionBranchOpInterface>(made)
                               : !isa<FunctionOpInterface>(
                                     buffer.getParentBlock()->getParentOp());
        if (isPassedOn)
          return false;
        return cast<MemRefType>(buffer.getType()).getLayout().isIdentity();
      };
      if (isDense(copy.getSource()) && isDense(copy.getTarget()))
        return;
      rewriter.setInsertionPoint(copy);
      if (!RowCopy::fits(copy)) {
        rewriter.replaceOpWithNewOp<linalg::CopyOp>(copy, copy.getSource(),
                                                    copy.getTarget());
        return;
      }
      Type element = getElementTypeOrSelf(copy.getTarget().getType());
      RowCopy(rewriter, copy, machine.lanes(element)).emit();
      rewriter.eraseOp(copy);
    });
  }
};
} // namespace
