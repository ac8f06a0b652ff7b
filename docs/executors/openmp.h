/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dlc's loops on the threads of OpenMP: compile with -fopenmp.
 *
 *   dlc_options options = {0};
 *   options.size = sizeof options;
 *   options.parallel_for = dlc_on_openmp;
 */
#ifndef DLC_ON_OPENMP_H
#define DLC_ON_OPENMP_H

#include <stdint.h>

static void dlc_on_openmp(void *user, int64_t count,
                          void (*body)(void *data, int64_t i), void *data) {
  (void)user;
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t i = 0; i < count; ++i)
    body(data, i);
}

#endif
