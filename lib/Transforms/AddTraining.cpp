//===- AddTraining.cpp - The training step of a model ---------------------===//

#include "Logits.h"
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
        loc(recipe.function.getLoc()), function(recipe.function),
        optimizer(recipe.optimizer), initializer(recipe.initializer),
        schedule(recipe.schedule), parameters(std::move(recipe.parameters)),
        averages(std::move(recipe.averages)) {}

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
    function.walk([&](Operation *op) {
      Value scale;
      if (auto norm = dyn_cast<BatchNormOp>(op)) {
        scale = norm.getScale();
        if (dlc::hasAverages(norm))
          ones.insert(dlc::globalOf(norm.getVariance()));
      } else if (auto norm = dyn_cast<LayerNormOp>(op)) {
        scale = norm.getScale();
      } else if (auto norm = dyn_cast<GroupNormOp>(op)) {
        scale = norm.getScale();
      } else if (auto norm = dyn_cast<InstanceNormOp>(op)) {
        scale = norm.getScale();
      }
      if (scale && !dlc::globalOf(scale).empty())
        ones.insert(dlc::globalOf(scale));
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
      for (StringRef state : optimizer->states)
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
    if (options.loss != "cross_entropy" || options.target == "dense")
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
      for (StringRef attribute : {"dl.name", "dl.dims"})
        if (Attribute value = pristine.getArgAttr(i, attribute))
          added.setArgAttr(i, attribute, value);
    }
    added.setArgAttr(count, "dl.name", b.getStringAttr("target"));
    added.setResultAttr(0, "dl.name", b.getStringAttr("loss"));
    for (auto [i, metric] : llvm::enumerate(options.metrics))
      added.setResultAttr(i + 1, "dl.name", b.getStringAttr(metric));
  }

  /// Whether the loss takes classes along one dimension.
  bool hasClasses() const {
    return options.loss == "cross_entropy" || options.loss == "kl";
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
    StringRef name = options.loss;
    if (name == "mse")
      return MeanSquaredErrorOp::create(b, loc, y, target);
    if (name == "mae")
      return MeanAbsoluteErrorOp::create(b, loc, y, target);
    if (name == "binary_cross_entropy")
      return BinaryCrossEntropyOp::create(b, loc, logits(y), target);
    if (name == "hinge")
      return HingeOp::create(b, loc, y, target);
    if (name == "perceptron")
      return PerceptronCriterionOp::create(b, loc, y, target);
    Value scores = withClassesLast(logits(y));
    target = withClassesLast(target);
    if (name == "kl")
      return KlDivergenceOp::create(b, loc, scores, target);
    return CrossEntropyOp::create(b, loc, scores, target,
                                  APFloat(options.smoothing));
  }

  /// The logits of a result, if the loss takes logits.
  Value logits(Value y) {
    auto made = dlc::findProbabilities(y);
    return fits(made) ? dlc::takeLogits(b, y, made) : y;
  }
  bool fits(const dlc::Probabilities &made) const {
    return made.maker && isa<SigmoidOp>(made.maker) ==
                             (options.loss == "binary_cross_entropy");
  }

  Value metricOf(StringRef name, Value y, Value target) {
    if (name == "accuracy")
      // A logit above 0 is a probability above 1/2.
      return AccuracyOp::create(b, loc,
                                options.loss == "binary_cross_entropy"
                                    ? logits(y)
                                    : withClassesLast(y),
                                withClassesLast(target));
    if (name == "mae")
      return MeanAbsoluteErrorOp::create(b, loc, y, target);
    return MeanSquaredErrorOp::create(b, loc, y, target);
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
    for (const std::string &metric : options.metrics)
      values.push_back(metricOf(metric, y, target));
    if (isTraining) {
      SmallVector<Operation *> special;
      added.walk([&](Operation *op) {
        if (isa<BatchNormOp, DropoutOp>(op))
          special.push_back(op);
      });
      int64_t stream = 0;
      for (Operation *op : special) {
        if (auto dropout = dyn_cast<DropoutOp>(op)) {
          dropout.getStateMutable().assign(body.getArguments().back());
          dropout.setStream(stream++);
        } else if (auto norm = cast<BatchNormOp>(op); dlc::hasAverages(norm)) {
          normalizeByBatch(norm, values);
        }
      }
    }
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
    if ((options.loss == "cross_entropy" || options.loss == "kl") &&
        type.getRank() == 0)
      fail() << "loss " << options.loss << " of a result of type " << type
             << ", expected classes in a dimension";
    if (isRight && (hasClasses() || options.loss == "binary_cross_entropy"))
      findClasses(type, fail);
    if (!isRight)
      return false;
    if (isa<IntegerType>(targetType().getElementType()))
      for (const std::string &metric : options.metrics)
        if (metric != "accuracy")
          fail() << "metric " << metric
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
    Operation *wrong = made.hidden ? made.hidden : made.maker;
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
    if (options.axis != std::numeric_limits<int64_t>::min()) {
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

  /// Replaces running statistics by those of the batch, and appends the next
  /// values of the running ones to `values`.
  void normalizeByBatch(BatchNormOp norm, SmallVectorImpl<Value> &values) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(norm);
    if (!averages.contains(dlc::globalOf(norm.getMean())) ||
        !averages.contains(dlc::globalOf(norm.getVariance())))
      return; // frozen: stays in inference form
    auto training = BatchNormTrainingOp::create(
        b, norm.getLoc(), norm.getX(), norm.getScale(), norm.getOffset(),
        norm.getEpsilonAttr());
    norm.replaceAllUsesWith(training.getY());
    for (auto [old, now] :
         {std::pair<Value, Value>(norm.getMean(), training.getMean()),
          {norm.getVariance(), training.getVariance()}}) {
      TensorExpr before(b, norm.getLoc(), old);
      averaged.push_back(dlc::globalOf(old));
      double share = options.averaging;
      values.push_back(share * before + (1 - share) * before.with(now));
    }
    norm.erase();
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
            b, loc, step, schedule,
            APFloat(std::isnan(options.rate) ? optimizer->rate : options.rate),
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

  void update(ml_program::GlobalOp parameter, Value gradient, Value rate,
              Value count) {
    std::string name = parameter.getSymName().str();
    Value p = load(name);
    SmallVector<Value> states;
    for (StringRef state : optimizer->states)
      states.push_back(load(name + "." + state.str()));
    auto orUsual = [](double wanted, double usual) {
      return APFloat(std::isnan(wanted) ? usual : wanted);
    };
    APFloat decay =
        orUsual(options.weightDecay, optimizer->name == "adamw" ? 0.01 : 0.0);
    APFloat epsilon = orUsual(options.epsilon, optimizer->epsilon);
    Operation *step = nullptr;
    StringRef kind = optimizer->name;
    if (kind == "sgd")
      step = SgdOp::create(b, loc, p, gradient, rate, decay);
    else if (kind == "momentum" || kind == "nesterov")
      step = MomentumOp::create(b, loc, p, gradient, states[0], rate,
                                APFloat(options.momentum), kind == "nesterov",
                                decay);
    else if (kind == "adam" || kind == "adamw")
      step =
          AdamOp::create(b, loc, p, gradient, states[0], states[1], count, rate,
                         APFloat(options.beta1), APFloat(options.beta2),
                         epsilon, kind == "adamw", decay);
    else if (kind == "rmsprop")
      step = RmspropOp::create(b, loc, p, gradient, states[0], rate,
                               APFloat(options.rho), epsilon, decay);
    else
      step = AdagradOp::create(b, loc, p, gradient, states[0], rate, epsilon,
                               decay);
    store(name, step->getResult(0));
    for (auto [i, state] : llvm::enumerate(optimizer->states))
      store(name + "." + state.str(), step->getResult(i + 1));
  }

  void addInitialize() {
    auto seed = RankedTensorType::get({}, b.getI64Type());
    auto added = addFunction("initialize", {seed}, {}, /*isPublic=*/true);
    added.setArgAttr(0, "dl.name", b.getStringAttr("seed"));
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
                                         number, initializer));
      }
      for (StringRef state : optimizer->states)
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
  func::FuncOp function;
  func::FuncOp pristine; // the function with constant loads, in no module
  const dlc::Optimizer *optimizer;
  InitializerKind initializer;
  ScheduleKind schedule;
  int64_t classes = -1; // the dimension of the result with the classes
  SmallVector<ml_program::GlobalOp> parameters;
  llvm::SetVector<StringRef> averages; // running averages
  llvm::SetVector<StringRef> ones;     // parameters that are initialised to 1
  SmallVector<StringRef> averaged;     // in the order of the loss results
};

struct AddTraining : dlc::impl::AddTrainingBase<AddTraining> {
  using AddTrainingBase::AddTrainingBase;

  void runOnOperation() override {
    dlc::AddTrainingOptions options;
    options.function = function;
    options.loss = loss;
    options.target = target;
    options.smoothing = smoothing;
    options.axis = axis;
    options.metrics.assign(metrics.begin(), metrics.end());
    options.optimizer = optimizer;
    options.rate = rate;
    options.momentum = momentum;
    options.beta1 = beta1;
    options.beta2 = beta2;
    options.rho = rho;
    options.epsilon = epsilon;
    options.weightDecay = weightDecay;
    options.schedule = schedule;
    options.decay = decay;
    options.steps = steps;
    options.warmup = warmup;
    options.clipNorm = clipNorm;
    options.clipValue = clipValue;
    options.initializer = initializer;
    options.averaging = averaging;
    options.frozen.assign(frozen.begin(), frozen.end());
    auto recipe = dlc::readRecipe(getOperation(), options);
    if (failed(recipe) ||
        failed(Trainer(getOperation(), options, std::move(*recipe)).run()))
      signalPassFailure();
  }
};
} // namespace
