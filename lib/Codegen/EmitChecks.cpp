//===- EmitChecks.cpp - Checks of values ----------------------------------===//

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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
    getOperation().walk([&](codegen::RequireOp check) { checks.push_back(check); });
    for (auto [number, check] : llvm::enumerate(checks)) {
      auto function = check->getParentOfType<func::FuncOp>();
      if (!isEntry(function)) {
        check.emitError("a check of values outside of a kernel");
        return signalPassFailure();
      }
      emit(function, check, number);
    }
  }

  void emit(func::FuncOp function, codegen::RequireOp check, size_t number) {
    ModuleOp module = getOperation();
    Location loc = check.getLoc();
    OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
    Type ptr = LLVM::LLVMPointerType::get(b.getContext());
    if (!module.lookupSymbol(names::fail))
      func::FuncOp::create(b, loc, names::fail,
                           b.getFunctionType({ptr, ptr}, {}))
          .setPrivate();
    std::string text = (check.getMessage() + StringRef("\0", 1)).str();
    auto message = LLVM::GlobalOp::create(
        b, loc, LLVM::LLVMArrayType::get(b.getI8Type(), text.size()),
        /*isConstant=*/true, LLVM::Linkage::Internal,
        "dlc.check." + std::to_string(number), b.getStringAttr(text));
    b.setInsertionPoint(check);
    Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
    Value fails = arith::XOrIOp::create(b, loc, check.getCondition(), yes);
    scf::IfOp::create(b, loc, fails, [&](OpBuilder &b, Location loc) {
      Value place = LLVM::AddressOfOp::create(b, loc, message);
      func::CallOp::create(b, loc, names::fail, TypeRange(),
                           ValueRange{function.getArgument(0), place});
      scf::YieldOp::create(b, loc);
    });
    check.erase();
  }
};
} // namespace
