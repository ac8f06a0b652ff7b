//===- ParseJSON.cpp - JSON from anywhere ---------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Support/ParseJSON.h"
#include "dlc/Support/Format.h"
#include "llvm/Support/Error.h"

llvm::Expected<llvm::json::Value> dlc::parseJSON(llvm::StringRef text) {
  constexpr unsigned maxNesting = 64;
  unsigned depth = 0;
  bool isString = false;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '"')
      isString = !isString;
    else if (isString)
      at += c == '\\';
    else if (c == '[' || c == '{')
      ++depth;
    else if (c == ']' || c == '}')
      depth -= depth > 0;
    if (depth > maxNesting)
      return llvm::createStringError(fmt::format(
          FMT_STRING("brackets nested deeper than {}"), maxNesting));
  }
  return llvm::json::parse(text);
}
