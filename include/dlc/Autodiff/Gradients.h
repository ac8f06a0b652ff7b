//===- Gradients.h - What reaches each value --------------------*- C++ -*-===//
//
// The engine of reverse-mode differentiation over the ops of one block, and
// what a rule sees of it. The engine owns activity (which values matter),
// accumulation and zeros; a rule knows its op.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_AUTODIFF_GRADIENTS_H
#define DLC_AUTODIFF_GRADIENTS_H

#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Formula.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace dlc {
class Gradients;
} // namespace dlc

#include "dlc/Autodiff/Interfaces.h.inc"

namespace dlc {

/// What holds for a whole differentiation.
struct DifferentiationOptions {
  int64_t recompute = 0; // see the pass dl-differentiate
  int64_t memory = 0;    // bytes
  int64_t truncate = 0;
};

class Gradients {
public:
  using TensorExpr = dl::formula::TensorExpr;

  Gradients(mlir::OpBuilder &b, const DifferentiationOptions &options)
      : b(b), options(options) {}

  //===--------------------------------------------------------------------===//
  // For who differentiates
  //===--------------------------------------------------------------------===//

  /// Asks for the gradient by `value`.
  void want(mlir::Value value) { active.insert(value); }
  /// Finds out which results of `ops` depend on what is wanted.
  void findActive(llvm::ArrayRef<mlir::Operation *> ops);
  /// Goes backward over `ops`, which stand in one block in this order, and
  /// emits at the builder's place. Ops without a rule are all reported.
  llvm::LogicalResult run(llvm::ArrayRef<mlir::Operation *> ops);
  /// What reaches a value; null: nothing does. It may emit the sum of parts.
  mlir::Value get(mlir::Value value);
  /// The same; zeros where nothing does.
  mlir::Value getOrZero(mlir::Value value);
  /// What stands for a result of `ops` since a rule has replaced its op.
  mlir::Value current(mlir::Value value) const {
    auto it = replaced.find(value);
    return it == replaced.end() ? value : it->second;
  }

  //===--------------------------------------------------------------------===//
  // For rules
  //===--------------------------------------------------------------------===//

  /// Whether the gradient by an operand is needed: a float that depends on what
  /// is wanted. What is added for others is dropped.
  bool needs(mlir::Value operand) const {
    return operand && active.contains(operand);
  }
  /// What reaches a result of the op at hand, zeros where nothing does.
  TensorExpr of(mlir::Value result) { return at(getOrZero(result)); }
  TensorExpr at(mlir::Value value) { return TensorExpr(b, loc, value); }
  /// Adds to what reaches a value: summed over dimensions that were stretched
  /// from extent 1, and in the type of the value.
  void add(mlir::Value value, mlir::Value gradient);
  /// Adds to the part of a value that begins at `start` along `axis`, whose
  /// extents along it are known. Parts that do not overlap are put together
  /// when the value is asked for, and no zeros are added: the gates of a cell.
  void addPart(mlir::Value value, mlir::Value gradient, int64_t axis,
               int64_t start);
  /// Puts other values in the place of the results of the op at hand.
  void replace(mlir::Operation *op, mlir::ValueRange values);

  mlir::OpBuilder &b;
  mlir::Location loc = b.getUnknownLoc();
  const DifferentiationOptions &options;

private:
  struct Part {
    mlir::Value gradient;
    int64_t axis, start;
  };

  TensorExpr joined(TensorExpr like, llvm::SmallVectorImpl<Part> &parts);
  llvm::LogicalResult differentiate(mlir::Operation *op);
  llvm::LogicalResult reportMissing(mlir::Operation *op);

  llvm::DenseSet<mlir::Value> active;
  llvm::DenseMap<mlir::Value, mlir::Value> reached, replaced;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Part, 0>> partsOf;
  /// Through which op something reached a value first, for the message.
  llvm::DenseMap<mlir::Value, mlir::Operation *> through;
  mlir::Operation *atHand = nullptr;
};

/// Spells out what decomposes in the range of ops given, nested ops included;
/// `ops` is what stands there then. New values of results stand in `values`.
void decomposeAll(llvm::SmallVectorImpl<mlir::Operation *> &ops,
                  llvm::MutableArrayRef<mlir::Value> values);

/// Puts dl.scan in the place of the scf.for of a function that carry tensors.
void raiseLoops(mlir::func::FuncOp function);

/// Marks and groups the scans among the ops of a block so that they keep as
/// little as the options ask for.
llvm::LogicalResult groupScans(llvm::SmallVectorImpl<mlir::Operation *> &ops,
                               llvm::MutableArrayRef<mlir::Value> values,
                               const DifferentiationOptions &options);

/// Computes what the derivatives from `turn` to before `end` read of the ops
/// from `begin` to before `turn` again where it would be more than `memory`
/// bytes to keep.
llvm::LogicalResult recomputeLayers(mlir::Operation *begin,
                                    mlir::Operation *turn, mlir::Operation *end,
                                    int64_t memory);

/// Whether a type is one of floats.
bool isDifferentiable(mlir::Type type);

/// The values from outside that the regions of an op read, each once.
llvm::SmallVector<mlir::Value> findCaptured(mlir::Operation *op);

/// A rule as a plain function, attached to an op.
template <typename OpT, llvm::LogicalResult (*rule)(OpT, Gradients &)>
struct Derivative
    : DifferentiableOpInterface::ExternalModel<Derivative<OpT, rule>, OpT> {
  llvm::LogicalResult differentiate(mlir::Operation *op,
                                    Gradients &gradients) const {
    return rule(llvm::cast<OpT>(op), gradients);
  }
};
template <typename OpT, llvm::LogicalResult (*rule)(OpT, Gradients &)>
void attachRule(mlir::MLIRContext *context) {
  OpT::template attachInterface<Derivative<OpT, rule>>(*context);
}

} // namespace dlc

#endif // DLC_AUTODIFF_GRADIENTS_H
