/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Two contexts, each used by a thread of its own, at the same time. */
#include "net.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { rows = 4096, calls = 200 };

static float x[rows][2], y[2][rows][2];

static void *work(void *out) {
  net_context *context;
  if (net_create(&context, NULL) != DLC_OK)
    return "create";
  for (int i = 0; i < calls; ++i)
    if (net_net(context, rows, &x[0][0], out) != DLC_OK)
      return "call";
  net_destroy(context);
  return NULL;
}

int main(void) {
  for (int i = 0; i < rows; ++i)
    x[i][0] = (float)i, x[i][1] = (float)(i % 7);
  pthread_t threads[2];
  for (int t = 0; t < 2; ++t)
    pthread_create(&threads[t], NULL, work, y[t]);
  for (int t = 0; t < 2; ++t) {
    void *problem;
    pthread_join(threads[t], &problem);
    if (problem)
      return 1;
  }
  for (int i = 0; i < rows; ++i) {
    float a = x[i][0] - x[i][1] + 2, b = x[i][0] + x[i][1];
    if (y[0][i][0] != (a > 0 ? a : 0) || y[0][i][1] != b)
      return 1;
  }
  puts(memcmp(y[0], y[1], sizeof y[0]) ? "different" : "equal");
  return 0;
}
