/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "net.h"
#include <stdio.h>

int main(void) {
  net_context *context;
  float x[2] = {-1, 3}, y[2];
  if (net_create(&context, NULL) || net_relu(context, x, y))
    return 1;
  printf("%g %g\n", y[0], y[1]);
  net_destroy(context);
  return 0;
}
