//===- DifferentiateConvolution.cpp - Convolutions ------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A convolution is linear in its input and in its filter. `conv`,
// `conv_transpose` and `conv_filter_grad` are the three partial forms of one
// trilinear form, the sum of x[position + offset] w[offset] g[position]. Hence
// the derivatives of each are the other two.
//
//===----------------------------------------------------------------------===//

#include "Geometry.h"
#include "Rules.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;
using dl::Window;
using dl::formula::TensorExpr;

static Value conv(const Geometry &how, TensorExpr x, Value filter) {
  return dl::ConvOp::create(*x.b, x.loc, x, filter, Value(), how.groups,
                            how.strides(*x.b), how.dilations(*x.b),
                            dl::AutoPaddingAttr(), how.padding);
}

Value dlc::convTranspose(const Geometry &how, TensorExpr g, Value filter,
                         TensorExpr like) {
  OpBuilder &b = *g.b;
  const Window &window = how.window;
  // Rows after the last window that stays inside the input get no gradient.
  SmallVector<int64_t> more;
  bool isCut = false;
  for (unsigned d = 0; d < window.rank(); ++d) {
    int64_t extent = like.shape()[d + 1], out = g.shape()[d + 1];
    if (window.strides[d] == 1) {
      more.push_back(0);
    } else if (ShapedType::isDynamic(extent) || ShapedType::isDynamic(out)) {
      more.push_back(window.strides[d] - 1);
      isCut = true;
    } else {
      more.push_back(extent - window.transposedExtent(d, out, 0));
    }
  }
  Value y = dl::ConvTransposeOp::create(
      b, g.loc, g, filter, Value(), how.groups, how.strides(b),
      how.dilations(b), dl::AutoPaddingAttr(), how.padding,
      b.getDenseI64ArrayAttr(more));
  if (!isCut)
    return y;
  SmallVector<OpFoldResult> zeros(like.rank(), b.getIndexAttr(0)),
      ones(like.rank(), b.getIndexAttr(1)), sizes;
  for (int64_t d = 0; d < like.rank(); ++d)
    sizes.push_back(like.type().isDynamicDim(d)
                        ? OpFoldResult(like.extent(d))
                        : OpFoldResult(b.getIndexAttr(like.shape()[d])));
  return tensor::ExtractSliceOp::create(b, g.loc, y, zeros, sizes, ones);
}

static Value filterGrad(const Geometry &how, TensorExpr x, Value g) {
  OpBuilder &b = *x.b;
  return dl::ConvFilterGradOp::create(
      b, x.loc, x, g, b.getDenseI64ArrayAttr(how.window.kernel), how.groups,
      how.strides(b), how.dilations(b), dl::AutoPaddingAttr(), how.padding);
}

static SmallVector<int64_t> spatial(Value x) {
  return SmallVector<int64_t>(
      dl::tensorType(x).getShape().drop_front().drop_back());
}
static SmallVector<int64_t> kernelOf(Value filter) {
  return SmallVector<int64_t>(dl::tensorType(filter).getShape().drop_back(2));
}

static LogicalResult differentiateConv(dl::ConvOp op, Gradients &d) {
  auto how = Geometry::read(op, kernelOf(op.getFilter()), spatial(op.getX()),
                            op.getGroupsAttr());
  if (failed(how))
    return failure();
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  if (d.needs(op.getX()))
    d.add(op.getX(), convTranspose(*how, g, op.getFilter(), x));
  if (d.needs(op.getFilter()))
    d.add(op.getFilter(), filterGrad(*how, x, g));
  if (d.needs(op.getBias()))
    d.add(op.getBias(), g.asMatrix().sum({0}, /*keepDims=*/false));
  return success();
}

static LogicalResult differentiateConvTranspose(dl::ConvTransposeOp op,
                                                Gradients &d) {
  // The same convolution, from the result to the input.
  auto how = Geometry::read(op, kernelOf(op.getFilter()), spatial(op.getY()),
                            op.getGroupsAttr());
  if (failed(how))
    return failure();
  TensorExpr g = d.of(op.getY()), x = d.at(op.getX());
  if (d.needs(op.getX())) {
    // Output padding may leave room for one more window.
    TensorExpr dx = d.at(conv(*how, g, op.getFilter()));
    for (unsigned s = 0; s < how->window.rank(); ++s)
      if (int64_t extent = x.shape()[s + 1];
          !ShapedType::isDynamic(extent) && dx.shape()[s + 1] > extent)
        dx = dx.slice(s + 1, 0, extent);
    d.add(op.getX(), dx);
  }
  if (d.needs(op.getFilter())) {
    TensorExpr input = g;
    for (unsigned s = 0; s < how->window.rank(); ++s) {
      const Window &w = how->window;
      int64_t out = x.shape()[s + 1], extent = input.shape()[s + 1];
      if (ShapedType::isDynamic(out) || ShapedType::isDynamic(extent))
        continue;
      int64_t used = (out - 1) * w.strides[s] + w.effectiveKernel(s) -
                     w.low[s] - w.high[s] + w.strides[s] - 1;
      if (extent > used)
        input = input.slice(s + 1, 0, used);
    }
    d.add(op.getFilter(), filterGrad(*how, input, x));
  }
  if (d.needs(op.getBias()))
    d.add(op.getBias(), g.asMatrix().sum({0}, /*keepDims=*/false));
  return success();
}

static LogicalResult differentiateFilterGrad(dl::ConvFilterGradOp op,
                                             Gradients &d) {
  auto how = Geometry::read(op, op.getWindow(), spatial(op.getX()),
                            op.getGroupsAttr());
  if (failed(how))
    return failure();
  TensorExpr filter = d.of(op.getY()), x = d.at(op.getX()), g = d.at(op.getG());
  if (d.needs(op.getX()))
    d.add(op.getX(), convTranspose(*how, g, filter, x));
  if (d.needs(op.getG()))
    d.add(op.getG(), conv(*how, x, filter));
  return success();
}

void dlc::attachConvolutionRules(MLIRContext *context) {
  attachRule<dl::ConvOp, differentiateConv>(context);
  attachRule<dl::ConvTransposeOp, differentiateConvTranspose>(context);
  attachRule<dl::ConvFilterGradOp, differentiateFilterGrad>(context);
}
