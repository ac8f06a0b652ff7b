//===- FoldConstants.cpp - Constants computed while compiling -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "dlc/Transforms/Passes.h.inc"

const EvaluatorInterface *getEvaluator(MLIRContext *context) {
  auto *dialect = context->getLoadedDialect<dl::DLDialect>();
  return dialect ? dialect->getRegisteredInterface<EvaluatorInterface>()
                 : nullptr;
}

bool isConstantSource(Operation *op) {
  return isa<ml_program::GlobalLoadConstOp, arith::ConstantOp>(op);
}
} // namespace dlc

using namespace dlc;

/// Bytes of a value; less than 0 where an extent is unknown.
static int64_t knownBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return -1;
  return bytesOf(tensor);
}

namespace {
struct FoldConstants : dlc::impl::FoldConstantsBase<FoldConstants> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() override {
    evaluator = getEvaluator(&getContext());
    if (!evaluator) {
      getOperation().emitError(
          "constants cannot be computed here: the context has no evaluator, "
          "which dlc::registerEvaluator gives it");
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(fold(function)))
        return signalPassFailure();
    // Removes weights that are no longer read.
    SymbolTableCollection symbols;
    for (auto global : llvm::make_early_inc_range(
             getOperation().getOps<ml_program::GlobalOp>()))
      if (!global.getIsMutable() && global.isPrivate() &&
          SymbolTable::symbolKnownUseEmpty(global, getOperation())) {
        llvm::erase_if(replaced,
                       [&](auto &entry) { return entry.second == global; });
        global.erase();
      }
    renameGlobals();
  }

  /// Results of at most this many bytes in total are not folded where they are
  /// computed from splats only.
  static constexpr int64_t fewBytes = 256;

  static bool isSplat(Operation *source) {
    auto constant = dyn_cast<arith::ConstantOp>(source);
    auto value = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                          : DenseElementsAttr();
    return value && value.isSplat();
  }

  /// The value of a source that is too large to be a constant in code.
  DenseResourceElementsAttr largeValue(Operation *op) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      return dyn_cast<DenseResourceElementsAttr>(constant.getValue());
    if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op)) {
      auto global = getOperation().lookupSymbol<ml_program::GlobalOp>(
          load.getGlobal().getLeafReference());
      if (global && global.getValue())
        return dyn_cast<DenseResourceElementsAttr>(*global.getValue());
    }
    return {};
  }

  /// The names of the constant globals that an op is computed from.
  static llvm::SmallSetVector<StringAttr, 2>
  readGlobals(Operation *op, const llvm::SetVector<Operation *> &constant) {
    llvm::SmallSetVector<StringAttr, 2> names;
    llvm::SetVector<Operation *> slice;
    slice.insert(op);
    for (size_t at = 0; at < slice.size(); ++at) {
      if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(slice[at]))
        names.insert(load.getGlobal().getLeafReference());
      for (Value operand : slice[at]->getOperands())
        if (constant.contains(operand.getDefiningOp()))
          slice.insert(operand.getDefiningOp());
    }
    return names;
  }

  /// Reads a new global. It is renamed to the old one if that is no longer
  /// read.
  Value replaceGlobal(OpBuilder &b, Value result, ElementsAttr value,
                      StringAttr name) {
    auto old = getOperation().lookupSymbol<ml_program::GlobalOp>(name);
    OpBuilder at(old);
    auto global = ml_program::GlobalOp::create(
        at, old.getLoc(), (name.getValue() + ".1").str(), result.getType(),
        /*is_mutable=*/false, value, old.getSymVisibilityAttr());
    SymbolTable(getOperation()).insert(global);
    replaced.push_back({name, global});
    return ml_program::GlobalLoadConstOp::create(
        b, result.getLoc(), result.getType(),
        FlatSymbolRefAttr::get(global.getSymNameAttr()));
  }

  /// Renames a global that alone replaces another one that has been removed.
  void renameGlobals() {
    llvm::DenseMap<StringAttr, int64_t> count;
    for (auto &[name, global] : replaced)
      ++count[name];
    for (auto &[name, global] : replaced)
      if (count[name] == 1 && !getOperation().lookupSymbol(name) &&
          succeeded(SymbolTable::replaceAllSymbolUses(global.getSymNameAttr(),
                                                      name, getOperation())))
        global.setSymNameAttr(name);
  }

  const EvaluatorInterface *evaluator = nullptr;
  SmallVector<std::pair<StringAttr, ml_program::GlobalOp>> replaced;

  /// Returns the ops, in order, whose operands are all constant.
  static llvm::SetVector<Operation *> findConstantOps(func::FuncOp function) {
    llvm::SetVector<Operation *> constant;
    function.walk([&](Operation *op) {
      bool isConstant =
          isConstantSource(op) ||
          (isa<dl::DLDialect>(op->getDialect()) && op->getNumRegions() == 0 &&
           op->getNumResults() &&
           (op->getNumOperands() || isa<dl::IotaOp>(op)) &&
           llvm::all_of(op->getOperands(), [&](Value v) {
             return v.getDefiningOp() && constant.contains(v.getDefiningOp());
           }));
      if (isConstant)
        constant.insert(op);
    });
    return constant;
  }

  /// Returns the results of constant ops that are used outside these and whose
  /// folding pays: small ones, and those that remove at least half as many
  /// bytes as they add, as with weights that get a few more channels.
  SmallVector<Value>
  findResultsToFold(const llvm::SetVector<Operation *> &constant) {
    SmallVector<Value> results;
    for (Operation *op : constant) {
      if (isConstantSource(op))
        continue;
      for (Value result : op->getResults()) {
        bool leaves = llvm::any_of(result.getUsers(), [&](Operation *user) {
          return !constant.contains(user);
        });
        int64_t bytes = knownBytes(result.getType());
        if (!leaves || bytes < 0)
          continue;
        // Folding removes an operand that only constant ops read. This includes
        // one that is split into parts.
        int64_t replaced = 0;
        for (Value operand : op->getOperands())
          if (llvm::all_of(operand.getUsers(), [&](Operation *user) {
                return constant.contains(user);
              }))
            replaced = std::max(replaced, knownBytes(operand.getType()));
        if (keepParameters && readGlobals(op, constant).size() > 1)
          continue;
        if (bytes <= limit || bytes <= 2 * replaced)
          results.push_back(result);
      }
    }
    return results;
  }

  /// Returns the constant ops, in order, that `results` are computed from.
  static llvm::SetVector<Operation *>
  findNeededOps(ArrayRef<Value> results,
                const llvm::SetVector<Operation *> &constant) {
    llvm::SetVector<Operation *> needed;
    std::function<void(Operation *)> need = [&](Operation *op) {
      if (!constant.contains(op) || needed.contains(op))
        return;
      for (Value operand : op->getOperands())
        need(operand.getDefiningOp());
      needed.insert(op);
    };
    for (Value result : results)
      need(result.getDefiningOp());
    return needed;
  }

  /// Whether folding would cost a compilation here and save nothing: LLVM folds
  /// a few values that are computed from splats.
  static bool isLeftToLLVM(ArrayRef<Value> results,
                           const llvm::SetVector<Operation *> &needed) {
    int64_t total = 0;
    for (Value result : results)
      total += knownBytes(result.getType());
    return total <= fewBytes && llvm::all_of(needed, [](Operation *op) {
             return !isConstantSource(op) || isSplat(op);
           });
  }

  /// Builds a module with a single function @evaluate that returns `results`.
  /// Large constants become its arguments: their values are appended to
  /// `inputs`.
  OwningOpRef<ModuleOp>
  buildEvaluation(Location loc, ArrayRef<Value> results,
                  const llvm::SetVector<Operation *> &needed,
                  SmallVectorImpl<DenseResourceElementsAttr> &inputs) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
    OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
    IRMapping mapping;
    for (auto global : getOperation().getOps<ml_program::GlobalOp>())
      if (!isa_and_present<DenseResourceElementsAttr>(
              global.getValue().value_or(Attribute())))
        b.clone(*global);
    SmallVector<Type> inputTypes;
    SmallVector<Operation *> large;
    for (Operation *op : needed)
      if (DenseResourceElementsAttr value = largeValue(op)) {
        large.push_back(op);
        inputs.push_back(value);
        inputTypes.push_back(op->getResult(0).getType());
      }
    auto evaluate = func::FuncOp::create(
        b, loc, "evaluate",
        b.getFunctionType(inputTypes, ValueRange(results).getTypes()));
    b.setInsertionPointToStart(evaluate.addEntryBlock());
    for (auto [op, argument] : llvm::zip(large, evaluate.getArguments()))
      mapping.map(op->getResult(0), argument);
    for (Operation *op : needed)
      if (!mapping.contains(op->getResult(0)))
        b.clone(*op, mapping);
    SmallVector<Value> returned;
    for (Value result : results)
      returned.push_back(mapping.lookup(result));
    func::ReturnOp::create(b, loc, returned);
    return module;
  }

  LogicalResult fold(func::FuncOp function) {
    llvm::SetVector<Operation *> constant = findConstantOps(function);
    SmallVector<Value> results = findResultsToFold(constant);
    if (results.empty())
      return success();
    llvm::SetVector<Operation *> needed = findNeededOps(results, constant);
    if (isLeftToLLVM(results, needed))
      return success();
    SmallVector<DenseResourceElementsAttr> inputs;
    OwningOpRef<ModuleOp> module =
        buildEvaluation(function.getLoc(), results, needed, inputs);
    FailureOr<std::vector<ElementsAttr>> values =
        evaluator->evaluate(*module, inputs);
    if (failed(values))
      return function.emitError("could not evaluate constant operations");
    OpBuilder b(function);
    for (auto [result, value] : llvm::zip(results, *values)) {
      Operation *op = result.getDefiningOp();
      auto globals = readGlobals(op, constant);
      b.setInsertionPointAfter(op);
      result.replaceAllUsesWith(
          keepParameters && !globals.empty()
              ? replaceGlobal(b, result, value, globals.front())
              : arith::ConstantOp::create(b, result.getLoc(),
                                          cast<TypedAttr>(value))
                    .getResult());
    }
    for (Operation *op : llvm::reverse(constant))
      if (op->use_empty())
        op->erase();
    return success();
  }
};
} // namespace
