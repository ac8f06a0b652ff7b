//===- Emit.h - From LLVM IR to files ---------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TARGET_EMIT_H
#define DLC_TARGET_EMIT_H

#include "dlc/Target/Interface.h"
#include "dlc/Target/Processor.h"
#include "dlc/Target/Weights.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <map>

namespace llvm {
class MemoryBuffer;
class Module;
class TargetMachine;
class raw_pwrite_stream;
} // namespace llvm

namespace dlc {

/// The functions of one kernel, compiled for one processor.
struct Kernel {
  std::string run, shapes, workspace; // symbols
  std::vector<std::string> messages;  // of the checks in `shapes`
};

/// The kernels, keyed by the kernel's name in the interface and the processor's
/// name.
using Kernels = std::map<std::pair<std::string, std::string>, Kernel>;

/// Collects the kernels from the functions of the LLVM dialect. Sets on each
/// function of the module the processor that it is compiled for.
Kernels readKernels(mlir::ModuleOp module);

/// Adds the runtime, the library's tables and its C entry points to a module of
/// kernels for each of `processors`, and hides everything else. The kernels of
/// the first processor have the plain names (see the pass Multiversion).
/// `isShared` adds the symbol `dlc_library`, through which programs find the
/// tables of a library that they load.
llvm::Error emitInterface(llvm::Module &module, const Interface &interface,
                          const Kernels &kernels,
                          llvm::ArrayRef<Processor> processors,
                          const Weights &weights, bool isShared);

/// The LLVM attribute of each function of the runtime that emitInterface links.
inline constexpr llvm::StringLiteral runtimeAttribute = "dlc-runtime";

/// Returns the name of the symbol at the first weight of a library.
std::string weightsSymbol(const Interface &interface);

/// Optimises for the machine; `level` is 0 to 3.
void optimize(llvm::Module &module, llvm::TargetMachine &machine,
              unsigned level);

/// Writes assembly or an object file.
llvm::Error emitCode(llvm::Module &module, llvm::TargetMachine &machine,
                     bool assembly, llvm::raw_pwrite_stream &os);

/// Optimises a module and returns its object files. A large module is split
/// into several parts, which are compiled in parallel and share hidden symbols.
/// The partition does not depend on the number of processors.
llvm::Expected<std::vector<llvm::SmallString<0>>>
emitObjects(llvm::Module &module, const Processor &processor, unsigned level);

/// Links object files into a shared library with LLD and returns its bytes.
/// Needs only the objects themselves and, where they are found, libc and libm.
llvm::Expected<llvm::SmallString<0>>
linkLibrary(llvm::ArrayRef<std::string> objects, llvm::StringRef soname);

/// Links object files into one, in which their hidden symbols become local.
llvm::Expected<llvm::SmallString<0>>
linkObject(llvm::ArrayRef<std::string> objects);

/// Puts object files, the code and the weights, into an archive of this name.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
makeArchive(llvm::ArrayRef<std::string> objects, llvm::StringRef name);

} // namespace dlc

#endif // DLC_TARGET_EMIT_H
