/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The same call on the pool and on executors of the program's own. Compiled as
 * C, as C with OpenMP, or as C++ with oneTBB. */
#include "half.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include "executors/openmp.h"
#endif
#ifdef ON_TBB
#include "executors/tbb.h"
#endif

enum { COUNT = 4194304 };
static float x[COUNT], wanted[COUNT], y[COUNT];
static int calls;

static void backwards(void *user, int64_t count, void (*body)(void *, int64_t),
                      void *data) {
  ++*(int *)user;
  for (int64_t i = count; i-- > 0;)
    body(data, i);
}

static void nothing(void *user, int64_t count, void (*body)(void *, int64_t),
                    void *data) {
  ++*(int *)user;
  (void)count, (void)body, (void)data;
}

static void run(const char *name, dlc_parallel_for executor, void *user,
                float *result) {
  half_context *context;
  dlc_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.parallel_for = executor;
  options.parallel_user = user;
  memset(y, 0, sizeof y);
  for (int i = 0; i < 3; ++i)
    if ((i == 0 && half_create(&context, &options)) ||
        half_half(context, x, result)) {
      puts(half_error(context));
      exit(1);
    }
  int isUsed = half_library()->threads(context) == 1 || !executor ||
               user != &calls || calls == 3;
  printf("%s: %s%s\n", name,
         memcmp(result, wanted, sizeof y) ? "differs" : "equal",
         isUsed ? "" : ", not called");
  calls = 0;
  half_destroy(context);
}

int main(void) {
  for (int i = 0; i < COUNT; ++i)
    x[i] = (float)i;
  run("pool", NULL, NULL, wanted);
  if (wanted[7] != 3.5f)
    return 1;
  run("backwards", backwards, &calls, y);
  run("nothing", nothing, &calls, y);
#ifdef _OPENMP
  run("OpenMP", dlc_on_openmp, NULL, y);
#endif
#ifdef ON_TBB
  run("oneTBB", dlc_on_tbb, NULL, y);
  tbb::task_arena arena(2);
  run("its arena", dlc_on_tbb, &arena, y);
#endif
  return 0;
}
