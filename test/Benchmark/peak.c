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

/* GFLOP/s of one core, twelve independent sums. */
double measure_peak(int64_t rounds) {
  vector s[12];
  for (int i = 0; i < 12; ++i)
    s[i] = SET((float)i);
  vector a = SET(0.999f), b = SET(0.001f);
  double start = now();
  for (int64_t r = 0; r < rounds; ++r) {
    for (int i = 0; i < 12; ++i)
      s[i] = FMA(s[i], a, b);
    /* Keeps the loop a loop. */
    __asm__ volatile("" : "+x"(s[0]));
  }
  double seconds = now() - start;
  volatile float sink = 0;
  for (int i = 0; i < 12; ++i)
    sink += ((float *)&s[i])[0];
  return (double)rounds * 12 * LANES * 2 / seconds * 1e-9;
}
