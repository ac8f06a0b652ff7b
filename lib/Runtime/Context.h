/*===- Context.h - What the parts of the runtime share ------------*- C -*-===*/
#ifndef DLC_LIB_RUNTIME_CONTEXT_H
#define DLC_LIB_RUNTIME_CONTEXT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

typedef void (*parallel_function)(void (*function)(void *), void *data,
                                  unsigned threads, unsigned flags);

struct dlc_context {
  int32_t threads;
  int32_t ready; /* 0: creation failed, only the message counts */
  parallel_function parallel;
  const dlc_rt_version *version;
  void *arena;
  size_t arena_bytes;
  int32_t arena_is_callers;
  /* Room for the descriptors and shapes of the largest function. */
  void **buffers;
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
/* Memory of the state with its first values (State.c). */
dlc_status dlc_rt_begin_state(dlc_context *context);
/* How many threads, and by whom; `wanted` is 0 for as many as the environment
 * says (Threads.c). */
void dlc_rt_find_threads(dlc_context *context, int32_t wanted);

#endif /* DLC_LIB_RUNTIME_CONTEXT_H */
