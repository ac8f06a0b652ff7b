//===- Destinations.cpp - What a tensor was written to --------------------===//

#include "Destinations.h"
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
