//===- OpenFile.h - Files that are files ------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_SUPPORT_OPENFILE_H
#define DLC_SUPPORT_OPENFILE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>

namespace dlc {

/// Reads a regular file whole. Others (folders, pipes, devices, sockets), which
/// may block or never end, are refused by name. The bytes are a copy: the file
/// may change or shrink meanwhile. Messages do not name the path.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readRegularFile(const llvm::Twine &path);

/// Reads what a user names as the model: a regular file, a pipe (a shell's
/// `<(...)`) or `-` for standard input.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readInput(llvm::StringRef path);

} // namespace dlc

#endif // DLC_SUPPORT_OPENFILE_H
