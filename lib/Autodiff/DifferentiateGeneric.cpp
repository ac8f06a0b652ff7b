//===- DifferentiateGeneric.cpp - linalg ops by their scalar bodies -------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Models of other front ends arrive as linalg. The gradient with respect to an
// input is one more generic op over the same loops. It recomputes the scalars
// of the body, differentiates them in reverse, and sums over the loops that the
// input does not have.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace dlc;

namespace {

/// Reverse mode over the scalars of a body.
class ScalarGradients {
public:
  ScalarGradients(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  void add(Value value, Value gradient) {
    Value &before = reached[value];
    before = before
                 ? arith::AddFOp::create(b, loc, before, gradient).getResult()
                 : gradient;
  }
  Value get(Value value) const { return reached.lookup(value); }

  /// Adds to the cotangents of the operands of an op. Fails if the op has no
  /// rule.
  LogicalResult differentiate(Operation *op) {
    Value g = get(op->getResult(0));
    auto x = [&](unsigned i = 0) { return op->getOperand(i); };
    Value y = op->getResult(0);
    if (isa<arith::AddFOp>(op)) {
      add(x(0), g);
      add(x(1), g);
    } else if (isa<arith::SubFOp>(op)) {
      add(x(0), g);
      add(x(1), neg(g));
    } else if (isa<arith::MulFOp>(op)) {
      add(x(0), mul(g, x(1)));
      add(x(1), mul(g, x(0)));
    } else if (isa<arith::DivFOp>(op)) {
      Value share = div(g, x(1));
      add(x(0), share);
      add(x(1), neg(mul(share, y)));
    } else if (isa<arith::NegFOp>(op)) {
      add(x(), neg(g));
    } else if (isa<arith::MaximumFOp, arith::MaxNumFOp>(op)) {
      choose(compare(arith::CmpFPredicate::OGE, x(0), x(1)), x(0), x(1), g);
    } else if (isa<arith::MinimumFOp, arith::MinNumFOp>(op)) {
      choose(compare(arith::CmpFPredicate::OLE, x(0), x(1)), x(0), x(1), g);
    } else if (isa<arith::SelectOp>(op)) {
      choose(x(0), x(1), x(2), g);
    } else if (isa<arith::ExtFOp>(op)) {
      add(x(), arith::TruncFOp::create(b, loc, x().getType(), g));
    } else if (isa<arith::TruncFOp>(op)) {
      add(x(), arith::ExtFOp::create(b, loc, x().getType(), g));
    } else if (isa<math::ExpOp>(op)) {
      add(x(), mul(g, y));
    } else if (isa<math::LogOp>(op)) {
      add(x(), div(g, x()));
    } else if (isa<math::SqrtOp>(op)) {
      add(x(), div(mul(number(g, 0.5), g), y));
    } else if (isa<math::RsqrtOp>(op)) {
      add(x(), mul(mul(number(g, -0.5), g), mul(y, mul(y, y))));
    } else if (isa<math::TanhOp>(op)) {
      Value rest = arith::SubFOp::create(b, loc, number(g, 1), mul(y, y));
      add(x(), mul(g, rest));
    } else if (isa<math::SinOp>(op)) {
      add(x(), mul(g, math::CosOp::create(b, loc, x())));
    } else if (isa<math::CosOp>(op)) {
      add(x(), neg(mul(g, math::SinOp::create(b, loc, x()))));
    } else if (isa<math::ErfOp>(op)) {
      Value bell = math::ExpOp::create(b, loc, neg(mul(x(), x())));
      add(x(), mul(mul(number(g, 1.12837916709551257390), g), bell));
    } else if (isa<math::AbsFOp>(op)) {
      choose(compare(arith::CmpFPredicate::OGE, x(), number(g, 0)), x(), {}, g);
      add(x(),
          arith::SelectOp::create(
              b, loc, compare(arith::CmpFPredicate::OLT, x(), number(g, 0)),
              neg(g), number(g, 0)));
    } else {
      return failure();
    }
    return success();
  }

private:
  Value number(Value like, double value) {
    return arith::ConstantOp::create(b, loc,
                                     b.getFloatAttr(like.getType(), value));
  }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value neg(Value x) { return arith::NegFOp::create(b, loc, x); }
  Value compare(arith::CmpFPredicate how, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, how, x, y);
  }
  /// Adds g to x where the condition holds, else to y, which may be null.
  void choose(Value condition, Value x, Value y, Value g) {
    Value zero = number(g, 0);
    add(x, arith::SelectOp::create(b, loc, condition, g, zero));
    if (y)
      add(y, arith::SelectOp::create(b, loc, condition, zero, g));
  }

  OpBuilder &b;
  Location loc;
  llvm::DenseMap<Value, Value> reached;
};

/// Returns the value that the body of `generic` adds to its sum, or that it
/// yields where nothing is reduced. Null if it reduces by something else than a
/// sum: only in a sum each term gets the cotangent unchanged.
Value findTerm(linalg::GenericOp generic) {
  Block &body = generic.getRegion().front();
  Value yielded = body.getTerminator()->getOperand(0);
  if (generic.getNumReductionLoops() == 0)
    return yielded;
  Value accumulator = body.getArguments().back();
  auto add = yielded.getDefiningOp<arith::AddFOp>();
  if (!add || !accumulator.hasOneUse() ||
      (add.getLhs() != accumulator && add.getRhs() != accumulator))
    return Value();
  return add.getLhs() == accumulator ? add.getRhs() : add.getLhs();
}

/// Builds the gradient of `generic` by one of its operands, which it reads by
/// `map`. `g` is the cotangent of its result, `zeros` a tensor of the operand's
/// shape. Fails where an op of the body has no derivative: `name` is the op of
/// the message.
FailureOr<Value> gradientByOperand(linalg::GenericOp generic, unsigned number,
                                   AffineMap map, Value g, Value zeros,
                                   OperationName name, OpBuilder &b) {
  Block &body = generic.getRegion().front();
  Value term = findTerm(generic);
  // Operands: inputs, initial value, cotangent. Loops that the input lacks
  // are reductions.
  SmallVector<Value> inputs(generic->getOperands());
  inputs.push_back(g);
  SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
  maps.append({maps.back(), map});
  SmallVector<utils::IteratorType> iterators(generic.getNumLoops(),
                                             utils::IteratorType::reduction);
  for (AffineExpr expr : map.getResults())
    iterators[cast<AffineDimExpr>(expr).getPosition()] =
        utils::IteratorType::parallel;
  LogicalResult valid = success();
  auto gradient = linalg::GenericOp::create(
      b, generic.getLoc(), zeros.getType(), inputs, ValueRange{zeros}, maps,
      iterators, [&](OpBuilder &inner, Location loc, ValueRange args) {
        IRMapping mapping;
        mapping.map(body.getArguments(), args.drop_back(2));
        SmallVector<Operation *> ops;
        for (Operation &op : body.without_terminator())
          ops.push_back(inner.clone(op, mapping));
        ScalarGradients scalars(inner, loc);
        scalars.add(mapping.lookupOrDefault(term), args[args.size() - 2]);
        for (Operation *op : llvm::reverse(ops)) {
          if (op->getNumResults() != 1 || !scalars.get(op->getResult(0)) ||
              isa<arith::ConstantOp>(op))
            continue;
          if (failed(scalars.differentiate(op)))
            valid = op->emitError("'")
                    << op->getName() << "' op has no derivative in the body "
                    << "of '" << name << "'";
        }
        Value sum = args.back();
        if (Value more = scalars.get(args[number]))
          sum = arith::AddFOp::create(inner, loc, sum, more);
        linalg::YieldOp::create(inner, loc, sum);
      });
  if (failed(valid))
    return failure();
  return gradient.getResult(0);
}

LogicalResult differentiateStructured(linalg::LinalgOp named, Gradients &d) {
  if (named->getNumResults() != 1 || !named.hasPureTensorSemantics())
    return named->emitError("'")
           << named->getName() << "' op has no derivative, expected one result "
           << "and tensors";
  // A named op has the same body as its generic form.
  OpBuilder &b = d.b;
  auto generic = dyn_cast<linalg::GenericOp>(named.getOperation());
  bool isNamed = !generic;
  if (isNamed) {
    IRRewriter rewriter(b.getContext());
    rewriter.setInsertionPointAfter(named);
    auto copy = cast<linalg::LinalgOp>(rewriter.clone(*named));
    rewriter.setInsertionPoint(copy);
    auto result = linalg::generalizeNamedOp(rewriter, copy);
    if (failed(result))
      return named->emitError("'")
             << named->getName() << "' op has no derivative";
    generic = *result;
  }
  LogicalResult valid = success();
  unsigned init = generic.getDpsInitOperand(0)->getOperandNumber();
  bool isReduction = generic.getNumReductionLoops() > 0;
  if (!findTerm(generic))
    valid = named->emitError("'")
            << named->getName() << "' op has no derivative: it reduces by "
            << "something else than a sum";
  Value g = d.of(named->getResult(0));
  for (OpOperand &operand : named->getOpOperands()) {
    unsigned number = operand.getOperandNumber();
    if (failed(valid) || !d.needs(operand.get()))
      continue;
    if (number == init && isReduction) {
      d.add(operand.get(), g);
      continue;
    }
    AffineMap map =
        generic.getMatchingIndexingMap(&generic->getOpOperand(number));
    if (!map.isProjectedPermutation()) {
      valid = named->emitError("'")
              << named->getName() << "' op has no derivative by operand "
              << number << " with indexing map " << AffineMapAttr::get(map)
              << ", expected a loop for each dimension";
      continue;
    }
    FailureOr<Value> gradient =
        gradientByOperand(generic, number, map, g,
                          d.at(operand.get()).filled(0), named->getName(), b);
    if (failed(gradient))
      valid = failure();
    else
      d.add(operand.get(), *gradient);
  }
  if (isNamed)
    generic.erase();
  return valid;
}

template <typename OpT> LogicalResult differentiateOne(OpT op, Gradients &d) {
  return differentiateStructured(cast<linalg::LinalgOp>(op.getOperation()), d);
}

template <typename... Ops> void attachAll(MLIRContext *context) {
  (attachRule<Ops, differentiateOne<Ops>>(context), ...);
}
} // namespace

void dlc::attachGenericRules(MLIRContext *context) {
  attachAll<
#define GET_OP_LIST
#include "mlir/Dialect/Linalg/IR/LinalgStructuredOps.cpp.inc"
      >(context);
}
