/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Uses a library as a product would: header, typed call, messages. */
#include "net.h"
#include <stdio.h>
#include <string.h>

int main(void) {
  net_context *context;
  if (net_create(&context, NULL) != DLC_OK) {
    printf("%s\n", net_error(context));
    net_destroy(context);
    return 1;
  }
  float x[2] = {1, 2}, y[2];
  if (net_net(context, 1, x, y) != DLC_OK)
    return 1;
  printf("%g %g\n", y[0], y[1]);

  /* Refused before anything is written. */
  y[0] = 7;
  if (net_net(context, -1, x, y) == DLC_OK || y[0] != 7)
    return 1;
  printf("refused: %s\n", net_error(context));
  if (net_net(context, 1, NULL, y) != DLC_ERROR_NULL ||
      strcmp(net_error(context), "net: the data of 'x' is null"))
    return 1;
  printf("refused null\n");

  /* Room for a batch is taken once; the call takes none. */
  int64_t shape[2] = {1000, 2};
  dlc_tensor batch = {NULL, shape, 2, DLC_F32};
  if (net_library()->reserve(context, 0, &batch) != DLC_OK)
    return 1;
  net_destroy(context);
  printf("done\n");
  return 0;
}
