/*===- CountProcessors.c - How many threads the process should run --------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* The processors that the calling thread may use, limited by the CPU time that
|* the process's control groups allow. A container with a quota of 150 ms in
|* every 100 ms runs two threads; more would be throttled midway.
|*
\*===----------------------------------------------------------------------===*/
#include "Context.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

static int32_t count_allowed(void) {
  /* glibc's cpu_set_t ends at 1024 processors; the call fails with it on larger
   * machines. */
  unsigned long set[65536 / (8 * sizeof(unsigned long))] = {0};
  if (sched_getaffinity(0, sizeof set, (cpu_set_t *)set))
    return 1;
  int32_t count = 0;
  for (size_t i = 0; i < sizeof set / sizeof *set; ++i)
    count += __builtin_popcountl(set[i]);
  return count < 1 ? 1 : count;
}

/* Reads a small file, truncated to `room`; returns 0 if it does not exist. */
static int read_text(const char *path, char *text, size_t room) {
  FILE *file = fopen(path, "re");
  if (!file)
    return 0;
  size_t bytes = fread(text, 1, room - 1, file);
  text[bytes] = 0;
  fclose(file);
  return bytes > 0;
}

/* The processors' worth of time that one group allows; MOST: no limit. */
static int32_t read_group(const char *folder, const char *path, int isSecond) {
  char name[5000], text[64];
  long long quota = -1, period = 0;
  if (isSecond) {
    snprintf(name, sizeof name, "%s%s/cpu.max", folder, path);
    if (!read_text(name, text, sizeof text) ||
        sscanf(text, "%lld %lld", &quota, &period) != 2)
      return MOST;
  } else {
    snprintf(name, sizeof name, "%s%s/cpu.cfs_quota_us", folder, path);
    if (!read_text(name, text, sizeof text))
      return MOST;
    quota = atoll(text);
    snprintf(name, sizeof name, "%s%s/cpu.cfs_period_us", folder, path);
    if (!read_text(name, text, sizeof text))
      return MOST;
    period = atoll(text);
  }
  if (quota <= 0 || period <= 0 || quota / period >= MOST)
    return MOST;
  return (int32_t)((quota + period - 1) / period);
}

/* The minimum over a group and its ancestors. In a container the path may be
 * that of the host, of which only the last components are visible. */
static int32_t read_groups(const char *folder, char *path, int isSecond) {
  int32_t least = MOST;
  for (;;) {
    char *slash = strrchr(path, '/');
    if (slash && !slash[1])
      *slash = 0;
    int32_t here = read_group(folder, path, isSecond);
    least = here < least ? here : least;
    if (!slash)
      return least;
    if (*path)
      *slash = 0;
  }
}

static int has_word(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = list; at; at = strchr(at, ',')) {
    at += *at == ',';
    if (!strncmp(at, word, length) && (at[length] == ',' || !at[length]))
      return 1;
  }
  return 0;
}

int32_t dlc_rt_read_quota(const char *groups, const char *folder) {
  char line[4400], root[200];
  int32_t least = MOST;
  FILE *file = fopen(groups, "re");
  if (!file)
    return MOST;
  /* number:controllers:path; version 2 has number 0 and no controllers. */
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(++controllers, ':') : NULL;
    if (!path)
      continue;
    *path++ = 0;
    static const char *const mounts[] = {"", "/unified", "/cpu",
                                         "/cpu,cpuacct"};
    int isSecond = !*controllers;
    if (!isSecond && !has_word(controllers, "cpu"))
      continue;
    for (int i = isSecond ? 0 : 2; i < (isSecond ? 2 : 4); ++i) {
      char copy[sizeof line];
      snprintf(root, sizeof root, "%s%s", folder, mounts[i]);
      snprintf(copy, sizeof copy, "%s", path);
      int32_t here = read_groups(root, copy, isSecond);
      least = here < least ? here : least;
    }
  }
  fclose(file);
  return least;
}

int32_t dlc_rt_count_processors(void) {
  static _Atomic int32_t quota; /* 0: not read yet */
  int32_t most = atomic_load_explicit(&quota, memory_order_relaxed);
  if (!most) {
    most = dlc_rt_read_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    atomic_store_explicit(&quota, most, memory_order_relaxed);
  }
  int32_t allowed = count_allowed();
  return allowed < most ? allowed : most;
}
