/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A check that fails in a task of a parallel loop, on whichever thread: the
 * call ends with its message, and the next one is as any other. */
#include "pick.h"
#include <stdio.h>
#include <string.h>

enum { TASKS = 512, COUNT = 4096 };
static float x[1000], y[TASKS][COUNT];
static int64_t at[TASKS];

static int check(pick_context *context) {
  for (int task = 0; task < TASKS; task += 31) {
    at[task] = 1000;
    if (pick_pick(context, x, at, y[0]) != DLC_ERROR_VALUE ||
        !strstr(pick_error(context), "an index is outside of its tensor"))
      return printf("not refused: %s\n", pick_error(context)), 1;
    at[task] = task;
    memset(y, 0, sizeof y);
    if (pick_pick(context, x, at, y[0]))
      return printf("refused: %s\n", pick_error(context)), 1;
    for (int i = 0; i < TASKS; ++i)
      for (int k = 0; k < COUNT; ++k)
        if (y[i][k] != x[i])
          return printf("wrong in %d at %d\n", i, k), 1;
  }
  return 0;
}

/* An order of the caller's own. */
static void backwards(void *user, int64_t count, void (*body)(void *, int64_t),
                      void *data) {
  ++*(int *)user;
  for (int64_t i = count; i-- > 0;)
    body(data, i);
}

int main(void) {
  for (int i = 0; i < 1000; ++i)
    x[i] = (float)i;
  for (int i = 0; i < TASKS; ++i)
    at[i] = i;
  int calls = 0;
  for (int round = 0; round < 2; ++round) {
    dlc_options options = {0};
    options.size = sizeof options;
    options.parallel_for = round ? backwards : NULL;
    options.parallel_user = &calls;
    pick_context *context;
    if (pick_create(&context, &options) || check(context))
      return 1;
    if (round && pick_library()->threads(context) > 1 && !calls)
      return puts("the executor was not called"), 1;
    pick_destroy(context);
    puts(round ? "executor: right" : "pool: right");
  }
  return 0;
}
