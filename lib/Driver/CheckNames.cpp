//===- CheckNames.cpp - Finds uses before definitions in text -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "CheckNames.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace {
/// Scans a text once. The context of a name decides its kind:
///
///   %a, %b:2 = ...              results
///   (%i = %x, ...) {            arguments of the following region
///   @f(%x: type) ^bb0(%x: type) ](%x: type) {   the same
///   scf.forall (%i, %j)         the same
///   %x                          a use
///
/// A use that is mistaken for a definition is not rejected here, so only the
/// recognition of uses has to be exact.
class NameScanner {
public:
  explicit NameScanner(StringRef text) : text(text) {}

  std::pair<size_t, std::string> run() {
    scopes.emplace_back();
    while (at < text.size()) {
      char c = text[at];
      if (c == '"') {
        at = endOfString(at);
        lastWord = "\"";
      } else if (text.substr(at).starts_with("//")) {
        at = std::min(text.find_first_of("\n\r", at), text.size());
      } else if (c == '%') {
        size_t begin = at;
        StringRef name = takeName();
        if (isDefinition(begin, name))
          if (unresolved.contains(name))
            return {begin, ("'%" + name +
                            "' is used above, before it is defined; expected "
                            "each value above what uses it")
                               .str()};
        lastWord = "%";
      } else if (isWord(c) || c == '@' || c == '^') {
        takeWord();
      } else {
        takeSign(c);
        ++at;
      }
    }
    return {0, ""};
  }

private:
  static bool isWord(char c) {
    return isAlnum(c) || c == '_' || c == '.' || c == '$' || c == '-';
  }
  static bool isBlank(char c) { return StringRef(" \t\n\r\0", 5).contains(c); }

  /// The position after the string that begins at `from`.
  size_t endOfString(size_t from) const {
    size_t end = from + 1;
    for (; end < text.size() && text[end] != '"' && text[end] != '\n'; ++end)
      end += text[end] == '\\';
    return std::min(end + 1, text.size());
  }

  /// The end of the name that begins at `from`: a number or a word.
  size_t endOfName(size_t from) const {
    bool isNumber = isDigit(charAt(from));
    while (from < text.size() &&
           (isNumber ? isDigit(text[from]) : isWord(text[from])))
      ++from;
    return from;
  }

  /// Whether the parenthesis at `at` opens the argument list of a block, that
  /// is, its closing one is followed by a colon.
  bool isHead() const {
    size_t from = at;
    for (unsigned open = 0; from < text.size(); ++from) {
      open += text[from] == '(';
      if (text[from] == ')' && --open == 0)
        return charAt(skipBlanks(from + 1)) == ':';
    }
    return false;
  }

  /// Takes the name of a value and returns it without `%` and result number.
  StringRef takeName() {
    size_t begin = ++at;
    at = endOfName(at);
    StringRef name = text.slice(begin, at);
    if (at < text.size() && text[at] == '#') // %a#1
      for (++at; at < text.size() && isDigit(text[at]);)
        ++at;
    return name;
  }

  void takeWord() {
    size_t begin = at++;
    if (text[begin] == '@' && charAt(at) == '"') // @"a name"
      at = endOfString(at);
    while (at < text.size() && isWord(text[at]))
      ++at;
    lastWord = text.slice(begin, at);
  }

  size_t skipBlanks(size_t from) const {
    while (from < text.size()) {
      if (isBlank(text[from]))
        ++from;
      else if (text.substr(from).starts_with("//"))
        from = std::min(text.find_first_of("\n\r", from), text.size());
      else
        break;
    }
    return from;
  }
  /// The position after blanks and the optional location `loc(...)` that may
  /// follow the name of a region argument.
  size_t skipPlace(size_t from) const {
    from = skipBlanks(from);
    if (!text.substr(from).starts_with("loc("))
      return from;
    unsigned open = 0;
    for (from += 3; from < text.size(); ++from) {
      if (text[from] == '"')
        from = endOfString(from) - 1;
      open += text[from] == '(';
      if (text[from] == ')' && --open == 0)
        return skipBlanks(from + 1);
      if (open > 256) // bounds the re-reading of nested locations
        return from;
    }
    return from;
  }
  char charAt(size_t from) const { return from < text.size() ? text[from] : 0; }

  /// Whether the list of names that contains the one ending at `from` is a list
  /// of results, that is, an equals sign follows it. Each list is scanned once.
  /// With `single` only that one name is considered.
  bool endsInEquals(size_t from, bool single) {
    if (single)
      return findEquals(from, single);
    if (from >= endOfList)
      isListOfResults = findEquals(from, single);
    return isListOfResults;
  }
  bool findEquals(size_t from, bool single) {
    while (true) {
      from = skipPlace(from);
      if (charAt(from) == ':') { // %a:2
        size_t number = skipBlanks(from + 1);
        if (!isDigit(charAt(number)))
          return false;
        while (isDigit(charAt(number)))
          ++number;
        from = skipBlanks(number);
      }
      if (charAt(from) == '=')
        return charAt(from + 1) != '=';
      if (single || charAt(from) != ',')
        return false;
      from = skipBlanks(from + 1);
      if (charAt(from) != '%')
        return false;
      from = endOfName(from + 1);
      endOfList = from + 1;
    }
  }

  bool isDefinition(size_t begin, StringRef name) {
    bool isInside = !lists.empty();
    List list = isInside ? lists.back() : List::none;
    bool ends = endsInEquals(at, /*single=*/isInside);
    bool isArgument =
        ends ? isInside || lastWord == "scf.for" || lastWord == "unsigned"
             : list == List::loop ||
                   (list != List::none && charAt(skipPlace(at)) == ':');
    if (ends || isArgument) {
      if (isArgument && list != List::block)
        pending.insert(name);
      else
        scopes.back().insert(name);
      return true;
    }
    if (none_of(scopes,
                [&](const StringSet<> &s) { return s.contains(name); }) &&
        !pending.contains(name))
      unresolved.insert(name);
    return false;
  }

  /// Whether the brace at `at` opens an attribute dictionary.
  bool opensAttributes() const {
    size_t from = skipBlanks(at + 1);
    if (charAt(from) == '"') {
      size_t end = text.find('"', from + 1);
      return end != StringRef::npos && charAt(skipBlanks(end + 1)) == '=';
    }
    size_t end = from;
    while (end < text.size() && isWord(text[end]))
      ++end;
    char next = charAt(skipBlanks(end));
    return end != from && (next == '=' || next == ',' || next == '}');
  }

  void takeSign(char c) {
    switch (c) {
    case '(': {
      bool isLoop = lastWord == "scf.forall" || lastWord == "scf.parallel";
      bool isTyped =
          lastWord.starts_with("@") || lastWord == ")" || lastWord == "]";
      lists.push_back(lastWord.starts_with("^")
                          ? isHead() ? List::block : List::none
                      : isLoop  ? List::loop
                      : isTyped ? List::typed
                                : List::none);
      break;
    }
    case ')':
      if (!lists.empty())
        lists.pop_back();
      break;
    case '{':
      outer.push_back(std::move(lists));
      lists.clear();
      scopes.emplace_back();
      if (!opensAttributes()) {
        for (const auto &name : pending)
          scopes.back().insert(name.getKey());
        pending.clear();
      }
      break;
    case '}':
      if (scopes.size() > 1) {
        scopes.pop_back();
        lists = std::move(outer.back());
        outer.pop_back();
      }
      break;
    default:
      break;
    }
    if (!isBlank(c))
      lastWord = text.substr(at, 1);
  }

  /// What the names in a parenthesised list are: none of the following;
  /// arguments of the following region where a type follows the name; the same
  /// of a block; induction variables of a loop.
  enum class List { none, typed, block, loop };

  StringRef text;
  size_t at = 0;
  StringRef lastWord;      // or sign, before `at`
  SmallVector<List> lists; // open parentheses within the current braces
  SmallVector<SmallVector<List>> outer; // the same for the enclosing braces
  SmallVector<StringSet<>> scopes;
  StringSet<> pending;  // arguments of the region to come
  size_t endOfList = 0; // position after the last name of the list
  bool isListOfResults = false;
  StringSet<> unresolved;
};
} // namespace

std::pair<size_t, std::string> dlc::findUseBeforeDefinition(StringRef text) {
  return NameScanner(text).run();
}
