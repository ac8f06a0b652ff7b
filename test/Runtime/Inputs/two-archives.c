/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Two libraries linked into the program, at the same time and in turn. */
#include "half.h"
#include "other.h"
#include "workers.h"
#include <pthread.h>

enum { COUNT = 4194304 };
static float x[COUNT], y[2][COUNT];

#define DEFINE(name, result)                                                   \
  static void *use_##name(void *unused) {                                      \
    name##_context *context;                                                   \
    int failed = name##_create(&context, NULL) != DLC_OK;                      \
    for (int i = 0; i < 20; ++i)                                               \
      failed |= name##_half(context, x, result) != DLC_OK;                     \
    name##_destroy(context);                                                   \
    return failed ? "failed" : unused;                                         \
  }
DEFINE(half, y[0])
DEFINE(other, y[1])

int main(void) {
  pthread_t thread;
  void *problem;
  if (pthread_create(&thread, NULL, use_half, NULL) || use_other(NULL))
    return 1;
  pthread_join(thread, &problem);
  if (problem || use_half(NULL) || use_other(NULL))
    return 1;
  return tell_workers();
}
