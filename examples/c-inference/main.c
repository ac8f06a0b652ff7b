/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Reads three letters with a model that is linked like any other library. */
#include "letters.h"
#include <stdio.h>

static const char *const pictures[] = {
    ".###."
    "#...#"
    "#...#"
    "#...#"
    ".###.",

    "#...#"
    ".#.#."
    "..#.."
    ".#.#."
    "#...#",

    /* An X with two pixels lost and one too many. */
    "#...."
    ".#.##"
    "....."
    ".#.#."
    "#...#",
};

enum { COUNT = sizeof(pictures) / sizeof(pictures[0]), PIXELS = 25 };

int main(void) {
  float images[COUNT][PIXELS], probabilities[COUNT][2];
  for (int i = 0; i < COUNT; ++i)
    for (int j = 0; j < PIXELS; ++j)
      images[i][j] = pictures[i][j] == '#';

  /* A context holds what calls need; each thread that calls has its own. */
  letters_context *letters;
  if (letters_create(&letters, NULL) ||
      letters_classify(letters, COUNT, &images[0][0], &probabilities[0][0])) {
    fprintf(stderr, "%s\n", letters_error(letters));
    letters_destroy(letters);
    return 1;
  }
  for (int i = 0; i < COUNT; ++i) {
    int best = probabilities[i][1] > probabilities[i][0];
    printf("%c %.2f\n", "OX"[best], probabilities[i][best]);
  }
  letters_destroy(letters);
  return 0;
}
