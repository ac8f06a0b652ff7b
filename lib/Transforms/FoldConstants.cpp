//===- FoldConstants.cpp - Constants computed while compiling -------------===//

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "dlc/Transforms/Passes.h.inc"

static Evaluator &evaluator() {
  static Evaluator current;
  return current;
}
void setEvaluator(Evaluator next) { evaluator() = std::move(next); }
const Evaluator &getEvaluator() { return evaluator(); }
} // namespace dlc

using namespace dlc;

static int64_t bytesOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return -1;
  return tensor.getNumElements() *
         llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
}

namespace {
struct FoldConstants : dlc::impl::FoldConstantsBase<FoldConstants> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() override {
    if (!getEvaluator())
      return;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(fold(function)))
        return signalPassFailure();
    // Weights that nobody reads any more.
    SymbolTableCollection symbols;
    for (auto global : llvm::make_early_inc_range(
             getOperation().getOps<ml_program::GlobalOp>()))
      if (!global.getIsMutable() && global.isPrivate() &&
          SymbolTable::symbolKnownUseEmpty(global, getOperation()))
        global.erase();
  }

  /// A constant to begin with: an arith.constant or the value of a global.
  bool isSource(Operation *op) {
    return isa<ml_program::GlobalLoadConstOp>(op) ||
           (isa<arith::ConstantOp>(op) &&
            isa<RankedTensorType>(op->getResult(0).getType()));
  }

  LogicalResult fold(func::FuncOp function) {
    // Ops in order whose operands are all constant.
    llvm::SetVector<Operation *> constant;
    function.walk([&](Operation *op) {
      bool isConstant =
          isSource(op) ||
          (isa<dl::DLDialect>(op->getDialect()) && op->getNumOperands() &&
           llvm::all_of(op->getOperands(), [&](Value v) {
             return v.getDefiningOp() && constant.contains(v.getDefiningOp());
           }));
      if (isConstant)
        constant.insert(op);
    });
    // Results that leave the group. A result that is worth it replaces at least
    // as many bytes as it has.
    SmallVector<Value> results;
    for (Operation *op : constant) {
      if (isSource(op))
        continue;
      for (Value result : op->getResults()) {
        bool leaves = llvm::any_of(result.getUsers(), [&](Operation *user) {
          return !constant.contains(user);
        });
        int64_t bytes = bytesOf(result.getType());
        if (!leaves || bytes < 0)
          continue;
        int64_t replaced = 0;
        for (Value operand : op->getOperands())
          if (operand.hasOneUse())
            replaced = std::max(replaced, bytesOf(operand.getType()));
        if (bytes <= limit || bytes <= replaced)
          results.push_back(result);
      }
    }
    if (results.empty())
      return success();

    // A module with the one function @evaluate.
    Location loc = function.getLoc();
    OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
    OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
    IRMapping mapping;
    for (auto global : getOperation().getOps<ml_program::GlobalOp>())
      b.clone(*global);
    auto evaluate = func::FuncOp::create(
        b, loc, "evaluate",
        b.getFunctionType({}, ValueRange(results).getTypes()));
    b.setInsertionPointToStart(evaluate.addEntryBlock());
    for (Operation *op : constant)
      b.clone(*op, mapping);
    SmallVector<Value> returned;
    for (Value result : results)
      returned.push_back(mapping.lookup(result));
    func::ReturnOp::create(b, loc, returned);

    FailureOr<std::vector<ElementsAttr>> values = getEvaluator()(*module);
    if (failed(values))
      return function.emitError("could not evaluate constant operations");
    for (auto [result, value] : llvm::zip(results, *values)) {
      b.setInsertionPointAfter(result.getDefiningOp());
      result.replaceAllUsesWith(arith::ConstantOp::create(
          b, result.getLoc(), cast<TypedAttr>(value)));
    }
    for (Operation *op : llvm::reverse(constant))
      if (op->use_empty())
        op->erase();
    return success();
  }
};
} // namespace
