//===- VerifyTypes.cpp - Types that later passes can handle ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Later passes compute with the width of elements, plan memory by it, and give
// every function of a library a slot for its tensors. Types that parse and that
// these passes cannot handle are refused here, once.
//
//===----------------------------------------------------------------------===//

#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Support/Format.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_VERIFYTYPES
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

static bool isElement(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return !integer.isSigned() &&
           llvm::is_contained({1, 2, 4, 8, 16, 32, 64}, integer.getWidth());
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type,
             Float8E4M3FNType, Float8E4M3FNUZType, Float8E5M2Type,
             Float8E5M2FNUZType, Float8E8M0FNUType, Float4E2M1FNType>(type);
}

std::string dlc::findTypeFault(Type type) {
  constexpr int64_t maxDimensions = 16;
  if (isElement(type) || isa<IndexType, tosa::shapeType>(type))
    return "";
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !isElement(tensor.getElementType()) || tensor.getEncoding())
    return "is not allowed in a model, expected a ranked tensor, or one "
           "number, of i1, i8 to i64, ui8 to ui64, i2, i4, f32, f64, f16, "
           "bf16, f8... or f4...";
  if (tensor.getRank() > maxDimensions)
    return fmt::format(FMT_STRING("has {} dimensions, expected {} at most"),
                       tensor.getRank(), maxDimensions);
  if (!dl::isBounded(tensor.getShape()))
    return "has more than 2^45 elements, which no memory holds";
  return "";
}

bool dlc::reportTypeFaults(Operation *op,
                           function_ref<InFlightDiagnostic(Operation *)> fail) {
  bool isGood = true;
  auto check = [&](Type type, StringRef what) {
    std::string fault = findTypeFault(type);
    if (fault.empty())
      return;
    isGood = false;
    fail(op) << what << " of type " << type << " " << fault;
  };
  if (auto function = dyn_cast<func::FuncOp>(op))
    for (Type type : function.getResultTypes())
      check(type, "a result");
  for (Type type : op->getResultTypes())
    check(type, "a result");
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (Type type : block.getArgumentTypes())
        check(type, "an argument");
  return isGood;
}

namespace {
struct VerifyTypes : dlc::impl::VerifyTypesBase<VerifyTypes> {
  using VerifyTypesBase::VerifyTypesBase;

  void runOnOperation() override {
    bool isGood = true;
    auto fail = [](Operation *op) { return op->emitError(); };
    getOperation()->walk(
        [&](Operation *op) { isGood &= dlc::reportTypeFaults(op, fail); });
    if (entries)
      for (auto function : getOperation().getOps<func::FuncOp>())
        isGood &= verifyEntry(function);
    if (!isGood)
      signalPassFailure();
  }

private:
  static bool verifyEntry(func::FuncOp function) {
    if (!function.isPublic())
      return true;
    for (ArrayRef<Type> types :
         {function.getArgumentTypes(), function.getResultTypes()})
      for (Type type : types)
        if (!isa<RankedTensorType>(type)) {
          function.emitError("public function '")
              << function.getName() << "' takes or gives " << type
              << ", expected only ranked tensors";
          return false;
        }
    return true;
  }
};
} // namespace
