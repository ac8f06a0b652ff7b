//===- ReadMLIR.cpp - Reads untrusted MLIR text ---------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ReadMLIR.h"
#include "AllowedOps.h"
#include "CheckNames.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <tuple>

using namespace mlir;

namespace dlc {

//===----------------------------------------------------------------------===//
// Before the parser
//===----------------------------------------------------------------------===//

namespace {
/// Scans a text with the rules of MLIR's lexer for input that crashes its
/// parser: brackets nested too deep, lists with elements of unexpected kinds,
/// and sizes for which it allocates memory before it reads the elements.
class TextScanner {
public:
  explicit TextScanner(StringRef text) : text(text) {}

  /// The position and error message of a rejected text; the message is empty
  /// where it is accepted.
  std::pair<size_t, std::string> run() {
    while (at < text.size()) {
      char c = text[at];
      if (std::string message = checkAttribute(); !message.empty())
        return {at, message};
      if (c == '"') {
        at = endOfString();
        last = c;
      } else if (c == '/' && text.substr(at).starts_with("//")) {
        at = endOfComment(text, at);
      } else if ((c == '#' || c == '!') && hasComment(bodyAt(at))) {
        return {at, "a comment inside of a dialect's attribute or type, "
                    "expected none: its parser takes it for a part of it"};
      } else if (text.substr(at).starts_with("affine_map<") ||
                 text.substr(at).starts_with("affine_set<")) {
        // An affine map may contain comparisons and arrows; `<` has no other
        // meaning within it.
        size_t end = text.find_first_of("\n\"", at);
        if (std::min(end, text.size()) - at > maxMapText)
          return {at, fmt::format(FMT_STRING("an affine map of more than {} "
                                             "characters, expected a shorter "
                                             "one"),
                                  maxMapText)};
        at += StringRef("affine_map").size();
      } else {
        count(c);
        ++at;
      }
      if (depth > maxNesting)
        return {at - 1,
                fmt::format(FMT_STRING("brackets nested deeper than {}, "
                                       "expected regions, types and attributes "
                                       "that are nested less deep"),
                            maxNesting)};
    }
    return {0, ""};
  }

private:
  /// What MLIR's lexer treats as blank, including the NUL byte.
  static constexpr StringRef blanks = StringRef(" \t\n\r\0", 5);

  /// The end of the comment that begins at `begin`, which CR and LF end.
  static size_t endOfComment(StringRef text, size_t begin) {
    return std::min(text.find_first_of("\n\r", begin), text.size());
  }

  /// Drops leading blanks and comments.
  static StringRef skipBlanks(StringRef rest) {
    for (rest = rest.ltrim(blanks); rest.starts_with("//");
         rest = rest.ltrim(blanks))
      rest = rest.substr(endOfComment(rest, 0));
    return rest;
  }

  /// The part of `#dialect.name<...>` or `!dialect.name<...>` from the `<` on.
  StringRef bodyAt(size_t begin) const {
    StringRef rest = text.substr(begin + 1).drop_while([](char c) {
      return llvm::isAlnum(c) || StringRef("_$.-").contains(c);
    });
    return rest.starts_with("<") ? rest : "";
  }

  /// Whether a body contains a comment. MLIR ignores comments when it looks for
  /// the end of a body, but skips them when it parses the body.
  static bool hasComment(StringRef body) {
    unsigned open = 0;
    for (size_t i = 0; i < body.size(); ++i) {
      char c = body[i];
      if (c == '"') {
        for (++i; i < body.size() && body[i] != '"'; ++i)
          i += body[i] == '\\';
      } else if (c == '/' && body.substr(i).starts_with("//")) {
        return true;
      } else if (StringRef("<([{").contains(c)) {
        ++open;
      } else if (StringRef(">)]}").contains(c) &&
                 !(c == '>' && body[i - 1] == '-') && --open == 0) {
        break;
      }
    }
    return false;
  }

  /// Takes a list such as `[1, 2]` off the text; `takeElement` takes an
  /// element.
  static bool takeList(StringRef &rest,
                       llvm::function_ref<bool(StringRef &)> takeElement) {
    auto take = [&](StringRef token) {
      rest = skipBlanks(rest);
      return rest.consume_front(token);
    };
    if (!take("["))
      return false;
    if (take("]"))
      return true;
    do {
      rest = skipBlanks(rest);
      if (!takeElement(rest))
        return false;
    } while (take(","));
    return take("]");
  }

  static bool takeNumber(StringRef &rest) {
    int64_t number;
    return !rest.consumeInteger(10, number);
  }

  static bool takeString(StringRef &rest) {
    if (!rest.consume_front("\""))
      return false;
    rest = rest.drop_while([](char c) { return c != '"' && c != '\n'; });
    return rest.consume_front("\"");
  }

  /// Checks an attribute that MLIR's parser reads without checking its kind.
  /// Returns why it is rejected, or nothing. After an error in a list of
  /// linalg's reduce, broadcast and transpose, which is written outside of
  /// braces, the parser continues without the attribute. It assumes that the
  /// iterator types of linalg.generic are strings.
  std::string checkAttribute() const {
    std::string name;
    StringRef rest = text.substr(at);
    auto isOfName = [](char c) {
      return llvm::isAlnum(c) || StringRef("_$.-%#@^!").contains(c);
    };
    if (rest.starts_with("\"")) { // names may be quoted
      rest = text.substr(endOfString());
      name = unescape(text.slice(at + 1, endOfString() - 1));
    } else if (!at || !isOfName(text[at - 1])) {
      name = rest.take_while(isOfName).str();
      rest = rest.substr(name.size());
    }
    if (name.empty())
      return "";
    bool isList = (name == "dimensions" || name == "permutation") &&
                  last != '{' && last != ',';
    bool isTrait = name == "iterator_types" && !isPropertiesOrGenericForm();
    rest = skipBlanks(rest);
    if (name == "array" && rest.consume_front("<"))
      return checkArray(skipBlanks(rest));
    if (name == "tensor.from_elements")
      return checkElements(rest);
    if (!(isList || isTrait) || !rest.consume_front("="))
      return "";
    rest = skipBlanks(rest);
    if (isList && !rest.starts_with("array<") && !takeList(rest, takeNumber))
      return "expected a list of whole numbers, [0, 1], after the equals sign";
    if (isTrait && !takeList(rest, takeString))
      return "expected a list of strings, [\"parallel\", \"reduction\"], "
             "after the equals sign";
    return "";
  }

  /// The parser of `array<type: ...>` asks for the bit width of the element
  /// type, which `index` and dialects' types do not have.
  static std::string checkArray(StringRef rest) {
    if (!rest.starts_with("index") && !rest.starts_with("!"))
      return "";
    return "an array of these elements, expected a type of so many bits, "
           "array<i64: 1>";
  }

  /// Rejects tensor.from_elements whose result type claims more elements than
  /// are given. The parser allocates a type for each claimed element before it
  /// compares the number with that of the operands.
  static std::string checkElements(StringRef rest) {
    bool isGeneric = rest.consume_front("(");
    size_t count = 0;
    for (rest = skipBlanks(rest); rest.consume_front("%"); ++count) {
      rest = skipBlanks(rest.drop_while([](char c) {
        return llvm::isAlnum(c) || StringRef("_$.-#").contains(c);
      }));
      rest.consume_front(",");
      rest = skipBlanks(rest);
    }
    // Attributes are rejected, as models may not have any here: the text
    // searched for after them might be in a string or a comment.
    auto take = [&](StringRef token) {
      rest = skipBlanks(rest);
      return rest.consume_front(token);
    };
    if (isGeneric) {
      take(")");
      if (take("<{"))
        take("}>");
    }
    if (take("{"))
      take("}");
    if (take(":") && isGeneric && take("(")) {
      do {
        rest = skipBlanks(rest).drop_while([](char c) {
          return llvm::isAlnum(c) || StringRef("_.!<>").contains(c);
        });
      } while (take(","));
      take(")");
      take("->");
    }
    rest = skipBlanks(rest);
    rest.consume_front("(");
    rest = skipBlanks(rest);
    rest.consume_front("tensor");
    rest = skipBlanks(rest);
    if (!rest.consume_front("<"))
      return "expected the type of its result written out, tensor<2xf32>";
    uint64_t size = 1, extent;
    for (rest = skipBlanks(rest); !rest.consumeInteger(10, extent);
         rest = skipBlanks(rest)) {
      size = llvm::SaturatingMultiply(size, extent);
      rest = skipBlanks(rest);
      rest.consume_front("x");
    }
    if (size <= count)
      return "";
    return fmt::format(FMT_STRING("{} elements are given, the result has {}"),
                       count, size);
  }

  /// Whether the scanner is in `<{...}>` or `({...}) {...}`, whose attributes a
  /// verifier checks first.
  bool isPropertiesOrGenericForm() const {
    return !braces.empty() && (braces.back() == '<' || braces.back() == ')');
  }

  static std::string unescape(StringRef text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
      unsigned number;
      if (text[i] != '\\')
        plain += text[i];
      else if (!text.substr(i + 1, 2).getAsInteger(16, number))
        plain += char(number), i += 2;
      else
        plain += text.substr(++i, 1);
    }
    return plain;
  }

  /// The position after the closing quote of the string that begins at `at`.
  size_t endOfString() const {
    size_t end = at + 1;
    for (; end < text.size() && text[end] != '"' && text[end] != '\n'; ++end)
      if (text[end] == '\\')
        ++end;
    return std::min(end + 1, text.size());
  }

  void count(char c) {
    char before = last;
    if (!blanks.contains(c))
      last = c;
    switch (c) {
    case '(':
    case '[':
    case '{':
      if (c == '{')
        braces.push_back(before);
      ++depth;
      break;
    case '<':
      depth += !text.substr(at + 1).starts_with("=");
      break;
    case '>':
      // Not the `>` of ->, => and >=.
      if (at && (text[at - 1] == '-' || text[at - 1] == '='))
        break;
      if (text.substr(at + 1).starts_with("="))
        break;
      [[fallthrough]];
    case ')':
    case ']':
    case '}':
      if (c == '}' && !braces.empty())
        braces.pop_back();
      depth -= depth > 0;
      break;
    default:
      break;
    }
  }

  StringRef text;
  size_t at = 0;
  unsigned depth = 0;
  char last = 0;            // the last character outside blanks and comments
  SmallVector<char> braces; // the character before each open brace
};
} // namespace

LogicalResult checkText(llvm::SourceMgr &sources, bool allowNativeCode,
                        MLIRContext &context) {
  const llvm::MemoryBuffer *buffer =
      sources.getMemoryBuffer(sources.getMainFileID());
  auto [at, message] = TextScanner(buffer->getBuffer()).run();
  if (message.empty() && !allowNativeCode)
    std::tie(at, message) = findUseBeforeDefinition(buffer->getBuffer());
  if (message.empty())
    return success();
  auto [line, column] = sources.getLineAndColumn(
      llvm::SMLoc::getFromPointer(buffer->getBufferStart() + at));
  return emitError(FileLineColLoc::get(&context, buffer->getBufferIdentifier(),
                                       line, column))
         << message;
}

//===----------------------------------------------------------------------===//
// After the parser
//===----------------------------------------------------------------------===//

namespace {
/// Checks the values of globals and constants, and sums the sizes of those that
/// the text does not write out.
class ValueChecker {
public:
  LogicalResult run(ModuleOp module) {
    module->walk([&](Operation *op) {
      if (auto global = dyn_cast<ml_program::GlobalOp>(op))
        check(global, global.getType(), global.getValueAttr());
      else if (auto constant = dyn_cast<arith::ConstantOp>(op))
        check(constant, constant.getType(), constant.getValue());
      else if (auto constant = dyn_cast<tosa::ConstOp>(op))
        check(constant, constant.getType(), constant.getValuesAttr());
    });
    return result;
  }

private:
  InFlightDiagnostic fail(Operation *op) {
    result = failure();
    return op->emitError();
  }

  void check(Operation *op, Type type, Attribute value) {
    auto typed = dyn_cast_or_null<TypedAttr>(value);
    if (auto global = dyn_cast<ml_program::GlobalOp>(op)) {
      // A mutable global may have no initial value.
      if (!value)
        return;
      if (!isa<DenseElementsAttr, DenseResourceElementsAttr>(value)) {
        fail(op) << "global '" << global.getSymName()
                 << "' has a value of another kind, expected dense<...> or "
                    "dense_resource<...>";
        return;
      }
      if (typed.getType() != type) {
        fail(op) << "global '" << global.getSymName()
                 << "' has a value of type " << typed.getType()
                 << ", expected its own type " << type;
        return;
      }
    }
    if (!isa_and_nonnull<ElementsAttr>(value))
      return;
    if (isa<SparseElementsAttr>(value)) {
      fail(op) << "a sparse value, expected dense<...> or dense_resource<...>";
      return;
    }
    auto dense = dyn_cast<DenseElementsAttr>(value);
    if (!dense || !dense.isSplat() ||
        !dense.getElementType().isIntOrIndexOrFloat())
      return;
    int64_t width = dense.getElementType().isIndex()
                        ? 64
                        : dense.getElementType().getIntOrFloatBitWidth();
    int64_t bytes = llvm::divideCeil(width, 8);
    bool overflows = false;
    for (int64_t extent : dense.getType().getShape())
      overflows |= llvm::MulOverflow(bytes, extent, bytes);
    if (!overflows && bytes <= maxClaimedBytes - claimed) {
      claimed += bytes;
      return;
    }
    fail(op) << "a value of type " << dense.getType()
             << " written as one number takes the model's values of this kind "
                "beyond "
             << maxClaimedBytes
             << " bytes; spell the values out, in a resource or an ONNX model";
  }

  LogicalResult result = success();
  int64_t claimed = 0;
};
} // namespace

LogicalResult checkValues(ModuleOp module) {
  return ValueChecker().run(module);
}

/// Extends the parser's error about an unknown op with the nearest known name.
static void suggestOp(Diagnostic &diagnostic, MLIRContext &context) {
  std::string text = diagnostic.str();
  StringRef rest = text;
  size_t at = rest.find("dl.");
  if (at == StringRef::npos || !rest.contains("custom op") ||
      !rest.contains("is unknown"))
    return;
  StringRef name = rest.substr(at + 3).take_while(
      [](char c) { return llvm::isAlnum(c) || c == '_'; });
  SmallVector<StringRef> known;
  for (RegisteredOperationName op :
       context.getRegisteredOperationsByDialect("dl"))
    known.push_back(op.stripDialect());
  diagnostic << suggestName(name, known, "dl.");
}

OwningOpRef<ModuleOp> readMLIR(llvm::SourceMgr &sources, bool allowNativeCode,
                               MLIRContext &context) {
  if (failed(checkText(sources, allowNativeCode, context)))
    return {};
  OwningOpRef<ModuleOp> module;
  {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      suggestOp(diagnostic, context);
      return failure(); // the next handler prints it
    });
    module = parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  }
  if (!module || (!allowNativeCode && failed(checkAllowed(*module))) ||
      failed(checkValues(*module)))
    return {};
  return module;
}

} // namespace dlc
