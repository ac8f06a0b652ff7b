/*===- PoolDriver.h - The pool, for tests in C++ ------------------*- C -*-===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|* The runtime's own headers use C11's atomics, which C++17 does not read.
\*===----------------------------------------------------------------------===*/
#ifndef DLC_TEST_UNIT_POOLDRIVER_H
#define DLC_TEST_UNIT_POOLDRIVER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_rt_pool dlc_rt_pool;

/* A pool beside the process's. Its threads never end, so it is never freed. */
dlc_rt_pool *newPool(void);
dlc_rt_pool *dlc_rt_process_pool(void);
int32_t dlc_rt_count_workers(const dlc_rt_pool *pool);

/* Runs a loop whose shares take `cost` nanoseconds, they say. `isEager` wakes
 * workers whatever the work is. */
void runLoop(dlc_rt_pool *pool, int32_t shares, int32_t pieces, int64_t cost,
             int isEager,
             void (*body)(void *data, int32_t seat, int32_t share,
                          int32_t piece),
             void *data);

int32_t dlc_rt_count_processors(void);
int32_t dlc_rt_read_quota(const char *groups, const char *folder);

#ifdef __cplusplus
}
#endif
#endif /* DLC_TEST_UNIT_POOLDRIVER_H */
