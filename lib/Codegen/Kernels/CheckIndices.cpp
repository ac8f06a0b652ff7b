//===- CheckIndices.cpp - Checks of indices computed by the model ---------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CHECKINDICES
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
struct CheckIndices : dlc::impl::CheckIndicesBase<CheckIndices> {
  void runOnOperation() override {
    SmallVector<Operation *> accesses;
    getOperation()->walk([&](Operation *op) {
      if (isa<tensor::ExtractOp, tensor::InsertOp, tensor::DimOp>(op))
        accesses.push_back(op);
    });
    for (Operation *op : accesses)
      if (auto dim = dyn_cast<tensor::DimOp>(op))
        checkDimension(dim);
      else if (auto extract = dyn_cast<tensor::ExtractOp>(op))
        check(op, extract.getTensor(), extract.getIndicesMutable());
      else
        check(op, cast<tensor::InsertOp>(op).getDest(),
              cast<tensor::InsertOp>(op).getIndicesMutable());
  }

  /// Returns the outermost enclosing op that is not control flow, or null. Its
  /// region computes elements, and a call cannot end inside it.
  static Operation *outermostBody(Operation *op) {
    Operation *found = nullptr;
    for (Operation *parent = op->getParentOp(); !isa<func::FuncOp>(parent);
         parent = parent->getParentOp())
      if (!isa<scf::SCFDialect>(parent->getDialect()))
        found = parent;
    return found;
  }

  /// Checks or clamps the dimension number: it selects the extent's address.
  static void checkDimension(tensor::DimOp dim) {
    int64_t rank = cast<RankedTensorType>(dim.getSource().getType()).getRank();
    std::optional<int64_t> at = dim.getConstantIndex();
    if (at && *at >= 0 && *at < rank)
      return;
    OpBuilder b(dim);
    Location loc = dim.getLoc();
    if (rank == 0) {
      dim.replaceAllUsesWith(
          arith::ConstantIndexOp::create(b, loc, 0).getResult());
      return dim.erase();
    }
    Value last = arith::ConstantIndexOp::create(b, loc, rank - 1);
    if (!outermostBody(dim))
      require(b, dim,
              arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule,
                                    dim.getIndex(), last),
              "a tensor of rank " + Twine(rank) +
                  " has no dimension of that number");
    dim.getIndexMutable().assign(
        arith::MinUIOp::create(b, loc, dim.getIndex(), last));
  }

  static void check(Operation *op, Value tensor, MutableOperandRange indices) {
    auto type = cast<RankedTensorType>(tensor.getType());
    Operation *body = outermostBody(op);
    Value hasElements; // of a tensor that the body makes
    for (auto [d, index] : llvm::enumerate(indices)) {
      std::optional<int64_t> at = getConstantIntValue(index.get());
      if (at && !type.isDynamicDim(d) && *at >= 0 && *at < type.getDimSize(d))
        continue;
      OpBuilder b(op);
      Location loc = op->getLoc();
      Value extent = tensor::DimOp::create(b, loc, tensor, d);
      if (!body) {
        require(b, op,
                arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                      index.get(), extent),
                "an index is outside of its tensor in dimension " + Twine(d));
        continue;
      }
      // Clamp to the nearest valid index, if there is one.
      Value zero = arith::ConstantIndexOp::create(b, loc, 0),
            one = arith::ConstantIndexOp::create(b, loc, 1);
      Value last = arith::SubIOp::create(b, loc, extent, one);
      index.set(arith::MaxSIOp::create(
          b, loc, arith::MinSIOp::create(b, loc, index.get(), last), zero));
      if (!type.isDynamicDim(d) && type.getDimSize(d) > 0)
        continue;
      if (isWithin(tensor, body)) {
        Value isSome = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                             extent, zero);
        hasElements =
            hasElements
                ? arith::AndIOp::create(b, loc, hasElements, isSome).getResult()
                : isSome;
        continue;
      }
      b.setInsertionPoint(body);
      require(b, op,
              arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                    tensor::DimOp::create(b, loc, tensor, d),
                                    arith::ConstantIndexOp::create(b, loc, 0)),
              "a tensor without elements is read in dimension " + Twine(d));
    }
    if (hasElements)
      guard(op, tensor, hasElements);
  }

  static bool isWithin(Value tensor, Operation *body) {
    Operation *made = tensor.getDefiningOp();
    return made ? body->isProperAncestor(made)
                : body->isAncestor(tensor.getParentBlock()->getParentOp());
  }

  /// Guards an access to a tensor that may be empty: a read gives 0, a write
  /// does nothing.
  static void guard(Operation *op, Value tensor, Value hasElements) {
    OpBuilder b(op);
    Location loc = op->getLoc();
    auto branch = scf::IfOp::create(b, loc, op->getResultTypes(), hasElements,
                                    /*withElseRegion=*/true);
    op->replaceAllUsesWith(branch);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, loc, op->getResults());
    op->moveBefore(branch.thenBlock(), branch.thenBlock()->begin());
    b.setInsertionPointToStart(branch.elseBlock());
    Value instead = tensor;
    if (isa<tensor::ExtractOp>(op))
      instead = arith::ConstantOp::create(
          b, loc, b.getZeroAttr(op->getResult(0).getType()));
    scf::YieldOp::create(b, loc, instead);
  }

  static void require(OpBuilder &b, Operation *op, Value condition,
                      const Twine &what) {
    codegen::RequireOp::create(
        b, op->getLoc(), condition,
        (codegen::describeLocation(op) + ": " + what).str());
  }
};
} // namespace
