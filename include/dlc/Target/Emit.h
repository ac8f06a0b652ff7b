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

/// The functions of a kernel's version for one processor.
struct Kernel {
  std::string run, shapes, workspace; // symbols
  std::vector<std::string> messages;  // of the checks in `shapes`
};

/// By the kernel's name in the interface and the processor's.
using Kernels = std::map<std::pair<std::string, std::string>, Kernel>;

/// Reads them from functions of the LLVM dialect, and tells each function of
/// the module for which processor it is.
Kernels readKernels(mlir::ModuleOp module);

/// Adds the runtime, the library's tables and its C entry points to a module of
/// kernels for each of `processors` (the first one's have the plain names, see
/// the pass Multiversion) and hides everything else. `isShared` adds the symbol
/// `dlc_library`, by which programs find the tables of a library that they
/// load.
llvm::Error emitInterface(llvm::Module &module, const Interface &interface,
                          const Kernels &kernels,
                          llvm::ArrayRef<Processor> processors,
                          const Weights &weights, bool isShared);

/// The symbol at the first weight of a library.
std::string weightsSymbol(const Interface &interface);

/// Optimises for the machine; `level` is 0 to 3.
void optimize(llvm::Module &module, llvm::TargetMachine &machine,
              unsigned level);

/// Writes assembly or an object file.
llvm::Error emitCode(llvm::Module &module, llvm::TargetMachine &machine,
                     bool assembly, llvm::raw_pwrite_stream &os);

/// Optimises a module and gives its object files: one, or for a large module
/// several, which are made at the same time and share hidden symbols. The parts
/// do not depend on how many processors there are.
llvm::Expected<std::vector<llvm::SmallString<0>>>
emitObjects(llvm::Module &module, const Processor &processor, unsigned level);

/// Links object files into a shared library with LLD; nothing is needed but the
/// objects themselves and, where they are found, libc and libm. Gives its
/// bytes.
llvm::Expected<llvm::SmallString<0>>
linkLibrary(llvm::ArrayRef<std::string> objects, llvm::StringRef soname);

/// Links object files into one; symbols that they hide from others are local
/// in it.
llvm::Expected<llvm::SmallString<0>>
linkObject(llvm::ArrayRef<std::string> objects);

/// Wraps object files, the code and the weights, in an archive of this name.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
makeArchive(llvm::ArrayRef<std::string> objects, llvm::StringRef name);

} // namespace dlc

#endif // DLC_TARGET_EMIT_H
