//===- EmitDispatch.cpp - Captures in memory and a runtime call -----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_EMITDISPATCH
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {
struct EmitDispatch : dlc::impl::EmitDispatchBase<EmitDispatch> {
  void runOnOperation() override {
    SmallVector<codegen::ParallelForOp> loops;
    getOperation().walk(
        [&](codegen::ParallelForOp op) { loops.push_back(op); });
    OpBuilder b(&getContext());
    for (codegen::ParallelForOp loop : loops)
      if (failed(emit(b, loop)))
        return signalPassFailure();
  }

  /// Whether recomputing `op` in the task is free: constants, and addresses at
  /// a constant offset.
  static bool isRemade(Operation *op) {
    if (!op)
      return false;
    auto at = dyn_cast<LLVM::GEPOp>(op);
    return op->hasTrait<OpTrait::ConstantLike>() ||
           isa<LLVM::AddressOfOp>(op) || (at && at.getDynamicIndices().empty());
  }

  /// Recomputes `value` in the task and returns it. `capture` is called for
  /// what must be captured instead. The extents, strides and offsets of most
  /// captured buffers are constants, and their two pointers are the same.
  /// Recomputing them saves the task registers and the call stores.
  static Value remake(OpBuilder &b, Value value, IRMapping &mapping,
                      llvm::function_ref<Value(Value)> capture) {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    if (!isRemade(op)) {
      mapping.map(value, capture(value));
      return mapping.lookup(value);
    }
    for (Value operand : op->getOperands())
      remake(b, operand, mapping, capture);
    b.clone(*op, mapping);
    return mapping.lookup(value);
  }

  LogicalResult emit(OpBuilder &b, codegen::ParallelForOp loop) {
    ModuleOp module = getOperation();
    auto task = module.lookupSymbol<LLVM::LLVMFuncOp>(loop.getTask());
    if (!task)
      return loop.emitOpError("runs ")
             << loop.getTaskAttr()
             << ", expected a function of the LLVM dialect";
    Location loc = loop.getLoc();
    Type ptr = LLVM::LLVMPointerType::get(&getContext());
    Type i64 = b.getI64Type(), none = LLVM::LLVMVoidType::get(&getContext());
    b.setInsertionPoint(task);
    auto define = [&](StringRef suffix, ArrayRef<Type> types) {
      // A task may be run from several places.
      std::string name = (task.getName() + suffix).str();
      for (unsigned i = 2; module.lookupSymbol(name); ++i)
        name = fmt::format(FMT_STRING("{}{}.{}"), task.getName(), suffix, i);
      auto function = LLVM::LLVMFuncOp::create(
          b, loc, name, LLVM::LLVMFunctionType::get(none, types),
          LLVM::Linkage::Internal);
      codegen::copyTarget(task, function);
      return function;
    };

    // thunk(begin, end, worker, captures)
    LLVM::LLVMFuncOp thunk = define(".thunk", {i64, i64, i64, ptr});
    Block *entry = thunk.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    SmallVector<Value> captured;
    SmallVector<Operation *> loads;
    IRMapping mapping;
    SmallVector<Value> operands(entry->getArguments().take_front(3));
    for (Value operand : loop.getCaptures())
      operands.push_back(remake(b, operand, mapping, [&](Value value) -> Value {
        captured.push_back(value);
        // The address is set once all types are known.
        loads.push_back(LLVM::LoadOp::create(b, loc, value.getType(),
                                             entry->getArgument(3)));
        return loads.back()->getResult(0);
      }));
    LLVM::CallOp::create(b, loc, task, operands);
    LLVM::ReturnOp::create(b, loc, ValueRange());
    auto captures = LLVM::LLVMStructType::getLiteral(
        &getContext(), llvm::to_vector(ValueRange(captured).getTypes()));
    for (auto [i, load] : llvm::enumerate(loads)) {
      b.setInsertionPoint(load);
      load->setOperand(
          0, LLVM::GEPOp::create(b, loc, ptr, captures, entry->getArgument(3),
                                 ArrayRef<LLVM::GEPArg>{0, int32_t(i)}));
    }

    constexpr StringLiteral name = "dlc_rt_parallel_for";
    auto runtime = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
    if (!runtime) {
      b.setInsertionPointToStart(module.getBody());
      runtime = LLVM::LLVMFuncOp::create(
          b, loc, name,
          LLVM::LLVMFunctionType::get(none, {ptr, i64, i64, ptr, ptr}));
    }
    // The captures' memory is released when this function returns.
    SmallVector<Value> given{loop.getCallContext(), loop.getTasks(),
                             loop.getCost()};
    llvm::append_range(given, captured);
    b.setInsertionPoint(task);
    LLVM::LLVMFuncOp dispatch =
        define(".dispatch", llvm::to_vector(ValueRange(given).getTypes()));
    b.setInsertionPoint(loop);
    LLVM::CallOp::create(b, loc, dispatch, given);
    loop.erase();

    entry = dispatch.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    Value one = LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(1));
    Value memory = LLVM::AllocaOp::create(b, loc, ptr, captures, one);
    for (size_t i = 0; i < captured.size(); ++i) {
      Value at = LLVM::GEPOp::create(b, loc, ptr, captures, memory,
                                     ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
      LLVM::StoreOp::create(b, loc, entry->getArgument(i + 3), at);
    }
    Value function = LLVM::AddressOfOp::create(b, loc, thunk);
    LLVM::CallOp::create(b, loc, runtime,
                         ValueRange{entry->getArgument(0),
                                    entry->getArgument(1),
                                    entry->getArgument(2), function, memory});
    LLVM::ReturnOp::create(b, loc, ValueRange());
    return success();
  }
};
} // namespace
