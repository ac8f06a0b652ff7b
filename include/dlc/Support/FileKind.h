//===- FileKind.h - What a file is, by its first bytes ----------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_SUPPORT_FILEKIND_H
#define DLC_SUPPORT_FILEKIND_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace dlc {

enum class FileKind { MLIR, ONNX, Other };

struct IdentifiedFile {
  FileKind kind;
  /// Of another kind: what it is and what to do, `a NumPy archive (.npz),
  /// expected a model (.onnx, .mlir)`.
  std::string message;
};

/// What the content of a file is; its name decides only where the bytes do not.
/// Text that is nothing else is MLIR.
IdentifiedFile identifyFile(llvm::StringRef content, llvm::StringRef name);

} // namespace dlc

#endif // DLC_SUPPORT_FILEKIND_H
