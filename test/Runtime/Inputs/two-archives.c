/* Two libraries linked into the program, at the same time and in turn. */
#include "half.h"
#include "other.h"
#include "workers.h"
#include <pthread.h>

enum { COUNT = 4194304 };
static float x[COUNT], y[2][COUNT];

static void *use_half(void *unused) {
  half_context *context;
  int failed = half_create(&context, NULL) != DLC_OK;
  for (int i = 0; i < 20; ++i)
    failed |= half_half(context, x, y[0]) != DLC_OK;
  half_destroy(context);
  (void)unused;
  return failed ? "failed" : NULL;
}

static void *use_other(void *unused) {
  other_context *context;
  int failed = other_create(&context, NULL) != DLC_OK;
  for (int i = 0; i < 20; ++i)
    failed |= other_half(context, x, y[1]) != DLC_OK;
  other_destroy(context);
  (void)unused;
  return failed ? "failed" : NULL;
}

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
