/*===- Runtime.c - The runtime inside every generated library -------------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* Contexts and calls; the other files in this folder contain the rest. All are
|* compiled to bitcode once, linked into every model and hidden there. They need
|* only libc.
|*
\*===----------------------------------------------------------------------===*/
#include "Context.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const dlc_rt_structs dlc_rt_layout;

/*===--- Elements --------------------------------------------------------===*/

static int64_t element_bytes(int32_t element) {
  return elements[element].bytes;
}

static const char *element_name(int32_t element) {
  return element >= DLC_F16 && element <= DLC_U2 ? elements[element].name
                                                 : "an unknown type";
}

static int is_computed(const dlc_argument *argument) {
  for (int32_t d = 0; d < argument->rank; ++d)
    if (argument->shape[d] == -2)
      return 1;
  return 0;
}

/*===--- Contexts --------------------------------------------------------===*/

/* The size in bytes of a descriptor of this rank. */
static size_t descriptor_bytes(int32_t rank) {
  return sizeof(dlc_rt_buffer) + 2 * (size_t)rank * sizeof(int64_t);
}

/* Reads the program's options, which may have fewer fields than this library
 * knows, or more: missing fields are zero, unknown ones must be zero. */
static dlc_status read_options(dlc_context *context, const dlc_options *given,
                               dlc_options *options) {
  if (!given)
    return DLC_OK;
  if (given->size < sizeof given->size + sizeof given->threads ||
      given->size > 65536)
    return fail(context, DLC_ERROR_VERSION,
                "the options say that they have %zu bytes; write "
                "options.size = sizeof options",
                given->size);
  const size_t common =
      given->size < sizeof *options ? given->size : sizeof *options;
  for (size_t i = common; i < given->size; ++i)
    if (((const char *)given)[i])
      return fail(context, DLC_ERROR_VERSION,
                  "the options use a field that is newer than this library, "
                  "which knows the first %zu of their %zu bytes",
                  common, given->size);
  memcpy(options, given, common);
  return DLC_OK;
}

/* The steps of creation that can fail, after the context can hold a message. */
static dlc_status set_up(dlc_context *context, const dlc_options *given,
                         uint32_t abi_version, uint64_t interface_hash) {
  if (abi_version != DLC_ABI_VERSION ||
      interface_hash != library()->interface_hash)
    return fail(context, DLC_ERROR_VERSION,
                "the program was compiled against another version of %s: the "
                "header says interface %016llx of ABI %u, the library is "
                "%016llx of ABI %u; compile the program with the header that "
                "came with this library",
                library()->name, (unsigned long long)interface_hash,
                (unsigned)abi_version,
                (unsigned long long)library()->interface_hash,
                (unsigned)DLC_ABI_VERSION);
  dlc_status chosen = dlc_rt_choose_version(context);
  if (chosen)
    return chosen;
  dlc_options options = {0};
  dlc_status read = read_options(context, given, &options);
  if (read)
    return read;
  dlc_rt_find_threads(context, &options);
  if (options.workspace) {
    if ((uintptr_t)options.workspace % 64)
      return fail(context, DLC_ERROR_ALIGNMENT,
                  "the workspace is not aligned to 64 bytes");
    context->arena = options.workspace;
    context->arena_bytes = options.workspace_bytes;
    context->arena_is_callers = 1;
  }
  dlc_status mapped = dlc_rt_map_weights(context, options.weights);
  if (mapped)
    return mapped;
  if (dlc_rt_this_model.state_bytes) {
    dlc_status begun = dlc_rt_begin_state(context);
    if (begun)
      return begun;
  }
  /* Functions without dynamic extents get their memory now. */
  for (int32_t i = 0; i < library()->function_count; ++i) {
    const dlc_function *f = &library()->functions[i];
    int isFree = 0;
    for (int32_t a = 0; a < f->inputs; ++a)
      for (int32_t d = 0; d < f->arguments[a].rank; ++d)
        isFree |= f->arguments[a].shape[d] < 0;
    if (isFree)
      continue;
    for (int32_t a = 0; a < f->inputs; ++a) {
      const dlc_argument *argument = &f->arguments[a];
      context->inputs[a] = (dlc_tensor){NULL, argument->shape, argument->rank,
                                        argument->element};
    }
    dlc_status status = dlc_rt_reserve(context, i, context->inputs);
    if (status)
      return status;
  }
  return DLC_OK;
}

dlc_status dlc_rt_create(dlc_context **result, const dlc_options *given,
                         uint32_t abi_version, uint64_t interface_hash) {
  if (!result)
    return DLC_ERROR_NULL;
  /* One allocation for the context and the buffers of the largest call. */
  size_t arguments = 0, bytes = 0, extents = 1, results = 1, inputs = 0,
         shapes = 0;
  for (int32_t i = 0; i < library()->function_count; ++i) {
    const dlc_function *f = &library()->functions[i];
    size_t count = (size_t)f->inputs + (size_t)f->outputs, room = 0, out = 1,
           in = 0;
    for (size_t a = 0; a < count; ++a) {
      room += descriptor_bytes(f->arguments[a].rank);
      out += (size_t)f->arguments[a].rank;
      in += a < (size_t)f->inputs ? (size_t)f->arguments[a].rank : 0;
    }
    inputs = (size_t)f->inputs > inputs ? (size_t)f->inputs : inputs;
    shapes = in > shapes ? in : shapes;
    arguments = count > arguments ? count : arguments;
    bytes = room > bytes ? room : bytes;
    extents = out > extents ? out : extents;
    results = (size_t)f->outputs > results ? (size_t)f->outputs : results;
  }
  dlc_context *context =
      calloc(1, sizeof *context + (arguments + results) * sizeof(void *) +
                    inputs * sizeof(dlc_tensor) +
                    (shapes + extents) * sizeof(int64_t) + bytes);
  *result = context;
  if (!context)
    return DLC_ERROR_MEMORY;
  context->buffers = (void **)(context + 1);
  context->results = context->buffers + arguments;
  context->inputs = (dlc_tensor *)(context->results + results);
  context->shapes = (int64_t *)(context->inputs + inputs);
  context->extents = context->shapes + shapes;
  context->descriptors = (char *)(context->extents + extents);
  context->created = set_up(context, given, abi_version, interface_hash);
  return context->created;
}

static void free_blocks(dlc_context *context) {
  struct block *block = atomic_exchange(&context->blocks, NULL);
  while (block) {
    struct block *next = block->next;
    free(block);
    block = next;
  }
}

void dlc_rt_destroy(dlc_context *context) {
  if (!context)
    return;
  free_blocks(context);
  if (!context->arena_is_callers)
    free(context->arena);
  free(context->ranges);
  free(context->state);
  if (context->mapped)
    munmap(context->mapped, (size_t)dlc_rt_this_model.weights->file_bytes);
  free(context);
}

const char *dlc_rt_error(const dlc_context *context) {
  return context ? context->message : "there is no context: memory was short";
}

/*===--- Calls -----------------------------------------------------------===*/

static dlc_status begin(dlc_context *context, int32_t function) {
  if (!context)
    return DLC_ERROR_NULL;
  if (context->created)
    return context->created; /* the message of the failed creation stays */
  context->message[0] = 0;
  free_blocks(context);
  if (function < 0 || function >= library()->function_count)
    return fail(context, DLC_ERROR_FUNCTION,
                "there is no function %d in %s, which has %d", (int)function,
                library()->name, (int)library()->function_count);
  return DLC_OK;
}

/* Fills in a descriptor; returns the position of the next one. */
static char *describe(char *at, void **slot, void *data, const int64_t *shape,
                      int32_t rank) {
  dlc_rt_buffer *buffer = (dlc_rt_buffer *)at;
  buffer->allocated = buffer->aligned = data;
  buffer->offset = 0;
  int64_t stride = 1;
  for (int32_t d = rank - 1; d >= 0; --d) {
    buffer->extents[d] = shape[d];
    buffer->extents[rank + d] = stride;
    stride *= shape[d];
  }
  *slot = buffer;
  return at + descriptor_bytes(rank);
}

static dlc_status check_data(dlc_context *context, const dlc_function *f,
                             const dlc_argument *argument, const void *data) {
  if (!data)
    return fail(context, DLC_ERROR_NULL, "%s: the data of '%s' is null",
                f->name, argument->name);
  int64_t bytes = element_bytes(argument->element);
  if ((uintptr_t)data % (uintptr_t)bytes)
    return fail(context, DLC_ERROR_ALIGNMENT,
                "%s: the data of '%s' is not aligned to its elements of %d "
                "bytes",
                f->name, argument->name, (int)bytes);
  return DLC_OK;
}

/* The maximum size of an argument; kernels rely on it (IndexRange.h). */
#define MOST_BYTES ((int64_t)1 << 48)

static dlc_status check_tensor(dlc_context *context, const dlc_function *f,
                               const dlc_argument *argument,
                               const dlc_tensor *tensor) {
  if (tensor->element != argument->element)
    return fail(context, DLC_ERROR_ELEMENT,
                "%s: '%s' has elements of %s, "
                "expected %s",
                f->name, argument->name, element_name(tensor->element),
                element_name(argument->element));
  if (tensor->rank != argument->rank)
    return fail(context, DLC_ERROR_RANK,
                "%s: '%s' has %d dimensions, expected %d", f->name,
                argument->name, (int)tensor->rank, (int)argument->rank);
  if (!tensor->shape && tensor->rank)
    return fail(context, DLC_ERROR_NULL, "%s: the shape of '%s' is null",
                f->name, argument->name);
  int64_t bytes = element_bytes(argument->element);
  for (int32_t d = 0; d < tensor->rank; ++d) {
    int64_t extent = tensor->shape[d], wanted = argument->shape[d];
    if (wanted >= 0 && extent != wanted)
      return fail(context, DLC_ERROR_SHAPE,
                  "%s: '%s' has extent %lld in dimension %d, expected %lld",
                  f->name, argument->name, (long long)extent, (int)d,
                  (long long)wanted);
    if (extent < 0)
      return fail(
          context, DLC_ERROR_SHAPE,
          "%s: '%s' has extent %lld in dimension %d, expected 0 or more",
          f->name, argument->name, (long long)extent, (int)d);
    /* An extent of 0 must not allow arbitrary values for the others: kernels
     * compute with sums of extents. */
    if (__builtin_mul_overflow(bytes, extent > 1 ? extent : 1, &bytes) ||
        bytes > MOST_BYTES)
      return fail(context, DLC_ERROR_SHAPE, "%s: '%s' has more bytes than 2^48",
                  f->name, argument->name);
  }
  return DLC_OK;
}

/* Checks the inputs' shapes, describes the inputs and computes the outputs'
 * extents into context->extents + 1. */
static dlc_status prepare(dlc_context *context, int32_t function,
                          const dlc_tensor *inputs, char **end) {
  const dlc_function *f = &library()->functions[function];
  const dlc_rt_kernel *kernel = &context->version->kernels[function];
  if (!inputs && f->inputs)
    return fail(context, DLC_ERROR_NULL, "%s: inputs is null", f->name);
  char *at = context->descriptors;
  for (int32_t i = 0; i < f->inputs; ++i) {
    dlc_status status = check_tensor(context, f, &f->arguments[i], &inputs[i]);
    if (status)
      return status;
    at = describe(at, &context->buffers[i], inputs[i].data, inputs[i].shape,
                  inputs[i].rank);
  }
  struct {
    void *allocated, *aligned;
    int64_t offset, size, stride;
  } result = {context->extents, context->extents, 0, INT32_MAX, 1};
  kernel->shapes(context->buffers, &result);
  if (context->extents[0])
    return fail(context, DLC_ERROR_SHAPE,
                "%s: the inputs' extents do not fit "
                "together: %s",
                f->name, kernel->messages[context->extents[0] - 1]);
  *end = at;
  return DLC_OK;
}

/* Ensures that the arena is large enough for the described inputs (and
 * outputs). */
static dlc_status take_memory(dlc_context *context, int32_t function) {
  const dlc_rt_kernel *kernel = &context->version->kernels[function];
  int64_t bytes =
      kernel->workspace(context, context->threads, context->buffers);
  if ((size_t)bytes <= context->arena_bytes)
    return DLC_OK;
  if (context->arena_is_callers)
    return fail(context, DLC_ERROR_MEMORY,
                "%s: the workspace has %zu bytes, this call needs %lld",
                library()->functions[function].name, context->arena_bytes,
                (long long)bytes);
  void *memory =
      bytes < 0 ? NULL : aligned_alloc(64, ((size_t)bytes + 63) & ~(size_t)63);
  if (!memory)
    return fail(context, DLC_ERROR_MEMORY,
                "%s: no memory for %lld bytes of intermediate values",
                library()->functions[function].name, (long long)bytes);
  free(context->arena);
  context->arena = memory;
  context->arena_bytes = (size_t)bytes;
  return DLC_OK;
}

/* Describes outputs with the computed extents; their data may be null. */
static void describe_outputs(dlc_context *context, const dlc_function *f,
                             void *const *data, char *at) {
  const int64_t *extents = context->extents + 1;
  for (int32_t i = 0; i < f->outputs; ++i) {
    int32_t rank = f->arguments[f->inputs + i].rank;
    if (!is_computed(&f->arguments[f->inputs + i]))
      at = describe(at, &context->buffers[f->inputs + i], data ? data[i] : NULL,
                    extents, rank);
    extents += rank;
  }
}

/* Fills in the caller's tensor for a computed output. */
static void hand_over(dlc_context *context, const dlc_argument *argument,
                      int32_t number, const int64_t *extents,
                      dlc_tensor *output) {
  output->data = context->results[number];
  output->shape = extents;
  output->rank = argument->rank;
  output->element = argument->element;
}

static dlc_status run(dlc_context *context, int32_t function) {
  struct {
    void *allocated, *aligned;
    int64_t offset, size, stride;
  } arena = {context->arena, context->arena, 0, (int64_t)context->arena_bytes,
             1};
  const unsigned mode = flush_denormals();
  context->tasks = NULL;
  context->alone = 0;
  /* A jump out of a kernel leaks nothing: kernels own no resources. */
  if (_setjmp(context->end)) {
    restore_mode(mode);
    return context->failure;
  }
  context->version->kernels[function].run(context, context->threads,
                                          context->buffers, &arena);
  restore_mode(mode);
  return DLC_OK;
}

void *dlc_rt_allocate(dlc_context *context, int64_t bytes) {
  size_t room = 64 + (((size_t)bytes + 63) & ~(size_t)63);
  struct block *block =
      bytes < 0 || room < (size_t)bytes ? NULL : aligned_alloc(64, room);
  if (!block)
    dlc_rt_end_call(context, DLC_ERROR_MEMORY,
                    "no memory for %lld bytes of a value", (long long)bytes);
  block->next = atomic_load(&context->blocks);
  while (!atomic_compare_exchange_weak(&context->blocks, &block->next, block))
    ;
  return (char *)block + 64;
}

void dlc_rt_set_result(dlc_context *context, int64_t number, void *place) {
  context->results[number] = place;
}

void dlc_rt_set_extent(dlc_context *context, int64_t number, int64_t extent) {
  context->extents[1 + number] = extent;
}

void dlc_rt_fail(dlc_context *context, const char *message) {
  dlc_rt_end_call(context, DLC_ERROR_VALUE, "%s", message);
}

dlc_status dlc_rt_shapes(dlc_context *context, int32_t function,
                         const dlc_tensor *inputs, int64_t *const *shapes) {
  dlc_status status = begin(context, function);
  if (status)
    return status;
  char *end;
  if ((status = prepare(context, function, inputs, &end)))
    return status;
  const dlc_function *f = &library()->functions[function];
  const int64_t *extents = context->extents + 1;
  for (int32_t i = 0; i < f->outputs; ++i) {
    int32_t rank = f->arguments[f->inputs + i].rank;
    if (rank && (!shapes || !shapes[i]))
      return fail(context, DLC_ERROR_NULL, "%s: output_shapes is null",
                  f->name);
    for (int32_t d = 0; d < rank; ++d)
      shapes[i][d] = *extents++;
  }
  return DLC_OK;
}

dlc_status dlc_rt_reserve(dlc_context *context, int32_t function,
                          const dlc_tensor *inputs) {
  dlc_status status = begin(context, function);
  if (status)
    return status;
  char *end;
  if ((status = prepare(context, function, inputs, &end)))
    return status;
  describe_outputs(context, &library()->functions[function], NULL, end);
  return take_memory(context, function);
}

dlc_status dlc_rt_call(dlc_context *context, int32_t function,
                       const dlc_tensor *inputs, dlc_tensor *outputs) {
  dlc_status status = begin(context, function);
  if (status)
    return status;
  const dlc_function *f = &library()->functions[function];
  char *at;
  if ((status = prepare(context, function, inputs, &at)))
    return status;
  if (!outputs && f->outputs)
    return fail(context, DLC_ERROR_NULL, "%s: outputs is null", f->name);
  for (int32_t i = 0; i < f->inputs; ++i)
    if ((status = check_data(context, f, &f->arguments[i], inputs[i].data)))
      return status;
  const int64_t *extents = context->extents + 1;
  for (int32_t i = 0; i < f->outputs; ++i) {
    const dlc_argument *argument = &f->arguments[f->inputs + i];
    if (is_computed(argument)) {
      extents += argument->rank;
      continue;
    }
    if ((status = check_tensor(context, f, argument, &outputs[i])) ||
        (status = check_data(context, f, argument, outputs[i].data)))
      return status;
    for (int32_t d = 0; d < argument->rank; ++d, ++extents)
      if (outputs[i].shape[d] != *extents)
        return fail(context, DLC_ERROR_SHAPE,
                    "%s: '%s' has extent %lld in dimension %d, for these "
                    "inputs it must be %lld",
                    f->name, argument->name, (long long)outputs[i].shape[d],
                    (int)d, (long long)*extents);
    at = describe(at, &context->buffers[f->inputs + i], outputs[i].data,
                  outputs[i].shape, argument->rank);
  }
  if ((status = take_memory(context, function)) ||
      (status = run(context, function)))
    return status;
  extents = context->extents + 1;
  for (int32_t i = 0; i < f->outputs; ++i) {
    const dlc_argument *argument = &f->arguments[f->inputs + i];
    if (is_computed(argument))
      hand_over(context, argument, i, extents, &outputs[i]);
    extents += argument->rank;
  }
  return DLC_OK;
}

dlc_status dlc_rt_call_typed(dlc_context *context, int32_t function,
                             void *const *data, const int64_t *dims) {
  dlc_status status = begin(context, function);
  if (status)
    return status;
  const dlc_function *f = &library()->functions[function];
  for (int32_t i = 0; i < f->inputs + f->outputs; ++i) {
    if (i >= f->inputs && is_computed(&f->arguments[i]) && data[i])
      continue;
    if ((status = check_data(context, f, &f->arguments[i], data[i])))
      return status;
  }
  dlc_tensor *inputs = context->inputs;
  int64_t *shape = context->shapes;
  for (int32_t i = 0; i < f->inputs; ++i) {
    const dlc_argument *argument = &f->arguments[i];
    inputs[i] = (dlc_tensor){data[i], shape, argument->rank, argument->element};
    for (int32_t d = 0; d < argument->rank; ++d)
      *shape++ = argument->shape[d] < 0 ? *dims++ : argument->shape[d];
  }
  char *at;
  if ((status = prepare(context, function, inputs, &at)))
    return status;
  describe_outputs(context, f, data + f->inputs, at);
  if ((status = take_memory(context, function)) ||
      (status = run(context, function)))
    return status;
  const int64_t *extents = context->extents + 1;
  for (int32_t i = 0; i < f->outputs; ++i) {
    const dlc_argument *argument = &f->arguments[f->inputs + i];
    if (is_computed(argument))
      hand_over(context, argument, i, extents, data[f->inputs + i]);
    extents += argument->rank;
  }
  return DLC_OK;
}
