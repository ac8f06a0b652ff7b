//===- DLToLinalg.h - From dl to linalg -------------------------*- C++ -*-===//

#ifndef DLC_CONVERSION_DLTOLINALG_DLTOLINALG_H
#define DLC_CONVERSION_DLTOLINALG_DLTOLINALG_H

#include "mlir/Pass/Pass.h"

namespace dlc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dlc/Conversion/DLToLinalg/Passes.h.inc"
} // namespace dlc

#endif // DLC_CONVERSION_DLTOLINALG_DLTOLINALG_H
