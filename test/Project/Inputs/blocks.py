# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a page's first blocks of MLIR, C, C++ and Python to files, and its second of MLIR."""

import re
import sys

text = open(sys.argv[1]).read()
for language, names in (("mlir", ["net.mlir", "more.mlir"]), ("c", ["main.c"]),
                        ("cpp", ["main.cpp"]), ("python", ["script.py"])):
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.S)
    for block, name in zip(blocks, names):
        open(name, "w").write(block)
