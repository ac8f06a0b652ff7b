//===- CheckNames.h - Names of MLIR's text, before its parser ---*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_CHECKNAMES_H
#define DLC_LIB_DRIVER_CHECKNAMES_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <utility>

namespace dlc {

/// Where and why a text is refused whose values are used before they are
/// defined; no message where none is.
///
/// Upstream's parser lets an op stand before what it uses, and joins the two
/// when the definition comes. Where that lies in a region which then fails to
/// parse, the region goes, and the op is left with a use of freed memory. In a
/// model of structured control flow what is used stands above, so such a text
/// is no model; but it has to be told before the parser sees it.
std::pair<size_t, std::string> findUseBeforeDefinition(llvm::StringRef text);

} // namespace dlc

#endif // DLC_LIB_DRIVER_CHECKNAMES_H
