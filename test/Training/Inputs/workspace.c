/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The least workspace with which a context can be made, in steps of 16 KiB. */
#include "net.h"
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  const size_t step = 16384;
  for (size_t bytes = step; bytes < 1u << 30; bytes += step) {
    dlc_options options = {0};
    options.size = sizeof options;
    options.threads = 1;
    options.workspace = aligned_alloc(64, bytes);
    options.workspace_bytes = bytes;
    net_context *net;
    dlc_status status = net_create(&net, &options);
    net_destroy(net);
    free(options.workspace);
    if (status == DLC_OK) {
      printf("%zu\n", bytes);
      return 0;
    }
    if (status != DLC_ERROR_MEMORY)
      return 1;
  }
  return 2;
}
