/*===- Threads.c - Parallel loops and their traces ------------------------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* The tasks of a loop are divided into shares, at most as many as the context
|* has threads. The result does not depend on who runs a share: scratch memory
|* belongs to the seat of the thread, and every task computes the same wherever
|* it runs.
|*
\*===----------------------------------------------------------------------===*/
#include "Context.h"

#include <stdlib.h>
#include <string.h>

/* The least work for which another thread pays off, in ns; the least work that
 * a piece of a share should have, in ns; the maximum number of pieces in a
 * share. */
enum { LEAST_SHARE = 4000, LEAST_PIECE = 50000, MOST_PIECES = 8 };

static int32_t default_threads(void) {
  static const char *const variables[] = {"DLC_NUM_THREADS", "OMP_NUM_THREADS"};
  for (int i = 0; i < 2; ++i) {
    const char *text = getenv(variables[i]);
    if (text && *text) {
      long value = strtol(text, NULL, 10);
      if (value >= 1 && value <= DLC_RT_MOST_SHARES)
        return (int32_t)value;
    }
  }
  return DLC_RT_MOST_SHARES;
}

void dlc_rt_find_threads(dlc_context *context, const dlc_options *options) {
  int32_t most = dlc_rt_count_processors(), wanted = options->threads;
  if (wanted <= 0)
    wanted = default_threads();
  wanted = wanted < most ? wanted : most;
  wanted = wanted < DLC_RT_MOST_SHARES ? wanted : DLC_RT_MOST_SHARES;
  context->parallel_for = options->parallel_for;
  context->parallel_user = options->parallel_user;
  context->threads = 1;
  if (wanted < 2)
    return;
  size_t each = sizeof *context->ranges + sizeof *context->seats;
  context->ranges = aligned_alloc(64, (size_t)wanted * each);
  if (!context->ranges)
    return;
  memset(context->ranges, 0, (size_t)wanted * each);
  context->seats = (struct seat *)(context->ranges + wanted);
  context->threads = wanted;
}

int32_t dlc_rt_threads(const dlc_context *context) {
  return context ? context->threads : 0;
}

/*===--- Traces ----------------------------------------------------------===*/

static void record(dlc_trace *trace, int32_t region, int32_t part,
                   int64_t begin) {
  int64_t at = __atomic_fetch_add(&trace->count, 1, __ATOMIC_RELAXED);
  if (at < trace->capacity)
    trace->events[at] = (dlc_event){region, part, begin, dlc_rt_now()};
}

void dlc_rt_trace(dlc_context *context, dlc_trace *trace) {
  if (!context)
    return;
  context->trace = trace;
  context->region = -1;
}

void dlc_rt_mark(dlc_context *context, int64_t region) {
  if (!context->trace)
    return;
  if (region < 0)
    record(context->trace, context->region, -1, context->region_begin);
  context->region = (int32_t)region;
  context->region_begin = dlc_rt_now();
}

/*===--- Ends of calls ---------------------------------------------------===*/

/* Returns the seat of the calling thread in the context's loop; null if it has
 * none. */
static struct seat *find_seat(dlc_context *context) {
  pthread_t self = pthread_self();
  for (int32_t i = 0; context->tasks && i < context->tasks->loop.shares; ++i) {
    struct seat *seat = &context->seats[i];
    if (atomic_load_explicit(&seat->is_taken, memory_order_acquire) &&
        pthread_equal(atomic_load_explicit(&seat->thread, memory_order_relaxed),
                      self))
      return seat;
  }
  return NULL;
}

/* A jump never leaves the piece in which it begins: the stack frames below
 * belong to a worker or to the caller's executor. The caller of the loop jumps
 * on when all threads are done. */
void dlc_rt_end_call(dlc_context *context, dlc_status status,
                     const char *format, ...) {
  struct tasks *tasks = context->tasks;
  if (!tasks ||
      !atomic_exchange_explicit(&tasks->hasFailed, 1, memory_order_relaxed)) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context->message, sizeof context->message, format, arguments);
    va_end(arguments);
    context->failure = status;
  }
  if (!tasks)
    longjmp(context->end, 1);
  atomic_store_explicit(&tasks->loop.stop, 1, memory_order_relaxed);
  longjmp(find_seat(context)->end, 1);
}

/*===--- Parallel loops --------------------------------------------------===*/

/* The first task of a part; the sizes of shares, and of pieces within them,
 * differ by one at most. */
static int64_t first_of(int64_t count, int64_t parts, int64_t number) {
  int64_t each = count / parts, more = count % parts;
  return number * each + (number < more ? number : more);
}

static void run_piece(void *data, int32_t number, int32_t share,
                      int32_t piece) {
  struct tasks *tasks = data;
  dlc_context *context = tasks->context;
  struct seat *seat = &context->seats[number];
  const int64_t from = first_of(tasks->count, tasks->loop.shares, share);
  const int64_t count =
      first_of(tasks->count, tasks->loop.shares, share + 1) - from;
  const int64_t begin = from + first_of(count, tasks->loop.pieces, piece);
  const int64_t end = from + first_of(count, tasks->loop.pieces, piece + 1);
  const int64_t since = context->trace ? dlc_rt_now() : 0;
  const unsigned mode = flush_denormals();
  atomic_store_explicit(&seat->thread, pthread_self(), memory_order_relaxed);
  atomic_store_explicit(&seat->is_taken, 1, memory_order_release);
  if (!_setjmp(seat->end))
    tasks->task(begin, end, number, tasks->captures);
  atomic_store_explicit(&seat->is_taken, 0, memory_order_relaxed);
  restore_mode(mode);
  if (context->trace)
    record(context->trace, context->region, number, since);
}

/* Runs one share, for the caller's executor; does nothing the second time. */
static void run_share(void *data, int64_t share) {
  struct tasks *tasks = data;
  if (share < 0 || share >= tasks->loop.shares ||
      atomic_exchange_explicit(&tasks->loop.ranges[share].left, 0,
                               memory_order_acq_rel) == 0 ||
      atomic_load_explicit(&tasks->loop.stop, memory_order_relaxed))
    return;
  run_piece(data, (int32_t)share, (int32_t)share, 0);
}

static void run_elsewhere(dlc_context *context, struct tasks *tasks) {
  dlc_rt_loop *loop = &tasks->loop;
  loop->pieces = 1;
  for (int32_t i = 0; i < loop->shares; ++i)
    atomic_store_explicit(&loop->ranges[i].left, 1, memory_order_relaxed);
  context->parallel_for(context->parallel_user, loop->shares, run_share, tasks);
  /* Run the shares that it omitted. */
  for (int32_t i = 0; i < loop->shares; ++i)
    run_share(tasks, i);
}

void dlc_rt_parallel_for(dlc_context *context, int64_t count, int64_t cost,
                         void (*task)(int64_t, int64_t, int64_t, void *),
                         void *captures) {
  int64_t shares = context->threads;
  if (shares > count)
    shares = count;
  if (shares > 1) {
    int64_t paying = (int64_t)((double)count * (double)cost / LEAST_SHARE);
    if (shares > paying)
      shares = paying;
  }
  /* A loop nested in a task runs on that task's thread, with its scratch
   * memory. */
  struct seat *seat = context->tasks ? find_seat(context) : NULL;
  dlc_rt_pool *pool = NULL;
  if (shares > 1 && !seat && !context->parallel_for)
    pool = dlc_rt_process_pool();
  if (shares <= 1 || seat || !(pool || context->parallel_for)) {
    task(0, count, seat ? seat - context->seats : 0, captures);
    return;
  }
  struct tasks tasks = {0};
  tasks.context = context;
  tasks.count = count;
  tasks.task = task;
  tasks.captures = captures;
  tasks.loop.run_piece = run_piece;
  tasks.loop.data = &tasks;
  tasks.loop.ranges = context->ranges;
  tasks.loop.shares = (int32_t)shares;
  double sum = (double)count * (double)cost / (double)shares;
  tasks.loop.cost = sum < 1e15 ? (int64_t)sum : (int64_t)1e15;
  int64_t pieces = tasks.loop.cost / LEAST_PIECE;
  pieces = pieces < MOST_PIECES ? pieces : MOST_PIECES;
  pieces = pieces < count / shares ? pieces : count / shares;
  tasks.loop.pieces = pieces < 1 ? 1 : (int32_t)pieces;
  tasks.loop.alone = &context->alone;
  context->tasks = &tasks;
  if (context->parallel_for)
    run_elsewhere(context, &tasks);
  else
    pool->run(pool, &tasks.loop);
  context->tasks = NULL;
  if (atomic_load_explicit(&tasks.hasFailed, memory_order_relaxed))
    longjmp(context->end, 1);
}
