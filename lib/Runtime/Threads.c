/*===- Threads.c - Parallel loops, and notes of when they ran -------------===*/
#include "Context.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

/* Work for which waking another thread pays, in nanoseconds. */
#define DLC_RT_LEAST_SHARE 4000

static int32_t default_threads(void) {
  static const char *const variables[] = {"DLC_NUM_THREADS", "OMP_NUM_THREADS"};
  for (int i = 0; i < 2; ++i) {
    const char *text = getenv(variables[i]);
    if (text && *text) {
      long value = strtol(text, NULL, 10);
      if (value >= 1 && value <= 4096)
        return (int32_t)value;
    }
  }
  return 4096;
}

static int32_t usable_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set))
    return 1;
  int count = CPU_COUNT(&set);
  return count < 1 ? 1 : count;
}

/* The OpenMP runtime that the process has already, else GNU's, else LLVM's. */
static parallel_function find_openmp(void) {
  void *symbol = dlsym(RTLD_DEFAULT, "GOMP_parallel");
  static const char *const names[] = {"libgomp.so.1", "libomp.so.5",
                                      "libiomp5.so", "libomp.so"};
  for (unsigned i = 0; !symbol && i < sizeof names / sizeof *names; ++i) {
    void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle)
      symbol = dlsym(handle, "GOMP_parallel");
  }
  return (parallel_function)symbol;
}

void dlc_rt_find_threads(dlc_context *context, int32_t wanted) {
  int32_t most = usable_processors();
  if (wanted <= 0)
    wanted = default_threads();
  context->threads = wanted < most ? wanted : most;
  if (context->threads > 1) {
    context->parallel = find_openmp();
    if (!context->parallel)
      context->threads = 1;
  }
}

int32_t dlc_rt_threads(const dlc_context *context) {
  return context ? context->threads : 0;
}

/*===--- Traces ----------------------------------------------------------===*/

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void record(dlc_trace *trace, int32_t region, int32_t part,
                   int64_t begin) {
  int64_t at = __atomic_fetch_add(&trace->count, 1, __ATOMIC_RELAXED);
  if (at < trace->capacity)
    trace->events[at] = (dlc_event){region, part, begin, nanoseconds()};
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
  context->region_begin = nanoseconds();
}

/*===--- Parallel loops --------------------------------------------------===*/

typedef struct job {
  int64_t tasks;
  int64_t shares;
  void (*task)(int64_t, int64_t, int64_t, void *);
  void *captures;
  atomic_long next;
  dlc_trace *trace;
  int32_t region;
} job;

/* Shares are fixed; which thread runs one is not. An OpenMP that gives fewer
 * threads than asked for still finishes them all. */
static void work(void *data) {
  job *j = data;
  const unsigned mode = flush_denormals();
  for (;;) {
    int64_t share =
        atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed);
    if (share >= j->shares)
      break;
    int64_t each = j->tasks / j->shares, more = j->tasks % j->shares;
    int64_t from = share * each + (share < more ? share : more);
    int64_t to = from + each + (share < more ? 1 : 0);
    int64_t begin = j->trace ? nanoseconds() : 0;
    j->task(from, to, share, j->captures);
    if (j->trace)
      record(j->trace, j->region, (int32_t)share, begin);
  }
  restore_mode(mode);
}

void dlc_rt_parallel_for(dlc_context *context, int64_t tasks, int64_t cost,
                         void (*task)(int64_t, int64_t, int64_t, void *),
                         void *captures) {
  int64_t shares = context->threads;
  if (shares > tasks)
    shares = tasks;
  if (shares > 1) {
    int64_t paying =
        (int64_t)((double)tasks * (double)cost / DLC_RT_LEAST_SHARE);
    if (shares > paying)
      shares = paying;
  }
  if (shares <= 1) {
    task(0, tasks, 0, captures);
    return;
  }
  job j = {tasks, shares, task, captures, 0, context->trace, context->region};
  context->parallel(work, &j, (unsigned)shares, 0);
}
