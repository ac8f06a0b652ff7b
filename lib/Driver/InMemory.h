//===- InMemory.h - A library compiled into memory --------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_INMEMORY_H
#define DLC_LIB_DRIVER_INMEMORY_H

#include "dlc/Runtime/abi.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace mlir {
class ModuleOp;
} // namespace mlir
namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace dlc {

struct Processor;

/// The function `@evaluate` of a module, lowered in the same way as a model but
/// compiled into memory, and called through the same interface.
class InMemory {
public:
  /// Lowers and consumes the module; `level` is 0 to 3. Reports errors at the
  /// module's locations.
  static mlir::FailureOr<InMemory>
  compile(mlir::ModuleOp module, const Processor &processor, unsigned level);
  InMemory(InMemory &&);
  ~InMemory();

  const dlc_function &function() const { return library->functions[0]; }
  /// Calls the function once. The arrays hold pointers to the data of its
  /// inputs and outputs, whose shapes are those of the function.
  llvm::Error call(llvm::ArrayRef<void *> inputs,
                   llvm::ArrayRef<void *> outputs);

private:
  InMemory();
  std::unique_ptr<llvm::orc::LLJIT> jit;
  const dlc_library_info *library = nullptr;
  dlc_context *context = nullptr;
};

} // namespace dlc

#endif // DLC_LIB_DRIVER_INMEMORY_H
