/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Outputs whose extents follow from values. */
#include "m.h"
#include <stdio.h>

int main(void) {
  m_context *context;
  if (m_create(&context, NULL))
    return puts(m_error(context)), 1;
  dlc_tensor places;
  for (int round = 0; round < 3; ++round) {
    uint8_t x[5] = {round > 0, 0, round > 1, round > 1, 0};
    if (m_find(context, x, &places))
      return puts(m_error(context)), 1;
    printf("%d of element %d:", (int)places.shape[1], (int)places.element);
    for (int64_t i = 0; i < places.shape[1]; ++i)
      printf(" %d", (int)((int64_t *)places.data)[i]);
    printf("\n");
  }
  if (m_find(context, NULL, &places) != DLC_ERROR_NULL)
    return 1;

  /* A value that decides over a shape and does not fit ends the call. */
  float v[4] = {3, 1, 4, 2};
  dlc_tensor best, at;
  for (int64_t k = 2; k < 9; k += 3) {
    dlc_status status = m_most(context, v, &k, &best, &at);
    if (status)
      printf("status %d: %s\n", (int)status, m_error(context));
    else
      printf("%g %g at %d %d\n", ((float *)best.data)[0],
             ((float *)best.data)[1], (int)((int64_t *)at.data)[0],
             (int)((int64_t *)at.data)[1]);
  }
  m_destroy(context);
  return 0;
}
