//===- Transforms.h - Simplification of dl ----------------------*- C++ -*-===//

#ifndef DLC_TRANSFORMS_TRANSFORMS_H
#define DLC_TRANSFORMS_TRANSFORMS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/Pass.h"
#include <functional>
#include <limits>

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace dlc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dlc/Transforms/Passes.h.inc"

/// What is wrong with a type that a value of a model has; "" where nothing is.
std::string findTypeFault(mlir::Type type);
/// Reports those of an op's results and its regions' arguments, each by `fail`;
/// whether there are none.
bool reportTypeFaults(
    mlir::Operation *op,
    llvm::function_ref<mlir::InFlightDiagnostic(mlir::Operation *)> fail);

/// Whether an op is a constant to begin with: an arith.constant or the value of
/// a constant global.
bool isConstantSource(mlir::Operation *op);

/// Runs the function `@evaluate` of a module, which takes the given constants
/// and returns tensors of known shape, and gives its results. The driver sets
/// it: the evaluator is the whole compiler, which these passes may not depend
/// on.
using Evaluator =
    std::function<mlir::FailureOr<std::vector<mlir::ElementsAttr>>(
        mlir::ModuleOp, llvm::ArrayRef<mlir::DenseResourceElementsAttr>)>;
void setEvaluator(Evaluator evaluator);
const Evaluator &getEvaluator();

} // namespace dlc

#endif // DLC_TRANSFORMS_TRANSFORMS_H
