/*===- abi.h - The ABI of all libraries made by dlc ---------------*- C -*-===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|* This text is part of every generated header, so a program needs no file of
|* dlc's to use a library.
\*===----------------------------------------------------------------------===*/
#ifndef DLC_ABI_H
#define DLC_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Incremented when a struct or a rule below changes incompatibly. Fields added
 * to the end of a struct that begins with its size keep the version: fields
 * that one side does not know are zero to the other. */
#define DLC_ABI_VERSION 5u

/* The ELF version of a shared library's symbols: a program that was linked with
 * one does not start with a library of another DLC_ABI_VERSION, and dlvsym
 * finds no symbol in it. */
#define DLC_ABI_SYMBOLS "DLC_5"

/* The result of every call. The library's error function gives the details. */
typedef enum dlc_status {
  DLC_OK = 0,
  DLC_ERROR_NULL = 1,      /* a pointer that must not be null is null */
  DLC_ERROR_RANK = 2,      /* a tensor has the wrong number of dimensions */
  DLC_ERROR_SHAPE = 3,     /* an extent is wrong, or extents are inconsistent */
  DLC_ERROR_ELEMENT = 4,   /* a tensor has the wrong element type */
  DLC_ERROR_ALIGNMENT = 5, /* data is not aligned to its element, or the given
                              workspace not to 64 bytes */
  DLC_ERROR_MEMORY = 6,    /* no memory, or the given workspace is too small */
  DLC_ERROR_VERSION = 7,   /* library and header do not belong together, or the
                              options' size is wrong */
  DLC_ERROR_CPU = 8,       /* the library is compiled for another processor */
  DLC_ERROR_FUNCTION = 9,  /* there is no function with this number */
  DLC_ERROR_WEIGHTS = 10,  /* the weights file is missing or a different one */
  DLC_ERROR_STATE = 11,    /* there is no state of this name or size */
  DLC_ERROR_FILE = 12, /* a file cannot be read or written, or does not fit */
  DLC_ERROR_VALUE = 13 /* an invalid value, such as a label or length */
} dlc_status;

/* Returns a short description of a status. */
static inline const char *dlc_status_text(int status) {
  static const char *const texts[] = {
      "success",
      "a pointer is null",
      "a tensor has the wrong number of dimensions",
      "an extent is wrong",
      "a tensor has the wrong type of elements",
      "data is not aligned to its element",
      "no memory",
      "library and header do not belong together",
      "the library is compiled for another processor",
      "there is no such function",
      "the file of weights is missing or another one",
      "there is no such state",
      "a file cannot be read or written, or does not fit",
      "a value is not what it must be"};
  return (unsigned)status < sizeof texts / sizeof *texts ? texts[status]
                                                         : "unknown status";
}

/* Element types. f16, bf16: 2 bytes; bool: one byte, 0 or 1. Floats of 8 and 4
 * bits and integers of 4 and 2 bits: one byte each. Inputs use only the lower
 * bits of it; outputs hold signed integers sign-extended to 8 bits. */
typedef enum dlc_element {
  DLC_F16 = 1,
  DLC_BF16 = 2,
  DLC_F32 = 3,
  DLC_F64 = 4,
  DLC_BOOL = 5,
  DLC_I32 = 6,
  DLC_I64 = 7,
  DLC_I8 = 8,
  DLC_I16 = 9,
  DLC_U8 = 10,
  DLC_U16 = 11,
  DLC_U32 = 12,
  DLC_U64 = 13,
  DLC_F8E4M3FN = 14,
  DLC_F8E4M3FNUZ = 15,
  DLC_F8E5M2 = 16,
  DLC_F8E5M2FNUZ = 17,
  DLC_F8E8M0FNU = 18,
  DLC_F4E2M1FN = 19,
  DLC_I4 = 20,
  DLC_U4 = 21,
  DLC_I2 = 22,
  DLC_U2 = 23
} dlc_element;

/* A dense tensor in row-major order. */
typedef struct dlc_tensor {
  void *data;
  const int64_t *shape; /* rank extents */
  int32_t rank;
  int32_t element; /* dlc_element */
} dlc_tensor;

/* One input or output of a function. An extent of -1 is dynamic; that of an
 * output follows from those of the inputs. An output with an extent of -2 is
 * computed: its size depends on values, so the library provides the memory. */
typedef struct dlc_argument {
  const char *name;
  const int64_t *shape;
  int32_t rank;
  int32_t element;
} dlc_argument;

typedef struct dlc_function {
  const char *name;
  const dlc_argument *arguments; /* inputs, then outputs */
  int32_t inputs;
  int32_t outputs;
} dlc_function;

/* Runs body(data, i) once for each i from 0 up to `count` and returns when all
 * of these calls have returned. They may run in any order and on any threads,
 * also one after another. No exception may leave this function. The library
 * itself runs the iterations that it omits, on the caller's thread. `user` is
 * `parallel_user` of the options. */
typedef void (*dlc_parallel_for)(void *user, int64_t count,
                                 void (*body)(void *data, int64_t i),
                                 void *data);

/* The options of a new context. The defaults, all zero except for the size, are
 * a good choice:
 *   dlc_options options = {0};
 *   options.size = sizeof options;
 */
typedef struct dlc_options {
  size_t size; /* sizeof(dlc_options) */
  /* The maximum number of threads. 0: the environment variable DLC_NUM_THREADS,
   * else OMP_NUM_THREADS, else the processors that this process may use: those
   * in the caller's CPU set, limited by the quota of its control groups. Never
   * more than these. Results do not depend on it. */
  int32_t threads;
  /* Memory for intermediate values; null: the context allocates its own. It
   * must be aligned to 64 bytes and outlive the context. */
  void *workspace;
  size_t workspace_bytes;
  /* The path of the weights file, if the library has one; null: beside the
   * library, under the name that it was compiled with. */
  const char *weights;
  /* Runs the parallel loops, each in at most `threads` parts; null: a thread
   * pool that all libraries of the process share. Called on the thread that
   * called the library, before the call returns. It must be thread-safe if
   * several contexts run at the same time. */
  dlc_parallel_for parallel_for;
  void *parallel_user;
} dlc_options;

/* The state of one caller, to be used by one thread at a time. Contexts of one
 * library share its weights and may run at the same time. */
typedef struct dlc_context dlc_context;

/* A tensor that a context keeps between calls: a trained parameter, a running
 * average, or the state of an optimiser. */
typedef struct dlc_state {
  const char *name;
  const int64_t *shape;
  int32_t rank;
  int32_t element; /* dlc_element */
} dlc_state;

/* A fused loop nest of a function, in libraries compiled with --profile. */
typedef struct dlc_region {
  const char *function;
  const char *name; /* nodes or lines of the model that it computes */
  /* product, depthwise, rows, reduction, element-wise, copy */
  const char *kind;
  int64_t flops; /* operations of one call; -1: depends on extents */
  int64_t bytes; /* read and written; -1: depends on extents */
} dlc_region;

/* An interval in which one thread was busy, from `begin` to `end` in
 * nanoseconds of a monotonic clock: the whole of a region (part is -1), or some
 * of its tasks. Events with the same part ran one after another; part 0 is the
 * caller. */
typedef struct dlc_event {
  int32_t region; /* its number; -1: tasks outside any region */
  int32_t part;
  int64_t begin, end;
} dlc_event;

/* The buffer into which a context writes its events; those that do not fit are
 * only counted. The program sets all three fields; the threads of a call add to
 * `count`. */
typedef struct dlc_trace {
  dlc_event *events;
  int64_t capacity;
  int64_t count;
} dlc_trace;

/* A library's description and entry points, for programs that discover its
 * functions at run time: const dlc_library_info *dlc_library(void) in every
 * .so. If abi_version is not the program's, no other field may be read except
 * size; these two have the same position in every version. */
typedef struct dlc_library_info {
  size_t size; /* fields beyond it are absent and count as zero */
  uint32_t abi_version;
  int32_t function_count;
  const char *name;
  const char *producer;
  const char *cpu; /* its processors: one name or a comma-separated list */
  uint64_t interface_hash;
  int64_t weight_bytes;
  const char *weights_file; /* null: the weights are inside the library */
  const dlc_function *functions;

  /* Makes a context. On failure there is a context too, only for its message,
   * unless memory is so short that *context is null. */
  dlc_status (*create)(dlc_context **context, const dlc_options *options,
                       uint32_t abi_version, uint64_t interface_hash);
  void (*destroy)(dlc_context *context);
  /* The message of this context's last failure; "" after success. */
  const char *(*error)(const dlc_context *context);
  /* Computes the extents of the outputs for these inputs, whose data is not
   * read. output_shapes[i] receives the extents of output i, -1 where they
   * depend on values. */
  dlc_status (*shapes)(dlc_context *context, int32_t function,
                       const dlc_tensor *inputs, int64_t *const *output_shapes);
  /* Allocates the memory that a call with inputs of these extents needs, so
   * that the call itself allocates none. */
  dlc_status (*reserve)(dlc_context *context, int32_t function,
                        const dlc_tensor *inputs);
  /* Runs a function. Inputs are only read; outputs must not overlap them. The
   * call fills in all fields of a computed output, whose memory belongs to the
   * context and is valid until its next call. */
  dlc_status (*call)(dlc_context *context, int32_t function,
                     const dlc_tensor *inputs, dlc_tensor *outputs);
  /* The maximum number of threads that the context uses. */
  int32_t (*threads)(const dlc_context *context);
  /* The processor, of those that the library is compiled for, whose code the
   * context runs; "" if the context could not be made. */
  const char *(*processor)(const dlc_context *context);
  /* Only in libraries compiled with --profile: the regions that events refer
   * to. Later calls write into the given trace until another one, or null, is
   * set. */
  int32_t region_count;
  const dlc_region *regions;
  void (*trace)(dlc_context *context, dlc_trace *trace);
  /* Only in libraries with a state, such as those compiled with --train: the
   * tensors that each context holds, and functions for all of them or for one.
   * Files are in the safetensors format. `save` replaces a file atomically or
   * leaves it unchanged; `load` accepts only a file of exactly these tensors,
   * and otherwise changes nothing. `get` and `set` copy `bytes` bytes, which
   * must be the whole tensor. */
  int32_t state_count;
  const dlc_state *states;
  dlc_status (*save)(dlc_context *context, const char *path);
  dlc_status (*load)(dlc_context *context, const char *path);
  dlc_status (*get)(dlc_context *context, const char *name, void *data,
                    size_t bytes);
  dlc_status (*set)(dlc_context *context, const char *name, const void *data,
                    size_t bytes);
} dlc_library_info;

/* Whether the table of a library, which may be older than this header, has a
 * field. */
#define DLC_LIBRARY_HAS(library, field)                                        \
  ((library)->size >=                                                          \
   offsetof(dlc_library_info, field) + sizeof((library)->field))

#ifdef __cplusplus
}
#endif
#endif /* DLC_ABI_H */
