/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Counts the workers that the process has. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int count_workers(void) {
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  for (struct dirent *task; (task = readdir(tasks));) {
    char path[300], name[32] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
    FILE *file = fopen(path, "r");
    if (!file)
      continue;
    count += fgets(name, sizeof name, file) && !strcmp(name, "dlc-worker\n");
    fclose(file);
  }
  closedir(tasks);
  return count;
}

static int tell_workers(void) {
  int areFew = count_workers() < sysconf(_SC_NPROCESSORS_ONLN);
  puts(areFew ? "workers: fewer than processors" : "workers: too many");
  return !areFew;
}
