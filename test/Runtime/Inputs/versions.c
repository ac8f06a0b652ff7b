/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What a program that loads a library learns of its version. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "net.h"
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  void *handle = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  const dlc_library_info *(*entry)(void);
  if (!handle)
    return puts(dlerror()), 1;
  *(void **)&entry = dlvsym(handle, "dlc_library", DLC_ABI_SYMBOLS);
  if (!entry)
    return puts(dlerror()), 1;
  dlc_library_info library = *entry();
  printf("version %u, %s, %s\n", (unsigned)library.abi_version,
         DLC_LIBRARY_HAS(&library, set) ? "complete" : "shorter",
         DLC_LIBRARY_HAS(&library, trace) ? "with a trace" : "without");
  /* One that lacks its last fields. */
  library.size = offsetof(dlc_library_info, trace);
  printf("%s, %s\n", DLC_LIBRARY_HAS(&library, set) ? "complete" : "shorter",
         DLC_LIBRARY_HAS(&library, trace) ? "with a trace" : "without");
  return 0;
}
