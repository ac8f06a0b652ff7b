/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Several libraries in one process: one pool, whoever comes first and goes. */
#include "half.h"
#include "workers.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 4194304, LIBRARIES = 3 };
static float x[COUNT];

static void *open_library(int number) {
  char path[32];
  snprintf(path, sizeof path, "./half%d.so", number);
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    exit(puts(dlerror()));
  return handle;
}

/* Calls a library, with a context of its own; exits where a result is wrong. */
static void call(void *handle, int times) {
  const dlc_library_info *(*entry)(void);
  *(void **)&entry = dlsym(handle, "dlc_library");
  const dlc_library_info *library = entry();
  dlc_context *context;
  if (library->create(&context, NULL, DLC_ABI_VERSION, library->interface_hash))
    exit(puts(library->error(context)));
  float *y = malloc(sizeof x);
  const int64_t shape[] = {COUNT};
  dlc_tensor in = {x, shape, 1, DLC_F32}, out = {y, shape, 1, DLC_F32};
  for (int i = 0; i < times; ++i) {
    memset(y, 0, sizeof x);
    if (library->call(context, 0, &in, &out))
      exit(puts(library->error(context)));
    for (int k = 0; k < COUNT; ++k)
      if (y[k] != x[k] / 2)
        exit(puts("wrong"));
  }
  free(y);
  library->destroy(context);
}

static void *call_often(void *handle) {
  call(handle, 20);
  return NULL;
}

int main(void) {
  for (int i = 0; i < COUNT; ++i)
    x[i] = (float)i;
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);

  /* The first makes the pool and is closed while the others use it. */
  void *handles[LIBRARIES];
  for (int i = 0; i < LIBRARIES; ++i)
    handles[i] = open_library(i);
  call(handles[0], 3);
  pthread_t threads[LIBRARIES];
  for (int i = 1; i < LIBRARIES; ++i)
    pthread_create(&threads[i], NULL, call_often, handles[i]);
  dlclose(handles[0]);
  /* Opened and closed again and again, beside the others' calls. */
  for (int i = 0; i < 10; ++i) {
    void *handle = open_library(i % 2 ? 0 : 3);
    call(handle, 1);
    dlclose(handle);
  }
  for (int i = 1; i < LIBRARIES; ++i)
    pthread_join(threads[i], NULL);
  tell_workers();
  for (int i = 1; i < LIBRARIES; ++i)
    dlclose(handles[i]);
  void *handle = open_library(2);
  call(handle, 3);
  tell_workers();
  puts(processors == 1 || count_workers() == processors - 1
           ? "all of them"
           : "not all of them");
  return 0;
}
