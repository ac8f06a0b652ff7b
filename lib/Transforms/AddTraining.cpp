//===- AddTraining.cpp - The training step of a model ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "FindLogits.h"
#include "TrainingRecipe.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace dlc::dl;
using formula::TensorExpr;

namespace dlc {
#define GEN_PASS_DEF_ADDTRAINING
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

namespace {

/// The seed and the step.
constexpr StringLiteral randomState = "training.random";

class Trainer {
public:
  Trainer(ModuleOp module, const dlc::AddTrainingOptions &options,
          dlc::TrainingRecipe recipe)
      : module(module), options(options), b(module.getContext()),
        loc(recipe.function.getLoc()), recipe(std::move(recipe)),
        function(this->recipe.function), parameters(this->recipe.parameters),
        averages(this->recipe.averages) {}

  LogicalResult run() {
    makeMutable();
    addStates();
    if (!checkTarget())
      return failure();
    addLoss(/*isTraining=*/true);
    addLoss(/*isTraining=*/false);
    addStep();
    addInitialize();
    return success();
  }

private:
  //===--------------------------------------------------------------------===//
  // Parameters
  //===--------------------------------------------------------------------===//

  bool isMutable(StringRef name) {
    auto global = module.lookupSymbol<ml_program::GlobalOp>(name);
    return global && global.getIsMutable();
  }

  void makeMutable() {
    for (ml_program::GlobalOp global : parameters)
      global.setIsMutable(true);
    for (StringRef name : averages)
      module.lookupSymbol<ml_program::GlobalOp>(name).setIsMutable(true);
    // Records roles before loads change: `initialize` must know which
    // parameters are scales.
    function.walk([&](UnitOperandsOpInterface op) {
      for (Value operand : op.getUnitOperands())
        if (operand && !dlc::globalOf(operand).empty())
          ones.insert(dlc::globalOf(operand));
    });
    pristine = function.clone();
    function.walk(
        [&](ml_program::GlobalLoadConstOp load) { replaceLoad(load); });
  }

  void replaceLoad(ml_program::GlobalLoadConstOp load) {
    if (!isMutable(dlc::globalOf(load)))
      return;
    OpBuilder at(load);
    Value now = ml_program::GlobalLoadOp::create(
        at, load.getLoc(), load.getType(), load.getGlobal());
    load.replaceAllUsesWith(now);
    load.erase();
  }

  ml_program::GlobalOp addGlobal(const Twine &name, TypedAttr value) {
    b.setInsertionPointAfter(parameters.back());
    return ml_program::GlobalOp::create(b, loc, name.str(), value.getType(),
                                        /*is_mutable=*/true, value,
                                        b.getStringAttr("private"));
  }

  void addStates() {
    for (ml_program::GlobalOp parameter : parameters)
      for (StringRef state : recipe.optimizer->states)
        addGlobal(parameter.getSymName() + "." + state,
                  cast<TypedAttr>(b.getZeroAttr(parameter.getType())));
    addGlobal(randomState,
              DenseElementsAttr::get(RankedTensorType::get({2}, b.getI64Type()),
                                     int64_t(0)));
  }

  Value load(StringRef name) {
    auto global = module.lookupSymbol<ml_program::GlobalOp>(name);
    return ml_program::GlobalLoadOp::create(
        b, loc, global.getType(), FlatSymbolRefAttr::get(b.getContext(), name));
  }
  void store(StringRef name, Value value) {
    ml_program::GlobalStoreOp::create(
        b, loc, FlatSymbolRefAttr::get(b.getContext(), name), value);
  }

  //===--------------------------------------------------------------------===//
  // The loss, in training and in inference form
  //===--------------------------------------------------------------------===//

  RankedTensorType targetType() {
    auto type = cast<RankedTensorType>(pristine.getResultTypes()[0]);
    if (!recipe.loss->takesNumbers || options.target == "dense")
      return type;
    Type element = options.target == "i32" ? b.getI32Type() : b.getI64Type();
    SmallVector<int64_t> shape(type.getShape());
    if (!shape.empty())
      shape.erase(shape.begin() + classes);
    return RankedTensorType::get(shape, element);
  }

  func::FuncOp addFunction(StringRef name, ArrayRef<Type> inputs,
                           ArrayRef<Type> results, bool isPublic) {
    b.setInsertionPointToEnd(module.getBody());
    auto added =
        func::FuncOp::create(b, loc, name, b.getFunctionType(inputs, results));
    if (!isPublic)
      added.setPrivate();
    b.setInsertionPointToStart(added.addEntryBlock());
    return added;
  }

  /// Names the arguments as in the model.
  void nameArguments(func::FuncOp added) {
    unsigned count = pristine.getNumArguments();
    for (unsigned i = 0; i < count; ++i) {
      for (StringRef attribute : {dlc::dl::nameAttr, dlc::dl::dimsAttr})
        if (Attribute value = pristine.getArgAttr(i, attribute))
          added.setArgAttr(i, attribute, value);
    }
    added.setArgAttr(count, dlc::dl::nameAttr, b.getStringAttr("target"));
    added.setResultAttr(0, dlc::dl::nameAttr, b.getStringAttr("loss"));
    for (auto [i, metric] : llvm::enumerate(options.metrics))
      added.setResultAttr(i + 1, dlc::dl::nameAttr, b.getStringAttr(metric));
  }

  /// Whether the loss takes classes along one dimension.
  bool hasClasses() const {
    return recipe.loss->scores == dlc::Scores::Classes;
  }

  /// Moves the dimension of classes to the end.
  Value withClassesLast(Value value) {
    int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
    if (!hasClasses() || rank < 2 || classes == rank - 1 ||
        rank != cast<RankedTensorType>(pristine.getResultTypes()[0]).getRank())
      return value;
    SmallVector<int64_t> permutation;
    for (int64_t d = 0; d < rank; ++d)
      if (d != classes)
        permutation.push_back(d);
    permutation.push_back(classes);
    return TransposeOp::create(b, loc, value, permutation);
  }

  Value lossOf(Value y, Value target) {
    return recipe.loss->build(b, loc, withClassesLast(logits(y)),
                              withClassesLast(target), options);
  }

  /// The logits of a result, if the loss takes logits.
  Value logits(Value y) {
    auto made = dlc::findProbabilities(y);
    return fits(made) ? dlc::takeLogits(b, y, made) : y;
  }
  bool fits(const dlc::Probabilities &made) const {
    auto wanted = isa_and_nonnull<SigmoidOp>(made.producer)
                      ? dlc::Scores::Logistic
                      : dlc::Scores::Classes;
    return made.producer && recipe.loss->scores == wanted;
  }

  Value metricOf(const dlc::Metric &metric, Value y, Value target) {
    if (!metric.isOfClasses)
      return metric.build(b, loc, y, target);
    // A logit above 0 is a probability above 1/2.
    Value scores = recipe.loss->scores == dlc::Scores::Logistic
                       ? logits(y)
                       : withClassesLast(y);
    return metric.build(b, loc, scores, withClassesLast(target));
  }

  void addLoss(bool isTraining) {
    SmallVector<Type> inputs(pristine.getArgumentTypes());
    inputs.push_back(targetType());
    auto type = cast<RankedTensorType>(pristine.getResultTypes()[0]);
    if (isTraining)
      inputs.push_back(RankedTensorType::get({2}, b.getI64Type()));
    SmallVector<Type> results(1 + options.metrics.size(),
                              type.clone(ArrayRef<int64_t>()));
    auto added = addFunction(isTraining ? lossName() : "evaluate", inputs,
                             results, !isTraining);
    Block &body = added.getBody().front();
    IRMapping mapping;
    Block &model = pristine.getBody().front();
    for (auto [old, now] : llvm::zip(model.getArguments(), body.getArguments()))
      mapping.map(old, now);
    for (Operation &op : model.without_terminator())
      b.clone(op, mapping);
    Value y = mapping.lookup(model.getTerminator()->getOperand(0));
    Value target = body.getArgument(pristine.getNumArguments());
    SmallVector<Value> values;
    values.push_back(lossOf(y, target));
    for (const dlc::Metric *metric : recipe.metrics)
      values.push_back(metricOf(*metric, y, target));
    if (isTraining)
      takeTrainingForms(added, values);
    SmallVector<ml_program::GlobalLoadConstOp> loads;
    added.walk(
        [&](ml_program::GlobalLoadConstOp load) { loads.push_back(load); });
    for (ml_program::GlobalLoadConstOp load : loads)
      replaceLoad(load);
    func::ReturnOp::create(b, loc, values);
    SmallVector<Type> types(ValueRange(values).getTypes());
    added.setFunctionType(b.getFunctionType(inputs, types));
    if (!isTraining) {
      nameArguments(added);
      requireSamples(added);
    }
  }

  /// Requires a sample, because the mean over no elements is NaN and would make
  /// every parameter NaN.
  void requireSamples(func::FuncOp added) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&added.getBody().front());
    Value target = added.getArgument(pristine.getNumArguments());
    auto type = cast<RankedTensorType>(target.getType());
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (!type.isDynamicDim(d))
        continue;
      Value isThere =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                tensor::DimOp::create(b, loc, target, d),
                                arith::ConstantIndexOp::create(b, loc, 0));
      dlc::codegen::RequireOp::create(
          b, loc, isThere,
          "'target' has no elements, expected one sample at "
          "least");
    }
  }

  /// Checks that loss and metrics apply to the result.
  bool checkTarget() {
    auto type = cast<RankedTensorType>(pristine.getResultTypes()[0]);
    bool isRight = true;
    auto fail = [&]() {
      isRight = false;
      return mlir::emitError(loc);
    };
    if (hasClasses() && type.getRank() == 0)
      fail() << "loss " << options.loss << " of a result of type " << type
             << ", expected classes in a dimension";
    if (isRight && recipe.loss->scores != dlc::Scores::Result)
      findClasses(type, fail);
    if (!isRight)
      return false;
    if (isa<IntegerType>(targetType().getElementType()))
      for (const dlc::Metric *metric : recipe.metrics)
        if (!metric->isOfClasses)
          fail() << "metric " << metric->name
                 << " of numbers of classes, expected target=dense or "
                    "accuracy";
    return isRight;
  }

  /// Finds the dimension of classes: the requested one, that of the softmax, or
  /// the last. Warns of probabilities that would count as logits.
  void findClasses(RankedTensorType type,
                   llvm::function_ref<InFlightDiagnostic()> fail) {
    Value y = pristine.getBody().front().getTerminator()->getOperand(0);
    auto made = dlc::findProbabilities(y);
    Operation *wrong = made.blocker ? made.blocker : made.producer;
    if (wrong && !isa<LogSoftmaxOp>(wrong) && !fits(made))
      emitWarning(wrong->getLoc())
          << "loss " << options.loss
          << " takes what this gives as logits, which are probabilities "
             "already: end the model before its softmax or logistic function, "
             "or with it";
    if (!hasClasses())
      return;
    int64_t rank = type.getRank();
    bool isSoftmax = fits(made);
    classes = rank - 1;
    if (options.axis != options.unknownAxis) {
      if (options.axis < -rank || options.axis >= rank) {
        fail() << "axis " << options.axis << " of a result of type " << type
               << ", expected " << -rank << " to " << rank - 1;
        return;
      }
      classes = wrapAxis(options.axis, rank);
      if (isSoftmax && made.axis && *made.axis != classes)
        fail() << "axis " << options.axis
               << " is not that of the softmax, which is " << *made.axis;
    } else if (isSoftmax) {
      if (!made.axis)
        fail() << "cannot tell which dimension of " << type
               << " the classes of the softmax are in, expected axis=...";
      classes = made.axis.value_or(classes);
    } else if (auto moved = y.getDefiningOp<TransposeOp>();
               moved && rank > 2 &&
               moved.getPermutation().drop_front().front() == rank - 1) {
      // Channels are first here, and the classes may be the channels.
      fail() << "loss " << options.loss << " of a result of type " << type
             << " that is channels-first, expected axis=1 or axis=-1 for the "
                "dimension of classes";
    }
  }

  std::string lossName() { return (function.getName() + ".loss").str(); }

  /// The training form of what has one; the next values of running averages
  /// join `values`. An op with a frozen average stays as it is at inference.
  void takeTrainingForms(func::FuncOp added, SmallVectorImpl<Value> &values) {
    SmallVector<TrainingFormOpInterface> ops;
    added.walk([&](TrainingFormOpInterface op) { ops.push_back(op); });
    int64_t stream = 0;
    for (TrainingFormOpInterface op : ops) {
      SmallVector<Value> old = op.getRunningAverages();
      SmallVector<StringRef> names = dlc::averagesOf(op);
      if (names.size() != old.size() || !llvm::all_of(names, [&](StringRef n) {
            return averages.contains(n);
          }))
        continue;
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(op);
      SmallVector<Value> made =
          op.buildTrainingForm(b, added.getArguments().back(), stream);
      stream += op.getStreamCount();
      ArrayRef<Value> now = ArrayRef(made).drop_front(op->getNumResults());
      for (auto [name, before, batch] : llvm::zip_equal(names, old, now)) {
        TensorExpr average(b, op.getLoc(), before);
        double share = options.averaging;
        averaged.push_back(name);
        values.push_back(share * average + (1 - share) * average.with(batch));
      }
      op->replaceAllUsesWith(ValueRange(made).take_front(op->getNumResults()));
      op->erase();
    }
  }

  //===--------------------------------------------------------------------===//
  // The functions
  //===--------------------------------------------------------------------===//

  void addStep() {
    auto loss = module.lookupSymbol<func::FuncOp>(lossName());
    SmallVector<Type> inputs(loss.getArgumentTypes().drop_back());
    SmallVector<Type> results(
        loss.getResultTypes().take_front(1 + options.metrics.size()));
    auto added = addFunction("step", inputs, results, /*isPublic=*/true);
    nameArguments(added);
    requireSamples(added);
    TensorExpr random(b, loc, load(randomState));
    SmallVector<Value> given(added.getArguments());
    given.push_back(random);
    SmallVector<Attribute> names;
    SmallVector<Type> types(loss.getResultTypes());
    for (ml_program::GlobalOp parameter : parameters) {
      names.push_back(FlatSymbolRefAttr::get(parameter.getSymNameAttr()));
      types.push_back(parameter.getType());
    }
    auto grad = GradOp::create(b, loc, types,
                               FlatSymbolRefAttr::get(loss.getSymNameAttr()),
                               given, ValueRange(), DenseI64ArrayAttr(),
                               b.getArrayAttr(names), b.getUnitAttr());
    SmallVector<Value> gradients(
        grad.getResults().drop_front(loss.getNumResults()));
    if (options.clipValue > 0)
      for (Value &gradient : gradients)
        gradient = ClipOp::create(b, loc, gradient,
                                  b.getF64FloatAttr(-options.clipValue),
                                  b.getF64FloatAttr(options.clipValue));
    if (options.clipNorm > 0) {
      auto clipped = ClipByGlobalNormOp::create(
          b, loc, gradients, b.getF64FloatAttr(options.clipNorm));
      gradients.assign(clipped.getResults().begin(),
                       clipped.getResults().end());
    }
    TensorExpr step = random.slice(0, 1, 2).reshape({});
    TensorExpr count = step + 1.0;
    llvm::DenseMap<Type, Value> rates;
    for (auto [parameter, gradient] : llvm::zip(parameters, gradients)) {
      Type element = getElementTypeOrSelf(parameter.getType());
      Value &rate = rates[element];
      if (!rate)
        rate = LearningRateOp::create(
            b, loc, step, recipe.schedule,
            orUsual(options.rate, recipe.optimizer->rate),
            APFloat(options.decay), options.steps, options.warmup, element);
      update(parameter, gradient, rate, count);
    }
    for (auto [i, name] : llvm::enumerate(averaged))
      store(name, grad.getResult(1 + options.metrics.size() + i));
    // Increments the step.
    Value one = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(random.type(), ArrayRef<int64_t>{0, 1}));
    store(randomState, random + random.with(one));
    func::ReturnOp::create(b, loc,
                           grad.getResults().take_front(results.size()));
  }

  static APFloat orUsual(double wanted, double usual) {
    return APFloat(std::isnan(wanted) ? usual : wanted);
  }

  void update(ml_program::GlobalOp parameter, Value gradient, Value rate,
              Value count) {
    std::string name = parameter.getSymName().str();
    Value p = load(name);
    SmallVector<Value> states;
    for (StringRef state : recipe.optimizer->states)
      states.push_back(load(name + "." + state.str()));
    const dlc::Optimizer &optimizer = *recipe.optimizer;
    Operation *step = optimizer.build(
        b, loc,
        {p, gradient, states, rate, count,
         orUsual(options.epsilon, optimizer.epsilon),
         orUsual(options.weightDecay, optimizer.decay), options});
    store(name, step->getResult(0));
    for (auto [i, state] : llvm::enumerate(optimizer.states))
      store(name + "." + state.str(), step->getResult(i + 1));
  }

  void addInitialize() {
    auto seed = RankedTensorType::get({}, b.getI64Type());
    auto added = addFunction("initialize", {seed}, {}, /*isPublic=*/true);
    added.setArgAttr(0, dlc::dl::nameAttr, b.getStringAttr("seed"));
    TensorExpr given(b, loc, added.getArgument(0));
    TensorExpr state = formula::concat(
        {given.reshape({1}), given.with(given.constant(0)).reshape({1})}, 0);
    int64_t stream = 0;
    auto filled = [&](RankedTensorType type, double number) -> Value {
      return arith::ConstantOp::create(
          b, loc,
          DenseElementsAttr::get(
              type,
              cast<FloatAttr>(b.getFloatAttr(type.getElementType(), number))
                  .getValue()));
    };
    for (ml_program::GlobalOp parameter : parameters) {
      StringRef name = parameter.getSymName();
      auto type = cast<RankedTensorType>(parameter.getType());
      if (ones.contains(name) || type.getRank() < 2) {
        store(name, filled(type, ones.contains(name) ? 1 : 0));
      } else {
        // One stream each, distinct from those of dropout.
        int64_t number = (int64_t(1) << 31) + stream++;
        store(name, InitializeOp::create(b, loc, type, state, ValueRange(),
                                         number, recipe.initializer));
      }
      for (StringRef state : recipe.optimizer->states)
        store((name + "." + state).str(), filled(type, 0));
    }
    for (StringRef name : averages) {
      auto global = module.lookupSymbol<ml_program::GlobalOp>(name);
      store(name, filled(cast<RankedTensorType>(global.getType()),
                         ones.contains(name) ? 1 : 0));
    }
    store(randomState, state);
    func::ReturnOp::create(b, loc);
    pristine.erase();
  }

  ModuleOp module;
  const dlc::AddTrainingOptions &options;
  OpBuilder b;
  Location loc;
  dlc::TrainingRecipe recipe;
  func::FuncOp function;
  func::FuncOp pristine; // the function with constant loads, in no module
  int64_t classes = -1;  // the dimension of the result with the classes
  SmallVector<ml_program::GlobalOp> &parameters;
  llvm::SetVector<StringRef> &averages; // running averages
  llvm::SetVector<StringRef> ones;      // parameters that are initialised to 1
  SmallVector<StringRef> averaged;      // in the order of the loss results
};

struct AddTraining : dlc::impl::AddTrainingBase<AddTraining> {
  explicit AddTraining(const dlc::AddTrainingOptions &options = {}) {
    addWords(options);
  }
  // The options of a copy are set by Pass::clone.
  AddTraining(const AddTraining &other) : AddTrainingBase(other) {
    addWords({});
  }

  void runOnOperation() override {
    dlc::AddTrainingOptions options;
    for (auto &read : readers)
      read(options);
    auto recipe = dlc::readRecipe(getOperation(), options);
    if (failed(recipe) ||
        failed(Trainer(getOperation(), options, std::move(*recipe)).run()))
      signalPassFailure();
  }

private:
  void addWords(const dlc::AddTrainingOptions &options) {
    // Options refer to their help.
    static const auto helps =
        llvm::map_to_vector(dlc::trainingWords(), &dlc::helpOf);
    for (auto [word, help] : llvm::zip_equal(dlc::trainingWords(), helps))
      std::visit(
          [&, &word = word, &help = help](auto place) {
            addWord(word.name, help, place, options.*place);
          },
          word.place);
  }

  template <typename T>
  void addWord(StringRef name, StringRef help,
               T dlc::AddTrainingOptions::*place, const T &value) {
    using OptionT =
        std::conditional_t<std::is_same_v<T, SmallVector<std::string>>,
                           ListOption<std::string>, Option<T>>;
    auto option = std::make_shared<OptionT>(*this, name, llvm::cl::desc(help));
    if constexpr (std::is_same_v<OptionT, Option<T>>)
      option->setInitialValue(value);
    else
      *option = ArrayRef<std::string>(value);
    readers.push_back([place, option](dlc::AddTrainingOptions &options) {
      if constexpr (std::is_same_v<OptionT, Option<T>>)
        options.*place = option->getValue();
      else
        options.*place = llvm::to_vector(**option);
    });
  }

  /// Each holds an option of the pass, and copies its value to where it
  /// belongs.
  SmallVector<std::function<void(dlc::AddTrainingOptions &)>> readers;
};
} // namespace

std::unique_ptr<Pass>
dlc::createAddTraining(const dlc::AddTrainingOptions &options) {
  return std::make_unique<AddTraining>(options);
}
