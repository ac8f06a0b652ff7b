//===- Interface.cpp - What a library offers ------------------------------===//

#include "dlc/Target/Interface.h"
#include "dlc/Runtime/abi.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace dlc {

std::vector<unsigned> Argument::freeDims() const {
  std::vector<unsigned> dims;
  for (auto [d, extent] : llvm::enumerate(shape))
    if (extent < 0)
      dims.push_back(d);
  return dims;
}

std::string Argument::describe() const {
  return elementName(element).str() + " [" +
         llvm::join(llvm::map_range(shape,
                                    [](int64_t extent) {
                                      return extent < 0
                                                 ? std::string("?")
                                                 : std::to_string(extent);
                                    }),
                    ", ") +
         "]";
}

bool Function::hasFreeDims() const {
  return llvm::any_of(
      inputs, [](const Argument &input) { return !input.freeDims().empty(); });
}

uint64_t Interface::hash() const {
  std::string text = prefix;
  for (const Function &function : functions) {
    text += "|" + function.name;
    for (const auto *arguments : {&function.inputs, &function.outputs}) {
      text += ";";
      for (const Argument &argument : *arguments)
        text += argument.name + ":" + argument.describe() + ",";
    }
  }
  return llvm::xxh3_64bits(text);
}

StringRef cTypeOf(int element) {
  switch (element) {
  case DLC_F16:
  case DLC_BF16:
    return "uint16_t";
  case DLC_F32:
    return "float";
  case DLC_F64:
    return "double";
  case DLC_BOOL:
    return "uint8_t";
  case DLC_I32:
    return "int32_t";
  default:
    return "int64_t";
  }
}

StringRef elementName(int element) {
  static constexpr StringLiteral names[] = {"?",   "f16",  "bf16", "f32",
                                            "f64", "bool", "i32",  "i64"};
  return element >= DLC_F16 && element <= DLC_I64 ? names[element] : names[0];
}

static int elementOf(Type type) {
  if (type.isF16())
    return DLC_F16;
  if (type.isBF16())
    return DLC_BF16;
  if (type.isF32())
    return DLC_F32;
  if (type.isF64())
    return DLC_F64;
  if (type.isInteger(1))
    return DLC_BOOL;
  if (type.isInteger(32))
    return DLC_I32;
  if (type.isInteger(64))
    return DLC_I64;
  return 0;
}

std::string toCIdentifier(StringRef name) {
  static const llvm::StringSet<> keywords = {
      "alignas",   "alignof",  "and",      "asm",       "auto",      "bool",
      "break",     "case",     "catch",    "char",      "class",     "const",
      "constexpr", "continue", "default",  "delete",    "do",        "double",
      "else",      "enum",     "explicit", "export",    "extern",    "false",
      "float",     "for",      "friend",   "goto",      "if",        "inline",
      "int",       "long",     "mutable",  "namespace", "new",       "not",
      "nullptr",   "operator", "or",       "private",   "protected", "public",
      "register",  "restrict", "return",   "short",     "signed",    "sizeof",
      "static",    "struct",   "switch",   "template",  "this",      "throw",
      "true",      "try",      "typedef",  "typeid",    "typename",  "union",
      "unsigned",  "using",    "virtual",  "void",      "volatile",  "while",
      "xor",       "context"};
  std::string result;
  for (char c : name)
    result += llvm::isAlnum(c) ? c : '_';
  if (result.empty() || llvm::isDigit(result.front()))
    result.insert(0, "_");
  if (keywords.contains(result))
    result += '_';
  return result;
}

/// A C name that is not taken yet; one that is only a part of a name is kept.
static std::string uniqueName(StringRef name, llvm::StringSet<> &taken,
                              bool isWhole = true) {
  std::string base = isWhole ? toCIdentifier(name) : name.str(), result = base;
  for (unsigned i = 2; !taken.insert(result).second; ++i)
    result = base + "_" + std::to_string(i);
  return result;
}

static LogicalResult readArgument(func::FuncOp function, Type type,
                                  StringAttr name, const Twine &fallback,
                                  llvm::StringSet<> &taken,
                                  std::vector<Argument> &result) {
  Argument argument;
  argument.name = name ? name.str() : fallback.str();
  argument.cName = uniqueName(argument.name, taken);
  auto tensor = dyn_cast<RankedTensorType>(type);
  argument.element = tensor ? elementOf(tensor.getElementType()) : 0;
  if (!argument.element)
    return function.emitError("'")
           << argument.name << "' of function '" << function.getName()
           << "' has type " << type
           << ", expected a ranked tensor of f16, bf16, f32, f64, i1, i32 or "
              "i64";
  int64_t bytes = 8;
  for (int64_t extent : tensor.getShape()) {
    argument.shape.push_back(ShapedType::isDynamic(extent) ? -1 : extent);
    if (extent == 0)
      return function.emitError("'")
             << argument.name << "' of function '" << function.getName()
             << "' has type " << type << " without elements, expected extents "
             << "of 1 or more";
    if (!ShapedType::isDynamic(extent) &&
        llvm::MulOverflow(bytes, extent, bytes))
      return function.emitError("'")
             << argument.name << "' of function '" << function.getName()
             << "' has type " << type << " of more bytes than 2^63 - 1";
  }
  result.push_back(std::move(argument));
  return success();
}

FailureOr<Interface> readInterface(ModuleOp module, StringRef libraryName) {
  Interface interface;
  interface.name = libraryName.str();
  interface.prefix = toCIdentifier(libraryName);
  llvm::StringSet<> functionNames = {"create",  "destroy", "error",  "library",
                                     "context", "call",    "reserve"};
  bool valid = true;
  SmallVector<func::FuncOp> entries;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    if (function.isDeclaration()) {
      function.emitError("function '")
          << function.getName() << "' has no body, expected one";
      valid = false;
      continue;
    }
    entries.push_back(function);
    Function entry;
    entry.name = function.getName().str();
    // Behind the library's prefix no name is a keyword.
    std::string behind = interface.prefix + "_";
    entry.cName = uniqueName(
        StringRef(toCIdentifier(behind + entry.name)).drop_front(behind.size()),
        functionNames, /*isWhole=*/false);
    entry.kernel = entry.name + ".kernel";
    llvm::StringSet<> taken;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      valid &= succeeded(readArgument(
          function, type, function.getArgAttrOfType<StringAttr>(i, "dl.name"),
          "x" + Twine(i), taken, entry.inputs));
    if (function.getNumResults() == 0) {
      function.emitError("function '")
          << function.getName() << "' returns nothing, expected at least one "
          << "tensor";
      valid = false;
    }
    for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
      valid &= succeeded(
          readArgument(function, type,
                       function.getResultAttrOfType<StringAttr>(i, "dl.name"),
                       "y" + Twine(i), taken, entry.outputs));
    interface.functions.push_back(std::move(entry));
  }
  if (interface.functions.empty() && valid) {
    module.emitError("the model has no public function, expected at least one "
                     "func.func");
    valid = false;
  }
  if (!valid)
    return failure();
  // A model's function may be called exp or main; its kernel may not.
  for (auto [function, entry] : llvm::zip(entries, interface.functions))
    if (failed(SymbolTable(module).rename(function, entry.kernel)))
      return function.emitError("function '")
             << entry.name << "' and '" << entry.kernel
             << "' exist, expected no name that ends in .kernel";
  return interface;
}

} // namespace dlc
