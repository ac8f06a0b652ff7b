//===- MergeProducts.cpp - One product for several gates ------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"

using namespace mlir;
using namespace dlc::dl;

namespace dlc {
#define GEN_PASS_DEF_MERGEPRODUCTS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {
struct MergeProducts : dlc::impl::MergeProductsBase<MergeProducts> {
  void runOnOperation() override {
    getOperation()->walk([&](ScanOp scan) {
      useDense(scan);
      // Products of the same value, in the order of the first of each group.
      llvm::MapVector<Value, SmallVector<DenseOp>> groups;
      for (auto dense : scan.getBody().front().getOps<DenseOp>())
        if (isOutside(scan, dense.getWeights()) &&
            (!dense.getBias() || isOutside(scan, dense.getBias())))
          groups[dense.getX()].push_back(dense);
      for (auto &[x, products] : groups)
        if (products.size() > 1)
          merge(scan, x, products);
    });
  }

private:
  static bool isOutside(ScanOp scan, Value value) {
    return !scan.getBody().isAncestor(value.getParentRegion()) &&
           tensorType(value).hasStaticShape();
  }

  /// Turns a product with a matrix into a layer without a bias.
  static void useDense(ScanOp scan) {
    for (auto product : llvm::make_early_inc_range(
             scan.getBody().front().getOps<MatmulOp>())) {
      if (tensorType(product.getB()).getRank() != 2)
        continue;
      OpBuilder b(product);
      Value dense = DenseOp::create(b, product.getLoc(), product.getA(),
                                    product.getB(), Value());
      if (dense.getType() != product.getType()) {
        dense.getDefiningOp()->erase();
        continue;
      }
      product.replaceAllUsesWith(dense);
      product.erase();
    }
  }

  static void merge(ScanOp scan, Value x, MutableArrayRef<DenseOp> products) {
    // Concatenates the weights before the scan.
    OpBuilder b(scan);
    Location loc = products.front().getLoc();
    SmallVector<Value> weights, biases;
    bool hasBias = llvm::any_of(
        products, [](DenseOp dense) { return bool(dense.getBias()); });
    for (DenseOp dense : products) {
      weights.push_back(dense.getWeights());
      auto type = tensorType(dense.getWeights());
      auto vector = type.clone({type.getDimSize(1)});
      if (hasBias && !dense.getBias())
        biases.push_back(arith::ConstantOp::create(
            b, loc,
            DenseElementsAttr::get(vector,
                                   b.getZeroAttr(type.getElementType()))));
      else if (hasBias)
        biases.push_back(dense.getBias());
    }
    auto one = b.getI64IntegerAttr(1), zero = b.getI64IntegerAttr(0);
    Value allWeights = ConcatOp::create(b, loc, weights, one);
    Value allBiases =
        hasBias ? ConcatOp::create(b, loc, biases, zero).getResult() : Value();
    b.setInsertionPoint(products.front());
    Value all = DenseOp::create(b, loc, x, allWeights, allBiases);
    int64_t rank = tensorType(all).getRank(), first = 0;
    for (DenseOp dense : products) {
      int64_t size = tensorType(dense.getWeights()).getDimSize(1);
      Value part = SliceOp::create(b, dense.getLoc(), all, rank - 1, first,
                                   first + size);
      first += size;
      dense.replaceAllUsesWith(part);
    }
    for (DenseOp dense : products)
      dense.erase();
  }
};
} // namespace
