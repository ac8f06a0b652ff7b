//===- Interface.h - The interface of a library -----------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TARGET_INTERFACE_H
#define DLC_TARGET_INTERFACE_H

#include "mlir/Support/LLVM.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace dlc {

/// One input or output.
struct Argument {
  std::string name;              // as in the model
  std::string cName;             // as a C identifier
  std::vector<int64_t> shape;    // -1: dynamic, -2: computed
  std::vector<std::string> dims; // the model's names of the extents, or ""
  int element = 0;               // dlc_element of abi.h

  std::vector<unsigned> freeDims() const;
  /// Whether its extents depend on values (-2), so that the library allocates
  /// its memory.
  bool isComputed() const;
  /// `f32 [?, 28, 28, 1]`
  std::string describe() const;
};

struct Function {
  std::string name, cName;
  std::string kernel; // the symbol that holds its code
  std::vector<Argument> inputs, outputs;

  bool hasFreeDims() const;
};

/// A loop nest whose time a library can report (dlc_region of abi.h).
struct ProfiledRegion {
  std::string function, name, kind;
  int64_t flops, bytes;
};

/// The interface of a library, read from a model before it is lowered.
struct Interface {
  std::string name;   // of the library
  std::string prefix; // of its C names
  std::vector<Function> functions;
  std::vector<ProfiledRegion> regions; // empty: not profiled
  bool hasState = false; // it has functions that save, load, get and set state

  /// A hash of all names, types and shapes, which detects a header and a
  /// library that do not match.
  uint64_t hash() const;
};

/// Returns the C type of an element (`float`), or its name in shapes (`f32`).
llvm::StringRef cTypeOf(int element);
llvm::StringRef elementName(int element);

/// Turns any name into a C identifier: replaces other characters by `_` and
/// adds a `_` to a keyword or before a leading digit.
std::string toCIdentifier(llvm::StringRef name);

/// Reads the public functions of a model and renames them in the module to the
/// kernel names `<function>.kernel`. Reports every problem that it finds.
mlir::FailureOr<Interface> readInterface(mlir::ModuleOp module,
                                         llvm::StringRef libraryName);

/// Marks the outputs that lowering found to be computed (the attribute
/// codegen.computed of the kernels).
void markComputed(Interface &interface, mlir::ModuleOp module);

/// Returns the text of the C header.
std::string writeHeader(const Interface &interface, llvm::StringRef fileName);

} // namespace dlc

#endif // DLC_TARGET_INTERFACE_H
