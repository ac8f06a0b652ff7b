//===- DLGradient.cpp - Derivatives of functions --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Directives.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dlc/Dialect/DL/IR/DLGradient.cpp.inc"

static bool isFloat(Type type) {
  return isa<FloatType>(getElementTypeOrSelf(type));
}

SmallVector<int64_t> GradOp::getArguments() {
  if (getWrt())
    return SmallVector<int64_t>(*getWrt());
  SmallVector<int64_t> all;
  if (!getParameters())
    for (auto [i, input] : llvm::enumerate(getInputs()))
      if (isFloat(input.getType()))
        all.push_back(i);
  return all;
}

LogicalResult GradOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *callee = symbols.lookupNearestSymbolFrom(*this, getCalleeAttr());
  auto function = dyn_cast_if_present<FunctionOpInterface>(callee);
  if (!function)
    return emitOpError("differentiates ")
           << getCalleeAttr() << ", expected the name of a function"
           << suggestSymbol<FunctionOpInterface>(*this, getCallee());
  if (function.isExternal())
    return emitOpError("differentiates ")
           << getCalleeAttr() << ", which has no body";
  bool valid = true;
  auto wrong = [&]() {
    valid = false;
    return emitOpError();
  };
  ArrayRef<Type> arguments = function.getArgumentTypes(),
                 results = function.getResultTypes();
  if (arguments.size() != getInputs().size())
    return wrong() << "gives " << getInputs().size() << " inputs to "
                   << getCalleeAttr() << ", expected " << arguments.size();
  for (auto [i, wanted, input] : llvm::enumerate(arguments, getInputs()))
    if (wanted != input.getType())
      wrong() << "input " << i << " has type " << input.getType()
              << ", expected " << wanted << " as argument of "
              << getCalleeAttr();
  SmallVector<Type> expected;
  if (getWithValue())
    expected.append(results.begin(), results.end());
  for (int64_t i : getArguments()) {
    if (i < 0 || i >= int64_t(arguments.size())) {
      wrong() << "asks for the gradient by argument " << i << ", "
              << getCalleeAttr() << " has " << arguments.size();
      continue;
    }
    if (!isFloat(arguments[i]))
      wrong() << "asks for the gradient by argument " << i << " of type "
              << arguments[i] << ", expected floats: integers have none";
    expected.push_back(arguments[i]);
  }
  if (ArrayAttr parameters = getParametersAttr())
    for (auto name : parameters.getAsRange<FlatSymbolRefAttr>()) {
      auto global =
          symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(*this, name);
      if (!global) {
        wrong() << "asks for the gradient by " << name
                << ", expected the name of an ml_program.global"
                << suggestSymbol<ml_program::GlobalOp>(*this, name.getValue());
        continue;
      }
      if (!isFloat(global.getType()))
        wrong() << "asks for the gradient by " << name << " of type "
                << global.getType() << ", expected floats: integers have none";
      expected.push_back(global.getType());
    }
  if (expected.empty() && valid)
    return wrong() << "asks for no gradient, expected an argument of floats "
                      "or parameters";
  if (!getSeeds().empty()) {
    if (getSeeds().size() != results.size())
      wrong() << "has " << getSeeds().size() << " seeds, expected one for "
              << "each of the " << results.size() << " results of "
              << getCalleeAttr();
    else
      for (auto [i, wanted, seed] : llvm::enumerate(results, getSeeds()))
        if (wanted != seed.getType())
          wrong() << "seed " << i << " has type " << seed.getType()
                  << ", expected " << wanted << " as the result of "
                  << getCalleeAttr();
  } else {
    auto loss = results.empty() ? RankedTensorType()
                                : dyn_cast<RankedTensorType>(results.front());
    if (!loss || loss.getRank() || !isFloat(loss)) {
      auto diagnostic = wrong() << "differentiates " << getCalleeAttr()
                                << ", whose first result ";
      if (results.empty())
        diagnostic << "is missing";
      else
        diagnostic << "is " << results.front();
      diagnostic << ", expected the loss, a float of rank 0 (dl.reduce_mean or "
                    "dl.reduce_sum makes one), or seeds";
    }
  }
  if (!valid)
    return failure();
  if (TypeRange(expected) != getResultTypes()) {
    auto diagnostic = wrong() << "has results of types " << getResultTypes()
                              << ", expected " << TypeRange(expected) << ":";
    diagnostic << (getWithValue() ? " the values, then" : "")
               << " one gradient each";
  }
  return success(valid);
}
