/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*===- Context.h - What the parts of the runtime share ------------*- C -*-===*/
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

/* Of whoever works on a loop: which thread it is, and where it goes on when a
 * check fails in a task. */
struct seat {
  _Alignas(64) _Atomic pthread_t thread;
  _Atomic int32_t is_taken;
  jmp_buf end;
};

/* A parallel loop that runs now. */
struct tasks {
  dlc_rt_loop loop;
  dlc_context *context;
  int64_t count;
  void (*task)(int64_t, int64_t, int64_t, void *);
  void *captures;
  _Atomic int32_t hasFailed;
};

struct dlc_context {
  int32_t threads;    /* seats and ranges there are, where more than one */
  dlc_status created; /* where creation failed only the message counts */
  dlc_rt_range *ranges;
  struct seat *seats;
  struct tasks *tasks;           /* null: no parallel loop runs */
  int64_t alone;                 /* see dlc_rt_loop */
  dlc_parallel_for parallel_for; /* null: the pool's */
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
  void *mapped;   /* the file that they are in */
  char *state;    /* mutable tensors */
  void **results; /* of computed outputs */
  struct block *_Atomic blocks;
  dlc_trace *trace; /* null: nobody wants to know */
  int32_t region;   /* that runs now, since `region_begin` */
  int64_t region_begin;
  jmp_buf end; /* of the running call */
  dlc_status failure;
  char message[512];
};

/* Memory that a call took on its way. */
struct block {
  struct block *next;
};

/* By the numbers of dlc_element. */
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

/* Arithmetic on denormal numbers takes a hundred cycles and more on many
 * processors; a network that fades out would be thirty times slower. They count
 * as zero while a kernel runs, on each thread that it runs on; what the caller
 * has set, flags of exceptions included, is there again afterwards. */
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

/* Steps of making a context; each says in the message what is wrong. */

/* The best version of the kernels that this processor can run (Processor.c). */
dlc_status dlc_rt_choose_version(dlc_context *context);
/* The weights, inside or from their file; `given` is its name or null
 * (Weights.c). */
dlc_status dlc_rt_map_weights(dlc_context *context, const char *given);
/* Opens a regular file for reading and says how large it is; everything else,
 * which may block or never end, is refused: -1, with the reason (File.c). */
int dlc_rt_open_file(const char *path, int64_t *bytes, const char **reason);
/* `count` bytes of it into `to`; 0 where it ends before or cannot be read. */
int dlc_rt_read_file(int file, void *to, size_t count);
/* Memory of the state with its first values (State.c). */
dlc_status dlc_rt_begin_state(dlc_context *context);
/* How many threads, and by whom (Threads.c). Less memory is fewer threads. */
void dlc_rt_find_threads(dlc_context *context, const dlc_options *options);

/* Processors' worth of time that the process may use (CountProcessors.c): of
 * those that the thread is allowed to run on, no more than its control groups'
 * quota, rounded up, which is read once. */
int32_t dlc_rt_count_processors(void);
/* That quota by a file like /proc/self/cgroup and the folder where the groups
 * are; 4096: there is none. */
int32_t dlc_rt_read_quota(const char *groups, const char *folder);

/* Ends the running call, from a task as well (Threads.c). */
__attribute__((noreturn, format(printf, 3, 4))) void
dlc_rt_end_call(dlc_context *context, dlc_status status, const char *format,
                ...);

#endif /* DLC_LIB_RUNTIME_CONTEXT_H */
