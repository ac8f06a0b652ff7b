//===- SplitFunctions.cpp - Long functions in parts -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_SPLITFUNCTIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {

int64_t countLoops(Operation *op) {
  int64_t count = 0;
  op->walk([&](scf::ForOp) { ++count; });
  op->walk([&](scf::WhileOp) { ++count; });
  return count;
}

struct SplitFunctions : dlc::impl::SplitFunctionsBase<SplitFunctions> {
  using SplitFunctionsBase::SplitFunctionsBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (!function.isExternal() && function.getBody().hasOneBlock() &&
          countLoops(function) > 2 * loops)
        split(function);
  }

  /// Whether an op may be recomputed in each part.
  static bool isCopied(Operation *op) {
    return op->getNumRegions() == 0 && isPure(op);
  }

  void split(func::FuncOp function) {
    Block &block = function.getBody().front();
    SmallVector<Operation *> part;
    int64_t size = 0, number = 0;
    auto close = [&] {
      if (size > 0)
        outline(function, part, number++);
      part.clear();
      size = 0;
    };
    for (Operation &op :
         llvm::make_early_inc_range(block.without_terminator())) {
      if (isCopied(&op))
        continue;
      // An op with users stays in place, and ends the part before it.
      if (!op.use_empty()) {
        close();
        continue;
      }
      part.push_back(&op);
      size += countLoops(&op);
      if (size >= loops)
        close();
    }
    close();
  }

  void outline(func::FuncOp function, ArrayRef<Operation *> part,
               int64_t number) {
    // Live-ins of the part: recomputed inside if possible, otherwise passed as
    // arguments.
    llvm::SetVector<Value> arguments;
    llvm::SetVector<Operation *> copies;
    std::function<void(Value)> need = [&](Value value) {
      Operation *op = value.getDefiningOp();
      if (!op || !isCopied(op)) {
        arguments.insert(value);
        return;
      }
      if (copies.contains(op))
        return;
      for (Value operand : op->getOperands())
        need(operand);
      copies.insert(op);
    };
    for (Operation *op : part) {
      for (Value operand : op->getOperands())
        need(operand);
      llvm::SetVector<Value> above;
      getUsedValuesDefinedAbove(op->getRegions(), above);
      for (Value value : above)
        need(value);
    }

    Location loc = part.front()->getLoc();
    OpBuilder b(function);
    auto name = (function.getName() + ".part." + std::to_string(number)).str();
    auto outlined = func::FuncOp::create(
        b, loc, name,
        b.getFunctionType(ValueRange(arguments.getArrayRef()).getTypes(), {}));
    outlined.setPrivate();
    dlc::codegen::copyTarget(function, outlined);
    outlined->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
    b.setInsertionPoint(part.front());
    func::CallOp::create(b, loc, outlined, arguments.getArrayRef());
    Block *body = outlined.addEntryBlock();
    b.setInsertionPointToStart(body);
    IRMapping mapping;
    mapping.map(arguments.getArrayRef(), body->getArguments());
    for (Operation *op : copies)
      b.clone(*op, mapping);
    func::ReturnOp::create(b, loc);
    for (Operation *op : part) {
      op->moveBefore(body->getTerminator());
      op->walk([&](Operation *inner) {
        for (OpOperand &operand : inner->getOpOperands())
          operand.set(mapping.lookupOrDefault(operand.get()));
      });
    }
  }
};
} // namespace
