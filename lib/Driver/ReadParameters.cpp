//===- ReadParameters.cpp - Reads trained weights into a model ------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ReadParameters.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/OpenFile.h"
#include "dlc/Support/ParseJSON.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace dlc {

/// The name of an element type in safetensors; empty if it is not supported.
static StringRef typeName(Type element) {
  if (element.isF32())
    return "F32";
  if (element.isF64())
    return "F64";
  if (element.isF16())
    return "F16";
  if (element.isBF16())
    return "BF16";
  return "";
}

/// Sets a global to the values that its entry of a safetensors header has in
/// `data`. Returns what does not fit, or nothing.
static std::string readEntry(ml_program::GlobalOp global,
                             const llvm::json::Object &entry, StringRef data) {
  auto type = cast<RankedTensorType>(global.getType());
  auto dtype = entry.getString("dtype");
  const llvm::json::Array *shape = entry.getArray("shape"),
                          *offsets = entry.getArray("data_offsets");
  dl::Shape extents;
  if (shape)
    for (const llvm::json::Value &extent : *shape)
      extents.push_back(extent.getAsInteger().value_or(-1));
  std::optional<int64_t> begin, end;
  if (offsets && offsets->size() == 2) {
    begin = (*offsets)[0].getAsInteger();
    end = (*offsets)[1].getAsInteger();
  }
  int64_t size =
      type.hasStaticShape() && type.getElementType().isIntOrFloat()
          ? type.getNumElements() * int64_t(type.getElementTypeBitWidth()) / 8
          : -1;
  StringRef name = global.getSymName(),
            expected = typeName(type.getElementType());
  if (!dtype || !shape || !begin || !end)
    return fmt::format(FMT_STRING("'{}' has a damaged entry"), name);
  if (expected.empty())
    return fmt::format(
        FMT_STRING(
            "'{}' is {}, the model's is no tensor of floating-point numbers"),
        name, *dtype);
  if (*dtype != expected || ArrayRef<int64_t>(extents) != type.getShape())
    return fmt::format(FMT_STRING("'{}' is {} [{}], the model has {} [{}]"),
                       name, *dtype, dl::toString(extents), expected,
                       dl::toString(type.getShape()));
  if (*begin < 0 || *end < *begin || *end - *begin != size ||
      *end > int64_t(data.size()))
    return fmt::format(
        FMT_STRING("'{}' lies outside the file: it is cut short or damaged"),
        name);
  global.setValueAttr(DenseResourceElementsAttr::get(
      type, name,
      HeapAsmResourceBlob::allocateAndCopyWithAlign(
          ArrayRef<char>(data.data() + *begin, size), 64)));
  return "";
}

/// Whether a global's value is a splat of zero: a placeholder for a trained
/// value.
static bool isPlaceholder(ml_program::GlobalOp global) {
  auto value = dyn_cast_if_present<DenseElementsAttr>(
      global.getValue().value_or(Attribute()));
  return value && value.isSplat() && isa<FloatType>(value.getElementType()) &&
         value.getSplatValue<APFloat>().isZero();
}

llvm::Error readParameters(ModuleOp module, StringRef path) {
  auto fail = [&](const Twine &message) {
    return llvm::createStringError("'" + path + "' " + message);
  };
  auto file = readRegularFile(path);
  if (!file)
    return fail(llvm::toString(file.takeError()));
  StringRef bytes = (*file)->getBuffer();
  if (bytes.size() < 8)
    return fail("is no safetensors file: it has " + Twine(bytes.size()) +
                " bytes");
  uint64_t length = llvm::support::endian::read64le(bytes.data());
  if (length > bytes.size() - 8)
    return fail("is cut short or no safetensors file");
  auto header = parseJSON(bytes.substr(8, length));
  if (!header)
    return fail("has a damaged header: " + llvm::toString(header.takeError()));
  const llvm::json::Object *entries = header->getAsObject();
  if (!entries)
    return fail("has a damaged header, expected an object");
  StringRef data = bytes.substr(8 + length);
  std::string wrong;
  size_t found = 0;
  SmallVector<StringRef> placeholders, kept;
  llvm::StringSet<> read;
  module.walk([&](ml_program::GlobalLoadConstOp load) {
    if (!load.use_empty())
      read.insert(load.getGlobal().getLeafReference());
  });
  for (auto global : module.getOps<ml_program::GlobalOp>()) {
    auto type = dyn_cast<RankedTensorType>(global.getType());
    const llvm::json::Object *entry = entries->getObject(global.getSymName());
    if (!type)
      continue;
    if (!entry) {
      // Frozen parameters are in the model only.
      if (read.contains(global.getSymName()) &&
          isa<FloatType>(type.getElementType()))
        (isPlaceholder(global) ? placeholders : kept)
            .push_back(global.getSymName());
      continue;
    }
    ++found;
    if (std::string problem = readEntry(global, *entry, data); !problem.empty())
      wrong += "; " + problem;
  }
  if (!wrong.empty())
    return fail("does not fit the model: " + wrong.substr(2));
  if (!found)
    return fail("holds no parameter of the model");
  auto listed = [](ArrayRef<StringRef> names) {
    return "'" + llvm::join(names, "', '") + "'";
  };
  if (!placeholders.empty())
    return fail("lacks " + listed(placeholders) +
                ", which are zeros in the model");
  if (!kept.empty())
    emitWarning(module.getLoc()) << "'" << path << "' lacks " << listed(kept)
                                 << ": the model's own values stay";
  return llvm::Error::success();
}

} // namespace dlc
