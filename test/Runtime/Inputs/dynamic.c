/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Learns of a library's functions at run time. */
#include "net.h"
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  void *handle = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!handle)
    return 1;
  const dlc_library_info *(*entry)(void);
  *(void **)&entry = dlsym(handle, "dlc_library");
  const dlc_library_info *library = entry();
  printf("%s: %d input, %d output\n", library->functions[0].name,
         (int)library->functions[0].inputs, (int)library->functions[0].outputs);
  dlc_context *context;
  if (library->create(&context, NULL, DLC_ABI_VERSION, library->interface_hash))
    return 1;
  float x[2] = {1, 2}, y[2];
  int64_t shape[2] = {1, 2};
  dlc_tensor in = {x, shape, 2, DLC_F32}, out = {y, shape, 2, DLC_F32};
  if (library->call(context, 0, &in, &out))
    return 1;
  printf("%g %g\n", y[0], y[1]);
  library->destroy(context);
  return 0;
}
