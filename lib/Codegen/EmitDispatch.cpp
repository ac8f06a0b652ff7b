//===- EmitDispatch.cpp - Captures to memory, one runtime call ------------===//

#include "dlc/Codegen/Codegen.h"
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
    ModuleOp module = getOperation();
    OpBuilder b(&getContext());
    // OutlineParallelLoops makes one call of each.
    llvm::StringMap<LLVM::CallOp> calls;
    module.walk([&](LLVM::CallOp call) {
      if (call.getCallee() &&
          call.getCallee()->ends_with(names::dispatchSuffix))
        calls[*call.getCallee()] = call;
    });
    for (auto dispatch :
         llvm::make_early_inc_range(module.getOps<LLVM::LLVMFuncOp>())) {
      StringRef name = dispatch.getName();
      if (!dispatch.isExternal() || !name.ends_with(names::dispatchSuffix))
        continue;
      auto task = module.lookupSymbol<LLVM::LLVMFuncOp>(
          (name.drop_back(names::dispatchSuffix.size()) + names::taskSuffix)
              .str());
      define(b, dispatch, task, calls.lookup(name));
    }
    for (auto [name, runtime] :
         {std::pair(names::allocate, names::runtimeAllocate),
          std::pair(names::weightMemory, names::runtimeWeights),
          std::pair(names::stateMemory, names::runtimeState)})
      if (auto memory = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
        defineMemory(b, memory, runtime);
  }

  /// A descriptor over memory that the runtime gives: of as many bytes as were
  /// asked for, or of all there are.
  void defineMemory(OpBuilder &b, LLVM::LLVMFuncOp function, StringRef name) {
    Location loc = function.getLoc();
    Type ptr = LLVM::LLVMPointerType::get(&getContext()), i64 = b.getI64Type();
    b.setInsertionPointToStart(getOperation().getBody());
    auto runtime = LLVM::LLVMFuncOp::create(
        b, loc, name,
        LLVM::LLVMFunctionType::get(ptr,
                                    function.getFunctionType().getParams()));
    function.setLinkage(LLVM::Linkage::Internal);
    Block *entry = function.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    Value memory = LLVM::CallOp::create(b, loc, runtime, entry->getArguments())
                       .getResult();
    auto constant = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(value));
    };
    Value result = LLVM::PoisonOp::create(
        b, loc, function.getFunctionType().getReturnType());
    auto set = [&](Value value, ArrayRef<int64_t> at) {
      result = LLVM::InsertValueOp::create(b, loc, result, value, at);
    };
    set(memory, {0});
    set(memory, {1});
    set(constant(0), {2});
    set(entry->getNumArguments() > 1
            ? Value(entry->getArgument(1))
            : constant(std::numeric_limits<int64_t>::max()),
        {3, 0});
    set(constant(1), {4, 0});
    LLVM::ReturnOp::create(b, loc, result);
  }

  /// Free to make again in the task: constants, and what lies at a known
  /// distance from a value that is captured anyway.
  static bool isRemade(Operation *op) {
    if (!op)
      return false;
    auto at = dyn_cast<LLVM::GEPOp>(op);
    return op->hasTrait<OpTrait::ConstantLike>() ||
           isa<LLVM::AddressOfOp>(op) || (at && at.getDynamicIndices().empty());
  }

  /// The extents, strides and offsets of most captured buffers are constants,
  /// their two pointers the same: a task that is told so gets by with fewer
  /// registers, and the call with fewer stores. `remake` gives the value in
  /// the task, and collects what must be captured.
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

  void define(OpBuilder &b, LLVM::LLVMFuncOp dispatch, LLVM::LLVMFuncOp task,
              LLVM::CallOp call) {
    ModuleOp module = getOperation();
    Location loc = dispatch.getLoc();
    Type ptr = LLVM::LLVMPointerType::get(&getContext());
    Type i64 = b.getI64Type(), none = LLVM::LLVMVoidType::get(&getContext());

    // thunk(begin, end, worker, captures)
    b.setInsertionPoint(dispatch);
    auto thunk = LLVM::LLVMFuncOp::create(
        b, loc, (task.getName() + ".thunk").str(),
        LLVM::LLVMFunctionType::get(none, {i64, i64, i64, ptr}),
        LLVM::Linkage::Internal);
    Block *entry = thunk.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    SmallVector<Value> captured;
    SmallVector<Operation *> loads;
    IRMapping mapping;
    SmallVector<Value> operands(entry->getArguments().take_front(3));
    for (Value operand : call.getArgOperands().drop_front(3))
      operands.push_back(remake(b, operand, mapping, [&](Value value) -> Value {
        captured.push_back(value);
        // The address follows when all the types are known.
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

    auto runtime = module.lookupSymbol<LLVM::LLVMFuncOp>(names::parallelFor);
    if (!runtime) {
      b.setInsertionPointToStart(module.getBody());
      runtime = LLVM::LLVMFuncOp::create(
          b, loc, names::parallelFor,
          LLVM::LLVMFunctionType::get(none, {ptr, i64, i64, ptr, ptr}));
    }
    SmallVector<Value> given(call.getArgOperands().take_front(3));
    llvm::append_range(given, captured);
    dispatch.setFunctionType(LLVM::LLVMFunctionType::get(
        none, llvm::to_vector(ValueRange(given).getTypes())));
    dispatch.setLinkage(LLVM::Linkage::Internal);
    b.setInsertionPoint(call);
    LLVM::CallOp::create(b, call.getLoc(), dispatch, given);
    call.erase();

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
  }
};
} // namespace
