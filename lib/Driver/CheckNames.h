//===- CheckNames.h - Finds uses before definitions in text -----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_CHECKNAMES_H
#define DLC_LIB_DRIVER_CHECKNAMES_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <utility>

namespace dlc {

/// Returns the position and an error message for a text that uses a value
/// before its definition; the message is empty where there is none.
///
/// Upstream's parser accepts a use before the definition and links the two when
/// it reaches the definition. If the definition is in a region that then fails
/// to parse, the region is deleted and the op is left with a use of freed
/// memory. Models have structured control flow, where definitions precede uses,
/// so such a text is not a valid model; but it has to be rejected before the
/// parser sees it.
std::pair<size_t, std::string> findUseBeforeDefinition(llvm::StringRef text);

} // namespace dlc

#endif // DLC_LIB_DRIVER_CHECKNAMES_H
