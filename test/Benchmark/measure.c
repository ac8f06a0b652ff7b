/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The rates that no kernel can pass, and the time of a call from C. */
#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
typedef __m512 vector;
#define LANES 16
#define SET _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#define ADD _mm512_add_ps
#define READ _mm512_load_ps
#else
typedef __m256 vector;
#define LANES 8
#define SET _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#define ADD _mm256_add_ps
#define READ _mm256_load_ps
#endif

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

#define EACH(DO)                                                               \
  DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

/* GFLOP/s of one core, twelve independent sums, each a variable of its own: an
 * array of them would be kept in memory. */
double measure_peak(int64_t rounds) {
  vector a = SET(0.999f), b = SET(0.001f);
#define DECLARE(i) vector s##i = SET((float)i);
  EACH(DECLARE)
  double start = now();
  for (int64_t r = 0; r < rounds; ++r) {
#define STEP(i) s##i = FMA(s##i, a, b);
    EACH(STEP)
    /* Keeps the loop a loop. */
    __asm__ volatile("");
  }
  double seconds = now() - start;
  volatile float sink = 0;
#define USE(i) sink += ((float *)&s##i)[0];
  EACH(USE)
  return (double)rounds * 12 * LANES * 2 / seconds * 1e-9;
}

/* The same of pairs of bf16, where there is an instruction for them. */
double measure_peak_bf16(int64_t rounds) {
#if defined(__AVX512BF16__)
  __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f7f),
           b = (__m512bh)_mm512_set1_epi16(0x3a83);
  EACH(DECLARE)
  double start = now();
  for (int64_t r = 0; r < rounds; ++r) {
#define STEP_PAIRS(i) s##i = _mm512_dpbf16_ps(s##i, a, b);
    EACH(STEP_PAIRS)
    __asm__ volatile("");
  }
  double seconds = now() - start;
  volatile float sink = 0;
  EACH(USE)
  return (double)rounds * 12 * LANES * 4 / seconds * 1e-9;
#else
  return measure_peak(rounds);
#endif
}

/* GB/s at which one core reads `bytes` again and again: of the cache that holds
 * them. Eight loads at a time, each into a sum of its own. */
double measure_bandwidth(int64_t bytes, int64_t rounds) {
  int64_t block = 8 * sizeof(vector);
  bytes = (bytes + block - 1) / block * block;
  char *memory = aligned_alloc(4096, (size_t)(bytes + 4095) / 4096 * 4096);
  if (!memory)
    return 0;
  memset(memory, 0, (size_t)bytes);
#define LOADS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define CLEAR(i) vector t##i = SET(0);
  LOADS(CLEAR)
  double best = 1e300;
  for (int64_t r = 0; r < rounds; ++r) {
    double start = now();
    for (int64_t at = 0; at < bytes; at += block) {
      const float *p = (const float *)(memory + at);
#define LOAD(i) t##i = ADD(t##i, READ(p + i * LANES));
      LOADS(LOAD)
    }
    double seconds = now() - start;
    if (seconds < best)
      best = seconds;
  }
  volatile float sink = 0;
#define USE_SUM(i) sink += ((float *)&t##i)[0];
  LOADS(USE_SUM)
  free(memory);
  return (double)bytes / best * 1e-9;
}

/* Seconds of `calls` calls of a library's function. */
double time_calls(int (*call)(void *, int32_t, const void *, void *),
                  void *context, int32_t function, const void *inputs,
                  void *outputs, int64_t calls) {
  double start = now();
  for (int64_t i = 0; i < calls; ++i)
    if (call(context, function, inputs, outputs))
      return -1;
  return now() - start;
}
