//===- OutlineShapeFunctions.cpp - Checks and shapes as functions ---------===//

#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_OUTLINESHAPEFUNCTIONS
#include "dlc/Codegen/Passes.h.inc"

bool isEntry(func::FuncOp function) {
  return function.isPublic() && !function.isDeclaration();
}

void markCallable(func::FuncOp function) {
  function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                    UnitAttr::get(function.getContext()));
}
} // namespace dlc

using namespace dlc;

namespace {

/// Turns the clone of a function into its shape function, before clean-up.
void computeShapes(func::FuncOp shapes) {
  Block &block = shapes.getBody().front();
  Location loc = shapes.getLoc();
  auto outType = MemRefType::get({ShapedType::kDynamic},
                                 IntegerType::get(shapes.getContext(), 64));
  Value out = block.addArgument(outType, loc);
  Operation *terminator = block.getTerminator();
  OpBuilder b(terminator);
  Type i64 = b.getI64Type();
  auto store = [&](Value value, int64_t at) {
    memref::StoreOp::create(
        b, loc, value, out,
        arith::ConstantIndexOp::create(b, loc, at).getResult());
  };

  // The number of the first check that fails, from the last check to the first.
  SmallVector<cf::AssertOp> checks(block.getOps<cf::AssertOp>());
  Value status = arith::ConstantIntOp::create(b, loc, i64, 0);
  for (int64_t i = checks.size() - 1; i >= 0; --i)
    status = arith::SelectOp::create(
        b, loc, checks[i].getArg(), status,
        arith::ConstantIntOp::create(b, loc, i64, i + 1));
  store(status, 0);
  for (cf::AssertOp check : checks)
    check.erase();

  int64_t at = 1;
  for (Value result : terminator->getOperands()) {
    auto type = cast<RankedTensorType>(result.getType());
    for (int64_t d = 0; d < type.getRank(); ++d) {
      Value extent = tensor::DimOp::create(b, loc, result, d);
      store(arith::IndexCastOp::create(b, loc, i64, extent), at++);
    }
  }
  func::ReturnOp::create(b, loc);
  terminator->erase();
}

struct OutlineShapeFunctions
    : dlc::impl::OutlineShapeFunctionsBase<OutlineShapeFunctions> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    OpBuilder b(context);
    NamedAttrList messages;
    RewritePatternSet patterns(context);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    memref::populateResolveShapedTypeResultDimsPatterns(patterns);
    for (Dialect *dialect : context->getLoadedDialects())
      dialect->getCanonicalizationPatterns(patterns);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      op.getCanonicalizationPatterns(patterns, context);
    FrozenRewritePatternSet frozen(std::move(patterns));

    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isEntry(function))
        entries.push_back(function);
    for (func::FuncOp function : entries) {
      b.setInsertionPointAfter(function);
      auto shapes = cast<func::FuncOp>(b.clone(*function));
      shapes.setName((function.getName() + names::shapesSuffix).str());
      shapes.setPrivate();
      markCallable(shapes);
      shapes.removeArgAttrsAttr();
      shapes.removeResAttrsAttr();
      computeShapes(shapes);
      shapes.setType(
          b.getFunctionType(shapes.getBody().front().getArgumentTypes(), {}));
      if (failed(applyPatternsGreedily(shapes, frozen)) ||
          failed(takeExtentsFromBuffers(shapes)))
        return signalPassFailure();

      SmallVector<Attribute> texts;
      for (auto check :
           llvm::make_early_inc_range(function.getOps<cf::AssertOp>())) {
        texts.push_back(StringAttr::get(context, check.getMsg()));
        check.erase();
      }
      messages.append(function.getName(), ArrayAttr::get(context, texts));
    }
    getOperation()->setAttr(names::checks, messages.getDictionary(context));
  }

  /// Inputs are buffers of which only the extents are read.
  LogicalResult takeExtentsFromBuffers(func::FuncOp shapes) {
    Block &block = shapes.getBody().front();
    for (BlockArgument argument : block.getArguments().drop_back()) {
      auto type = cast<RankedTensorType>(argument.getType());
      for (Operation *user : llvm::make_early_inc_range(argument.getUsers())) {
        auto dim = dyn_cast<tensor::DimOp>(user);
        if (!dim)
          return user->emitError("a shape depends on the elements of an input, "
                                 "expected on extents alone");
        OpBuilder b(dim);
        Value extent =
            memref::DimOp::create(b, dim.getLoc(), argument, dim.getIndex());
        dim.replaceAllUsesWith(extent);
        dim.erase();
      }
      argument.setType(MemRefType::get(type.getShape(), type.getElementType()));
    }
    shapes.setType(
        FunctionType::get(shapes.getContext(), block.getArgumentTypes(), {}));
    return success();
  }
};

} // namespace
