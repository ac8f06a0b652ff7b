/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*===- PoolDriver.c - The pool, for tests in C++ --------------------------===*/
#include "PoolDriver.h"
#include "Runtime/Context.h"

#include <stdlib.h>

dlc_rt_pool *newPool(void) {
  dlc_rt_pool *pool = calloc(1, sizeof *pool);
  return pool && dlc_rt_make_pool(pool) ? pool : NULL;
}

void runLoop(dlc_rt_pool *pool, int32_t shares, int32_t pieces, int64_t cost,
             int isEager,
             void (*body)(void *data, int32_t seat, int32_t share,
                          int32_t piece),
             void *data) {
  dlc_rt_range ranges[64];
  int64_t alone = isEager ? INT64_MAX / 4 : 0;
  dlc_rt_loop loop = {body, data, ranges, shares, pieces, cost, &alone, 0};
  pool->run(pool, &loop);
}
