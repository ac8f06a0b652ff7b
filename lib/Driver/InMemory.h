//===- InMemory.h - A library that is not written -----------------*- C++
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//-*-===//

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

/// The function `@evaluate` of a module, compiled the same way down as a model
/// into memory instead of a file, to be called through the same interface.
class InMemory {
public:
  /// Lowers the module, which is spent afterwards; `level` is 0 to 3. Problems
  /// of the module are reported there.
  static mlir::FailureOr<InMemory>
  compile(mlir::ModuleOp module, const Processor &processor, unsigned level);
  InMemory(InMemory &&);
  ~InMemory();

  const dlc_function &function() const { return library->functions[0]; }
  /// One call; arrays of the data of inputs and outputs, of the function's own
  /// shapes.
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
