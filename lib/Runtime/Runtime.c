/*===- Runtime.c - The runtime inside every generated library ------------===*\
|*
|* Compiled to bitcode once, linked into every model and hidden there. Needs
libc
|* alone; OpenMP is looked for when a context wants more than one thread.
|*
\*===----------------------------------------------------------------------===*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Model.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* Work for which waking another thread pays, in nanoseconds. */
#define DLC_RT_LEAST_SHARE 10000

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

static const dlc_library_info *library(void) {
  return dlc_rt_this_model.library;
}

__attribute__((format(printf, 3, 4))) static dlc_status
fail(dlc_context *context, dlc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(context->message, sizeof context->message, format, arguments);
  va_end(arguments);
  return status;
}

/*===--- Elements --------------------------------------------------------===*/

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

static int has_features(const dlc_rt_cpu *wanted) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return 0;
  if ((wanted->leaf1_ecx & c) != wanted->leaf1_ecx)
    return 0;
  /* Vector registers count only where the kernel saves them. */
  if (wanted->leaf1_ecx & bit_AVX) {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    unsigned needed = wanted->leaf7_ebx & bit_AVX512F ? 0xe6 : 0x6;
    if ((low & needed) != needed)
      return 0;
  }
  unsigned b7 = 0, c7 = 0, d7 = 0, a71 = 0;
  if (__get_cpuid_count(7, 0, &a, &b7, &c7, &d7) && a >= 1)
    __get_cpuid_count(7, 1, &a71, &b, &c, &d);
  return (wanted->leaf7_ebx & b7) == wanted->leaf7_ebx &&
         (wanted->leaf7_ecx & c7) == wanted->leaf7_ecx &&
         (wanted->leaf7_edx & d7) == wanted->leaf7_edx &&
         (wanted->leaf71_eax & a71) == wanted->leaf71_eax;
#else
  (void)wanted;
  return 1;
#endif
}

/* The last version that this processor can run, or the one that the environment
 * asks for. */
static dlc_status choose_version(dlc_context *context) {
  const char *wanted = getenv("DLC_CPU");
  int isKnown = 0;
  for (int64_t i = dlc_rt_this_model.version_count - 1; i >= 0; --i) {
    const dlc_rt_version *version = &dlc_rt_this_model.versions[i];
    if (wanted && *wanted && strcmp(wanted, version->name))
      continue;
    isKnown = 1;
    if (has_features(&version->cpu)) {
      context->version = version;
      return DLC_OK;
    }
  }
  if (!isKnown)
    return fail(context, DLC_ERROR_CPU,
                "the environment variable DLC_CPU asks for '%s', %s is "
                "compiled for %s",
                wanted, library()->name, library()->cpu);
  return fail(context, DLC_ERROR_CPU,
              "%s is compiled for %s, which has instructions that this "
              "processor lacks; compile it with --cpu=native here, or with "
              "--cpu=portable for most machines",
              library()->name, library()->cpu);
}

/*===--- Weights ---------------------------------------------------------===*/

/* XXH64 (Yann Collet; github.com/Cyan4973/xxHash, doc/xxhash_spec.md). */
static const uint64_t prime1 = 0x9e3779b185ebca87u,
                      prime2 = 0xc2b2ae3d27d4eb4fu,
                      prime3 = 0x165667b19e3779f9u,
                      prime4 = 0x85ebca77c2b2ae63u,
                      prime5 = 0x27d4eb2f165667c5u;

static uint64_t rotate(uint64_t x, int bits) {
  return x << bits | x >> (64 - bits);
}
static uint64_t read64(const unsigned char *at) {
  uint64_t value;
  memcpy(&value, at, sizeof value);
  return value;
}
static uint64_t mix(uint64_t lane, uint64_t input) {
  return rotate(lane + input * prime2, 31) * prime1;
}

static uint64_t hash_bytes(const unsigned char *at, size_t count) {
  const unsigned char *end = at + count;
  uint64_t h = prime5;
  if (count >= 32) {
    uint64_t a = prime1 + prime2, b = prime2, c = 0, d = 0 - prime1;
    for (; end - at >= 32; at += 32) {
      a = mix(a, read64(at));
      b = mix(b, read64(at + 8));
      c = mix(c, read64(at + 16));
      d = mix(d, read64(at + 24));
    }
    h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    uint64_t lanes[] = {a, b, c, d};
    for (int i = 0; i < 4; ++i)
      h = (h ^ mix(0, lanes[i])) * prime1 + prime4;
  }
  h += count;
  for (; end - at >= 8; at += 8)
    h = rotate(h ^ mix(0, read64(at)), 27) * prime1 + prime4;
  if (end - at >= 4) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    h = rotate(h ^ word * prime1, 23) * prime2 + prime3;
    at += 4;
  }
  for (; at < end; ++at)
    h = rotate(h ^ *at * prime5, 11) * prime1;
  h = (h ^ h >> 33) * prime2;
  h = (h ^ h >> 29) * prime3;
  return h ^ h >> 32;
}

/* The file that was checked already, by its identity: contexts that come later
 * need not read all of it again. */
static _Atomic uint64_t checked_file;

static dlc_status map_weights(dlc_context *context, const char *given) {
  const dlc_rt_weights_info *info = dlc_rt_this_model.weights;
  if (info->data) {
    context->weights = info->data;
    return DLC_OK;
  }
  if (!library()->weights_file)
    return DLC_OK;
  char path[4096];
  Dl_info self;
  if (given) {
    snprintf(path, sizeof path, "%s", given);
  } else {
    const char *slash = NULL;
    if (dladdr(&dlc_rt_this_model, &self) && self.dli_fname)
      slash = strrchr(self.dli_fname, '/');
    snprintf(path, sizeof path, "%.*s%s",
             slash ? (int)(slash - self.dli_fname + 1) : 0,
             slash ? self.dli_fname : "", library()->weights_file);
  }
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(context, DLC_ERROR_WEIGHTS,
                "cannot open the weights of %s, '%s': %s; name the file in "
                "dlc_options.weights",
                library()->name, path, strerror(errno));
  struct stat status;
  if (fstat(file, &status) || !S_ISREG(status.st_mode) ||
      status.st_size != info->file_bytes) {
    close(file);
    return fail(context, DLC_ERROR_WEIGHTS,
                "'%s' is not the file of weights that %s was compiled with: "
                "expected %lld bytes",
                path, library()->name, (long long)info->file_bytes);
  }
  void *data =
      mmap(NULL, (size_t)info->file_bytes, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (data == MAP_FAILED)
    return fail(context, DLC_ERROR_MEMORY, "cannot map '%s' into memory: %s",
                path, strerror(errno));
  context->mapped = data;
  uint64_t identity[] = {(uint64_t)status.st_dev, (uint64_t)status.st_ino,
                         (uint64_t)status.st_mtim.tv_sec,
                         (uint64_t)status.st_mtim.tv_nsec};
  uint64_t known = hash_bytes((unsigned char *)identity, sizeof identity) | 1;
  if (atomic_load(&checked_file) != known) {
    if (hash_bytes(data, (size_t)info->file_bytes) != info->file_hash)
      return fail(context, DLC_ERROR_WEIGHTS,
                  "'%s' is not the file of weights that %s was compiled with: "
                  "its content differs",
                  path, library()->name);
    atomic_store(&checked_file, known);
  }
  context->weights = (const char *)data + info->file_offset;
  return DLC_OK;
}

const void *dlc_rt_weights(const dlc_context *context) {
  return context->weights;
}

/* Bytes of a descriptor of this rank. */
static size_t descriptor_bytes(int32_t rank) {
  return sizeof(dlc_rt_buffer) + 2 * (size_t)rank * sizeof(int64_t);
}

dlc_status dlc_rt_create(dlc_context **result, const dlc_options *options,
                         uint32_t abi_version, uint64_t interface_hash) {
  if (!result)
    return DLC_ERROR_NULL;
  /* One piece of memory: the context and room for the largest call. */
  size_t arguments = 0, bytes = 0, extents = 1, results = 1;
  for (int32_t i = 0; i < library()->function_count; ++i) {
    const dlc_function *f = &library()->functions[i];
    size_t count = (size_t)f->inputs + (size_t)f->outputs, room = 0, out = 1;
    for (size_t a = 0; a < count; ++a) {
      room += descriptor_bytes(f->arguments[a].rank);
      out += (size_t)f->arguments[a].rank;
    }
    arguments = count > arguments ? count : arguments;
    bytes = room > bytes ? room : bytes;
    extents = out > extents ? out : extents;
    results = (size_t)f->outputs > results ? (size_t)f->outputs : results;
  }
  dlc_context *context =
      calloc(1, sizeof *context + (arguments + results) * sizeof(void *) +
                    extents * sizeof(int64_t) + bytes);
  *result = context;
  if (!context)
    return DLC_ERROR_MEMORY;
  context->buffers = (void **)(context + 1);
  context->results = context->buffers + arguments;
  context->extents = (int64_t *)(context->results + results);
  context->descriptors = (char *)(context->extents + extents);

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
  dlc_status chosen = choose_version(context);
  if (chosen)
    return chosen;
  int32_t most = usable_processors();
  int32_t wanted =
      options && options->threads > 0 ? options->threads : default_threads();
  context->threads = wanted < most ? wanted : most;
  if (context->threads > 1) {
    context->parallel = find_openmp();
    if (!context->parallel)
      context->threads = 1;
  }
  if (options && options->workspace) {
    if ((uintptr_t)options->workspace % 64)
      return fail(context, DLC_ERROR_ALIGNMENT,
                  "the workspace is not aligned to 64 bytes");
    context->arena = options->workspace;
    context->arena_bytes = options->workspace_bytes;
    context->arena_is_callers = 1;
  }
  dlc_status mapped = map_weights(context, options ? options->weights : NULL);
  if (mapped)
    return mapped;
  context->ready = 1;
  /* Functions without free extents get their memory now. */
  for (int32_t i = 0; i < library()->function_count; ++i) {
    const dlc_function *f = &library()->functions[i];
    int isFree = 0;
    for (int32_t a = 0; a < f->inputs; ++a)
      for (int32_t d = 0; d < f->arguments[a].rank; ++d)
        isFree |= f->arguments[a].shape[d] < 0;
    if (isFree)
      continue;
    dlc_tensor inputs[f->inputs + 1];
    for (int32_t a = 0; a < f->inputs; ++a) {
      const dlc_argument *argument = &f->arguments[a];
      inputs[a] = (dlc_tensor){NULL, argument->shape, argument->rank,
                               argument->element};
    }
    dlc_status status = dlc_rt_reserve(context, i, inputs);
    if (status) {
      context->ready = 0;
      return status;
    }
  }
  return DLC_OK;
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
  if (context->mapped)
    munmap(context->mapped, (size_t)dlc_rt_this_model.weights->file_bytes);
  free(context);
}

const char *dlc_rt_error(const dlc_context *context) {
  return context ? context->message : "there is no context: memory was short";
}

int32_t dlc_rt_threads(const dlc_context *context) {
  return context ? context->threads : 0;
}

/*===--- Calls -----------------------------------------------------------===*/

static dlc_status begin(dlc_context *context, int32_t function) {
  if (!context)
    return DLC_ERROR_NULL;
  if (!context->ready)
    return DLC_ERROR_VERSION; /* the message of the failed creation stays */
  context->message[0] = 0;
  free_blocks(context);
  if (function < 0 || function >= library()->function_count)
    return fail(context, DLC_ERROR_FUNCTION,
                "there is no function %d in %s, which has %d", (int)function,
                library()->name, (int)library()->function_count);
  return DLC_OK;
}

/* Fills a descriptor; returns where the next one goes. */
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
    if (__builtin_mul_overflow(bytes, extent, &bytes))
      return fail(context, DLC_ERROR_SHAPE,
                  "%s: '%s' has more bytes than 2^63 - 1", f->name,
                  argument->name);
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

/* Makes sure of the arena for the described inputs (and outputs). */
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

/* Describes outputs of the computed extents; their data may be null. */
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

/* Tells the caller of a computed output. */
static void hand_over(dlc_context *context, const dlc_argument *argument,
                      int32_t number, const int64_t *extents,
                      dlc_tensor *output) {
  output->data = context->results[number];
  output->shape = extents;
  output->rank = argument->rank;
  output->element = argument->element;
}

/* Arithmetic on denormal numbers takes a hundred cycles and more on many
 * processors; a network that fades out would be thirty times slower. They count
 * as zero while a kernel runs, on each thread that it runs on; what the caller
 * has set, flags of exceptions included, is there again afterwards. */
#if defined(__x86_64__)
enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };
static unsigned flush_denormals(void) {
  unsigned mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
  return mode;
}
static void restore_mode(unsigned mode) { __builtin_ia32_ldmxcsr(mode); }
#else
static unsigned flush_denormals(void) { return 0; }
static void restore_mode(unsigned mode) { (void)mode; }
#endif

static dlc_status run(dlc_context *context, int32_t function) {
  struct {
    void *allocated, *aligned;
    int64_t offset, size, stride;
  } arena = {context->arena, context->arena, 0, (int64_t)context->arena_bytes,
             1};
  const unsigned mode = flush_denormals();
  /* Kernels hold nothing that a jump out of them would lose. */
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
  if (!block) {
    fail(context, DLC_ERROR_MEMORY, "no memory for %lld bytes of a value",
         (long long)bytes);
    context->failure = DLC_ERROR_MEMORY;
    longjmp(context->end, 1);
  }
  block->next = atomic_load(&context->blocks);
  while (!atomic_compare_exchange_weak(&context->blocks, &block->next, block))
    ;
  return (char *)block + 64;
}

void dlc_rt_set_result(dlc_context *context, int64_t number, int64_t place) {
  context->results[number] = (void *)(intptr_t)place;
}

void dlc_rt_set_extent(dlc_context *context, int64_t number, int64_t extent) {
  context->extents[1 + number] = extent;
}

void dlc_rt_fail(dlc_context *context, const char *message) {
  fail(context, DLC_ERROR_SHAPE, "the inputs' values do not fit together: %s",
       message);
  context->failure = DLC_ERROR_SHAPE;
  longjmp(context->end, 1);
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

const char *dlc_rt_processor(const dlc_context *context) {
  return context && context->version ? context->version->name : "";
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
  int32_t most = 1;
  for (int32_t i = 0; i < f->inputs; ++i)
    most += f->arguments[i].rank;
  dlc_tensor inputs[f->inputs + 1];
  int64_t shapes[most], *shape = shapes;
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
