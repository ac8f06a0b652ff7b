/*===- Pool.h - Threads that take part in others' loops -----------*- C -*-===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* A pool has workers, which sleep or look for a loop to join. Whoever runs a
|* loop works on it too and waits for those alone that have joined, never for
|* one that the system has not scheduled: with no worker at hand it does all
|* itself.
|*
|* The libraries of a process share one pool (ProcessPool.c), so what stands
|* here is an interface between libraries, perhaps of different releases:
|* DLC_RT_POOL_VERSION changes with every struct and rule below, and libraries
|* of different versions do not share.
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

/* Most that can work on one loop. */
#define DLC_RT_MOST_SHARES 1024

/* The pieces of a share that nobody has claimed: the next in the lower half,
 * one past the last in the upper. Its owner claims from below, others from
 * above. */
typedef struct dlc_rt_range {
  _Alignas(64) _Atomic uint32_t left;
} dlc_rt_range;

/* A loop of `shares` times `pieces` pieces. Each that works on it has a seat of
 * its own below `shares`, 0 for the caller, and begins with the share of that
 * number; then it takes from others' shares. */
typedef struct dlc_rt_loop {
  void (*run_piece)(void *data, int32_t seat, int32_t share, int32_t piece);
  void *data;
  dlc_rt_range *ranges; /* one for each share */
  int32_t shares, pieces;
  int64_t cost; /* of a share, nanoseconds, about */
  /* Work that the caller has done alone since its call began, because no
   * worker was awake: enough of it pays for waking some. */
  int64_t *alone;
  /* Not 0: no other piece shall begin. */
  _Atomic int32_t stop;
} dlc_rt_loop;

typedef struct dlc_rt_pool dlc_rt_pool;
struct dlc_rt_pool {
  /* Runs a loop to its end; on the caller alone where that is as good. */
  void (*run)(dlc_rt_pool *pool, dlc_rt_loop *loop);
  struct dlc_rt_workers *workers;
};

/* Makes a pool without threads; they start when they are wanted. Returns 0
 * where there is no memory. */
int dlc_rt_make_pool(dlc_rt_pool *pool);
/* Frees a pool that never ran a loop. */
void dlc_rt_free_pool(dlc_rt_pool *pool);
/* Threads that the pool has in this process. */
int32_t dlc_rt_count_workers(const dlc_rt_pool *pool);
/* The process's pool; null where there can be none (ProcessPool.c). */
dlc_rt_pool *dlc_rt_process_pool(void);

/* Nanoseconds of a clock that only runs forward. */
int64_t dlc_rt_now(void);

#endif /* DLC_LIB_RUNTIME_POOL_H */
