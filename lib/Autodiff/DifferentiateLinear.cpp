//===- DifferentiateLinear.cpp - Matrix products --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"

using namespace mlir;
using namespace dlc;

/// y = x W + b: dx = g W', dW = x' g, db = g summed over rows.
static LogicalResult differentiateDense(dl::DenseOp op, Gradients &d) {
  auto g = d.of(op.getY());
  if (d.needs(op.getX()))
    d.add(op.getX(), dense(g, d.at(op.getWeights()).transpose()));
  if (d.needs(op.getWeights()))
    d.add(op.getWeights(),
          matmul(d.at(op.getX()).asMatrix().transpose(), g.asMatrix()));
  if (d.needs(op.getBias()))
    d.add(op.getBias(), g.asMatrix().sum({0}, /*keepDims=*/false));
  return success();
}

/// y = a b: da = g b', db = a' g, summed over batch dimensions that broadcast.
static LogicalResult differentiateMatmul(dl::MatmulOp op, Gradients &d) {
  auto g = d.of(op.getY()), a = d.at(op.getA()), b = d.at(op.getB());
  if (d.needs(op.getA()))
    d.add(op.getA(), matmul(g, b.transpose()));
  if (d.needs(op.getB())) {
    // Where one matrix multiplies a whole batch, the rows of the batch are
    // summed at once.
    if (b.rank() == 2 && a.rank() > 2)
      d.add(op.getB(), matmul(a.asMatrix().transpose(), g.asMatrix()));
    else
      d.add(op.getB(), matmul(a.transpose(), g));
  }
  return success();
}

void dlc::attachLinearRules(MLIRContext *context) {
  attachRule<dl::DenseOp, differentiateDense>(context);
  attachRule<dl::MatmulOp, differentiateMatmul>(context);
}
