//===- Destinations.h - What a tensor was written to ------------*- C++ -*-===//

#ifndef DLC_LIB_CODEGEN_DESTINATIONS_H
#define DLC_LIB_CODEGEN_DESTINATIONS_H

#include "mlir/IR/Value.h"

namespace dlc {

/// Whether `value` is what was written to `buffer`, as a whole or piece by
/// piece, whichever way a branch takes.
bool isWrittenTo(mlir::Value value, mlir::Value buffer);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DESTINATIONS_H
