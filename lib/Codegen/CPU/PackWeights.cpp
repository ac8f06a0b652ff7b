//===- PackWeights.cpp - Constant operands in access order ----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// Whether an index is a multiple of `unit` in every iteration of its loops.
bool isMultipleOf(Value value, int64_t unit);

bool isMultipleOf(OpFoldResult value, int64_t unit) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant % unit == 0;
  return isMultipleOf(cast<Value>(value), unit);
}

/// The same for an expression whose dimensions and symbols are `operands`.
bool isMultipleOf(AffineExpr expr, unsigned dims, ValueRange operands,
                  int64_t unit) {
  if (expr.isMultipleOf(unit))
    return true;
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return isMultipleOf(operands[dim.getPosition()], unit);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return isMultipleOf(operands[dims + symbol.getPosition()], unit);
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  bool left = isMultipleOf(binary.getLHS(), dims, operands, unit);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return left && isMultipleOf(binary.getRHS(), dims, operands, unit);
  case AffineExprKind::Mul: {
    auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    return left || (factor && factor.getValue() > 0 &&
                    isMultipleOf(binary.getLHS(), dims, operands,
                                 unit / std::gcd(unit, factor.getValue())));
  }
  default:
    return false;
  }
}

bool isMultipleOf(Value value, int64_t unit) {
  if (auto apply = value.getDefiningOp<affine::AffineApplyOp>())
    return isMultipleOf(apply.getAffineMap().getResult(0),
                        apply.getAffineMap().getNumDims(), apply.getOperands(),
                        unit);
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument) {
    APInt constant;
    return matchPattern(value, m_ConstantInt(&constant)) &&
           constant.getSExtValue() % unit == 0;
  }
  Operation *owner = argument.getOwner()->getParentOp();
  if (auto loop = dyn_cast<scf::ForOp>(owner))
    return argument == loop.getInductionVar() &&
           isMultipleOf(loop.getLowerBound(), unit) &&
           isMultipleOf(loop.getStep(), unit);
  if (auto loop = dyn_cast<scf::ForallOp>(owner)) {
    unsigned at = argument.getArgNumber();
    return at < loop.getInductionVars().size() &&
           isMultipleOf(loop.getMixedLowerBound()[at], unit) &&
           isMultipleOf(loop.getMixedStep()[at], unit);
  }
  return false;
}

struct PackWeights : dlc::impl::PackWeightsBase<PackWeights> {
  void runOnOperation() override {
    // Slices by constant and panel width: each pair gets one packed copy.
    llvm::MapVector<std::pair<Operation *, int64_t>,
                    llvm::SetVector<Operation *>>
        panels;
    getOperation().walk([&](linalg::LinalgOp op) {
      codegen::ScheduleAttr schedule = scheduleOf(op);
      if (!schedule || !schedule.getPacking())
        return;
      int64_t width = schedule.getPacking();
      tensor::ExtractSliceOp slice = findSlice(op.getDpsInputs()[1]);
      if (slice && width <= slice.getSourceType().getShape().back() &&
          takesPanel(slice, width))
        panels[{slice.getSource().getDefiningOp(), width}].insert(slice);
    });
    for (auto &[key, slices] : panels)
      pack(cast<arith::ConstantOp>(key.first), key.second,
           slices.getArrayRef());
  }

private:
  /// Returns the raw bytes of the elements if the attribute holds them as
  /// memory does.
  static std::optional<ArrayRef<char>> rawData(Attribute value) {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
      AsmResourceBlob *blob = resource.getRawHandle().getBlob();
      return blob ? std::optional(blob->getData()) : std::nullopt;
    }
    auto dense = dyn_cast<DenseElementsAttr>(value);
    return dense && !dense.isSplat() ? std::optional(dense.getRawData())
                                     : std::nullopt;
  }

  /// Returns the slice of a constant of which a contraction reads a part, or
  /// null.
  static tensor::ExtractSliceOp findSlice(Value value) {
    auto slice = value.getDefiningOp<tensor::ExtractSliceOp>();
    while (slice && !slice.getSource().getDefiningOp<arith::ConstantOp>())
      slice = slice.getSource().getDefiningOp<tensor::ExtractSliceOp>();
    return slice;
  }

  /// Whether a slice starts at the beginning of a panel and lies within it. The
  /// last panel may have fewer columns.
  static bool takesPanel(tensor::ExtractSliceOp slice, int64_t width) {
    if (!slice.hasUnitStride() ||
        slice.getType().getRank() != slice.getSourceType().getRank() ||
        !isMultipleOf(slice.getMixedOffsets().back(), width))
      return false;
    FailureOr<int64_t> size = ValueBoundsConstraintSet::computeConstantBound(
        presburger::BoundType::UB, slice.getMixedSizes().back(),
        /*stopCondition=*/nullptr, /*closedUB=*/true);
    return succeeded(size) && *size <= width;
  }

  static void pack(arith::ConstantOp constant, int64_t width,
                   ArrayRef<Operation *> slices) {
    std::optional<ArrayRef<char>> data = rawData(constant.getValue());
    if (!data)
      return;
    OpBuilder b(constant);
    Value packed = arith::ConstantOp::create(
        b, constant.getLoc(),
        packData(cast<RankedTensorType>(constant.getType()), *data, width));
    for (Operation *slice : slices)
      replace(cast<tensor::ExtractSliceOp>(slice), packed, width);
  }

  /// Packs [..., columns] as [panels, ..., width] and zero-fills the last
  /// panel.
  static DenseResourceElementsAttr
  packData(RankedTensorType type, ArrayRef<char> data, int64_t width) {
    int64_t columns = type.getShape().back();
    int64_t rows = type.getNumElements() / columns;
    int64_t panels = llvm::divideCeil(columns, width);
    int64_t element = type.getElementTypeBitWidth() / 8;
    SmallVector<int64_t> shape{panels};
    llvm::append_range(shape, type.getShape().drop_back());
    shape.push_back(width);
    AsmResourceBlob blob = HeapAsmResourceBlob::allocate(
        panels * rows * width * element, /*align=*/64, /*dataIsMutable=*/true);
    char *target = blob.getMutableData().data();
    for (int64_t panel = 0; panel < panels; ++panel) {
      int64_t first = panel * width, used = std::min(width, columns - first);
      for (int64_t row = 0; row < rows; ++row) {
        std::memcpy(target, data.data() + (row * columns + first) * element,
                    used * element);
        std::memset(target + used * element, 0, (width - used) * element);
        target += width * element;
      }
    }
    return DenseResourceElementsAttr::get(
        RankedTensorType::get(shape, type.getElementType()), "packed",
        std::move(blob));
  }

  static void replace(tensor::ExtractSliceOp slice, Value packed,
                      int64_t width) {
    OpBuilder b(slice);
    Location loc = slice.getLoc();
    AffineExpr column = b.getAffineDimExpr(0);
    SmallVector<OpFoldResult> offsets{affine::makeComposedFoldedAffineApply(
        b, loc, column.floorDiv(width), {slice.getMixedOffsets().back()})};
    SmallVector<OpFoldResult> sizes{b.getIndexAttr(1)};
    llvm::append_range(offsets, ArrayRef(slice.getMixedOffsets()).drop_back());
    llvm::append_range(sizes, slice.getMixedSizes());
    offsets.push_back(b.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
    Value panel = tensor::ExtractSliceOp::create(
        b, loc, slice.getType(), packed, offsets, sizes, strides);
    slice.replaceAllUsesWith(panel);
    slice.erase();
  }
};
} // namespace
