//===- Suggest.h - The word that was meant ----------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_SUPPORT_SUGGEST_H
#define DLC_SUPPORT_SUGGEST_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace dlc {

/// `; did you mean name?`, `prefix` before the name: of the known names the one
/// that means the same elsewhere (`lr` is `rate`), or the nearest in letters;
/// "" where there is neither. A word that a known name expresses with more than
/// itself is told in full (`relu6`: `clip %x min 0.0 max 6.0`).
std::string suggestName(llvm::StringRef name,
                        llvm::ArrayRef<llvm::StringRef> known,
                        llvm::StringRef prefix = "");

} // namespace dlc

#endif // DLC_SUPPORT_SUGGEST_H
