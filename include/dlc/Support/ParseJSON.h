//===- ParseJSON.h - JSON from anywhere -------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_SUPPORT_PARSEJSON_H
#define DLC_SUPPORT_PARSEJSON_H

#include "llvm/Support/JSON.h"

namespace dlc {

/// As llvm::json::parse, which takes a stack frame for each bracket: text whose
/// brackets are nested deeper than 64 is refused first.
llvm::Expected<llvm::json::Value> parseJSON(llvm::StringRef text);

} // namespace dlc

#endif // DLC_SUPPORT_PARSEJSON_H
