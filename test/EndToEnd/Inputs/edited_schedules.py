# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Schedules with other numbers, drawn at random, give the same results: edited_schedules.py WORK.

Sizes of tasks, rows, tiles and steps change, at 0 or anything from 1 to 40; the order of a sum only
by `steps`, within the tolerance.
"""

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

import dlc

MODELS = {
    "product": (["20x70", "70x50"], "20x50", """
  %0 = dl.matmul %x0, %x1 : tensor<20x70xf32>, tensor<70x50xf32>
  %1 = dl.relu %0 : tensor<20x50xf32>"""),
    "convolution": (["1x18x18x6", "3x3x6x20"], "1x16x16x20", """
  %1 = dl.conv %x0, %x1 : tensor<1x18x18x6xf32>, tensor<3x3x6x20xf32>"""),
    "rows": (["24x60"], "24x60", """
  %1 = dl.softmax %x0 axis 1 : tensor<24x60xf32>"""),
    "sum": (["30x45"], "30", """
  %1 = dl.reduce_sum %x0 axes [1] : tensor<30x45xf32>"""),
}
LIST = re.compile(r"(tasks|rows|tile|steps) = \[([^\]]*)\]")


def run(*words):
    subprocess.run([os.environ["DLC"], *map(str, words)], check=True)


def edited(text, draw):
    def change(match):
        sizes = [size if size == "0" or draw.random() < 0.3 else str(draw.randint(1, 40))
                 for size in match[2].split(", ")]
        return f"{match[1]} = [{', '.join(sizes)}]"
    return LIST.sub(change, text)


work, draw = Path(sys.argv[1]), random.Random(1)
numbers = np.random.default_rng(1)
count = 0
for name, (inputs, result, body) in MODELS.items():
    arguments = ", ".join(f"%x{i}: tensor<{shape}xf32>" for i, shape in enumerate(inputs))
    model = work / f"{name}.mlir"
    model.write_text(f"func.func @f({arguments}) -> tensor<{result}xf32> {{{body}\n"
                     f"  return %1 : tensor<{result}xf32>\n}}\n", encoding="utf-8")
    chosen = work / f"{name}.chosen"
    run(model, "--emit=schedules", "-o", chosen)
    run(model, "-o", work / f"{name}.so")
    arrays = [numbers.standard_normal([int(e) for e in shape.split("x")], dtype=np.float32)
              for shape in inputs]
    wanted = np.array(dlc.load(work / f"{name}.so").f(*arrays))
    for turn in range(6):
        given = work / f"{name}.{turn}"
        given.write_text(edited(chosen.read_text(encoding="utf-8"), draw), encoding="utf-8")
        library = work / f"{name}.{turn}.so"
        run(model, f"--schedules={given}", "-o", library)
        difference = np.abs(np.array(dlc.load(library).f(*arrays)) - wanted).max()
        if not difference < 1e-4:
            sys.exit(f"{given}: differs by {difference}\n{given.read_text(encoding='utf-8')}")
        count += 1
print(f"{count} edited schedules, the same results")
