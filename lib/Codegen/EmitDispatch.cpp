//===- EmitDispatch.cpp - Captures to memory, one runtime call ------------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

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
    for (auto dispatch :
         llvm::make_early_inc_range(module.getOps<LLVM::LLVMFuncOp>())) {
      StringRef name = dispatch.getName();
      if (!dispatch.isExternal() || !name.ends_with(names::dispatchSuffix))
        continue;
      auto task = module.lookupSymbol<LLVM::LLVMFuncOp>(
          (name.drop_back(names::dispatchSuffix.size()) + names::taskSuffix)
              .str());
      define(b, dispatch, task);
    }
    for (auto [name, runtime] :
         {std::pair(names::allocate, names::runtimeAllocate),
          std::pair(names::weightMemory, names::runtimeWeights)})
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

  void define(OpBuilder &b, LLVM::LLVMFuncOp dispatch, LLVM::LLVMFuncOp task) {
    ModuleOp module = getOperation();
    Location loc = dispatch.getLoc();
    Type ptr = LLVM::LLVMPointerType::get(&getContext());
    Type i64 = b.getI64Type(), none = LLVM::LLVMVoidType::get(&getContext());
    ArrayRef<Type> types = dispatch.getFunctionType().getParams();
    auto captures =
        LLVM::LLVMStructType::getLiteral(&getContext(), types.drop_front(3));

    // thunk(begin, end, worker, captures)
    b.setInsertionPoint(dispatch);
    auto thunk = LLVM::LLVMFuncOp::create(
        b, loc, (task.getName() + ".thunk").str(),
        LLVM::LLVMFunctionType::get(none, {i64, i64, i64, ptr}),
        LLVM::Linkage::Internal);
    Block *entry = thunk.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    SmallVector<Value> operands(entry->getArguments().take_front(3));
    for (auto [i, type] : llvm::enumerate(captures.getBody())) {
      Value at =
          LLVM::GEPOp::create(b, loc, ptr, captures, entry->getArgument(3),
                              ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
      operands.push_back(LLVM::LoadOp::create(b, loc, type, at));
    }
    LLVM::CallOp::create(b, loc, task, operands);
    LLVM::ReturnOp::create(b, loc, ValueRange());

    auto runtime = module.lookupSymbol<LLVM::LLVMFuncOp>(names::parallelFor);
    if (!runtime) {
      b.setInsertionPointToStart(module.getBody());
      runtime = LLVM::LLVMFuncOp::create(
          b, loc, names::parallelFor,
          LLVM::LLVMFunctionType::get(none, {ptr, i64, i64, ptr, ptr}));
    }
    dispatch.setLinkage(LLVM::Linkage::Internal);
    entry = dispatch.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    Value one = LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(1));
    Value memory = LLVM::AllocaOp::create(b, loc, ptr, captures, one, 16);
    for (size_t i = 0; i < captures.getBody().size(); ++i) {
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
