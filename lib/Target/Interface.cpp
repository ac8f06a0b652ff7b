//===- Interface.cpp - The interface of a library -------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Target/Interface.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Runtime/abi.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
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
  auto extents = llvm::map_range(shape, [](int64_t extent) {
    return extent == -2 ? std::string("*")
           : extent < 0 ? std::string("?")
                        : fmt::format(FMT_STRING("{}"), extent);
  });
  return fmt::format(FMT_STRING("{} [{}]"), elementName(element),
                     llvm::join(extents, ", "));
}

bool Function::hasFreeDims() const {
  return llvm::any_of(
      inputs, [](const Argument &input) { return !input.freeDims().empty(); });
}

uint64_t Interface::hash() const {
  std::string text = prefix;
  for (const Function &function : functions) {
    fmt::format_to(std::back_inserter(text), FMT_STRING("|{}"), function.name);
    for (const auto *arguments : {&function.inputs, &function.outputs}) {
      text += ";";
      for (const Argument &argument : *arguments)
        fmt::format_to(std::back_inserter(text), FMT_STRING("{}:{},"),
                       argument.name, argument.describe());
    }
  }
  return llvm::xxh3_64bits(text);
}

namespace {
/// The names of an element type in C and in messages, and its MLIR type.
struct Element {
  const char *cType, *name;
  Type (*type)(MLIRContext *);
};
} // namespace

template <typename T> static Type floatType(MLIRContext *context) {
  return T::get(context);
}
template <unsigned width, bool isUnsigned = false>
static Type integerType(MLIRContext *context) {
  return IntegerType::get(context, width,
                          isUnsigned ? IntegerType::Unsigned
                                     : IntegerType::Signless);
}

/// Indexed by dlc_element (abi.h).
static constexpr Element elements[] = {
    {"void", "?", nullptr},
    {"uint16_t", "f16", floatType<Float16Type>},
    {"uint16_t", "bf16", floatType<BFloat16Type>},
    {"float", "f32", floatType<Float32Type>},
    {"double", "f64", floatType<Float64Type>},
    {"uint8_t", "bool", integerType<1>},
    {"int32_t", "i32", integerType<32>},
    {"int64_t", "i64", integerType<64>},
    {"int8_t", "i8", integerType<8>},
    {"int16_t", "i16", integerType<16>},
    {"uint8_t", "u8", integerType<8, true>},
    {"uint16_t", "u16", integerType<16, true>},
    {"uint32_t", "u32", integerType<32, true>},
    {"uint64_t", "u64", integerType<64, true>},
    {"uint8_t", "f8e4m3fn", floatType<Float8E4M3FNType>},
    {"uint8_t", "f8e4m3fnuz", floatType<Float8E4M3FNUZType>},
    {"uint8_t", "f8e5m2", floatType<Float8E5M2Type>},
    {"uint8_t", "f8e5m2fnuz", floatType<Float8E5M2FNUZType>},
    {"uint8_t", "f8e8m0fnu", floatType<Float8E8M0FNUType>},
    {"uint8_t", "f4e2m1fn", floatType<Float4E2M1FNType>},
    {"int8_t", "i4", integerType<4>},
    {"uint8_t", "u4", integerType<4, true>},
    {"int8_t", "i2", integerType<2>},
    {"uint8_t", "u2", integerType<2, true>}};
static_assert(std::size(elements) == DLC_U2 + 1);

StringRef cTypeOf(int element) { return elements[element].cType; }

StringRef elementName(int element) {
  return elements[element >= DLC_F16 && element <= DLC_U2 ? element : 0].name;
}

static int elementOf(Type type) {
  for (int element = DLC_F16; element <= DLC_U2; ++element)
    if (elements[element].type(type.getContext()) == type)
      return element;
  return 0;
}

bool Argument::isComputed() const { return llvm::is_contained(shape, -2); }

void markComputed(Interface &interface, ModuleOp module) {
  for (Function &function : interface.functions) {
    Operation *kernel = module.lookupSymbol(function.kernel);
    auto numbers = kernel->getAttrOfType<DenseI64ArrayAttr>(codegen::computed);
    size_t at = 0;
    for (Argument &output : function.outputs)
      for (int64_t &extent : output.shape) {
        if (numbers && llvm::is_contained(numbers.asArrayRef(), int64_t(at)))
          extent = -2;
        ++at;
      }
  }
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

/// Returns a C name that is not taken yet. With `isWhole` false the name is
/// only part of an identifier and is not converted to one.
static std::string uniqueName(StringRef name, llvm::StringSet<> &taken,
                              bool isWhole = true) {
  std::string base = isWhole ? toCIdentifier(name) : name.str(), result = base;
  for (unsigned i = 2; !taken.insert(result).second; ++i)
    result = fmt::format(FMT_STRING("{}_{}"), base, i);
  return result;
}

static LogicalResult readArgument(func::FuncOp function, Type type,
                                  StringAttr name, ArrayAttr dims,
                                  const Twine &fallback,
                                  llvm::StringSet<> &taken,
                                  std::vector<Argument> &result) {
  Argument argument;
  argument.name = name ? name.str() : fallback.str();
  argument.cName = uniqueName(argument.name, taken);
  if (dims)
    for (Attribute dim : dims)
      argument.dims.push_back(
          isa<StringAttr>(dim) ? cast<StringAttr>(dim).getValue().str() : "");
  auto tensor = dyn_cast<RankedTensorType>(type);
  argument.element = tensor ? elementOf(tensor.getElementType()) : 0;
  if (!argument.element)
    return function.emitError("'")
           << argument.name << "' of function '" << function.getName()
           << "' has type " << type
           << ", expected a ranked tensor of floats (f32, f64, f16, bf16, "
              "f8..., "
              "f4...) or integers (i1, i8 to i64, ui8 to ui64, i4, ui4, i2, "
              "ui2)";
  int64_t bytes = 8;
  for (int64_t extent : tensor.getShape()) {
    argument.shape.push_back(ShapedType::isDynamic(extent) ? -1 : extent);
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
  for (auto global : module.getOps<ml_program::GlobalOp>())
    interface.hasState |= global.getIsMutable();
  if (interface.hasState)
    for (StringRef name : {"save", "load", "get", "set"})
      functionNames.insert(name);
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
    // No name after the library's prefix can be a keyword.
    std::string lead = interface.prefix + "_";
    entry.cName = uniqueName(
        StringRef(toCIdentifier(lead + entry.name)).drop_front(lead.size()),
        functionNames, /*isWhole=*/false);
    entry.kernel = entry.name + ".kernel";
    llvm::StringSet<> taken;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      valid &= succeeded(readArgument(
          function, type, function.getArgAttrOfType<StringAttr>(i, "dl.name"),
          function.getArgAttrOfType<ArrayAttr>(i, "dl.dims"), "x" + Twine(i),
          taken, entry.inputs));
    // A function that changes the state need not return anything.
    if (function.getNumResults() == 0 &&
        !function
             .walk([](ml_program::GlobalStoreOp) {
               return WalkResult::interrupt();
             })
             .wasInterrupted()) {
      function.emitError("function '")
          << function.getName() << "' returns nothing, expected at least one "
          << "tensor";
      valid = false;
    }
    for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
      valid &= succeeded(
          readArgument(function, type,
                       function.getResultAttrOfType<StringAttr>(i, "dl.name"),
                       /*dims=*/{}, "y" + Twine(i), taken, entry.outputs));
    interface.functions.push_back(std::move(entry));
  }
  if (interface.functions.empty() && valid) {
    module.emitError("the model has no public function, expected at least one "
                     "func.func");
    valid = false;
  }
  if (!valid)
    return failure();
  // A model's function may have the name of a C function, such as exp or main;
  // its kernel may not.
  for (auto [function, entry] : llvm::zip(entries, interface.functions))
    if (failed(SymbolTable(module).rename(function, entry.kernel)))
      return function.emitError("function '")
             << entry.name << "' and '" << entry.kernel
             << "' exist, expected no name that ends in .kernel";
  return interface;
}

} // namespace dlc
