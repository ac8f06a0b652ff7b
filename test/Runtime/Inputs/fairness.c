/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* 64 contexts in 64 threads for so many seconds (10, or as the argument says):
 * how many calls each gets. By hand:
 *   dlc tanh.mlir -o tanh.so && cc fairness.c ./tanh.so -lpthread && ./a.out
 * The slowest should have half as many as the fastest at least. */
#include "tanh.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COUNT = 262144, THREADS = 64 };
static float x[COUNT];
static atomic_int isOver, started;
static long counts[THREADS];

static void *work(void *data) {
  long *count = data;
  tanh_context *context;
  float *y = malloc(sizeof x);
  if (!y || tanh_create(&context, NULL))
    exit(puts(tanh_error(context)));
  ++started;
  while (!isOver) {
    if (tanh_tanh(context, x, y))
      exit(puts(tanh_error(context)));
    ++*count;
  }
  tanh_destroy(context);
  free(y);
  return NULL;
}

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 10;
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i)
    if (pthread_create(&threads[i], NULL, work, &counts[i]))
      return puts("no thread"), 1;
  while (started < THREADS)
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  nanosleep(&(struct timespec){(time_t)seconds,
                               (long)((seconds - (time_t)seconds) * 1e9)},
            NULL);
  isOver = 1;
  long least = -1, most = 0, sum = 0;
  for (int i = 0; i < THREADS; ++i) {
    pthread_join(threads[i], NULL);
    least = least < 0 || counts[i] < least ? counts[i] : least;
    most = counts[i] > most ? counts[i] : most;
    sum += counts[i];
  }
  printf("%d threads, %ld calls: from %ld to %ld each\n", THREADS, sum, least,
         most);
  puts(least > 0 ? "all got some" : "some got none");
  if (argc == 1)
    puts(2 * least >= most ? "fair" : "unfair");
  return 0;
}
