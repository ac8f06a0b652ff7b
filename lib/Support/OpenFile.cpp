//===- OpenFile.cpp - Files that are files --------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Support/OpenFile.h"
#include "llvm/ADT/SmallString.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace dlc {

static StringRef kindOf(mode_t mode) {
  return S_ISDIR(mode)    ? "a folder"
         : S_ISFIFO(mode) ? "a pipe"
         : S_ISSOCK(mode) ? "a socket"
                          : "a device";
}

static Expected<std::unique_ptr<MemoryBuffer>> read(const Twine &path,
                                                    bool takesPipes) {
  SmallString<128> text;
  StringRef name = path.toNullTerminatedStringRef(text);
  auto fail = [](int code) {
    return createStringError("cannot be read: " +
                             std::generic_category().message(code));
  };
  // Without O_NONBLOCK a pipe that nobody writes to holds up the opening
  // itself.
  int file = open(name.data(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0)
    return fail(errno);
  struct stat status;
  if (fstat(file, &status)) {
    int code = errno;
    close(file);
    return fail(code);
  }
  bool isPipe = S_ISFIFO(status.st_mode);
  if (!S_ISREG(status.st_mode) && !(isPipe && takesPipes)) {
    close(file);
    return createStringError("is " + kindOf(status.st_mode) +
                             ", expected a file");
  }
  if (isPipe)
    fcntl(file, F_SETFL, fcntl(file, F_GETFL) & ~O_NONBLOCK);
  auto buffer = MemoryBuffer::getOpenFile(
      file, name, isPipe ? uint64_t(-1) : uint64_t(status.st_size),
      /*RequiresNullTerminator=*/true, /*IsVolatile=*/true);
  close(file);
  if (!buffer)
    return fail(buffer.getError().value());
  return std::move(*buffer);
}

Expected<std::unique_ptr<MemoryBuffer>> readRegularFile(const Twine &path) {
  return read(path, /*takesPipes=*/false);
}

Expected<std::unique_ptr<MemoryBuffer>> readInput(StringRef path) {
  if (path != "-")
    return read(path, /*takesPipes=*/true);
  auto buffer = MemoryBuffer::getSTDIN();
  if (!buffer)
    return createStringError("cannot be read: " + buffer.getError().message());
  return std::move(*buffer);
}

} // namespace dlc
