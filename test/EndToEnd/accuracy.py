# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The error of f32 functions against f64, in units in the last place, at every 4099th f32.

A result below 2^-126 may be 0, because denormals are flushed.

    accuracy.py FOLDER [--cpu NAME] [--fast-math]
"""

import argparse
import sys

import numpy as np
from scipy import special

import dlc

FUNCTIONS = {"exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p,
             "tanh": np.tanh, "erf": special.erf,
             "sigmoid": special.expit, "sin": np.sin, "cos": np.cos, "tan": np.tan,
             "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
             "cosh": np.cosh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh}
LIMIT, FAST_LIMIT = 2.0, 5.0
# Several ops, each of which rounds.
LIMITS = {"sigmoid": 2.5, "expm1": 2.5, "log1p": 2.5}
LEAST = 2.0**-126
SPECIAL = np.array([0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 2.5, -2.5, 1e30,
                    -1e30, 1e-30, 16777217.0, np.inf, -np.inf, np.nan], np.float32)


def units(got, wanted):
    with np.errstate(over="ignore", invalid="ignore"):
        nearest = wanted.astype(np.float32)
        unit = np.spacing(np.maximum(np.abs(nearest), np.float32(LEAST))).astype(float)
        error = np.abs(got.astype(float) - wanted) / unit
    error[(nearest == got) | (np.isnan(nearest) & np.isnan(got))] = 0
    error[(np.abs(wanted) < LEAST) & (np.abs(got) <= LEAST)] = 0
    return np.where(np.isnan(error), np.inf, error)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--cpu", default="native")
    parser.add_argument("--fast-math", action="store_true")
    arguments = parser.parse_args()
    x = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32).copy()
    x[np.abs(x) < LEAST] = 0
    n, m = len(x), len(SPECIAL)**2
    lines = [f"func.func @f_{name}(%x: tensor<{n}xf32>) -> tensor<{n}xf32> {{\n"
             f"  %y = dl.{name} %x : tensor<{n}xf32>\n  return %y : tensor<{n}xf32>\n}}"
             for name in FUNCTIONS]
    for name, size in (("pow", 100003), ("special", m)):
        lines.append(
            f"func.func @{name}(%x: tensor<{size}xf32>, %y: tensor<{size}xf32>)"
            f" -> tensor<{size}xf32> {{\n  %z = dl.pow %x, %y : tensor<{size}xf32>,"
            f" tensor<{size}xf32>\n  return %z : tensor<{size}xf32>\n}}")
    path = f"{arguments.folder}/functions.mlir"
    with open(path, "w") as file:
        file.write("\n".join(lines))
    options = ["--fast-math"] if arguments.fast_math else []
    library = dlc.load(dlc.compile(path, cpu=arguments.cpu, options=options))
    failed = False
    with np.errstate(all="ignore"):
        for name, function in FUNCTIONS.items():
            error = units(getattr(library, f"f_{name}")(x), function(x.astype(float)))
            worst = int(error.argmax())
            print(f"{name}: {error[worst]:.2f} at {x[worst]}")
            failed |= error[worst] > (FAST_LIMIT if arguments.fast_math
                                      else LIMITS.get(name, LIMIT))
        random = np.random.default_rng(11)
        base = np.exp(random.uniform(-20, 20, 100003)).astype(np.float32)
        power = random.uniform(-4, 4, 100003).astype(np.float32)
        error = units(library.pow(base, power), base.astype(float) ** power.astype(float))
        print(f"pow: {error.max():.2f}")
        failed |= error.max() > LIMIT
        # The special cases of C's pow, which NumPy shares.
        base, power = (a.ravel().copy() for a in np.meshgrid(SPECIAL, SPECIAL))
        got, wanted = library.special(base, power), base.astype(float) ** power.astype(float)
        wrong = units(got, wanted) > LIMIT
        for i in np.flatnonzero(wrong)[:5]:
            print(f"pow({base[i]}, {power[i]}) = {got[i]}, expected {wanted[i]}")
        failed |= bool(wrong.any())
    if failed:
        sys.exit("too large")
    print("ok")


if __name__ == "__main__":
    main()
