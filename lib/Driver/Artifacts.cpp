//===- Artifacts.cpp - Output files, complete or absent -------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Artifacts.h"
#include "dlc/Support/Format.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace dlc {

static Error cannotWrite(StringRef path, std::error_code code) {
  return createStringError(
      fmt::format(FMT_STRING("cannot write '{}': {}"), path, code.message()));
}

Artifacts::~Artifacts() {
  for (const File &file : files) {
    // What cannot be removed stays: nobody is left to tell.
    (void)sys::fs::remove(file.temporary);
    sys::DontRemoveFileOnSignal(file.temporary);
    close(file.lock);
  }
}

static constexpr StringLiteral mark = ".tmp-";

/// Whether `path` names a device or a pipe, which is written to in place and
/// not replaced by a rename.
static bool isSpecial(StringRef path) {
  // Links to open files: whoever opened them expects the bytes there.
  if (path == "/dev/stdout" || path == "/dev/stderr" ||
      path.starts_with("/dev/fd/") || path.starts_with("/proc/"))
    return true;
  sys::fs::file_status status;
  if (sys::fs::status(path, status))
    return false;
  switch (status.type()) {
  case sys::fs::file_type::character_file:
  case sys::fs::file_type::block_file:
  case sys::fs::file_type::fifo_file:
  case sys::fs::file_type::socket_file:
    return true;
  default:
    return false;
  }
}

/// Removes the temporary files for `path` whose process has ended, that is,
/// those that nobody holds a lock on.
static void removeStale(StringRef path) {
  StringRef folder = sys::path::parent_path(path);
  std::string start = (sys::path::filename(path) + mark).str();
  std::error_code code;
  for (sys::fs::directory_iterator at(folder.empty() ? "." : folder, code), end;
       !code && at != end; at.increment(code)) {
    StringRef name = sys::path::filename(at->path());
    if (!name.consume_front(start) || name.size() != 8 ||
        !all_of(name, isHexDigit))
      continue;
    int file = open(at->path().c_str(),
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
      continue;
    if (!flock(file, LOCK_EX | LOCK_NB))
      (void)sys::fs::remove(at->path());
    close(file);
  }
}

Expected<std::string> Artifacts::reserve(StringRef path, bool keep) {
  if (sys::fs::is_directory(path))
    return createStringError(fmt::format(
        FMT_STRING("cannot write '{}': it is a folder, expected a file name"),
        path));
  StringRef folder = sys::path::parent_path(path);
  if (!folder.empty() && !sys::fs::is_directory(folder))
    return createStringError(fmt::format(
        FMT_STRING("cannot write '{}': there is no folder '{}'; create it "
                   "first"),
        path, folder));
  // The file is renamed to its final path, so it must be in the same folder.
  SmallString<128> base(path);
  if (isSpecial(path)) {
    sys::path::system_temp_directory(/*ErasedOnReboot=*/true, base);
    sys::path::append(base, "dlc-" + sys::path::filename(path));
  }
  removeStale(base);
  for (;;) {
    SmallString<128> temporary;
    if (std::error_code code = sys::fs::createUniqueFile(
            fmt::format(FMT_STRING("{}{}%%%%%%%%"), base.str(), mark),
            temporary, sys::fs::all_read | sys::fs::all_write))
      return cannotWrite(path, code);
    sys::RemoveFileOnSignal(temporary);
    int lock = open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
    if (lock >= 0)
      (void)flock(lock, LOCK_EX | LOCK_NB);
    // Before it was locked, another process may have removed it as stale.
    struct stat status;
    if (lock >= 0 && !fstat(lock, &status) && status.st_nlink > 0) {
      files.push_back({path.str(), std::string(temporary), keep, lock});
      return std::string(temporary);
    }
    std::error_code code(errno, std::generic_category());
    sys::DontRemoveFileOnSignal(temporary);
    if (lock < 0 && code != std::errc::no_such_file_or_directory) {
      (void)sys::fs::remove(temporary);
      return cannotWrite(path, code);
    }
    if (lock >= 0)
      close(lock);
  }
}

/// Writes and flushes all bytes, so that no error is left for the stream's
/// destructor to find.
static Error writeTo(raw_fd_ostream &os, StringRef path, StringRef bytes) {
  os << bytes;
  os.flush();
  if (!os.has_error())
    return Error::success();
  std::error_code code = os.error();
  os.clear_error();
  return cannotWrite(path, code);
}

Error Artifacts::fill(StringRef temporary, StringRef bytes) {
  StringRef path = temporary;
  for (const File &file : files)
    if (file.temporary == temporary)
      path = file.path;
  std::error_code code;
  raw_fd_ostream os(temporary, code);
  if (code)
    return cannotWrite(path, code);
  return writeTo(os, path, bytes);
}

Error Artifacts::write(StringRef path, StringRef bytes) {
  if (path == "-")
    return writeTo(outs(), "-", bytes);
  Expected<std::string> temporary = reserve(path);
  if (!temporary)
    return temporary.takeError();
  return fill(*temporary, bytes);
}

Error Artifacts::write(StringRef path,
                       function_ref<Error(raw_pwrite_stream &)> writer) {
  SmallString<0> text; // object writers need a seekable stream
  raw_svector_ostream buffer(text);
  if (Error error = writer(buffer))
    return error;
  return write(path, text.str());
}

Error Artifacts::commit() {
  for (const File &file : files) {
    if (!file.keep)
      continue;
    if (isSpecial(file.path)) {
      auto bytes = MemoryBuffer::getFile(file.temporary);
      if (!bytes)
        return cannotWrite(file.path, bytes.getError());
      std::error_code code;
      raw_fd_ostream os(file.path, code, sys::fs::CD_OpenExisting,
                        sys::fs::FA_Write, sys::fs::OF_Append);
      if (code)
        return cannotWrite(file.path, code);
      if (Error error = writeTo(os, file.path, (*bytes)->getBuffer()))
        return error;
    } else if (std::error_code code =
                   sys::fs::rename(file.temporary, file.path)) {
      return cannotWrite(file.path, code);
    }
  }
  return Error::success();
}

} // namespace dlc
