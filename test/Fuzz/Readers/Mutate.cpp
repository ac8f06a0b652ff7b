//===- Mutate.cpp - Changes of files that leave them nearly right ---------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Mutate.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

namespace dlc::fuzz {

size_t below(Random &random, size_t count) { return random() % count; }

int64_t otherNumber(Random &random, int64_t old) {
  static const int64_t numbers[] = {0,
                                    1,
                                    -1,
                                    2,
                                    3,
                                    7,
                                    11,
                                    13,
                                    16,
                                    64,
                                    INT32_MAX,
                                    INT32_MIN,
                                    INT64_MAX,
                                    INT64_MIN,
                                    int64_t(1) << 31,
                                    int64_t(1) << 62};
  return below(random, 2) ? int64_t(uint64_t(old) + (below(random, 2) ? 1 : -1))
                          : numbers[below(random, std::size(numbers))];
}

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

std::string otherText(Random &random, StringRef old) {
  static const char *const numbers[] = {"?", "1.0e+38", "0.5", "0x7FC00000"};
  int64_t value = 0;
  if (old.getAsInteger(10, value) || below(random, 8) == 0)
    return numbers[below(random, std::size(numbers))];
  return std::to_string(otherNumber(random, value));
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
      token.text = otherText(random, token.text);
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

} // namespace

size_t put(StringRef text, uint8_t *data, size_t room) {
  size_t size = std::min(text.size(), room);
  std::copy_n(text.data(), size, data);
  return size;
}

std::string mutateText(StringRef text, Random &random) {
  if (below(random, 6) == 0) {
    auto lines = linesOf(text);
    mutateLines(lines, random);
    return llvm::join(lines, "\n");
  }
  auto tokens = split(text);
  for (size_t i = 0, n = 1 + below(random, 3); i < n && !tokens.empty(); ++i)
    mutateTokens(tokens, random);
  std::string result;
  for (const Token &token : tokens)
    result += token.text;
  return result;
}

std::string crossTexts(StringRef first, StringRef second, Random &random) {
  auto lines = linesOf(first), others = linesOf(second);
  size_t at = below(random, others.size());
  size_t count = 1 + below(random, std::min<size_t>(others.size() - at, 4));
  lines.insert(lines.begin() + below(random, lines.size()), others.begin() + at,
               others.begin() + at + count);
  return llvm::join(lines, "\n");
}

size_t mutateFramed(uint8_t *data, size_t size, size_t room, unsigned seed,
                    Frame frame) {
  Random random(seed);
  StringRef bytes(reinterpret_cast<char *>(data), size);
  size_t first = frame.at + frame.bytes;
  uint64_t length = 0;
  for (size_t i = 0; i < frame.bytes && frame.at + i < size; ++i)
    length |= uint64_t(data[frame.at + i]) << (8 * i);
  if (size < first || length > size - first || below(random, 12) == 0)
    return LLVMFuzzerMutate(data, size, room);
  std::string start = bytes.take_front(first).str();
  std::string header = bytes.substr(first, length).str();
  std::string rest = bytes.drop_front(first + length).str();
  switch (below(random, 8)) {
  case 0:
    rest.resize(below(random, rest.size() + 9));
    break;
  case 1:
    if (!rest.empty())
      rest[below(random, rest.size())] = char(random());
    break;
  default:
    header = mutateText(header, random);
  }
  for (size_t i = 0; i < frame.bytes; ++i)
    start[frame.at + i] = char(header.size() >> (8 * i));
  return put(start + header + rest, data, room);
}

} // namespace dlc::fuzz
