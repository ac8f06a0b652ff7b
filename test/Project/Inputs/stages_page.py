# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The IR and the assembly on a page are what dlc prints: stages_page.py PAGE WORK.

The block after `<!-- model -->` is the model; each after `<!-- dlc FLAGS -->` its output, written
as the examples of passes are (pass_examples.py).
"""

import re
import subprocess
import sys
from pathlib import Path

from pass_examples import Comparison, logical_lines, printed_lines

page, work = Path(sys.argv[1]).read_text(encoding="utf-8"), Path(sys.argv[2])
blocks = re.findall(r"<!-- (model|dlc [^>]*) -->\n```(?:mlir|llvm|asm)\n(.*?)```", page, re.DOTALL)
model = work / "model.mlir"
model.write_text(next(text for what, text in blocks if what == "model"), encoding="utf-8")
count = 0
for what, text in blocks:
    if what == "model":
        continue
    done = subprocess.run(["dlc", model, *what.split()[1:]], capture_output=True, text=True,
                          check=True)
    comparison = Comparison(logical_lines(text), printed_lines(done.stdout))
    if not comparison.matches:
        sys.exit(f"{what} prints now\n{done.stdout}")
    count += 1
print(f"{count} blocks as printed")
