//===- Artifacts.h - Output files, whole or absent --------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_DRIVER_ARTIFACTS_H
#define DLC_LIB_DRIVER_ARTIFACTS_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace llvm {
class raw_pwrite_stream;
} // namespace llvm

namespace dlc {

/// Files that are written beside their place and renamed into it together at
/// the end. What was not committed is removed, also when the process is
/// interrupted. What one that was killed left beside the same path is removed
/// too.
class Artifacts {
public:
  ~Artifacts();

  /// Writes a file for `path` ("-": standard output, at once).
  llvm::Error write(llvm::StringRef path,
                    llvm::function_ref<llvm::Error(llvm::raw_pwrite_stream &)>);

  llvm::Error write(llvm::StringRef path, llvm::StringRef bytes);

  /// The name of an empty file beside `path`, for others to write to. Without
  /// `keep` it is removed in the end.
  llvm::Expected<std::string> reserve(llvm::StringRef path, bool keep = true);

  /// Writes the bytes to a file that was reserved.
  llvm::Error fill(llvm::StringRef temporary, llvm::StringRef bytes);

  /// Renames all files into their places.
  llvm::Error commit();

private:
  struct File {
    std::string path, temporary;
    bool keep;
    int lock; // as long as this process lives
  };
  std::vector<File> files;
};

} // namespace dlc

#endif // DLC_LIB_DRIVER_ARTIFACTS_H
