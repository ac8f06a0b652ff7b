/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Calls with less than they want: `faults fork`, or under a limit or with a
 * preloaded library. A call may be refused; the process goes on. */
#include "half.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 4194304 };
static float x[COUNT], y[COUNT];

/* 0: right, 1: refused, 2: wrong. */
static int call(void) {
  half_context *context = NULL;
  int result = 1;
  memset(y, 0, sizeof y);
  if (!half_create(&context, NULL) && !half_half(context, x, y)) {
    result = 0;
    for (int i = 0; i < COUNT; ++i)
      if (y[i] != x[i] / 2)
        result = 2;
  }
  half_destroy(context);
  return result;
}

int main(int argc, char **argv) {
  for (int i = 0; i < COUNT; ++i)
    x[i] = (float)i;
  if (argc > 1 && !strcmp(argv[1], "fork")) {
    /* Before, after and below a call of the parent's. */
    for (int i = 0; i < 4; ++i) {
      pid_t child = fork();
      if (child == 0) {
        if (i == 3 && fork() == 0)
          _exit(call());
        int status = 0;
        if (i == 3)
          wait(&status);
        _exit(call() | status);
      }
      int status = 0;
      waitpid(child, &status, 0);
      printf("child %d: %s\n", i, status ? "failed" : "right");
      if (call())
        return 1;
    }
    return 0;
  }
  static const char *const words[] = {"right", "refused", "wrong"};
  int result = call();
  puts(words[result]);
  return result == 2;
}
