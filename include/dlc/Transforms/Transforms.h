//===- Transforms.h - Simplification of dl ----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TRANSFORMS_TRANSFORMS_H
#define DLC_TRANSFORMS_TRANSFORMS_H

#include "dlc/Transforms/Training.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectInterface.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/Pass.h"
#include <limits>

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace dlc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dlc/Transforms/Passes.h.inc"

/// Describes what is wrong with the type of a value of a model; "" if nothing
/// is.
std::string findTypeFault(mlir::Type type);
/// Reports the faulty types of the results and region arguments of an op
/// through `fail`. Returns whether there are none.
bool reportTypeFaults(
    mlir::Operation *op,
    llvm::function_ref<mlir::InFlightDiagnostic(mlir::Operation *)> fail);

/// Whether an op is a source of constants: an arith.constant or the value of a
/// constant global.
bool isConstantSource(mlir::Operation *op);

/// Computes constants. It is an interface of the dialect `dl`, so it belongs to
/// a context. The driver registers it: the evaluator is the whole compiler, on
/// which these passes may not depend.
class EvaluatorInterface
    : public mlir::DialectInterface::Base<EvaluatorInterface> {
public:
  using Values = std::vector<mlir::ElementsAttr>;

  explicit EvaluatorInterface(mlir::Dialect *dialect) : Base(dialect) {}

  /// Runs the function `@evaluate` of a module, which takes the given constants
  /// and returns tensors of known shape. Returns its results.
  virtual mlir::FailureOr<Values>
  evaluate(mlir::ModuleOp module,
           llvm::ArrayRef<mlir::DenseResourceElementsAttr> inputs) const = 0;
};

/// The evaluator of the context; null if it has none.
const EvaluatorInterface *getEvaluator(mlir::MLIRContext *context);

} // namespace dlc

#endif // DLC_TRANSFORMS_TRANSFORMS_H
