//===- Differentiate.cpp - dl.grad replaced by derivatives ----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rules.h"
#include "dlc/Autodiff/Autodiff.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "dlc/Autodiff/Passes.h.inc"
} // namespace dlc

using namespace dlc;

void dlc::registerDerivatives(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, dl::DLDialect *) {
    attachLinearRules(context);
    attachConvolutionRules(context);
    attachPoolingRules(context);
    attachNormalizationRules(context);
    attachReductionRules(context);
    attachShapeRules(context);
    attachIndexingRules(context);
    attachDetectionRules(context);
    attachScanRules(context);
  });
  registry.addExtension(+[](MLIRContext *context, scf::SCFDialect *) {
    attachBranchRules(context);
  });
  registry.addExtension(+[](MLIRContext *context, linalg::LinalgDialect *) {
    attachGenericRules(context);
  });
}

namespace {

/// Inlines the body of a function at the insertion point, including calls
/// inside it.
class Inliner {
public:
  Inliner(OpBuilder &b, SymbolTableCollection &symbols)
      : b(b), symbols(symbols) {}

  /// Returns the values of the results; `ops` receives the emitted ops.
  FailureOr<SmallVector<Value>> run(func::FuncOp function, ValueRange inputs,
                                    SmallVectorImpl<Operation *> &ops,
                                    Operation *user) {
    if (!function.getBody().hasOneBlock())
      return user->emitError("differentiates @")
             << function.getName() << ", whose body has several blocks, "
             << "expected structured control flow (dl.scan, scf.if)";
    if (!open.insert(function).second)
      return user->emitError("differentiates @")
             << function.getName() << ", which calls itself";
    raiseLoops(function);
    IRMapping mapping;
    Block &body = function.getBody().front();
    mapping.map(body.getArguments(), inputs);
    for (Operation &op : body.without_terminator()) {
      auto call = dyn_cast<func::CallOp>(op);
      if (!call) {
        ops.push_back(b.clone(op, mapping));
        continue;
      }
      auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(
          call, call.getCalleeAttr());
      if (!callee || callee.isExternal())
        return call.emitError("calls ")
               << call.getCalleeAttr() << ", which has no body";
      SmallVector<Value> operands;
      for (Value operand : call.getOperands())
        operands.push_back(mapping.lookup(operand));
      auto results = run(callee, operands, ops, call);
      if (failed(results))
        return failure();
      mapping.map(call.getResults(), *results);
    }
    open.erase(function);
    SmallVector<Value> results;
    for (Value value : body.getTerminator()->getOperands())
      results.push_back(mapping.lookupOrDefault(value));
    return results;
  }

private:
  OpBuilder &b;
  SymbolTableCollection &symbols;
  llvm::DenseSet<Operation *> open;
};

class Differentiator {
public:
  explicit Differentiator(DifferentiationOptions how) : how(how) {}

  /// Replaces the dl.grad ops of a function. The functions that they
  /// differentiate are processed first.
  LogicalResult process(func::FuncOp function) {
    auto [it, isNew] = states.try_emplace(function, Working);
    if (!isNew) {
      if (it->second == Working)
        return function.emitError("function '")
               << function.getName() << "' takes part in its own derivative";
      return success(it->second == Done);
    }
    SmallVector<dl::GradOp> grads;
    LogicalResult result = success();
    function.walk([&](Operation *op) {
      FlatSymbolRefAttr callee;
      if (auto grad = dyn_cast<dl::GradOp>(op)) {
        grads.push_back(grad);
        callee = grad.getCalleeAttr();
      } else if (auto call = dyn_cast<func::CallOp>(op)) {
        callee = call.getCalleeAttr();
      }
      if (!callee)
        return;
      auto inner =
          symbols.lookupNearestSymbolFrom<func::FuncOp>(function, callee);
      if (inner && failed(process(inner)))
        result = failure();
    });
    if (succeeded(result))
      for (dl::GradOp grad : grads)
        if (failed(differentiate(grad)))
          result = failure();
    states[function] = succeeded(result) ? Done : Failed;
    return result;
  }

  LogicalResult differentiate(dl::GradOp op) {
    OpBuilder b(op);
    auto callee =
        symbols.lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
    SmallVector<Operation *> ops;
    // Each argument gets a value of its own, because one value may be passed
    // for two arguments.
    SmallVector<Value> inputs;
    for (Value input : op.getInputs())
      inputs.push_back(UnrealizedConversionCastOp::create(
                           b, op.getLoc(), input.getType(), input)
                           .getResult(0));
    auto values = Inliner(b, symbols).run(callee, inputs, ops, op);
    if (failed(values))
      return failure();
    decomposeAll(ops, *values);
    if (failed(groupScans(ops, *values, how)))
      return failure();

    // The differentiated ops are between these two markers.
    Location loc = op.getLoc();
    OpBuilder front(ops.empty() ? op : ops.front());
    Operation *begin = arith::ConstantIndexOp::create(front, loc, 0);
    Operation *turn = arith::ConstantIndexOp::create(b, loc, 0);

    Gradients gradients(b, how);
    for (int64_t i : op.getArguments())
      gradients.want(inputs[i]);
    ParameterReads reads = wantParameters(op, ops, gradients);
    gradients.findActive(ops);
    gradients.loc = op.getLoc();
    // A loss that does not depend on any wanted value has no gradient.
    if (op.getSeeds().empty()) {
      if (Value loss = values->front(); gradients.needs(loss))
        gradients.add(loss, gradients.at(loss).constant(1));
    } else {
      for (auto [value, seed] : llvm::zip(*values, op.getSeeds()))
        if (isDifferentiable(value.getType()))
          gradients.add(value, seed);
    }
    if (failed(gradients.run(ops)))
      return failure();
    gradients.loc = op.getLoc();
    SmallVector<Value> results;
    if (op.getWithValue())
      for (Value value : *values)
        results.push_back(gradients.current(value));
    for (int64_t i : op.getArguments())
      results.push_back(gradients.getOrZero(inputs[i]));
    for (auto &[name, loads] : reads)
      results.push_back(parameterGradient(op, name, loads, gradients, b));
    for (auto [old, now] : llvm::zip(op.getResults(), results)) {
      if (now.getType() != old.getType())
        now = tensor::CastOp::create(b, op.getLoc(), old.getType(), now);
      old.replaceAllUsesWith(now);
    }
    if (how.memory > 0 && failed(recomputeLayers(begin, turn, op, how.memory)))
      return failure();
    begin->erase();
    turn->erase();
    op.erase();
    for (Value input : inputs) {
      auto cast = input.getDefiningOp<UnrealizedConversionCastOp>();
      input.replaceAllUsesWith(cast.getOperand(0));
      cast.erase();
    }
    return success();
  }

private:
  /// The values that read each parameter: several ops may read the same global.
  using ParameterReads = llvm::MapVector<StringAttr, SmallVector<Value>>;

  /// Wants the gradients of the parameters of `op`. One that a cell reads
  /// becomes a live-in value of the cell: its load moves to the front of `ops`.
  static ParameterReads wantParameters(dl::GradOp op,
                                       SmallVectorImpl<Operation *> &ops,
                                       Gradients &gradients) {
    ParameterReads reads;
    if (ArrayAttr parameters = op.getParametersAttr())
      for (auto name : parameters.getAsRange<FlatSymbolRefAttr>())
        reads[name.getAttr()];
    SmallVector<Operation *> loads;
    for (Operation *one : ops)
      one->walk([&](Operation *inner) {
        SymbolRefAttr name;
        if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(inner))
          name = load.getGlobal();
        else if (auto load = dyn_cast<ml_program::GlobalLoadOp>(inner))
          name = load.getGlobal();
        if (!name)
          return;
        auto *it = reads.find(name.getRootReference());
        if (it == reads.end())
          return;
        it->second.push_back(inner->getResult(0));
        gradients.want(inner->getResult(0));
        if (inner != one)
          loads.push_back(inner);
      });
    for (Operation *load : loads) {
      load->moveBefore(ops.front());
      ops.insert(ops.begin(), load);
    }
    return reads;
  }

  /// Returns the sum of the gradients of all reads of a parameter: zeros where
  /// the loss does not depend on it.
  Value parameterGradient(dl::GradOp op, StringAttr name, ArrayRef<Value> loads,
                          Gradients &gradients, OpBuilder &b) {
    Value sum;
    for (Value load : loads)
      if (Value one = gradients.get(load))
        sum = sum ? Value(gradients.at(sum) + gradients.at(one)) : one;
    if (sum)
      return sum;
    auto global = symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(
        op, FlatSymbolRefAttr::get(name));
    auto type = cast<RankedTensorType>(global.getType());
    Value zero = arith::ConstantOp::create(
        b, op.getLoc(),
        cast<TypedAttr>(b.getZeroAttr(type.clone(ArrayRef<int64_t>()))));
    return dl::BroadcastOp::create(b, op.getLoc(), type, zero, ValueRange());
  }

  enum State { Working, Done, Failed };
  DenseMap<Operation *, State> states;
  SymbolTableCollection symbols;
  DifferentiationOptions how;
};

struct Differentiate : dlc::impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;

  void runOnOperation() override {
    bool valid = true;
    for (auto [name, value] :
         {std::pair<StringRef, int64_t>("recompute", recompute),
          {"truncate", truncate}})
      if (value < 0) {
        getOperation().emitError()
            << name << " " << value << ", expected 0 or a number of steps";
        valid = false;
      }
    Differentiator differentiator({recompute, memory, truncate});
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      valid &= succeeded(differentiator.process(function));
    if (!valid)
      signalPassFailure();
  }
};
} // namespace
