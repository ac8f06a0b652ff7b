//===- Interface.h - What a library offers ----------------------*- C++ -*-===//
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
  std::vector<int64_t> shape;    // -1: free, -2: computed
  std::vector<std::string> dims; // what the model calls its extents, or ""
  int element = 0;               // dlc_element of abi.h

  std::vector<unsigned> freeDims() const;
  /// Whether its extents follow from values (-2): the library gives its memory.
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

/// A loop nest whose time a library can tell (dlc_region of abi.h).
struct ProfiledRegion {
  std::string function, name, kind;
  int64_t flops, bytes;
};

/// The interface of a library, read from a model before it is lowered.
struct Interface {
  std::string name;   // of the library
  std::string prefix; // of its C names
  std::vector<Function> functions;
  std::vector<ProfiledRegion> regions; // empty: it tells no times
  bool hasState = false; // functions that save, load, get and set it

  /// Changes whenever a name, type or shape changes: header and library that do
  /// not belong together are told apart by it.
  uint64_t hash() const;
};

/// The C type of an element (`float`) and its name in shapes (`f32`).
llvm::StringRef cTypeOf(int element);
llvm::StringRef elementName(int element);

/// A C identifier made of any name: other characters become `_`, a keyword or a
/// leading digit gets a `_`.
std::string toCIdentifier(llvm::StringRef name);

/// Reads the public functions of a model; names the kernels `<function>.kernel`
/// in the module. Reports every problem that it finds.
mlir::FailureOr<Interface> readInterface(mlir::ModuleOp module,
                                         llvm::StringRef libraryName);

/// Marks the outputs that turned out to be computed (the kernels' attribute
/// codegen.computed).
void markComputed(Interface &interface, mlir::ModuleOp module);

/// The text of the C header.
std::string writeHeader(const Interface &interface, llvm::StringRef fileName);

} // namespace dlc

#endif // DLC_TARGET_INTERFACE_H
