/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Two libraries that train, linked into one program: ten steps of each from the
   same start end in the same loss. */
#include "net.h"
#include "other.h"
#include <stdio.h>

int main(void) {
  static float images[8 * 64];
  int64_t labels[8], seed = 1;
  for (int i = 0; i < 8 * 64; ++i)
    images[i] = (float)(i * 37 % 101) / 101;
  for (int i = 0; i < 8; ++i)
    labels[i] = i;
  float first = 0, loss = 0, others = 0;
  net_context *net;
  other_context *other;
  if (net_create(&net, NULL) != DLC_OK || other_create(&other, NULL) != DLC_OK)
    return 1;
  if (net_initialize(net, &seed) != DLC_OK ||
      other_initialize(other, &seed) != DLC_OK)
    return 2;
  for (int i = 0; i < 10; ++i) {
    if (net_step(net, 8, 8, images, labels, &loss) != DLC_OK ||
        other_step(other, 8, 8, images, labels, &others) != DLC_OK)
      return 3;
    first = i == 0 ? loss : first;
  }
  printf("%s, %s\n", loss == others ? "equal" : "different",
         loss < first ? "less than at first" : "not less");
  net_destroy(net);
  other_destroy(other);
  return 0;
}
