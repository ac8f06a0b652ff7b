/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*===- Context.h - Declarations shared by the runtime -------------*- C -*-===*/
#ifndef DLC_LIB_RUNTIME_CONTEXT_H
#define DLC_LIB_RUNTIME_CONTEXT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Model.h"
#include "Pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

/* The seat of one thread in a loop: which thread it is, and where it continues
 * when a check fails in a task. */
struct seat {
  _Alignas(64) _Atomic pthread_t thread;
  _Atomic int32_t is_taken;
  jmp_buf end;
};

/* A running parallel loop. */
struct tasks {
  dlc_rt_loop loop;
  dlc_context *context;
  int64_t count;
  void (*task)(int64_t, int64_t, int64_t, void *);
  void *captures;
  _Atomic int32_t hasFailed;
};

struct dlc_context {
  int32_t threads;    /* the number of seats and ranges, where more than 1 */
  dlc_status created; /* after a failure only the message counts */
  dlc_rt_range *ranges;
  struct seat *seats;
  struct tasks *tasks;           /* null: no parallel loop is running */
  int64_t alone;                 /* see dlc_rt_loop */
  dlc_parallel_for parallel_for; /* null: use the pool */
  void *parallel_user;
  const dlc_rt_version *version;
  void *arena;
  size_t arena_bytes;
  int32_t arena_is_callers;
  /* Room for the descriptors and shapes of the largest function. */
  void **buffers;
  dlc_tensor *inputs;
  int64_t *shapes; /* of those inputs */
  int64_t *extents;
  char *descriptors;
  const void *weights;
  void *mapped;   /* the weights file */
  char *state;    /* mutable tensors */
  void **results; /* data of the computed outputs */
  struct block *_Atomic blocks;
  dlc_trace *trace; /* null: no trace */
  int32_t region;   /* the running one, since `region_begin` */
  int64_t region_begin;
  jmp_buf end; /* of the running call */
  dlc_status failure;
  char message[512];
};

/* Memory allocated during a call. */
struct block {
  struct block *next;
};

/* Indexed by dlc_element. */
static const struct {
  const char *name;
  int64_t bytes;
} elements[] = {
    {"nothing", 1}, {"f16", 2},        {"bf16", 2},      {"f32", 4},
    {"f64", 8},     {"bool", 1},       {"i32", 4},       {"i64", 8},
    {"i8", 1},      {"i16", 2},        {"u8", 1},        {"u16", 2},
    {"u32", 4},     {"u64", 8},        {"f8e4m3fn", 1},  {"f8e4m3fnuz", 1},
    {"f8e5m2", 1},  {"f8e5m2fnuz", 1}, {"f8e8m0fnu", 1}, {"f4e2m1fn", 1},
    {"i4", 1},      {"u4", 1},         {"i2", 1},        {"u2", 1}};

static inline const dlc_library_info *library(void) {
  return dlc_rt_this_model.library;
}

__attribute__((format(printf, 3, 4))) static inline dlc_status
fail(dlc_context *context, dlc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(context->message, sizeof context->message, format, arguments);
  va_end(arguments);
  return status;
}

/* Kernels treat denormals as zero, on each thread that they run on; the
 * caller's mode and exception flags are restored afterwards. Arithmetic on
 * denormals takes a hundred cycles and more on many processors; a network whose
 * values fade out would be thirty times slower. */
#if defined(__x86_64__)
enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };
static inline unsigned flush_denormals(void) {
  unsigned mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
  return mode;
}
static inline void restore_mode(unsigned mode) { __builtin_ia32_ldmxcsr(mode); }
#else
static inline unsigned flush_denormals(void) { return 0; }
static inline void restore_mode(unsigned mode) { (void)mode; }
#endif

/* The steps of context creation; each reports its errors in the message. */

/* Chooses the best version of the kernels for this processor (Processor.c). */
dlc_status dlc_rt_choose_version(dlc_context *context);
/* Maps the weights, which are in the library or in a file; `given` is its path
 * or null (Weights.c). */
dlc_status dlc_rt_map_weights(dlc_context *context, const char *given);
/* Opens a regular file for reading and returns its descriptor and size.
 * Anything else, which might block or never end, is rejected: returns -1 and
 * the reason (File.c). */
int dlc_rt_open_file(const char *path, int64_t *bytes, const char **reason);
/* Reads `count` bytes into `to`; returns 0 at an early end or on an error. */
int dlc_rt_read_file(int file, void *to, size_t count);
/* Allocates the state and sets its initial values (State.c). */
dlc_status dlc_rt_begin_state(dlc_context *context);
/* Determines the number of threads and the executor (Threads.c). Where memory
 * is short there are fewer threads. */
void dlc_rt_find_threads(dlc_context *context, const dlc_options *options);

/* Returns the number of processors' worth of time that the process may use
 * (CountProcessors.c): the processors in the thread's affinity mask, limited by
 * the quota of its control groups, rounded up. The quota is read once. */
int32_t dlc_rt_count_processors(void);
/* Returns that quota, read from a file such as /proc/self/cgroup and the folder
 * of the control groups; 4096 if there is none. */
int32_t dlc_rt_read_quota(const char *groups, const char *folder);

/* Ends the running call; may be called from a task (Threads.c). */
__attribute__((noreturn, format(printf, 3, 4))) void
dlc_rt_end_call(dlc_context *context, dlc_status status, const char *format,
                ...);

#endif /* DLC_LIB_RUNTIME_CONTEXT_H */
