/*===- Half.c - f16 where the processor has no instructions for it --------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* Below F16C LLVM calls these functions of a compiler's support library, by
|* these names; libraries of dlc link none. IEEE 754-2019, 3.6 and 4.3.1: a
|* sign, 5 bits of exponent with bias 15, 10 of significand, ties to even.
\*===----------------------------------------------------------------------===*/
#if defined(__x86_64__)

#include <stdint.h>
#include <string.h>

float __extendhfsf2(_Float16 x);
double __extendhfdf2(_Float16 x);
_Float16 __truncsfhf2(float x);
_Float16 __truncdfhf2(double x);

float __extendhfsf2(_Float16 x) {
  uint16_t half;
  memcpy(&half, &x, sizeof half);
  uint32_t sign = (uint32_t)(half >> 15) << 31, exponent = half >> 10 & 31,
           significand = half & 0x3ff, bits;
  float result;
  if (exponent == 31) { /* infinite, or a quiet NaN */
    bits = 0x7f800000 | significand << 13 | (significand ? 0x400000 : 0);
  } else if (exponent) {
    bits = (exponent + 127 - 15) << 23 | significand << 13;
  } else { /* 0 and below the smallest normal number: exact */
    result = (float)significand * 0x1p-24f;
    memcpy(&bits, &result, sizeof bits);
  }
  bits |= sign;
  memcpy(&result, &bits, sizeof bits);
  return result;
}

double __extendhfdf2(_Float16 x) { return (double)__extendhfsf2(x); }

_Float16 __truncdfhf2(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
  uint64_t significand = bits & (((uint64_t)1 << 52) - 1);
  uint32_t half;
  if (exponent == 1024) {
    half = 0x7c00 | (significand ? 0x200 | (uint32_t)(significand >> 42) : 0);
  } else if (exponent > 15) {
    half = 0x7c00;
  } else if (exponent < -25) {
    half = 0;
  } else {
    /* Without the leading bit where the result is normal: the exponent holds
     * it. A carry goes over into the exponent, as it must. */
    int shift = 42;
    uint32_t scale = 0;
    if (exponent >= -14)
      scale = (uint32_t)(exponent + 15) << 10;
    else
      significand |= (uint64_t)1 << 52, shift += -14 - exponent;
    uint64_t tie = (uint64_t)1 << (shift - 1),
             rest = significand & (2 * tie - 1);
    half = scale + (uint32_t)(significand >> shift);
    half += rest > tie || (rest == tie && (half & 1));
  }
  uint16_t result = (uint16_t)(half | (uint32_t)(bits >> 63) << 15);
  _Float16 value;
  memcpy(&value, &result, sizeof value);
  return value;
}

/* f64 holds each f32: rounds once. */
_Float16 __truncsfhf2(float x) { return __truncdfhf2((double)x); }

#else
typedef int dlc_rt_no_half; /* a file must not be empty */
#endif
