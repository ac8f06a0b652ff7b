/*===- ProcessPool.c - One pool for all libraries of a process ------------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* Each library, and each copy of the runtime in a program, has an ELF note with
|* room for the address of a pool. The first one that needs threads makes a pool
|* and writes its address there; others find it by searching the notes of all
|* loaded objects. This needs no symbol, so it works with any flags of dlopen
|* and in programs that were linked with several archives.
|*
|* Workers run the code of the library that made the pool. That library asks the
|* loader never to unload it, so dlclose leaves it in memory.
|*
\*===----------------------------------------------------------------------===*/
#include "Pool.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* The layout is that of an ELF note and is read by other libraries. (They are
 * all compiled by clang, which recognises a note by the section name.) The
 * padding that a sanitizer puts around a variable would be read as further
 * notes. */
#if defined(__clang__)
#define IN_NOTE section(".note.dlc"), no_sanitize("address"),
#else
#define IN_NOTE
#endif
static struct {
  uint32_t name_bytes, value_bytes, type;
  char name[4];
  _Atomic(dlc_rt_pool *) pool;
} note __attribute__((IN_NOTE aligned(8))) = {4, sizeof(void *),
                                              DLC_RT_POOL_VERSION, "dlc", NULL};

struct search {
  const void *own; /* the note of this library */
  dlc_rt_pool *pool;
  /* The name of the loaded object that contains this library; null: unknown. */
  const char *object;
};

static void read_notes(struct search *search, const char *at, size_t bytes,
                       size_t alignment) {
  alignment = alignment == 8 ? 8 : 4;
  const size_t header = 3 * sizeof(uint32_t);
  while (bytes >= header) {
    uint32_t words[3];
    memcpy(words, at, header);
    size_t value = (header + words[0] + alignment - 1) & ~(alignment - 1);
    size_t end = (value + words[1] + alignment - 1) & ~(alignment - 1);
    if (end > bytes)
      return;
    if (words[0] == 4 && words[1] == sizeof(void *) &&
        words[2] == DLC_RT_POOL_VERSION && !memcmp(at + header, "dlc", 4) &&
        (uintptr_t)(at + value) % sizeof(void *) == 0) {
      dlc_rt_pool *pool = atomic_load_explicit(
          (_Atomic(dlc_rt_pool *) *)(at + value), memory_order_acquire);
      if (pool && !search->pool)
        search->pool = pool;
    }
    at += end;
    bytes -= end;
  }
}

static int look(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct search *search = data;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    const char *at = (const char *)info->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_NOTE)
      read_notes(search, at, part->p_memsz, part->p_align);
    if (part->p_type == PT_LOAD && (uintptr_t)search->own >= (uintptr_t)at &&
        (uintptr_t)search->own - (uintptr_t)at < part->p_memsz)
      search->object = info->dlpi_name;
  }
  return 0;
}

/* The loader holds its lock during the outer walk, so nobody else publishes a
 * pool between the inner walk and the store. */
static int publish(struct dl_phdr_info *info, size_t size, void *data) {
  (void)info, (void)size;
  struct search *search = data;
  dlc_rt_pool *made = search->pool;
  search->pool = NULL;
  dl_iterate_phdr(look, search);
  if (!search->pool) {
    search->pool = made;
    atomic_store_explicit(&note.pool, made, memory_order_release);
  }
  return 1;
}

/* Pins the object in memory; the main program is never unloaded anyway. */
static int stays_loaded(const char *object) {
  return object &&
         (!*object || dlopen(object, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE));
}

dlc_rt_pool *dlc_rt_process_pool(void) {
  static _Atomic(dlc_rt_pool *) known;
  dlc_rt_pool *pool = atomic_load_explicit(&known, memory_order_acquire);
  if (pool)
    return pool;
  struct search search = {&note, NULL, NULL};
  dl_iterate_phdr(look, &search);
  if (!search.pool) {
    static dlc_rt_pool own;
    /* The process that is making the pool; a fork may happen meanwhile. */
    static _Atomic int32_t maker;
    if (!stays_loaded(search.object))
      return NULL;
    /* Threads that get here meanwhile do without a pool. */
    const int32_t self = getpid();
    if (atomic_exchange_explicit(&maker, self, memory_order_acquire) == self)
      return NULL;
    if (!dlc_rt_make_pool(&own)) {
      atomic_store_explicit(&maker, 0, memory_order_release);
      return NULL;
    }
    search.pool = &own;
    dl_iterate_phdr(publish, &search);
    if (search.pool != &own)
      dlc_rt_free_pool(&own);
  }
  atomic_store_explicit(&known, search.pool, memory_order_release);
  return search.pool;
}
