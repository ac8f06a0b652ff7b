//===- NameParameters.cpp - Named constants as globals --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_NAMEPARAMETERS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
struct NameParameters : dlc::impl::NameParametersBase<NameParameters> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    OpBuilder top = OpBuilder::atBlockBegin(getOperation().getBody());
    SmallVector<arith::ConstantOp> constants;
    getOperation().walk([&](arith::ConstantOp op) { constants.push_back(op); });
    for (arith::ConstantOp constant : constants) {
      auto name = constant->getAttrOfType<StringAttr>(dl::parameterAttr);
      if (!name)
        continue;
      auto global = ml_program::GlobalOp::create(
          top, constant.getLoc(), name, constant.getType(),
          /*is_mutable=*/false, constant.getValue(),
          top.getStringAttr("private"));
      symbols.insert(global);
      OpBuilder b(constant);
      constant.replaceAllUsesWith(
          ml_program::GlobalLoadConstOp::create(
              b, constant.getLoc(), constant.getType(),
              FlatSymbolRefAttr::get(global.getSymNameAttr()))
              .getResult());
      constant.erase();
    }
  }
};
} // namespace
