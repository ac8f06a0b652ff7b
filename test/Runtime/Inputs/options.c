/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Options by the size that the program's header gives them. */
#include "net.h"
#include <stdio.h>

int main(void) {
  /* What follows in memory is not the library's. */
  struct {
    dlc_options options;
    unsigned char other[64];
  } room;
  for (unsigned i = 0; i < sizeof room; ++i)
    ((unsigned char *)&room)[i] = 0xff;
  room.options = (dlc_options){0};
  room.options.size = sizeof room.options;
  room.options.threads = 1;
  net_context *net;
  if (net_create(&net, &room.options))
    return puts(net_error(net)), 1;
  const dlc_library_info *library = net_library();
  printf("shorter options: threads %d\n", (int)library->threads(net));
  if (library->size < sizeof *library)
    return puts("a library of this version has all fields of its header"), 1;
  net_destroy(net);
  room.options.size = 0;
  int status = net_create(&net, &room.options);
  printf("no size: %d %s\n", status, net_error(net));
  net_destroy(net);
  return 0;
}
