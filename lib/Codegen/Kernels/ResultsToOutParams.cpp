//===- ResultsToOutParams.cpp - Results in the caller's buffers -----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_RESULTSTOOUTPARAMS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

static MemRefType bufferType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

namespace {
struct ResultsToOutParams
    : dlc::impl::ResultsToOutParamsBase<ResultsToOutParams> {
  void runOnOperation() override {
    // Mutable globals become buffers. PlaceState gives each context its own
    // copy.
    for (auto global : llvm::make_early_inc_range(
             getOperation().getOps<ml_program::GlobalOp>())) {
      auto type = dyn_cast<RankedTensorType>(global.getType());
      auto value = dyn_cast_if_present<ElementsAttr>(
          global.getValue().value_or(Attribute()));
      if (!global.getIsMutable())
        continue;
      if (!type || !type.hasStaticShape() || !value ||
          !type.getElementType().isIntOrFloat() ||
          type.getElementTypeBitWidth() < 32) {
        global.emitError("mutable global '")
            << global.getSymName() << "' of type " << global.getType()
            << ", expected a tensor of known shape of f32, f64, i32 or i64 "
               "with "
               "a first value";
        return signalPassFailure();
      }
      OpBuilder b(global);
      memref::GlobalOp::create(b, global.getLoc(), global.getSymName(),
                               b.getStringAttr("private"), bufferType(type),
                               value, /*constant=*/false,
                               /*alignment=*/IntegerAttr());
      global.erase();
    }
    if (failed(checkStores()))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isEntry(function))
        rewrite(function);
  }

  /// Checks that the state is stored at the top level of a function only, since
  /// it changes once per call, at the end.
  LogicalResult checkStores() {
    LogicalResult result = success();
    getOperation().walk([&](ml_program::GlobalStoreOp store) {
      if (isa<func::FuncOp>(store->getParentOp()))
        return;
      result = store.emitError("stores ")
               << store.getGlobal() << " in a region of '"
               << store->getParentOp()->getName()
               << "', expected the function's body: let the region yield the "
                  "value and store that";
    });
    return result;
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
    SmallVector<std::pair<Value, Value>> stored = readState(function);
    b.setInsertionPoint(terminator);
    // The context and the number of workers come first.
    Value context = block.insertArgument(
        0u, LLVM::LLVMPointerType::get(b.getContext()), loc);
    block.insertArgument(1u, b.getIndexType(), loc);
    auto computed =
        function->getAttrOfType<DenseI64ArrayAttr>(codegen::computed);
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
    // The state is written after all other ops, so that all of them read the
    // old values. It is written as a copy of buffers: with a destination the
    // analysis might compute the new value in place while others still read the
    // old one.
    for (auto [value, memory] : stored) {
      Value buffer = bufferization::ToBufferOp::create(
          b, loc, bufferType(value.getType()), value, /*read_only=*/true);
      memref::CopyOp::create(b, loc, buffer, memory);
    }
    func::ReturnOp::create(b, loc);
    terminator->erase();
    function.removeArgAttrsAttr();
    function.removeResAttrsAttr();
    markCallable(function);
    function.setType(b.getFunctionType(block.getArgumentTypes(), {}));
  }

  /// Replaces loads of mutable globals by a read of their memory at the
  /// function's start, or by the value stored before the load. Returns the last
  /// stored value of each global with its memory.
  SmallVector<std::pair<Value, Value>> readState(func::FuncOp function) {
    llvm::MapVector<StringRef, std::pair<Value, Value>> memory; // value, place
    llvm::SetVector<StringRef> stores;
    OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
    SmallVector<Operation *> done;
    auto bufferOf = [&](SymbolRefAttr name,
                        Type type) -> std::pair<Value, Value> & {
      StringRef symbol = name.getLeafReference().getValue();
      auto &[value, place] = memory[symbol];
      if (!place) {
        Location loc = function.getLoc();
        place = memref::GetGlobalOp::create(b, loc, bufferType(type), symbol);
        value = bufferization::ToTensorOp::create(b, loc, type, place,
                                                  /*restrict=*/true);
      }
      return memory[symbol];
    };
    // Loads inside loops and branches are expected to be gone: derivatives
    // hoist them.
    function.walk([&](Operation *op) {
      if (auto load = dyn_cast<ml_program::GlobalLoadOp>(op)) {
        load.replaceAllUsesWith(
            bufferOf(load.getGlobal(), load.getType()).first);
        done.push_back(op);
      } else if (auto store = dyn_cast<ml_program::GlobalStoreOp>(op)) {
        bufferOf(store.getGlobal(), store.getValue().getType()).first =
            store.getValue();
        stores.insert(store.getGlobal().getLeafReference().getValue());
        done.push_back(op);
      }
    });
    SmallVector<std::pair<Value, Value>> result;
    for (StringRef name : stores) {
      auto &[value, place] = memory[name];
      // The value is another global's old value, which may have been
      // overwritten by then.
      if (value.getDefiningOp<bufferization::ToTensorOp>()) {
        OpBuilder end(function.getBody().front().getTerminator());
        value = bufferization::AllocTensorOp::create(
            end, function.getLoc(), cast<RankedTensorType>(value.getType()),
            ValueRange(), value);
      }
      result.push_back({value, place});
    }
    for (Operation *op : done)
      op->erase();
    return result;
  }

  /// Passes a result whose extents depend on values to the caller: a dense copy
  /// in memory of its own, whose address and extents are set in the context.
  void handOver(OpBuilder &b, Location loc, Value context, int64_t number,
                int64_t firstExtent, Value result) {
    auto type = cast<RankedTensorType>(result.getType());
    Value copy = bufferization::AllocTensorOp::create(
        b, loc, type, /*dynamicSizes=*/ValueRange(), /*copy=*/result);
    Value buffer =
        bufferization::ToBufferOp::create(b, loc, bufferType(type), copy);
    codegen::SetResultOp::create(b, loc, context, number, buffer);
    for (int64_t d = 0; d < type.getRank(); ++d)
      codegen::SetExtentOp::create(b, loc, context, firstExtent + d,
                                   tensor::DimOp::create(b, loc, result, d));
  }
};
} // namespace
