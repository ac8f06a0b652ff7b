//===- Format.h - Text by checked format strings ----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place where fmt is included, of which only headers are used. It takes
// long to compile: for .cpp files alone.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_FORMAT_H
#define DLC_SUPPORT_FORMAT_H

// Each format string is an FMT_STRING, which the compiler checks.
#define FMT_ENFORCE_COMPILE_STRING
// Also where a source is compiled for another target, as for a fuzzer.
#ifndef FMT_HEADER_ONLY
#define FMT_HEADER_ONLY
#endif

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <fmt/format.h>

template <>
struct fmt::formatter<llvm::StringRef> : fmt::formatter<fmt::string_view> {
  template <typename Context>
  auto format(llvm::StringRef text, Context &context) const {
    return fmt::formatter<fmt::string_view>::format({text.data(), text.size()},
                                                    context);
  }
};
template <>
struct fmt::formatter<llvm::StringLiteral> : fmt::formatter<llvm::StringRef> {};

namespace dlc {

/// Formats to a stream of LLVM's.
template <typename Text, typename... Values>
void print(llvm::raw_ostream &os, const Text &text, const Values &...values) {
  fmt::memory_buffer buffer;
  fmt::format_to(std::back_inserter(buffer), text, values...);
  os << llvm::StringRef(buffer.data(), buffer.size());
}

} // namespace dlc

#endif // DLC_SUPPORT_FORMAT_H
