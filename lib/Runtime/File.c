/*===- File.c - Opens and reads regular files -----------------------------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
\*===----------------------------------------------------------------------===*/
#include "Context.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int dlc_rt_open_file(const char *path, int64_t *bytes, const char **reason) {
  /* Without O_NONBLOCK, opening a pipe that has no writer blocks. */
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat about;
  if (file < 0 || fstat(file, &about)) {
    *reason = strerror(errno);
    if (file >= 0)
      close(file);
    return -1;
  }
  if (S_ISREG(about.st_mode)) {
    *bytes = about.st_size;
    return file;
  }
  *reason = S_ISDIR(about.st_mode)    ? "it is a folder"
            : S_ISFIFO(about.st_mode) ? "it is a pipe"
                                      : "it is a device";
  close(file);
  return -1;
}

int dlc_rt_read_file(int file, void *to, size_t count) {
  for (char *at = to; count > 0;) {
    ssize_t got = read(file, at, count);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return 0;
    at += got;
    count -= (size_t)got;
  }
  return 1;
}
