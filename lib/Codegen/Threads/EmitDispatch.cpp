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
    auto task = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(loop.getTask());
    if (!task)
      return loop.emitOpError("runs ")
             << loop.getTaskAttr()
             << ", expected a function of the LLVM dialect";
    Thunk thunk = emitThunk(b, loop, task);
    SmallVector<Value> given{loop.getCallContext(), loop.getTasks(),
                             loop.getCost()};
    llvm::append_range(given, thunk.captured);
    LLVM::LLVMFuncOp dispatch = define(
        b, task, ".dispatch", llvm::to_vector(ValueRange(given).getTypes()));
    b.setInsertionPoint(loop);
    LLVM::CallOp::create(b, loop.getLoc(), dispatch, given);
    loop.erase();
    fillDispatch(b, dispatch, thunk);
    return success();
  }

  /// Creates a function beside a task, for the same processor. A task may be
  /// run by several loops: the name gets a number then.
  LLVM::LLVMFuncOp define(OpBuilder &b, LLVM::LLVMFuncOp task, StringRef suffix,
                          ArrayRef<Type> types) {
    std::string name = (task.getName() + suffix).str();
    for (unsigned i = 2; getOperation().lookupSymbol(name); ++i)
      name = fmt::format(FMT_STRING("{}{}.{}"), task.getName(), suffix, i);
    b.setInsertionPoint(task);
    auto function = LLVM::LLVMFuncOp::create(
        b, task.getLoc(), name,
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    types),
        LLVM::Linkage::Internal);
    codegen::copyTarget(task, function);
    return function;
  }

  /// A function of the signature that the runtime calls, and the values that it
  /// reads from a struct of type `captures`.
  struct Thunk {
    LLVM::LLVMFuncOp function;
    SmallVector<Value> captured;
    LLVM::LLVMStructType captures;
  };

  /// Emits thunk(begin, end, worker, captures), which calls the task.
  Thunk emitThunk(OpBuilder &b, codegen::ParallelForOp loop,
                  LLVM::LLVMFuncOp task) {
    Location loc = loop.getLoc();
    Type ptr = LLVM::LLVMPointerType::get(&getContext()), i64 = b.getI64Type();
    Thunk thunk{define(b, task, ".thunk", {i64, i64, i64, ptr}), {}, {}};
    Block *entry = thunk.function.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    SmallVector<Operation *> loads;
    IRMapping mapping;
    SmallVector<Value> operands(entry->getArguments().take_front(3));
    for (Value operand : loop.getCaptures())
      operands.push_back(remake(b, operand, mapping, [&](Value value) -> Value {
        thunk.captured.push_back(value);
        // The address is set once all types are known.
        loads.push_back(LLVM::LoadOp::create(b, loc, value.getType(),
                                             entry->getArgument(3)));
        return loads.back()->getResult(0);
      }));
    LLVM::CallOp::create(b, loc, task, operands);
    LLVM::ReturnOp::create(b, loc, ValueRange());
    thunk.captures = LLVM::LLVMStructType::getLiteral(
        &getContext(), llvm::to_vector(ValueRange(thunk.captured).getTypes()));
    for (auto [i, load] : llvm::enumerate(loads)) {
      b.setInsertionPoint(load);
      load->setOperand(
          0, LLVM::GEPOp::create(b, loc, ptr, thunk.captures,
                                 entry->getArgument(3),
                                 ArrayRef<LLVM::GEPArg>{0, int32_t(i)}));
    }
    return thunk;
  }

  /// Returns void dlc_rt_parallel_for(context, tasks, cost, thunk, captures).
  LLVM::LLVMFuncOp declareRuntime(OpBuilder &b, Location loc) {
    constexpr StringLiteral name = "dlc_rt_parallel_for";
    ModuleOp module = getOperation();
    if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return known;
    Type ptr = LLVM::LLVMPointerType::get(&getContext()), i64 = b.getI64Type();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    return LLVM::LLVMFuncOp::create(
        b, loc, name,
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    {ptr, i64, i64, ptr, ptr}));
  }

  /// Fills dispatch(context, tasks, cost, captured...): stores the captured
  /// values in a struct, whose memory is released on return, and calls the
  /// runtime.
  void fillDispatch(OpBuilder &b, LLVM::LLVMFuncOp dispatch, Thunk &thunk) {
    Location loc = dispatch.getLoc();
    Type ptr = LLVM::LLVMPointerType::get(&getContext()), i64 = b.getI64Type();
    LLVM::LLVMFuncOp runtime = declareRuntime(b, loc);
    Block *entry = dispatch.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    Value one = LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(1));
    Value memory = LLVM::AllocaOp::create(b, loc, ptr, thunk.captures, one);
    for (size_t i = 0; i < thunk.captured.size(); ++i) {
      Value at = LLVM::GEPOp::create(b, loc, ptr, thunk.captures, memory,
                                     ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
      LLVM::StoreOp::create(b, loc, entry->getArgument(i + 3), at);
    }
    Value function = LLVM::AddressOfOp::create(b, loc, thunk.function);
    LLVM::CallOp::create(b, loc, runtime,
                         ValueRange{entry->getArgument(0),
                                    entry->getArgument(1),
                                    entry->getArgument(2), function, memory});
    LLVM::ReturnOp::create(b, loc, ValueRange());
  }
};
} // namespace
