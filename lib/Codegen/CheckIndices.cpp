//===- CheckIndices.cpp - Places that a model computes --------------------===//

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
      if (isa<tensor::ExtractOp, tensor::InsertOp>(op))
        accesses.push_back(op);
    });
    for (Operation *op : accesses)
      if (auto extract = dyn_cast<tensor::ExtractOp>(op))
        check(op, extract.getTensor(), extract.getIndicesMutable());
      else
        check(op, cast<tensor::InsertOp>(op).getDest(),
              cast<tensor::InsertOp>(op).getIndicesMutable());
  }

  /// The outermost op around that is not control flow: its region computes
  /// elements, and a call cannot end there.
  static Operation *outermostBody(Operation *op) {
    Operation *found = nullptr;
    for (Operation *parent = op->getParentOp(); !isa<func::FuncOp>(parent);
         parent = parent->getParentOp())
      if (!isa<scf::SCFDialect>(parent->getDialect()))
        found = parent;
    return found;
  }

  static void check(Operation *op, Value tensor, MutableOperandRange indices) {
    auto type = cast<RankedTensorType>(tensor.getType());
    Operation *body = outermostBody(op);
    for (auto [d, index] : llvm::enumerate(indices)) {
      std::optional<int64_t> at = getConstantIntValue(index.get());
      if (at && !type.isDynamicDim(d) && *at >= 0 && *at < type.getDimSize(d))
        continue;
      OpBuilder b(op);
      Location loc = op->getLoc();
      if (!body) {
        Value extent = tensor::DimOp::create(b, loc, tensor, d);
        require(b, op,
                arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                      index.get(), extent),
                "an index is outside of its tensor in dimension " + Twine(d));
        continue;
      }
      // The nearest place there is, if there is any.
      Value zero = arith::ConstantIndexOp::create(b, loc, 0),
            one = arith::ConstantIndexOp::create(b, loc, 1);
      Value extent = tensor::DimOp::create(b, loc, tensor, d);
      Value last = arith::SubIOp::create(b, loc, extent, one);
      index.set(arith::MaxSIOp::create(
          b, loc, arith::MinSIOp::create(b, loc, index.get(), last), zero));
      if (!type.isDynamicDim(d) && type.getDimSize(d) > 0)
        continue;
      Operation *made = tensor.getDefiningOp();
      bool isInside =
          made ? body->isProperAncestor(made)
               : body->isAncestor(tensor.getParentBlock()->getParentOp());
      if (isInside)
        continue;
      b.setInsertionPoint(body);
      require(b, op,
              arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                    tensor::DimOp::create(b, loc, tensor, d),
                                    arith::ConstantIndexOp::create(b, loc, 0)),
              "a tensor without elements is read in dimension " + Twine(d));
    }
  }

  static void require(OpBuilder &b, Operation *op, Value condition,
                      const Twine &what) {
    codegen::RequireOp::create(b, op->getLoc(), condition,
                               (codegen::placeOf(op) + ": " + what).str());
  }
};
} // namespace
