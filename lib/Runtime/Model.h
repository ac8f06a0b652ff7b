/*===- Model.h - Tables emitted for the runtime -------------------*- C -*-===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* The tables through which the runtime finds the kernels. The compiler fills
|* them by field name (lib/Target/EmitInterface.cpp). A field declared here that
|* is not filled there, or has another type there, is an error.
|*
\*===----------------------------------------------------------------------===*/
#ifndef DLC_LIB_RUNTIME_MODEL_H
#define DLC_LIB_RUNTIME_MODEL_H

#include "dlc/Runtime/abi.h"

/* MLIR's memref descriptor, with sizes and strides in one array. */
typedef struct dlc_rt_buffer {
  void *allocated;
  void *aligned;
  int64_t offset;
  int64_t extents[]; /* rank sizes, then rank strides */
} dlc_rt_buffer;

/* The entry points of a kernel. `buffers` holds the descriptors of the inputs,
 * then of the outputs; computed outputs have none. */
typedef struct dlc_rt_kernel {
  void (*run)(dlc_context *context, int64_t workers, void *const *buffers,
              void *arena);
  /* Writes 0 or the number of the failed check, then the extents of the
   * outputs. */
  void (*shapes)(void *const *buffers, void *result);
  int64_t (*workspace)(dlc_context *context, int64_t workers,
                       void *const *buffers);
  const char *const *messages;
} dlc_rt_kernel;

/* Processor features: bits of cpuid leaf 1 (ecx), leaf 7 (ebx, ecx, edx), and
 * leaf 7 subleaf 1 (eax). */
typedef struct dlc_rt_cpu {
  uint32_t leaf1_ecx, leaf7_ebx, leaf7_ecx, leaf7_edx, leaf71_eax;
} dlc_rt_cpu;

/* The weights, which are in the library or in a file of known size and hash. */
typedef struct dlc_rt_weights_info {
  const void *data; /* null: in the file */
  int64_t file_bytes, file_offset;
  uint64_t file_hash; /* XXH64 of the whole file, seed 0 */
} dlc_rt_weights_info;

/* The position of one of the library's state tensors in the memory of a
 * context, and that of its initial value among the weights; -1: zeros. */
typedef struct dlc_rt_place {
  int64_t offset, bytes, first;
} dlc_rt_place;

/* The kernels for one processor. */
typedef struct dlc_rt_version {
  const char *name; /* of the processor */
  dlc_rt_cpu cpu;   /* the features that it must have */
  const dlc_rt_kernel *kernels;
} dlc_rt_version;

typedef struct dlc_rt_model {
  const dlc_library_info *library;
  const dlc_rt_version *versions; /* the least capable first */
  int64_t version_count;
  const dlc_rt_weights_info *weights;
  const dlc_rt_place *places; /* one for each of the library's states */
  int64_t state_bytes;
} dlc_rt_model;

/* The model of this library. */
extern const dlc_rt_model dlc_rt_this_model;

/* All structs that the compiler fills. It reads their layout from the bitcode
 * of the runtime and then removes dlc_rt_layout, which is never read at run
 * time. */
typedef struct dlc_rt_structs {
  dlc_argument argument;
  dlc_function function;
  dlc_region region;
  dlc_state state;
  dlc_library_info library;
  dlc_rt_kernel kernel;
  dlc_rt_cpu cpu;
  dlc_rt_weights_info weights;
  dlc_rt_place place;
  dlc_rt_version version;
  dlc_rt_model model;
} dlc_rt_structs;
extern const dlc_rt_structs dlc_rt_layout;

/* The entry points behind the library's own exported names. */
dlc_status dlc_rt_create(dlc_context **context, const dlc_options *options,
                         uint32_t abi_version, uint64_t interface_hash);
void dlc_rt_destroy(dlc_context *context);
const char *dlc_rt_error(const dlc_context *context);
dlc_status dlc_rt_shapes(dlc_context *context, int32_t function,
                         const dlc_tensor *inputs, int64_t *const *shapes);
dlc_status dlc_rt_reserve(dlc_context *context, int32_t function,
                          const dlc_tensor *inputs);
dlc_status dlc_rt_call(dlc_context *context, int32_t function,
                       const dlc_tensor *inputs, dlc_tensor *outputs);
int32_t dlc_rt_threads(const dlc_context *context);
const char *dlc_rt_processor(const dlc_context *context);
void dlc_rt_trace(dlc_context *context, dlc_trace *trace);

dlc_status dlc_rt_save(dlc_context *context, const char *path);
dlc_status dlc_rt_load(dlc_context *context, const char *path);
dlc_status dlc_rt_get(dlc_context *context, const char *name, void *data,
                      size_t bytes);
dlc_status dlc_rt_set(dlc_context *context, const char *name, const void *data,
                      size_t bytes);

/* Begins a region, or (-1) ends the running one; called by kernels of profiled
 * libraries. */
void dlc_rt_mark(dlc_context *context, int64_t region);

/* Allocates memory that is freed when the next call begins; ends the call if
 * there is none. */
void *dlc_rt_allocate(dlc_context *context, int64_t bytes);
/* Returns the first weight. */
const void *dlc_rt_weights(const dlc_context *context);
/* Returns the first byte of the state. */
void *dlc_rt_state(const dlc_context *context);
/* Sets the address of computed output `number`, or the extent with this number
 * among those of all outputs. */
void dlc_rt_set_result(dlc_context *context, int64_t number, void *place);
void dlc_rt_set_extent(dlc_context *context, int64_t number, int64_t extent);
/* Ends a call because of an invalid value. */
void dlc_rt_fail(dlc_context *context, const char *message);

/* A typed call: `data` holds pointers to the inputs, then the outputs; `dims`
 * the dynamic extents of the inputs in order. The extents of the outputs follow
 * from them. */
dlc_status dlc_rt_call_typed(dlc_context *context, int32_t function,
                             void *const *data, const int64_t *dims);

/* Runs tasks [0, tasks), each of about `cost` nanoseconds, on as many threads
 * as pays off; called by kernels. */
void dlc_rt_parallel_for(dlc_context *context, int64_t tasks, int64_t cost,
                         void (*task)(int64_t begin, int64_t end,
                                      int64_t worker, void *captures),
                         void *captures);

#endif /* DLC_LIB_RUNTIME_MODEL_H */
