//===- CheckResources.cpp - Checks resource sizes against types -----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR's parser accepts a resource of any length for a tensor of any type.
// Everything after it reads as many bytes as the type implies.
//
//===----------------------------------------------------------------------===//

#include "CheckResources.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Support/Format.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc {

/// Describes what is wrong with a resource; empty where nothing is.
static std::string findFault(DenseResourceElementsAttr value) {
  ShapedType type = value.getType();
  std::string name =
      ("resource '" + value.getRawHandle().getKey() + "' ").str();
  AsmResourceBlob *blob = value.getRawHandle().getBlob();
  if (!blob)
    return name + "has no data; it was elided when the file was written";
  int64_t bytes =
      llvm::divideCeil(type.getElementType().getIntOrFloatBitWidth(), 8);
  for (int64_t extent : type.getShape())
    if (llvm::MulOverflow(bytes, extent, bytes))
      return name + "has a type of more bytes than 2^63 - 1";
  if (int64_t(blob->getData().size()) != bytes)
    return fmt::format(FMT_STRING("{}has {} bytes, its shape {} needs {}"),
                       name, blob->getData().size(), dl::toString(type), bytes);
  return "";
}

LogicalResult checkResources(ModuleOp module) {
  LogicalResult result = success();
  module->walk([&](Operation *op) {
    op->getAttrDictionary().walk([&](DenseResourceElementsAttr value) {
      std::string fault = findFault(value);
      if (fault.empty())
        return;
      op->emitError(fault);
      result = failure();
    });
  });
  return result;
}

} // namespace dlc
