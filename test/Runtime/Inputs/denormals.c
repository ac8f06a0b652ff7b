/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Halves numbers that are denormal, here and in the library. */
#include "half.h"
#include <stdio.h>

enum { COUNT = 4194304 };
static float x[COUNT], y[COUNT];

int main(void) {
  for (int i = 0; i < COUNT; ++i)
    x[i] = 1e-39f;
  for (int threads = 1; threads <= 2; ++threads) {
    half_context *context;
    dlc_options options = {0};
    options.size = sizeof options;
    options.threads = threads;
    if (half_create(&context, &options) || half_half(context, x, y))
      return puts(half_error(context)), 1;
    int left = 0;
    for (int i = 0; i < COUNT; ++i)
      left += y[i] != 0;
    printf("%d thread%s: %d of %d left\n", threads, threads > 1 ? "s" : "",
           left, COUNT);
    volatile float mine = 1e-39f;
    mine *= 0.5f;
    const volatile unsigned char *bytes = (const volatile unsigned char *)&mine;
    puts(bytes[0] | bytes[1] | bytes[2] ? "caller keeps them"
                                        : "caller lost them");
    half_destroy(context);
  }
  return 0;
}
