/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Preloaded: FAIL_THREADS makes pthread_create fail, FAIL_MALLOC=n the n-th
 * allocation and all after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(void) {
  static _Atomic long count;
  static _Atomic long first = -1;
  if (first < 0) {
    const char *text = getenv("FAIL_MALLOC");
    first = text ? atol(text) : 0;
  }
  return first && ++count >= first;
}

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

void *malloc(size_t n) {
  return fails() ? (errno = ENOMEM, NULL) : __libc_malloc(n);
}
void *calloc(size_t n, size_t m) {
  return fails() ? (errno = ENOMEM, NULL) : __libc_calloc(n, m);
}
void *realloc(void *p, size_t n) {
  return fails() ? (errno = ENOMEM, NULL) : __libc_realloc(p, n);
}
void *aligned_alloc(size_t a, size_t n) {
  return fails() ? (errno = ENOMEM, NULL) : __libc_memalign(a, n);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*run)(void *), void *data) {
  if (getenv("FAIL_THREADS")) {
    (void)!write(2, "no thread\n", 10);
    return EAGAIN;
  }
  int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, run, data);
}
