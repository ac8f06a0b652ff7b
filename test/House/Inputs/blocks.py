"""Writes the README's first blocks of MLIR, C and Python to files."""

import re
import sys

text = open(sys.argv[1]).read()
for language, name in (("mlir", "net.mlir"), ("c", "main.c"), ("python", "script.py")):
    block = re.search(rf"```{language}\n(.*?)```", text, re.S).group(1)
    open(name, "w").write(block)
