//===- Artifacts.h - Output files, complete or absent -----------*- C++ -*-===//
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

/// Output files that are written under temporary names beside their destination
/// and renamed into place together at the end. Uncommitted files are removed,
/// also when the process is interrupted. Files that a killed process left
/// beside the same path are removed too.
class Artifacts {
public:
  ~Artifacts();

  /// Writes a file for `path`. "-" is standard output, which is written at
  /// once.
  llvm::Error write(llvm::StringRef path,
                    llvm::function_ref<llvm::Error(llvm::raw_pwrite_stream &)>);

  llvm::Error write(llvm::StringRef path, llvm::StringRef bytes);

  /// Returns the name of an empty file beside `path` for other code to write
  /// to. Without `keep` the file is removed at the end.
  llvm::Expected<std::string> reserve(llvm::StringRef path, bool keep = true);

  /// Writes the bytes to a reserved file.
  llvm::Error fill(llvm::StringRef temporary, llvm::StringRef bytes);

  /// Renames all files to their destinations.
  llvm::Error commit();

private:
  struct File {
    std::string path, temporary;
    bool keep;
    int lock; // held as long as this process lives
  };
  std::vector<File> files;
};

} // namespace dlc

#endif // DLC_LIB_DRIVER_ARTIFACTS_H
