//===- CheckBounds.cpp - A bounds check before every access ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks accesses independently of what earlier passes have proven or inferred:
// the extents come from the buffers themselves, and no check is removed because
// it was proven.
//
//===----------------------------------------------------------------------===//

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CHECKBOUNDS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

static std::string sentence(Operation *op, StringRef what) {
  return ("bounds: " + codegen::describeLocation(op) + ": " +
          op->getName().getStringRef() + ": " + what)
      .str();
}

namespace {

/// Emits the checks that upstream's runtime verification interface has no
/// models for: vector accesses to memory, views of raw memory, and groups of
/// expanded dimensions.
class AccessChecker {
public:
  explicit AccessChecker(Operation *op) : op(op), loc(op->getLoc()), b(op) {}

  void run() {
    llvm::TypeSwitch<Operation *>(op)
        .Case<vector::TransferReadOp, vector::TransferWriteOp>(
            [&](auto transfer) { checkTransfer(transfer); })
        .Case<vector::LoadOp, vector::StoreOp>([&](auto access) {
          checkRow(access.getBase(), access.getIndices(),
                   access.getVectorType(), Value());
        })
        .Case<vector::MaskedLoadOp, vector::MaskedStoreOp>([&](auto access) {
          checkRow(access.getBase(), access.getIndices(),
                   access.getVectorType(), access.getMask());
        })
        .Case([&](vector::GatherOp gather) {
          checkLanes(gather.getBase(), gather.getOffsets(), gather.getIndices(),
                     gather.getMask());
        })
        .Case([&](vector::ScatterOp scatter) {
          checkLanes(scatter.getBase(), scatter.getOffsets(),
                     scatter.getIndices(), scatter.getMask());
        })
        .Case([&](memref::ViewOp view) { checkView(view); })
        .Case([&](memref::ExpandShapeOp expand) { checkGroups(expand); });
  }

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value extent(Value buffer, int64_t d) {
    return b.createOrFold<memref::DimOp>(loc, buffer, d);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return b.createOrFold<arith::CmpIOp>(loc, predicate, x, y);
  }
  Value both(Value x, Value y) {
    return x ? b.createOrFold<arith::AndIOp>(loc, x, y) : y;
  }

  void require(Value condition, StringRef what) {
    if (condition)
      codegen::RequireOp::create(b, loc, condition, sentence(op, what));
  }

  /// Whether at >= 0 and at + count <= extent, computed without a sum that
  /// could wrap.
  Value holds(Value at, int64_t count, Value extent) {
    if (count == 1)
      return compare(arith::CmpIPredicate::ult, at, extent);
    Value last = b.createOrFold<arith::SubIOp>(loc, extent, index(count));
    return both(compare(arith::CmpIPredicate::sge, at, index(0)),
                compare(arith::CmpIPredicate::sle, at, last));
  }

  /// One dimension of a masked access: its first index, the extent of the
  /// buffer, and whether lanes run along it.
  struct Position {
    Value at, extent;
    bool hasLanes;
  };

  /// Whether every enabled lane is in bounds. The mask's dimensions are the
  /// `positions` that have lanes. An access without enabled lanes touches
  /// nothing and is always in bounds.
  Value lanesHold(Value mask, ArrayRef<Position> positions) {
    auto type = cast<VectorType>(mask.getType());
    int64_t lanes = type.getNumElements(), inner = lanes;
    auto flat = VectorType::get(lanes, b.getIndexType());
    ArrayRef<int64_t> lengths = type.getShape();
    Value inBounds;
    for (const Position &position : positions) {
      SmallVector<int64_t> steps(lanes, 0);
      if (position.hasLanes) {
        inner /= lengths.front();
        for (int64_t lane = 0; lane < lanes; ++lane)
          steps[lane] = lane / inner % lengths.front();
        lengths = lengths.drop_front();
      }
      Value step = arith::ConstantOp::create(
          b, loc, DenseIntElementsAttr::get(flat, steps));
      Value at = arith::AddIOp::create(b, loc, spread(flat, position.at), step);
      Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                           at, spread(flat, position.extent));
      inBounds =
          inBounds ? arith::AndIOp::create(b, loc, inBounds, inside).getResult()
                   : inside;
    }
    return holdsWhereMasked(mask, inBounds);
  }

  Value spread(VectorType type, Value value) {
    return vector::BroadcastOp::create(b, loc, type, value);
  }

  /// Whether `inBounds` is set in every lane in which `mask` is set.
  Value holdsWhereMasked(Value mask, Value inBounds) {
    auto flat = cast<VectorType>(inBounds.getType());
    if (mask.getType() != flat)
      mask = vector::ShapeCastOp::create(b, loc, flat, mask);
    Value yes =
        arith::ConstantOp::create(b, loc, DenseElementsAttr::get(flat, true));
    Value unread = arith::XOrIOp::create(b, loc, mask, yes);
    return vector::ReductionOp::create(
        b, loc, vector::CombiningKind::AND,
        arith::OrIOp::create(b, loc, unread, inBounds));
  }

  /// Checks that each dimension along which the vector runs holds all lanes, or
  /// all enabled lanes under a mask. Dimensions that are not `in_bounds` are
  /// clipped by the access itself, but must not begin below 0.
  template <typename Transfer> void checkTransfer(Transfer op) {
    auto type = dyn_cast<MemRefType>(op.getBase().getType());
    if (!type)
      return;
    AffineMap map = op.getPermutationMap();
    llvm::SmallDenseMap<int64_t, int64_t> lanes; // of dimensions of the buffer
    llvm::SmallDenseSet<int64_t> isBounded;
    for (auto [k, expr] : llvm::enumerate(map.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
        lanes[dim.getPosition()] = op.getVectorType().getDimSize(k);
        if (!op.isDimInBounds(k))
          isBounded.insert(dim.getPosition());
      }
    Value all;
    SmallVector<Position> positions;
    for (auto [d, at] : llvm::enumerate(op.getIndices())) {
      auto found = lanes.find(d);
      Value size = extent(op.getBase(), d);
      bool bounded = isBounded.contains(d);
      if (op.getMask()) // bounded lanes beyond the end are not touched
        positions.push_back({at, bounded ? index(INT64_MAX) : size,
                             /*hasLanes=*/found != lanes.end()});
      else if (bounded)
        all = both(all, compare(arith::CmpIPredicate::sge, at, index(0)));
      else
        all = both(all,
                   holds(at, found == lanes.end() ? 1 : found->second, size));
    }
    if (op.getMask() && !positions.empty())
      all = lanesHold(op.getMask(), positions);
    require(all, "an access outside of its buffer");
  }

  void checkRow(Value buffer, ValueRange indices, VectorType vector,
                Value mask) {
    if (isa<VectorType>(cast<MemRefType>(buffer.getType()).getElementType()))
      return;
    Value all;
    int64_t first = int64_t(indices.size()) - vector.getRank();
    SmallVector<Position> positions;
    for (auto [d, at] : llvm::enumerate(indices)) {
      bool hasLanes = int64_t(d) >= first;
      if (mask)
        positions.push_back({at, extent(buffer, d), hasLanes});
      else
        all = both(all, holds(at, hasLanes ? vector.getDimSize(d - first) : 1,
                              extent(buffer, d)));
    }
    if (mask)
      all = lanesHold(mask, positions);
    require(all, "an access outside of its buffer");
  }

  /// Checks lanes with indices of their own along the last dimension.
  void checkLanes(Value buffer, ValueRange offsets, Value indices, Value mask) {
    if (!isa<MemRefType>(buffer.getType()) || offsets.empty())
      return;
    auto type = cast<VectorType>(indices.getType());
    auto flat = VectorType::get(type.getNumElements(), b.getIndexType());
    Value positions = indices;
    if (!type.getElementType().isIndex())
      positions = arith::IndexCastOp::create(
          b, loc, type.clone(b.getIndexType()), positions);
    if (positions.getType() != flat)
      positions = vector::ShapeCastOp::create(b, loc, flat, positions);
    positions =
        arith::AddIOp::create(b, loc, positions, spread(flat, offsets.back()));
    Value inside =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, positions,
                              spread(flat, extent(buffer, offsets.size() - 1)));
    for (auto [d, at] : llvm::enumerate(offsets.drop_back()))
      inside = arith::AndIOp::create(
          b, loc, inside,
          spread(VectorType::get(flat.getShape(), b.getI1Type()),
                 holds(at, 1, extent(buffer, d))));
    require(holdsWhereMasked(mask, inside), "a lane outside of its buffer");
  }

  void checkView(memref::ViewOp view) {
    MemRefType type = view.getType();
    Value bytes = index(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
    auto sizes = view.getSizes().begin();
    for (int64_t size : type.getShape())
      bytes = b.createOrFold<arith::MulIOp>(
          loc, bytes, ShapedType::isDynamic(size) ? *sizes++ : index(size));
    Value room = b.createOrFold<arith::SubIOp>(loc, extent(view.getSource(), 0),
                                               view.getByteShift());
    require(
        both(compare(arith::CmpIPredicate::sge, view.getByteShift(), index(0)),
             compare(arith::CmpIPredicate::sle, bytes, room)),
        "a view outside of its memory");
  }

  void checkGroups(memref::ExpandShapeOp expand) {
    SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
    Value all;
    for (auto [d, group] : llvm::enumerate(expand.getReassociationIndices())) {
      Value product = index(1);
      for (int64_t k : group)
        product = b.createOrFold<arith::MulIOp>(
            loc, product, getValueOrCreateConstantIndexOp(b, loc, sizes[k]));
      all = both(all, compare(arith::CmpIPredicate::eq, product,
                              extent(expand.getSrc(), d)));
    }
    require(all, "extents that are not those of its buffer");
  }

  Operation *op;
  Location loc;
  OpBuilder b;
};

struct CheckBounds : dlc::impl::CheckBoundsBase<CheckBounds> {
  void runOnOperation() override {
    // Only an entry can end its call. Functions that compute extents touch no
    // element.
    if (!isEntry(getOperation()))
      return;
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops) {
      if (auto verifiable = dyn_cast<RuntimeVerifiableOpInterface>(op)) {
        OpBuilder b(op);
        verifiable.generateRuntimeVerification(
            b, op->getLoc(),
            [](Operation *op, StringRef what) { return sentence(op, what); });
      }
      AccessChecker(op).run();
    }
    // Upstream's assertions would end the process.
    getOperation()->walk([](cf::AssertOp check) {
      OpBuilder b(check);
      codegen::RequireOp::create(b, check.getLoc(), check.getArg(),
                                 check.getMsg());
      check.erase();
    });
  }
};
} // namespace
