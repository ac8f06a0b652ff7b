# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that dlc-opt prints what a page says that it prints.

    passes_in_docs.py PAGE DLC_OPT

The block after `<!-- model -->` is the input, each block after `<!-- dlc-opt FLAGS -->` its output.
"""

import re
import subprocess
import sys

page = open(sys.argv[1]).read()
blocks = re.findall(r"<!-- (model|dlc-opt [^>]*) -->\n```mlir\n(.*?)```", page, re.S)
model = next(text for what, text in blocks if what == "model")
count = 0
for what, text in blocks:
    if what == "model":
        continue
    flags = what.split()[1:]
    done = subprocess.run([sys.argv[2], "-", *flags], input=model, capture_output=True, text=True)
    if done.stdout.split() != text.split():
        sys.exit(f"{what} prints now\n{done.stdout}{done.stderr}")
    count += 1
assert count
print(f"{count} blocks as printed")
