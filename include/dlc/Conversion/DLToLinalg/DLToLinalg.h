//===- DLToLinalg.h - From dl to linalg -------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CONVERSION_DLTOLINALG_DLTOLINALG_H
#define DLC_CONVERSION_DLTOLINALG_DLTOLINALG_H

#include "mlir/Pass/Pass.h"

namespace dlc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dlc/Conversion/DLToLinalg/Passes.h.inc"
} // namespace dlc

#endif // DLC_CONVERSION_DLTOLINALG_DLTOLINALG_H
