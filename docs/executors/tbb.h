/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dlc's loops in the oneTBB arena of the thread that calls the library, or in
 * one of its own: link with -ltbb.
 *
 *   tbb::task_arena arena(4);
 *   dlc_options options = {};
 *   options.size = sizeof options;
 *   options.parallel_for = dlc_on_tbb;
 *   options.parallel_user = &arena; // or null
 */
#ifndef DLC_ON_TBB_H
#define DLC_ON_TBB_H

#include <cstdint>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

inline void dlc_on_tbb(void *user, int64_t count,
                       void (*body)(void *data, int64_t i), void *data) {
  // What an exception (of memory, say) leaves out, the library runs itself.
  try {
    // A thread that waits here must not begin another task of the program.
    auto loop = [&] {
      tbb::this_task_arena::isolate([&] {
        tbb::parallel_for(
            int64_t(0), count, [&](int64_t i) { body(data, i); },
            tbb::simple_partitioner());
      });
    };
    if (user)
      static_cast<tbb::task_arena *>(user)->execute(loop);
    else
      loop();
  } catch (...) {
  }
}

#endif
