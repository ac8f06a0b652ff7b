//===- Gradients.h - What reaches each value --------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine of reverse-mode differentiation over the ops of one block, and the
// interface that a rule sees of it. The engine handles activity (which values
// matter), accumulation and zeros. A rule knows only its op.
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

/// Options of a whole differentiation.
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
  // Interface for the caller of the engine.
  //===--------------------------------------------------------------------===//

  /// Requests the gradient with respect to `value`.
  void want(mlir::Value value) { active.insert(value); }
  /// Finds the results of `ops` that depend on wanted values.
  void findActive(llvm::ArrayRef<mlir::Operation *> ops);
  /// Differentiates `ops` in reverse order and emits at the insertion point.
  /// The ops must be in one block, in this order. Every op without a rule is
  /// reported.
  llvm::LogicalResult run(llvm::ArrayRef<mlir::Operation *> ops);
  /// The cotangent of a value; null if it has none. May emit the sum of several
  /// contributions.
  mlir::Value get(mlir::Value value);
  /// The cotangent of a value; zeros if it has none.
  mlir::Value getOrZero(mlir::Value value);
  /// The value that replaces a result of `ops` after a rule has called
  /// `replace`.
  mlir::Value current(mlir::Value value) const {
    auto it = replaced.find(value);
    return it == replaced.end() ? value : it->second;
  }

  //===--------------------------------------------------------------------===//
  // Interface for rules.
  //===--------------------------------------------------------------------===//

  /// Whether the gradient with respect to an operand is needed: it is a float
  /// that depends on a wanted value. Contributions to other operands are
  /// dropped.
  bool needs(mlir::Value operand) const {
    return operand && active.contains(operand);
  }
  /// The cotangent of a result of the current op; zeros if it has none.
  TensorExpr of(mlir::Value result) { return at(getOrZero(result)); }
  TensorExpr at(mlir::Value value) { return TensorExpr(b, loc, value); }
  /// Adds to the cotangent of a value. Sums over dimensions that were broadcast
  /// from extent 1, and converts to the type of the value.
  void add(mlir::Value value, mlir::Value gradient);
  /// Adds to the part of the cotangent that begins at `start` along `axis`.
  /// Extents along the axis must be known. Parts that do not overlap, such as
  /// the gates of a cell, are concatenated on `get`, without adding zeros.
  void addPart(mlir::Value value, mlir::Value gradient, int64_t axis,
               int64_t start);
  /// Replaces the results of the current op by other values.
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
  /// The op through which a cotangent first reached a value, for messages.
  llvm::DenseMap<mlir::Value, mlir::Operation *> through;
  mlir::Operation *atHand = nullptr;
};

/// Decomposes all decomposable ops in `ops`, including nested ones, and updates
/// `ops` to what they become. `values` receives the new values of results.
void decomposeAll(llvm::SmallVectorImpl<mlir::Operation *> &ops,
                  llvm::MutableArrayRef<mlir::Value> values);

/// Replaces each scf.for of a function that carries tensors by a dl.scan.
void raiseLoops(mlir::func::FuncOp function);

/// Marks and groups the scans among the ops of a block, so that they keep only
/// what the options allow.
llvm::LogicalResult groupScans(llvm::SmallVectorImpl<mlir::Operation *> &ops,
                               llvm::MutableArrayRef<mlir::Value> values,
                               const DifferentiationOptions &options);

/// Limits to `memory` bytes what the derivatives from `turn` up to `end` read
/// of the ops from `begin` up to `turn`, by rematerialising the rest.
llvm::LogicalResult recomputeLayers(mlir::Operation *begin,
                                    mlir::Operation *turn, mlir::Operation *end,
                                    int64_t memory);

/// Whether a type is a float or a tensor of floats.
bool isDifferentiable(mlir::Type type);

/// The live-in values of the regions of an op, each once.
llvm::SmallVector<mlir::Value> findCaptured(mlir::Operation *op);

/// Attaches a plain function as the rule of an op.
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
