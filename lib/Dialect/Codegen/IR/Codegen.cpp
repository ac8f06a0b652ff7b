//===- Codegen.cpp - The codegen dialect ----------------------------------===//

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dlc::codegen;

#include "dlc/Dialect/Codegen/IR/CodegenDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenOps.cpp.inc"

void CodegenDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dlc/Dialect/Codegen/IR/CodegenAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dlc/Dialect/Codegen/IR/CodegenOps.cpp.inc"
      >();
}

std::string dlc::codegen::placeOf(Operation *op) {
  // No folder of the machine that made it goes into a library.
  if (auto name = op->getLoc()->findInstanceOf<NameLoc>()) {
    StringRef text = name.getName();
    size_t node = text.find(": node ");
    return (node == StringRef::npos ? text : text.substr(node + 2)).str();
  }
  if (auto file = op->getLoc()->findInstanceOf<FileLineColLoc>())
    return (llvm::sys::path::filename(file.getFilename()) + ":" +
            Twine(file.getLine()))
        .str();
  return op->getName().getStringRef().str();
}

LogicalResult
CPUAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                StringRef name, int64_t vectorBits, int64_t vectorRegisters,
                bool) {
  if (vectorBits < 64 || vectorBits > 65536 ||
      !llvm::isPowerOf2_64(uint64_t(vectorBits)))
    return emitError() << "vectors of " << vectorBits
                       << " bits, expected a power of 2 from 64 on";
  if (vectorRegisters < 8 || vectorRegisters > 1024)
    return emitError() << vectorRegisters
                       << " vector registers, expected 8 to 1024";
  return success();
}

LogicalResult RequireOp::canonicalize(RequireOp op, PatternRewriter &rewriter) {
  if (!matchPattern(op.getCondition(), m_One()))
    return failure();
  rewriter.eraseOp(op);
  return success();
}
