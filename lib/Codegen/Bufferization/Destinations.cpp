//===- Destinations.cpp - What a tensor was written to --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Bufferization/Destinations.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;

bool dlc::isWrittenTo(Value value, Value buffer) {
  while (value != buffer) {
    auto result = dyn_cast<OpResult>(value);
    if (!result)
      return false;
    Operation *op = result.getOwner();
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      value = insert.getDest();
    else if (auto writer = dyn_cast<DestinationStyleOpInterface>(op))
      value = writer.getTiedOpOperand(result)->get();
    else if (auto loop = dyn_cast<scf::ForOp>(op))
      value = loop.getInitArgs()[result.getResultNumber()];
    else if (auto loop = dyn_cast<scf::ForallOp>(op))
      value = loop.getOutputs()[result.getResultNumber()];
    else if (auto choice = dyn_cast<scf::IfOp>(op))
      return isWrittenTo(
                 choice.thenYield()->getOperand(result.getResultNumber()),
                 buffer) &&
             isWrittenTo(
                 choice.elseYield()->getOperand(result.getResultNumber()),
                 buffer);
    else
      return false;
  }
  return true;
}

bool dlc::keepsExtent(Value value, int64_t d, BlockArgument carried,
                      int64_t depth) {
  if (value == carried)
    return true;
  auto result = dyn_cast<OpResult>(value);
  constexpr int64_t deepest = 64;
  if (!result || depth > deepest)
    return false;
  Operation *op = result.getOwner();
  auto isThatOf = [&](OpFoldResult size) {
    auto dim = dyn_cast_if_present<tensor::DimOp>(
        dyn_cast<Value>(size) ? cast<Value>(size).getDefiningOp() : nullptr);
    std::optional<int64_t> at = dim ? dim.getConstantIndex() : std::nullopt;
    return at && keepsExtent(dim.getSource(), *at, carried, depth + 1) &&
           *at == d;
  };
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return keepsExtent(cast.getSource(), d, carried, depth + 1);
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return isThatOf(empty.getMixedSizes()[d]);
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
    return keepsExtent(insert.getDest(), d, carried, depth + 1);
  if (auto insert = dyn_cast<tensor::InsertOp>(op))
    return keepsExtent(insert.getDest(), d, carried, depth + 1);
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    int64_t i = result.getResultNumber();
    return keepsExtent(loop.getYieldedValues()[i], d, loop.getRegionIterArg(i),
                       depth + 1) &&
           keepsExtent(loop.getInitArgs()[i], d, carried, depth + 1);
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    int64_t i = result.getResultNumber();
    return keepsExtent(branch.thenYield().getOperand(i), d, carried,
                       depth + 1) &&
           keepsExtent(branch.elseYield().getOperand(i), d, carried, depth + 1);
  }
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    return keepsExtent(destination.getTiedOpOperand(result)->get(), d, carried,
                       depth + 1);
  return false;
}
