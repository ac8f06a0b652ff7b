//===- Evaluate.cpp - Evaluates constants by compiling them ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module's function `@evaluate` is lowered in the same way as a model, but
// into memory instead of a file, and is called through the same interface.
// Folded constants therefore have exactly the bits that the library itself
// would compute.
//
//===----------------------------------------------------------------------===//

#include "InMemory.h"
#include "Lowering.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "dlc/Driver/Pipelines.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace dlc {

/// Constants up to this size are stored inline, larger ones as resources.
static constexpr int64_t inlineBytes = 256;

/// Wraps a result in an attribute; takes over the memory of a large one.
static ElementsAttr toAttribute(RankedTensorType type, AsmResourceBlob blob) {
  ArrayRef<char> data = blob.getData();
  unsigned width = type.getElementTypeBitWidth();
  if (width == 1) {
    SmallVector<bool> bits;
    for (char byte : data)
      bits.push_back(byte != 0);
    return DenseElementsAttr::get(type, bits);
  }
  if (width < 8) {
    SmallVector<APInt> bits;
    for (char byte : data)
      bits.push_back(APInt(8, uint8_t(byte)).trunc(width));
    if (auto element = dyn_cast<FloatType>(type.getElementType())) {
      SmallVector<APFloat> floats;
      for (const APInt &value : bits)
        floats.push_back(APFloat(element.getFloatSemantics(), value));
      return DenseElementsAttr::get(type, floats);
    }
    return DenseElementsAttr::get(type, bits);
  }
  if (int64_t(data.size()) <= inlineBytes)
    return type.getNumElements()
               ? DenseElementsAttr::getFromRawBuffer(type, data)
               : DenseElementsAttr::get(type, ArrayRef<Attribute>());
  return DenseResourceElementsAttr::get(type, "folded", std::move(blob));
}

static FailureOr<std::vector<ElementsAttr>>
evaluate(ModuleOp module, ArrayRef<DenseResourceElementsAttr> inputs) {
  llvm::Expected<Processor> processor = Processor::get("native");
  if (!processor)
    return module.emitError(llvm::toString(processor.takeError()));
  SmallVector<RankedTensorType> types;
  auto function = *module.getOps<FunctionOpInterface>().begin();
  for (Type type : function.getResultTypes())
    types.push_back(cast<RankedTensorType>(type));
  FailureOr<InMemory> library =
      InMemory::compile(module, *processor, /*level=*/1); // it runs only once
  if (failed(library))
    return failure();
  SmallVector<void *> given, taken;
  for (DenseResourceElementsAttr input : inputs)
    given.push_back(
        const_cast<char *>(input.getRawHandle().getBlob()->getData().data()));
  std::vector<AsmResourceBlob> blobs;
  for (RankedTensorType type : types) {
    // Empty results need an address too.
    blobs.push_back(HeapAsmResourceBlob::allocate(
        std::max<int64_t>(bytesOf(type), 1), /*align=*/64,
        /*dataIsMutable=*/true));
    taken.push_back(blobs.back().getMutableData().data());
  }
  if (llvm::Error error = library->call(given, taken))
    return module.emitError("could not run constant operations: ")
           << llvm::toString(std::move(error));
  std::vector<ElementsAttr> values;
  for (auto [type, blob] : llvm::zip(types, blobs))
    values.push_back(toAttribute(type, std::move(blob)));
  return values;
}

namespace {
struct CompilingEvaluator : EvaluatorInterface {
  using EvaluatorInterface::EvaluatorInterface;
  FailureOr<Values>
  evaluate(ModuleOp module,
           ArrayRef<DenseResourceElementsAttr> inputs) const override {
    return dlc::evaluate(module, inputs);
  }
};
} // namespace

void registerEvaluator(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, dl::DLDialect *dialect) {
    dialect->addInterfaces<CompilingEvaluator>();
  });
}

} // namespace dlc
