//===- ConvertCodegenToLLVM.cpp - Calls of the runtime --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only place that knows the runtime's functions (lib/Runtime) that
// generated code calls, except for that of parallel loops (EmitDispatch).
//
//===----------------------------------------------------------------------===//

#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Support/Format.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CONVERTCODEGENTOLLVM
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// Emits `result name(operands...)` and declares the function if needed.
Value call(ConversionPatternRewriter &rewriter, Operation *op, StringRef name,
           Type result, ValueRange operands) {
  auto module = op->getParentOfType<ModuleOp>();
  auto callee = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!callee) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToStart(module.getBody());
    callee = LLVM::LLVMFuncOp::create(
        rewriter, module.getLoc(), name,
        LLVM::LLVMFunctionType::get(result,
                                    llvm::to_vector(operands.getTypes())));
  }
  auto made = LLVM::CallOp::create(rewriter, op->getLoc(), callee, operands);
  return made->getNumResults() ? made.getResult() : Value();
}

template <typename OpT> struct Lowering : ConvertOpToLLVMPattern<OpT> {
  using ConvertOpToLLVMPattern<OpT>::ConvertOpToLLVMPattern;

  static Type none(OpT op) { return LLVM::LLVMVoidType::get(op.getContext()); }
  static Type pointer(OpT op) {
    return LLVM::LLVMPointerType::get(op.getContext());
  }
  static Value number(ConversionPatternRewriter &rewriter, OpT op,
                      int64_t value) {
    return LLVM::ConstantOp::create(rewriter, op.getLoc(),
                                    rewriter.getI64Type(),
                                    rewriter.getI64IntegerAttr(value));
  }
};

/// Lowers to a descriptor of memory that the runtime returns: of as many bytes
/// as were requested, or of unlimited size.
template <typename OpT> struct LowerMemory : Lowering<OpT> {
  LowerMemory(const LLVMTypeConverter &converter, StringRef name)
      : Lowering<OpT>(converter), name(name) {}

  LogicalResult
  matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    ValueRange operands = adaptor.getOperands();
    Value memory = call(rewriter, op, name, this->pointer(op), operands);
    auto number = [&](int64_t value) {
      return this->number(rewriter, op, value);
    };
    auto descriptor = MemRefDescriptor::poison(
        rewriter, loc, this->getTypeConverter()->convertType(op.getType()));
    descriptor.setAllocatedPtr(rewriter, loc, memory);
    descriptor.setAlignedPtr(rewriter, loc, memory);
    descriptor.setOffset(rewriter, loc, number(0));
    descriptor.setSize(rewriter, loc, 0,
                       operands.size() > 1
                           ? operands[1]
                           : number(std::numeric_limits<int64_t>::max()));
    descriptor.setStride(rewriter, loc, 0, number(1));
    rewriter.replaceOp(op, Value(descriptor));
    return success();
  }

  StringRef name;
};

/// void dlc_rt_set_result(context, number, place)
struct LowerSetResult : Lowering<codegen::SetResultOp> {
  using Lowering::Lowering;

  LogicalResult
  matchAndRewrite(codegen::SetResultOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    MemRefDescriptor buffer(adaptor.getBuffer());
    call(rewriter, op, "dlc_rt_set_result", none(op),
         {adaptor.getCallContext(), number(rewriter, op, op.getNumber()),
          buffer.alignedPtr(rewriter, op.getLoc())});
    rewriter.eraseOp(op);
    return success();
  }
};

/// void dlc_rt_set_extent(context, number, extent)
struct LowerSetExtent : Lowering<codegen::SetExtentOp> {
  using Lowering::Lowering;

  LogicalResult
  matchAndRewrite(codegen::SetExtentOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    call(rewriter, op, "dlc_rt_set_extent", none(op),
         {adaptor.getCallContext(), number(rewriter, op, op.getNumber()),
          adaptor.getExtent()});
    rewriter.eraseOp(op);
    return success();
  }
};

/// void dlc_rt_mark(context, number); -1 ends a region.
template <typename OpT> struct LowerMark : Lowering<OpT> {
  using Lowering<OpT>::Lowering;

  LogicalResult
  matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    int64_t number = -1;
    if constexpr (std::is_same_v<OpT, codegen::BeginRegionOp>)
      number = op.getNumber();
    call(rewriter, op, "dlc_rt_mark", this->none(op),
         {adaptor.getCallContext(), this->number(rewriter, op, number)});
    rewriter.eraseOp(op);
    return success();
  }
};

/// void dlc_rt_fail(context, message), which does not return.
struct LowerFail : Lowering<codegen::FailOp> {
  LowerFail(const LLVMTypeConverter &converter, int64_t &messages)
      : Lowering(converter), messages(messages) {}

  LogicalResult
  matchAndRewrite(codegen::FailOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    std::string text = (op.getMessage() + StringRef("\0", 1)).str();
    LLVM::GlobalOp message;
    {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(
          op->getParentOfType<ModuleOp>().getBody());
      message = LLVM::GlobalOp::create(
          rewriter, loc,
          LLVM::LLVMArrayType::get(rewriter.getI8Type(), text.size()),
          /*isConstant=*/true, LLVM::Linkage::Internal,
          fmt::format(FMT_STRING("dlc.check.{}"), messages++),
          rewriter.getStringAttr(text));
    }
    Value place = LLVM::AddressOfOp::create(rewriter, loc, message);
    call(rewriter, op, "dlc_rt_fail", none(op),
         {adaptor.getCallContext(), place});
    rewriter.eraseOp(op);
    return success();
  }

  int64_t &messages;
};

/// Expands captured buffers to the fields of their descriptors, as for a call.
struct UnpackCaptures : Lowering<codegen::ParallelForOp> {
  using Lowering::Lowering;

  LogicalResult
  matchAndRewrite(codegen::ParallelForOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> captures = getTypeConverter()->promoteOperands(
        op.getLoc(), op.getCaptures(), adaptor.getCaptures(), rewriter);
    rewriter.replaceOpWithNewOp<codegen::ParallelForOp>(
        op, adaptor.getCallContext(), adaptor.getTasks(), adaptor.getCost(),
        op.getTaskAttr(), captures);
    return success();
  }
};

struct ConvertCodegenToLLVM
    : dlc::impl::ConvertCodegenToLLVMBase<ConvertCodegenToLLVM> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    LLVMTypeConverter converter(context);
    RewritePatternSet patterns(context);
    int64_t messages = 0;
    patterns.add<LowerMemory<codegen::AllocateOp>>(converter,
                                                   "dlc_rt_allocate");
    patterns.add<LowerMemory<codegen::WeightMemoryOp>>(converter,
                                                       "dlc_rt_weights");
    patterns.add<LowerMemory<codegen::StateMemoryOp>>(converter,
                                                      "dlc_rt_state");
    patterns.add<LowerFail>(converter, messages);
    patterns.add<LowerSetResult, LowerSetExtent, UnpackCaptures,
                 LowerMark<codegen::BeginRegionOp>,
                 LowerMark<codegen::EndRegionOp>>(converter);
    LLVMConversionTarget target(*context);
    target.addIllegalDialect<codegen::CodegenDialect>();
    target.addDynamicallyLegalOp<codegen::ParallelForOp>(
        [](codegen::ParallelForOp op) {
          return llvm::all_of(op->getOperandTypes(), [](Type type) {
            return LLVM::isCompatibleType(type);
          });
        });
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
