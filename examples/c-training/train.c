/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Teaches a network which points lie inside a circle. */
#include "circle.h"
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 64, STEPS = 2000, NEW = 4096 };

static void check(const circle_context *circle, dlc_status status) {
  if (status == DLC_OK)
    return;
  fprintf(stderr, "circle: %s\n", circle_error(circle));
  exit(1);
}

/* Between -1 and 1, the same on every machine. */
static float random_number(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / (1 << 23) - 1;
}

static void draw_points(int count, float (*points)[2], int64_t *labels) {
  for (int i = 0; i < count; ++i) {
    float x = points[i][0] = random_number();
    float y = points[i][1] = random_number();
    float square = x * x + y * y;
    labels[i] = square < 0.5f;
  }
}

int main(void) {
  circle_context *circle;
  check(circle, circle_create(&circle, NULL));
  int64_t seed = 1;
  check(circle, circle_initialize(circle, &seed));

  static float points[NEW][2];
  static int64_t labels[NEW];
  float loss, accuracy;
  for (int step = 0; step < STEPS; ++step) {
    draw_points(BATCH, points, labels);
    check(circle, circle_step(circle, BATCH, BATCH, &points[0][0], labels,
                              &loss, &accuracy));
  }

  draw_points(NEW, points, labels);
  check(circle, circle_evaluate(circle, NEW, NEW, &points[0][0], labels, &loss,
                                &accuracy));
  printf("%d steps: %s 98 of 100 new points right\n", STEPS,
         accuracy >= 0.98f ? "at least" : "fewer than");

  check(circle, circle_save(circle, "circle.safetensors"));
  puts("saved to circle.safetensors");
  circle_destroy(circle);
  return 0;
}
