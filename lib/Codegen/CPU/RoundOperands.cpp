//===- RoundOperands.cpp - Products of bf16 with sums of f32 --------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_ROUNDOPERANDS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

/// With fewer columns a vector of pairs is not full.
constexpr int64_t leastColumns = 8;

/// Returns the bits of the bf16 nearest to `value`, with ties to even. NaN
/// stays NaN.
uint16_t toBF16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (value != value)
    return bits >> 16 | 0x40;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/// A product that can be rounded.
struct Product {
  linalg::LinalgOp op;
  unsigned k, n;
  arith::ConstantOp right;
  ArrayRef<char> data;
};

struct RoundOperands : dlc::impl::RoundOperandsBase<RoundOperands> {
  void runOnOperation() override {
    roundedConstants.clear();
    for (auto function : getOperation().getOps<func::FuncOp>())
      runOnFunction(function);
  }

private:
  void runOnFunction(func::FuncOp function) {
    roundedValues.clear();
    SmallVector<Product> products;
    function.walk([&](linalg::LinalgOp op) {
      if (std::optional<Product> product = analyze(op))
        products.push_back(*product);
    });
    IRRewriter rewriter(&getContext());
    for (const Product &product : products)
      round(rewriter, product);
  }

  /// Returns the product if `op` can be rounded: a product of f32 with a
  /// constant whose innermost reduction runs over an even number of contiguous
  /// elements of the left operand.
  static std::optional<Product> analyze(linalg::LinalgOp op) {
    std::optional<dlc::Contraction> loops = dlc::analyzeContraction(op);
    if (!loops || loops->isDepthwise || loops->pair ||
        !op.hasPureTensorSemantics())
      return std::nullopt;
    for (Value operand : op->getOperands())
      if (!getElementTypeOrSelf(operand.getType()).isF32())
        return std::nullopt;
    AffineMap left = op.getIndexingMapsArray()[0],
              right = op.getIndexingMapsArray()[1];
    if (right.getNumResults() < 2 || left.getNumResults() < 1)
      return std::nullopt;
    auto k = dyn_cast<AffineDimExpr>(left.getResult(left.getNumResults() - 1));
    if (!k || right.getResult(right.getNumResults() - 2) != k)
      return std::nullopt;
    for (AffineExpr expr : left.getResults().drop_back())
      if (expr.isFunctionOfDim(k.getPosition()))
        return std::nullopt;
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    auto constant = op.getDpsInputs()[1].getDefiningOp<arith::ConstantOp>();
    if (!constant || ranges[k.getPosition()] % 2 ||
        ranges[loops->n] < leastColumns)
      return std::nullopt;
    Product product{op, k.getPosition(), loops->n, constant, {}};
    if (auto resource =
            dyn_cast<DenseResourceElementsAttr>(constant.getValue())) {
      AsmResourceBlob *blob = resource.getRawHandle().getBlob();
      if (!blob)
        return std::nullopt;
      product.data = blob->getData();
    } else if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue())) {
      product.data = dense.getRawData();
    }
    return product;
  }

  void round(IRRewriter &rewriter, const Product &product) {
    linalg::LinalgOp op = product.op;
    Location loc = op.getLoc();
    rewriter.setInsertionPoint(op);
    Value left = roundLeft(rewriter, op.getDpsInputs()[0]);
    Value right = roundRight(rewriter, product);
    // The pair's loop needs an operand that determines its extent, like the
    // windows of pooling.
    Value pair = tensor::EmptyOp::create(rewriter, loc, ArrayRef<int64_t>{2},
                                         rewriter.getBF16Type());
    unsigned rank = op.getNumLoops();
    auto widen = [&](AffineMap map, ArrayRef<AffineExpr> results) {
      return AffineMap::get(rank + 1, 0, results, map.getContext());
    };
    AffineExpr p = rewriter.getAffineDimExpr(rank),
               k = rewriter.getAffineDimExpr(product.k),
               n = rewriter.getAffineDimExpr(product.n);
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    auto replaceLast = [&](AffineMap map, AffineExpr last) {
      SmallVector<AffineExpr> results(map.getResults());
      results.back() = last;
      return widen(map, results);
    };
    SmallVector<AffineMap> changed{
        replaceLast(maps[0], k * 2 + p), replaceLast(maps[1], n * 2 + p),
        AffineMap::get(rank + 1, 0, p), widen(maps[2], maps[2].getResults())};
    SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
    iterators.push_back(utils::IteratorType::reduction);
    Value init = op.getDpsInits()[0];
    auto rounded = linalg::GenericOp::create(
        rewriter, loc, init.getType(), ValueRange{left, right, pair}, init,
        changed, iterators, [](OpBuilder &b, Location loc, ValueRange args) {
          Value product = arith::MulFOp::create(
              b, loc, widened(b, loc, args[0]), widened(b, loc, args[1]));
          Value sum = arith::AddFOp::create(b, loc, args[3], product);
          linalg::YieldOp::create(b, loc, sum);
        });
    rewriter.replaceOp(op, rounded);
  }

  static Value widened(OpBuilder &b, Location loc, Value value) {
    return arith::ExtFOp::create(b, loc, b.getF32Type(), value);
  }

  /// Rounds the left operand where it is computed. Padding stays outermost, as
  /// its zero has the same bits in bf16.
  Value roundLeft(IRRewriter &rewriter, Value x) {
    OpBuilder::InsertionGuard guard(rewriter);
    if (auto pad = x.getDefiningOp<tensor::PadOp>()) {
      Value padding = pad.getConstantPaddingValue();
      if (padding && matchPattern(padding, m_PosZeroFloat())) {
        rewriter.setInsertionPoint(pad);
        Value inner = roundLeft(rewriter, pad.getSource());
        Value zero = arith::ConstantOp::create(
            rewriter, pad.getLoc(),
            rewriter.getZeroAttr(rewriter.getBF16Type()));
        return tensor::PadOp::create(
            rewriter, pad.getLoc(),
            pad.getResultType().clone(rewriter.getBF16Type()), inner,
            pad.getMixedLowPad(), pad.getMixedHighPad(), zero);
      }
    }
    // Shared by all products that read it.
    Value &done = roundedValues[x];
    if (done)
      return done;
    rewriter.setInsertionPointAfterValue(x);
    auto type = cast<RankedTensorType>(x.getType());
    Location loc = x.getLoc();
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, tensor::getMixedSizes(rewriter, loc, x),
        rewriter.getBF16Type());
    AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> iterators(type.getRank(),
                                               utils::IteratorType::parallel);
    done = linalg::GenericOp::create(
               rewriter, loc, empty.getType(), x, empty,
               ArrayRef<AffineMap>{identity, identity}, iterators,
               [](OpBuilder &b, Location loc, ValueRange args) {
                 auto value =
                     arith::TruncFOp::create(b, loc, b.getBF16Type(), args[0]);
                 value.setFastmath(arith::FastMathFlags::afn);
                 linalg::YieldOp::create(b, loc, value.getResult());
               })
               .getResult(0);
    return done;
  }

  /// Rounds [..., k, n] to [..., k / 2, 2 n], so that the two elements of a
  /// pair are adjacent.
  Value roundRight(IRRewriter &rewriter, const Product &product) {
    arith::ConstantOp constant = product.right;
    Value &done = roundedValues[constant];
    if (done)
      return done;
    // Shared by all functions, as versions of a kernel share their weights.
    DenseResourceElementsAttr &rounded = roundedConstants[constant.getValue()];
    if (!rounded)
      rounded =
          roundPairs(cast<RankedTensorType>(constant.getType()), product.data);
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(constant);
    done = arith::ConstantOp::create(rewriter, constant.getLoc(), rounded);
    return done;
  }

  static DenseResourceElementsAttr roundPairs(RankedTensorType type,
                                              ArrayRef<char> data) {
    int64_t n = type.getShape().back(),
            rows = type.getNumElements() / n / 2; // of pairs
    SmallVector<int64_t> shape(type.getShape());
    shape[shape.size() - 2] /= 2;
    shape.back() *= 2;
    AsmResourceBlob blob = HeapAsmResourceBlob::allocate(
        type.getNumElements() * sizeof(uint16_t), /*align=*/64,
        /*dataIsMutable=*/true);
    auto *target = reinterpret_cast<uint16_t *>(blob.getMutableData().data());
    auto *source = reinterpret_cast<const float *>(data.data());
    // The data of a splat is one element.
    int64_t step = data.size() == sizeof(float) ? 0 : 1;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < n; ++column)
        for (int64_t half = 0; half < 2; ++half)
          *target++ = toBF16(source[step * ((2 * row + half) * n + column)]);
    return DenseResourceElementsAttr::get(
        RankedTensorType::get(shape, BFloat16Type::get(type.getContext())),
        "rounded", std::move(blob));
  }

  llvm::DenseMap<Attribute, DenseResourceElementsAttr> roundedConstants;
  llvm::DenseMap<Value, Value> roundedValues; // of the function
};
} // namespace
