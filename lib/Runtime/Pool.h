/*===- Pool.h - Threads that join parallel loops ------------------*- C -*-===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* A pool has workers, which sleep or look for a loop to join. The thread that
|* runs a loop works on it too. It waits only for workers that have joined,
|* never for one that the system has not scheduled: if no worker is available it
|* does everything itself.
|*
|* The libraries of a process share one pool (ProcessPool.c), so this header is
|* an interface between libraries of possibly different releases.
|* DLC_RT_POOL_VERSION changes with every struct and rule below, and libraries
|* of different versions do not share a pool.
|*
\*===----------------------------------------------------------------------===*/
#ifndef DLC_LIB_RUNTIME_POOL_H
#define DLC_LIB_RUNTIME_POOL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define DLC_RT_POOL_VERSION 1

/* The maximum number of threads that can work on one loop. */
#define DLC_RT_MOST_SHARES 1024

/* The unclaimed pieces of a share: the index of the next in the lower half, one
 * past the last in the upper half. The owner of the share claims from the lower
 * end, other threads from the upper end. */
typedef struct dlc_rt_range {
  _Alignas(64) _Atomic uint32_t left;
} dlc_rt_range;

/* A loop of `shares` times `pieces` pieces. Each thread that works on it has a
 * seat of its own below `shares`, 0 for the caller. It begins with the share of
 * that number, then takes pieces from other shares. */
typedef struct dlc_rt_loop {
  void (*run_piece)(void *data, int32_t seat, int32_t share, int32_t piece);
  void *data;
  dlc_rt_range *ranges; /* one for each share */
  int32_t shares, pieces;
  int64_t cost; /* approximate cost of a share in nanoseconds */
  /* Work, in nanoseconds, that the caller has done alone since its call began
   * because no worker was awake. Enough of it makes waking workers pay off. */
  int64_t *alone;
  /* Nonzero: no further piece may begin. */
  _Atomic int32_t stop;
} dlc_rt_loop;

typedef struct dlc_rt_pool dlc_rt_pool;
struct dlc_rt_pool {
  /* Runs a loop to its end, on the caller alone where that is as fast. */
  void (*run)(dlc_rt_pool *pool, dlc_rt_loop *loop);
  struct dlc_rt_workers *workers;
};

/* Makes a pool without threads, which are started when they are needed. Returns
 * 0 if there is no memory. */
int dlc_rt_make_pool(dlc_rt_pool *pool);
/* Frees a pool that never ran a loop. */
void dlc_rt_free_pool(dlc_rt_pool *pool);
/* Returns the number of threads that the pool has in this process. */
int32_t dlc_rt_count_workers(const dlc_rt_pool *pool);
/* Returns the process's pool; null if there can be none (ProcessPool.c). */
dlc_rt_pool *dlc_rt_process_pool(void);

/* Returns nanoseconds of a monotonic clock. */
int64_t dlc_rt_now(void);

#endif /* DLC_LIB_RUNTIME_POOL_H */
