# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that some test runs each pass, and no other of dlc: passes.py SOURCE."""

import re
import sys
from pathlib import Path

source = Path(sys.argv[1])
passes = {name for file in (source / "include").rglob("*.td")
          for name in re.findall(r'Pass<"([\w-]+)"', file.read_text(encoding="utf-8"))}
runs = [line for file in (source / "test").rglob("*") if file.suffix in (".mlir", ".test")
        for line in file.read_text(encoding="utf-8").splitlines() if "RUN:" in line]
word = re.compile(r"(?<![\w.])-{0,2}([a-z]+(?:-[\w]+)+)(?![\w-])")
alone = set()
for run in runs:
    found = passes & set(word.findall(run))
    if len(found) == 1:
        alone |= found
for name in sorted(passes - alone):
    print(f"{name}: no test runs it alone, expected one in the folder of its library")
if len(passes) > 50 and passes == alone:
    print(f"{len(passes)} passes, each with a test of its own")
