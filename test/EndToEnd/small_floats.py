# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Floats of at most 8 bits, against ml_dtypes: to the bit, but for the payload of NaN.

Widens every bit pattern; narrows random f32 of all magnitudes, the midpoints between neighbours,
the numbers beside those, infinities and NaN, with and without saturation; moves elements; and
multiplies matrices of small whole numbers, whose sums f32 holds.

    small_floats.py FOLDER [--cpu NAME]
"""

import argparse
import sys

import ml_dtypes
import numpy as np

import dlc

FORMATS = {"f8E4M3FN": ml_dtypes.float8_e4m3fn, "f8E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
           "f8E5M2": ml_dtypes.float8_e5m2, "f8E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
           "f8E8M0FNU": ml_dtypes.float8_e8m0fnu, "f4E2M1FN": ml_dtypes.float4_e2m1fn}

MODULE = """
func.func @widen(%x: tensor<{patterns}x{t}>) -> tensor<{patterns}xf32> {{
  %y = dl.cast %x to f32 : tensor<{patterns}x{t}>
  return %y : tensor<{patterns}xf32>
}}
func.func @narrow(%x: tensor<?xf32>) -> (tensor<?x{t}>, tensor<?x{t}>) {{
  %y = dl.cast %x to {t} : tensor<?xf32>
  %z = dl.cast %x to {t} overflow : tensor<?xf32>
  return %y, %z : tensor<?x{t}>, tensor<?x{t}>
}}
func.func @halves(%x: tensor<?xf16>, %y: tensor<?xbf16>) -> (tensor<?x{t}>, tensor<?x{t}>) {{
  %0 = dl.cast %x to {t} overflow : tensor<?xf16>
  %1 = dl.cast %y to {t} overflow : tensor<?xbf16>
  return %0, %1 : tensor<?x{t}>, tensor<?x{t}>
}}
func.func @folded() -> tensor<{count}x{t}> {{
{folded}
}}
func.func @move(%x: tensor<?x17x{t}>) -> tensor<17x?x{t}> {{
  %y = dl.transpose %x [1, 0] : tensor<?x17x{t}>
  return %y : tensor<17x?x{t}>
}}
func.func @multiply(%a: tensor<?x21x{t}>, %b: tensor<21x19x{t}>) -> tensor<?x19xf32> {{
  %c = dl.cast %a to f32 : tensor<?x21x{t}>
  %d = dl.cast %b to f32 : tensor<21x19x{t}>
  %y = dl.matmul %c, %d : tensor<?x21xf32>, tensor<21x19xf32>
  return %y : tensor<?x19xf32>
}}
"""


# Of constants, which the compiler folds: NaN, infinities, overflow, underflow, ties.
CONSTANTS = np.array([np.nan, np.inf, -np.inf, 1e9, -1e9, 0.0, -0.0, 1e-30, -1e-30, 1.0, -2.0, 2.5,
                      -3.5, 5.0, 464.0, 465.0, 61440.0, 248.0, 2.0**-10, -3 * 2.0**-11], np.float32)


def folded(t):
    lines = []
    for i, bits in enumerate(CONSTANTS.view(np.uint32)):
        lines += [f"  %c{i} = arith.constant dense<{bits:#010x}> : tensor<1xf32>",
                  f"  %f{i} = dl.cast %c{i} to {t} overflow : tensor<1xf32>"]
    names = ", ".join(f"%f{i}" for i in range(len(CONSTANTS)))
    types = ", ".join([f"tensor<1x{t}>"] * len(CONSTANTS))
    return "\n".join([*lines, f"  %y = dl.concat {names} axis 0 : {types}",
                      f"  return %y : tensor<{len(CONSTANTS)}x{t}>"])


def same(got, expected):
    """Equal to the bit, or NaN both; 0 is not -0."""
    got, expected = got.astype(np.float32), expected.astype(np.float32)
    both = np.isnan(got) & np.isnan(expected)
    return bool((both | (got.view(np.uint32) == expected.view(np.uint32))).all())


def numbers(dtype, every, random):
    finite = np.unique(every[np.isfinite(every)]).astype(np.float64)
    middle = ((finite[1:] + finite[:-1]) / 2).astype(np.float32)
    beside = [np.nextafter(middle, np.float32(s)) for s in (-np.inf, np.inf)]
    exponents = random.uniform(-149, 128, 3000)
    spread = (random.choice([-1, 1], 3000) * np.exp2(exponents)).astype(np.float32)
    near = (random.standard_normal(3000) * min(float(finite.max()), 1e37)).astype(np.float32)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 2.0**-127, 2.0**-126, 2.0**-128,
                        3.0e38, finite.max() * 1.01, -finite.max() * 1.25], np.float32)
    return np.concatenate([every, middle, *beside, spread, near, special]).astype(np.float32)


def narrowed(x, dtype, largest, saturate):
    if dtype == ml_dtypes.float8_e8m0fnu:  # rounded up to a power of two, without its sign
        mantissa, exponent = np.frexp(np.abs(x).astype(np.float64))
        with np.errstate(invalid="ignore"):
            power = np.where(mantissa == 0.5, exponent - 1, exponent).astype(np.int64)
        power = np.clip(np.where(x == 0, -127, np.where(np.isinf(x), 127, power)), -127, 127)
        bits = np.where(np.isnan(x), 255, power + 127).astype(np.uint8)
        return bits.view(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.clip(x, -largest, largest) if saturate else x).astype(dtype)


def check(name, dtype, folder, cpu, random):
    patterns = 16 if name == "f4E2M1FN" else 256
    path = f"{folder}/{name}.mlir"
    with open(path, "w", encoding="utf-8") as file:
        file.write(MODULE.format(t=name, patterns=patterns, folded=folded(name),
                                 count=len(CONSTANTS)))
    library = dlc.load(dlc.compile(path, output=f"{folder}/{name}-{cpu}.so", cpu=cpu))
    every = np.arange(patterns, dtype=np.uint8).view(dtype)
    wide = every.astype(np.float32)
    if not same(library.widen(every), wide):
        return "widened"
    largest = np.float32(ml_dtypes.finfo(dtype).max)
    x = numbers(dtype, wide, random)
    if name == "f4E2M1FN":  # NaN is not of this format, nor infinity
        x = np.where(np.isfinite(x), x, np.float32(1))
    for part in (x, x[:5], x[7:40]):
        for got, saturate in zip(library.narrow(part), (True, name == "f4E2M1FN")):
            if not same(got, narrowed(part, dtype, largest, saturate)):
                wanted = narrowed(part, dtype, largest, saturate)
                at = [i for i in range(len(part)) if not same(got[i:i + 1], wanted[i:i + 1])]
                return (f"narrowed {part[at[:5]]} to {got[at[:5]]}, expected {wanted[at[:5]]}, "
                        f"saturate={saturate}")
    with np.errstate(over="ignore"):
        halves = [x.astype(np.float16), x.astype(ml_dtypes.bfloat16)]
    if name == "f4E2M1FN":
        halves = [np.where(np.isfinite(h.astype(np.float32)), h, h.dtype.type(1)) for h in halves]
    for got, half in zip(library.halves(*halves), halves):
        if not same(got, narrowed(half.astype(np.float32), dtype, largest, name == "f4E2M1FN")):
            return f"narrowed {half.dtype}"
    wanted = narrowed(CONSTANTS, dtype, largest, name == "f4E2M1FN")
    if name == "f4E2M1FN":
        wanted[np.isnan(CONSTANTS)] = -0.0
    if not same(library.folded(), wanted):
        return f"folded to {library.folded()}, expected {wanted}"
    x = random.integers(0, patterns, (23, 17)).astype(np.uint8).view(dtype)
    if library.move(x).tobytes() != np.ascontiguousarray(x.T).tobytes():
        return "moved"
    # Powers of two for the format that has neither a sign nor a zero.
    signs = [1] if name == "f8E8M0FNU" else [-1, 0, 1]
    a, b = (np.exp2(random.integers(0, 3, s)) * random.choice(signs, s)
            for s in ((13, 21), (21, 19)))
    if not same(library.multiply(a.astype(dtype), b.astype(dtype)), a @ b):
        return "multiplied"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--cpu", default="native")
    arguments = parser.parse_args()
    random = np.random.default_rng(11)
    for name, dtype in FORMATS.items():
        wrong = check(name, dtype, arguments.folder, arguments.cpu, random)
        if wrong:
            print(f"{name}: {wrong}")
            return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
