# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that the RUN line of some test names each pass: passes.py SOURCE."""

import re
import sys
from pathlib import Path

source = Path(sys.argv[1])
passes = {name for file in (source / "include").rglob("*.td")
          for name in re.findall(r'Pass<"([\w-]+)"', file.read_text(encoding="utf-8"))}
runs = [line for file in (source / "test").rglob("*") if file.suffix in (".mlir", ".test")
        for line in file.read_text(encoding="utf-8").splitlines() if "RUN:" in line]
named = {name for name in passes
         if any(re.search(rf"(?:^|[\s(,'-]){name}(?:$|[\s),={{'])", run) for run in runs)}
for name in sorted(passes - named):
    print(f"{name}: no test runs it alone, expected one in the folder of its library")
if len(passes) > 50 and passes == named:
    print(f"{len(passes)} passes, each with a test of its own")
