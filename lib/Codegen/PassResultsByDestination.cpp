//===- PassResultsByDestination.cpp - Results in the caller's buffers -----===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PASSRESULTSBYDESTINATION
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

static MemRefType bufferType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

namespace {
struct PassResultsByDestination
    : dlc::impl::PassResultsByDestinationBase<PassResultsByDestination> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isEntry(function))
        rewrite(function);
  }

  void rewrite(func::FuncOp function) {
    Block &block = function.getBody().front();
    Location loc = function.getLoc();
    OpBuilder b = OpBuilder::atBlockBegin(&block);

    for (BlockArgument argument : block.getArguments()) {
      Type tensor = argument.getType();
      argument.setType(bufferType(tensor));
      auto read = bufferization::ToTensorOp::create(b, loc, tensor, argument,
                                                    /*restrict=*/true);
      argument.replaceAllUsesExcept(read.getResult(), read);
    }
    Operation *terminator = block.getTerminator();
    b.setInsertionPoint(terminator);
    for (Value result : terminator->getOperands()) {
      Value buffer = block.addArgument(bufferType(result.getType()), loc);
      bufferization::MaterializeInDestinationOp::create(
          b, loc, TypeRange{}, result, buffer, /*restrict=*/true,
          /*writable=*/true);
    }
    func::ReturnOp::create(b, loc);
    terminator->erase();
    block.insertArgument(0u, LLVM::LLVMPointerType::get(b.getContext()), loc);
    block.insertArgument(1u, b.getIndexType(), loc);
    function.removeArgAttrsAttr();
    function.removeResAttrsAttr();
    markCallable(function);
    function.setType(b.getFunctionType(block.getArgumentTypes(), {}));
  }
};
} // namespace
