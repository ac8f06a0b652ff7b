//===- PassResultsByDestination.cpp - Results in the caller's buffers -----===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

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
    // Context and number of workers come first.
    Value context = block.insertArgument(
        0u, LLVM::LLVMPointerType::get(b.getContext()), loc);
    block.insertArgument(1u, b.getIndexType(), loc);
    auto all = getOperation()->getAttrOfType<DictionaryAttr>(names::computed);
    auto computed = all ? all.getAs<DenseI64ArrayAttr>(function.getName())
                        : DenseI64ArrayAttr();
    int64_t number = 0;
    for (auto [i, result] : llvm::enumerate(terminator->getOperands())) {
      auto type = cast<RankedTensorType>(result.getType());
      int64_t first = number;
      number += type.getRank();
      if (computed && llvm::any_of(computed.asArrayRef(), [&](int64_t at) {
            return at >= first && at < number;
          })) {
        handOver(b, loc, context, i, first, result);
        continue;
      }
      Value buffer = block.addArgument(bufferType(result.getType()), loc);
      bufferization::MaterializeInDestinationOp::create(
          b, loc, TypeRange{}, result, buffer, /*restrict=*/true,
          /*writable=*/true);
    }
    func::ReturnOp::create(b, loc);
    terminator->erase();
    function.removeArgAttrsAttr();
    function.removeResAttrsAttr();
    markCallable(function);
    function.setType(b.getFunctionType(block.getArgumentTypes(), {}));
  }

  /// A result whose extents follow from values: a dense copy in memory of its
  /// own, whose place and extents the context is told.
  void handOver(OpBuilder &b, Location loc, Value context, int64_t number,
                int64_t firstExtent, Value result) {
    auto type = cast<RankedTensorType>(result.getType());
    Value copy = bufferization::AllocTensorOp::create(
        b, loc, type, /*dynamicSizes=*/ValueRange(), /*copy=*/result);
    Value buffer =
        bufferization::ToBufferOp::create(b, loc, bufferType(type), copy);
    Value place =
        memref::ExtractAlignedPointerAsIndexOp::create(b, loc, buffer);
    Type none[] = {context.getType(), b.getIndexType(), b.getIndexType()};
    auto call = [&](StringRef name, Value a, Value c) {
      auto module = getOperation();
      if (!module.lookupSymbol(name)) {
        OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
        func::FuncOp::create(top, loc, name, b.getFunctionType(none, {}))
            .setPrivate();
      }
      func::CallOp::create(b, loc, name, TypeRange(),
                           ValueRange{context, a, c});
    };
    auto index = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(b, loc, value);
    };
    call(names::setResult, index(number), place);
    for (int64_t d = 0; d < type.getRank(); ++d)
      call(names::setExtent, index(firstExtent + d),
           tensor::DimOp::create(b, loc, result, d));
  }
};
} // namespace
