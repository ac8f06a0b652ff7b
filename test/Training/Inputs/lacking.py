# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Copies a safetensors file without some of its tensors: lacking.py FROM TO NAME..."""

import json
import sys

source, target, *names = sys.argv[1:]
data = open(source, "rb").read()
size = int.from_bytes(data[:8], "little")
header = json.loads(data[8:8 + size])
for name in names:
    del header[name]
text = json.dumps(header).encode()
with open(target, "wb") as file:
    file.write(len(text).to_bytes(8, "little") + text + data[8 + size:])
