//===- fuzz-mlir.cpp - Mutated .mlir files --------------------------------===//
//
// Parser, verifiers and shape inference, and what makes a model simple, on
// files that are changed by tokens and lines: what is left is mostly
// grammatical.
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include <random>

using namespace mlir;
using llvm::StringRef;

namespace {

struct Token {
  enum Kind { Space, Number, Name, Value, Symbol, Text, Sign } kind;
  std::string text;
};

std::vector<Token> split(StringRef text) {
  std::vector<Token> tokens;
  auto isWord = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  while (!text.empty()) {
    char c = text[0];
    size_t length = 1;
    Token::Kind kind = Token::Sign;
    auto take = [&](auto test) {
      while (length < text.size() && test(text[length]))
        ++length;
    };
    if (llvm::isSpace(c)) {
      kind = Token::Space;
      take(llvm::isSpace);
    } else if (llvm::isDigit(c) || c == '?') {
      // Extents of a shape are numbers of their own: 2x3xf32.
      kind = Token::Number;
      if (c != '?')
        take([](char d) { return llvm::isDigit(d) || d == '.'; });
    } else if (c == '%' || c == '@' || c == '#') {
      kind = c == '%' ? Token::Value : Token::Symbol;
      take([&](char d) { return isWord(d) || d == '$' || d == '#'; });
    } else if (llvm::isAlpha(c)) {
      kind = Token::Name;
      // The x between extents stands alone.
      if (c != 'x' || (length < text.size() && llvm::isAlpha(text[1]) &&
                       (tokens.empty() || tokens.back().kind != Token::Number)))
        take([&](char d) { return isWord(d) || d == '.'; });
    } else if (c == '"') {
      kind = Token::Text;
      take([](char d) { return d != '"' && d != '\n'; });
      length = std::min(length + 1, text.size());
    }
    tokens.push_back({kind, text.take_front(length).str()});
    text = text.drop_front(length);
  }
  return tokens;
}

using Random = std::mt19937;

size_t below(Random &random, size_t count) { return random() % count; }

std::string otherNumber(Random &random, StringRef old) {
  static const char *const numbers[] = {"0",
                                        "1",
                                        "2",
                                        "3",
                                        "7",
                                        "64",
                                        "-1",
                                        "?",
                                        "2147483648",
                                        "4611686018427387904",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "1.0e+38",
                                        "0.5",
                                        "0x7FC00000"};
  int64_t value;
  if (!old.getAsInteger(10, value) && below(random, 2))
    return std::to_string(value + (below(random, 2) ? 1 : -1));
  return numbers[below(random, std::size(numbers))];
}

void mutateTokens(std::vector<Token> &tokens, Random &random) {
  static const char *const types[] = {"f32",  "f64",    "f16",  "bf16", "i1",
                                      "i8",   "i32",    "i64",  "ui8",  "index",
                                      "ui64", "f8E5M2", "none", "i4"};
  size_t at = below(random, tokens.size());
  // The first one from here on that is worth a change.
  for (size_t i = 0; i < 40 && tokens[at].kind == Token::Space; ++i)
    at = (at + 1) % tokens.size();
  Token &token = tokens[at];
  // Another token of the same kind, from anywhere in the file.
  auto alike = [&]() -> const Token & {
    for (size_t i = 0; i < 200; ++i) {
      const Token &other = tokens[below(random, tokens.size())];
      if (other.kind == token.kind && other.text != token.text)
        return other;
    }
    return token;
  };
  switch (below(random, 8)) {
  case 0:
    tokens.erase(tokens.begin() + at);
    return;
  case 1:
    tokens.insert(tokens.begin() + at, Token(token));
    return;
  case 2:
    std::swap(token, tokens[below(random, tokens.size())]);
    return;
  case 3:
    if (token.kind == Token::Name &&
        llvm::is_contained(types, StringRef(token.text))) {
      token.text = types[below(random, std::size(types))];
      return;
    }
    [[fallthrough]];
  case 4:
    if (token.kind == Token::Number) {
      token.text = otherNumber(random, token.text);
      return;
    }
    [[fallthrough]];
  default:
    token.text = alike().text;
  }
}

void mutateLines(std::vector<std::string> &lines, Random &random) {
  size_t at = below(random, lines.size()), to = below(random, lines.size());
  switch (below(random, 3)) {
  case 0:
    lines.erase(lines.begin() + at);
    return;
  case 1:
    lines.insert(lines.begin() + to, std::string(lines[at]));
    return;
  default:
    std::swap(lines[at], lines[to]);
  }
}

std::vector<std::string> linesOf(StringRef text) {
  llvm::SmallVector<StringRef> parts;
  text.split(parts, '\n');
  return {parts.begin(), parts.end()};
}

size_t put(const std::string &text, uint8_t *data, size_t room) {
  size_t size = std::min(text.size(), room);
  std::copy_n(text.data(), size, data);
  return size;
}

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t room, unsigned seed) {
  Random random(seed);
  std::string text(reinterpret_cast<char *>(data), size);
  if (below(random, 6) == 0) {
    auto lines = linesOf(text);
    mutateLines(lines, random);
    return put(llvm::join(lines, "\n"), data, room);
  }
  auto tokens = split(text);
  if (tokens.empty())
    return put("func.func @f() { return }", data, room);
  for (size_t i = 0, n = 1 + below(random, 3); i < n && !tokens.empty(); ++i)
    mutateTokens(tokens, random);
  text.clear();
  for (const Token &token : tokens)
    text += token.text;
  return put(text, data, room);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t sizeA,
                                            const uint8_t *b, size_t sizeB,
                                            uint8_t *out, size_t room,
                                            unsigned seed) {
  Random random(seed);
  auto first = linesOf({reinterpret_cast<const char *>(a), sizeA});
  auto second = linesOf({reinterpret_cast<const char *>(b), sizeB});
  size_t at = below(random, second.size());
  size_t count = 1 + below(random, std::min<size_t>(second.size() - at, 4));
  first.insert(first.begin() + below(random, first.size()), second.begin() + at,
               second.begin() + at + count);
  return put(llvm::join(first, "\n"), out, room);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StringRef text(reinterpret_cast<const char *>(data), size);
  MLIRContext &mlir = dlc::fuzz::context();
  dlc::fuzz::Listener listener(text, ".mlir");
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&mlir));
  if (!module && !listener.heardError())
    listener.silent();
  dlc::fuzz::count(module ? *module : mlir::ModuleOp());
  return 0;
}
