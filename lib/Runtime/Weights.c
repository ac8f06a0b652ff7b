/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*===- Weights.c - Weights inside the library or in a file beside it ------===*/
#include "Context.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The identity of the file that was checked already: later contexts need not
 * read all of it again. */
static _Atomic uint64_t checked_file;

/* Whether the environment asks for a copy of the weights file. A mapped file is
 * shared by processes and costs nothing until it is touched, but if it is
 * truncated later the process is killed. The copy is for those who cannot vouch
 * for the file. */
static int wants_copy(void) {
  const char *text = getenv("DLC_COPY_WEIGHTS");
  return text && *text && strcmp(text, "0");
}

dlc_status dlc_rt_map_weights(dlc_context *context, const char *given) {
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
  int64_t bytes;
  const char *reason;
  int file = dlc_rt_open_file(path, &bytes, &reason);
  if (file < 0)
    return fail(context, DLC_ERROR_WEIGHTS,
                "cannot open the weights of %s, '%s': %s; name the file in "
                "dlc_options.weights",
                library()->name, path, reason);
  if (bytes != info->file_bytes) {
    close(file);
    return fail(context, DLC_ERROR_WEIGHTS,
                "'%s' is not the file of weights that %s was compiled with: "
                "expected %lld bytes, it has %lld",
                path, library()->name, (long long)info->file_bytes,
                (long long)bytes);
  }
  struct stat status;
  int isKnown = 0;
  uint64_t known = 0;
  if (wants_copy()) {
    /* Always checked: an earlier check was of another copy. */
    context->mapped = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (context->mapped != MAP_FAILED &&
        !dlc_rt_read_file(file, context->mapped, (size_t)bytes)) {
      close(file);
      return fail(context, DLC_ERROR_WEIGHTS, "cannot read '%s' to its end",
                  path);
    }
    if (context->mapped != MAP_FAILED)
      mprotect(context->mapped, (size_t)bytes, PROT_READ);
  } else {
    context->mapped = mmap(NULL, (size_t)bytes, PROT_READ, MAP_SHARED, file, 0);
    if (!fstat(file, &status)) {
      uint64_t identity[] = {(uint64_t)status.st_dev, (uint64_t)status.st_ino,
                             (uint64_t)status.st_mtim.tv_sec,
                             (uint64_t)status.st_mtim.tv_nsec};
      known = hash_bytes((unsigned char *)identity, sizeof identity) | 1;
      isKnown = atomic_load(&checked_file) == known;
    }
  }
  int code = errno;
  close(file);
  if (context->mapped == MAP_FAILED) {
    context->mapped = NULL;
    return fail(context, DLC_ERROR_MEMORY, "cannot map '%s' into memory: %s",
                path, strerror(code));
  }
  void *data = context->mapped;
  if (!isKnown) {
    if (hash_bytes(data, (size_t)bytes) != info->file_hash)
      return fail(context, DLC_ERROR_WEIGHTS,
                  "'%s' is not the file of weights that %s was compiled with: "
                  "its content differs",
                  path, library()->name);
    if (known)
      atomic_store(&checked_file, known);
  }
  context->weights = (const char *)data + info->file_offset;
  return DLC_OK;
}

const void *dlc_rt_weights(const dlc_context *context) {
  return context->weights;
}
