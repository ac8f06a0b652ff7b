//===- EmitChecks.cpp - Checks of values ----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_EMITCHECKS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
struct EmitChecks : dlc::impl::EmitChecksBase<EmitChecks> {
  void runOnOperation() override {
    SmallVector<codegen::RequireOp> checks;
    getOperation().walk(
        [&](codegen::RequireOp check) { checks.push_back(check); });
    for (codegen::RequireOp check : checks) {
      auto function = check->getParentOfType<func::FuncOp>();
      if (!isEntry(function)) {
        check.emitError("a check of values outside of a kernel");
        return signalPassFailure();
      }
      emit(function, check);
    }
  }

  static void emit(func::FuncOp function, codegen::RequireOp check) {
    Location loc = check.getLoc();
    OpBuilder b(check);
    Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
    Value fails = arith::XOrIOp::create(b, loc, check.getCondition(), yes);
    scf::IfOp::create(b, loc, fails, [&](OpBuilder &b, Location loc) {
      codegen::FailOp::create(b, loc, function.getArgument(0),
                              check.getMessageAttr());
      scf::YieldOp::create(b, loc);
    });
    check.erase();
  }
};
} // namespace
