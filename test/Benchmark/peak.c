/* A loop of multiply-adds in registers alone: the rate no kernel can pass. */
#include <immintrin.h>
#include <stdint.h>
#include <time.h>

#if defined(__AVX512F__)
typedef __m512 vector;
#define LANES 16
#define SET _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#else
typedef __m256 vector;
#define LANES 8
#define SET _mm256_set1_ps
#define FMA _mm256_fmadd_ps
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
