# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints functions that convert between every two floats, floats and integers, and that add."""

from itertools import product

FLOATS = {"f4E2M1FN": 4, "f8E4M3FN": 8, "f8E4M3FNUZ": 8, "f8E5M2": 8, "f8E5M2FNUZ": 8,
          "f8E8M0FNU": 8, "bf16": 16, "f16": 16, "f32": 32, "f64": 64}

count = 0


def function(op, source, target):
    global count
    for form in ("{}", "vector<4x{}>"):
        x, y = form.format(source), form.format(target)
        value = f"%x, %x : {x}" if op == "addf" else f"%x : {x} to {y}"
        print(f"func.func @f{count}(%x: {x}) -> {y} {{\n  %y = arith.{op} {value}\n"
              f"  return %y : {y}\n}}")
        count += 1


for (a, wide), (b, narrow) in product(FLOATS.items(), repeat=2):
    if wide != narrow:
        function("extf" if wide < narrow else "truncf", a, b)
for a, i in product(FLOATS, ("i8", "i32", "i64")):
    for op in ("sitofp", "uitofp"):
        function(op, i, a)
    for op in ("fptosi", "fptoui"):
        function(op, a, i)
for a in FLOATS:
    function("addf", a, a)
