//===- OutlineShapeFunctions.cpp - Checks and shapes as functions ---------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_OUTLINESHAPEFUNCTIONS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// Numbers a check while both functions contain a copy of it.
constexpr llvm::StringLiteral checkNumber = "dlc.check";

/// Whether `value` depends on extents of arguments alone.
bool followsFromExtents(Value value, llvm::DenseMap<Value, bool> &known) {
  auto [it, isNew] = known.try_emplace(value, false);
  if (!isNew)
    return it->second;
  Operation *op = value.getDefiningOp();
  bool result = op && op->getNumRegions() == 0;
  if (result && isa<tensor::DimOp, memref::DimOp>(op))
    result = isa<BlockArgument>(op->getOperand(0)) &&
             followsFromExtents(op->getOperand(1), known);
  else if (result)
    for (Value operand : op->getOperands())
      result = result && !isa<ShapedType>(operand.getType()) &&
               followsFromExtents(operand, known);
  return known[value] = result;
}

/// Turns the clone of a kernel, before clean-up, into its shape function: each
/// extent becomes a store.
void storeExtents(func::FuncOp shapes) {
  Block &block = shapes.getBody().front();
  Location loc = shapes.getLoc();
  auto outType = MemRefType::get({ShapedType::kDynamic},
                                 IntegerType::get(shapes.getContext(), 64));
  Value out = block.addArgument(outType, loc);
  Operation *terminator = block.getTerminator();
  OpBuilder b(terminator);
  int64_t at = 1;
  for (Value result : terminator->getOperands()) {
    auto type = cast<RankedTensorType>(result.getType());
    for (int64_t d = 0; d < type.getRank(); ++d) {
      Value extent = tensor::DimOp::create(b, loc, result, d);
      Value position = arith::ConstantIndexOp::create(b, loc, at++);
      memref::StoreOp::create(
          b, loc, arith::IndexCastOp::create(b, loc, b.getI64Type(), extent),
          out, position);
    }
  }
  func::ReturnOp::create(b, loc);
  terminator->erase();
}

/// Stores the number (from 1) of the first check that fails, or 0. The selects
/// go from the last check to the first, so that the first failure wins.
void storeStatus(func::FuncOp shapes, ArrayRef<codegen::RequireOp> checks) {
  Block &block = shapes.getBody().front();
  OpBuilder b(block.getTerminator());
  Location loc = shapes.getLoc();
  Value status = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 0);
  for (int64_t i = checks.size() - 1; i >= 0; --i)
    status = arith::SelectOp::create(
        b, loc, codegen::RequireOp(checks[i]).getCondition(), status,
        arith::ConstantIntOp::create(b, loc, b.getI64Type(), i + 1));
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  memref::StoreOp::create(b, loc, status, block.getArguments().back(), zero);
}

/// Removes copies, which have the extents of their source. With `evenOfCasts`
/// false, copies of a cast stay: they hide a type that a loop must not take
/// (dlc-check-extents) until the checks are done.
void dropCopies(func::FuncOp shapes, bool evenOfCasts) {
  shapes.walk([&](bufferization::AllocTensorOp copy) {
    Value source = copy.getCopy();
    if (!source || (!evenOfCasts && source.getDefiningOp<tensor::CastOp>()))
      return;
    copy.replaceAllUsesWith(source);
    copy.erase();
  });
}

/// Removes accesses to the state: extents depend on types and inputs only.
void forgetState(func::FuncOp shapes) {
  shapes.walk([](ml_program::GlobalStoreOp store) { store.erase(); });
  shapes.walk([](ml_program::GlobalLoadOp load) {
    OpBuilder b(load);
    auto type = cast<RankedTensorType>(load.getType());
    load.replaceAllUsesWith(tensor::EmptyOp::create(b, load.getLoc(),
                                                    type.getShape(),
                                                    type.getElementType())
                                .getResult());
    load.erase();
  });
  dropCopies(shapes, /*evenOfCasts=*/false);
}

struct OutlineShapeFunctions
    : dlc::impl::OutlineShapeFunctionsBase<OutlineShapeFunctions> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    memref::populateResolveShapedTypeResultDimsPatterns(patterns);
    scf::populateSCFForLoopCanonicalizationPatterns(patterns);
    for (Dialect *dialect : context->getLoadedDialects())
      dialect->getCanonicalizationPatterns(patterns);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      op.getCanonicalizationPatterns(patterns, context);
    FrozenRewritePatternSet frozen(std::move(patterns));

    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isEntry(function))
        entries.push_back(function);
    for (func::FuncOp function : entries)
      if (failed(outline(function, frozen)))
        return signalPassFailure();
  }

  /// Outlines the extents and checks of an entry function.
  LogicalResult outline(func::FuncOp function,
                        const FrozenRewritePatternSet &simplify) {
    OpBuilder b(&getContext());
    int64_t count = 0;
    function.walk([&](codegen::RequireOp check) {
      check->setAttr(checkNumber, b.getI64IntegerAttr(count++));
    });
    func::FuncOp shapes = cloneWithoutValues(function);
    if (failed(applyPatternsGreedily(shapes, simplify)))
      return failure();

    // What depends on values cannot be part of the shape function: such
    // extents are known only after a call, and such checks run inside the
    // kernel.
    llvm::DenseMap<Value, bool> known;
    SmallVector<int64_t> computed = dropComputedExtents(shapes, known);
    SmallVector<codegen::RequireOp> checks, all;
    llvm::DenseSet<int64_t> outlined;
    shapes.walk([&](codegen::RequireOp check) {
      all.push_back(check);
      auto number = check->getAttrOfType<IntegerAttr>(checkNumber);
      if (number && check->getBlock() == &shapes.getBody().front() &&
          followsFromExtents(check.getCondition(), known)) {
        checks.push_back(check);
        outlined.insert(number.getInt());
      }
    });
    storeStatus(shapes, checks);
    SmallVector<Attribute> texts;
    for (codegen::RequireOp check : checks)
      texts.push_back(b.getStringAttr(check.getMessage()));
    for (codegen::RequireOp check : all)
      check.erase();
    // Hiding types is no longer needed, and the copies would keep the inputs
    // alive.
    dropCopies(shapes, /*evenOfCasts=*/true);
    if (failed(applyPatternsGreedily(shapes, simplify)) ||
        failed(takeExtentsFromBuffers(shapes)))
      return failure();
    function.walk([&](codegen::RequireOp check) {
      auto number = check->getAttrOfType<IntegerAttr>(checkNumber);
      if (number && outlined.contains(number.getInt()))
        check.erase();
      else
        check->removeAttr(checkNumber);
    });
    shapes->setAttr(codegen::messages, b.getArrayAttr(texts));
    function->setAttr(codegen::shapes,
                      FlatSymbolRefAttr::get(shapes.getSymNameAttr()));
    if (!computed.empty())
      function->setAttr(codegen::computed, b.getDenseI64ArrayAttr(computed));
    return success();
  }

  /// Clones an entry function to one that stores the extents of its results
  /// and does not access the state.
  static func::FuncOp cloneWithoutValues(func::FuncOp function) {
    OpBuilder b(function);
    b.setInsertionPointAfter(function);
    auto shapes = cast<func::FuncOp>(b.clone(*function));
    shapes.setName((function.getName() + ".shapes").str());
    shapes.setPrivate();
    forgetState(shapes);
    markCallable(shapes);
    shapes.removeArgAttrsAttr();
    shapes.removeResAttrsAttr();
    storeExtents(shapes);
    shapes.setType(
        b.getFunctionType(shapes.getBody().front().getArgumentTypes(), {}));
    return shapes;
  }

  /// Stores -1 for each extent that depends on values. Returns the numbers of
  /// those extents.
  static SmallVector<int64_t>
  dropComputedExtents(func::FuncOp shapes, llvm::DenseMap<Value, bool> &known) {
    SmallVector<int64_t> computed;
    for (auto store :
         llvm::make_early_inc_range(shapes.getOps<memref::StoreOp>())) {
      if (store.getMemRef() != shapes.getArguments().back() ||
          followsFromExtents(store.getValueToStore(), known))
        continue;
      computed.push_back(*getConstantIntValue(store.getIndices()[0]) - 1);
      OpBuilder at(store);
      store.getValueMutable().assign(arith::ConstantIntOp::create(
          at, store.getLoc(), at.getI64Type(), -1));
    }
    return computed;
  }

  /// Makes the inputs buffers of which only the extents are read.
  LogicalResult takeExtentsFromBuffers(func::FuncOp shapes) {
    Block &block = shapes.getBody().front();
    for (BlockArgument argument : block.getArguments().drop_back()) {
      auto type = cast<RankedTensorType>(argument.getType());
      for (Operation *user : llvm::make_early_inc_range(argument.getUsers())) {
        auto dim = dyn_cast<tensor::DimOp>(user);
        if (!dim)
          return user->emitError("a shape depends on the elements of an input, "
                                 "expected only on extents");
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
