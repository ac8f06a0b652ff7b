# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks every #include against the permitted order of folders."""

import re
import sys
from pathlib import Path

MAY_USE = {
    "Dialect": {"Dialect"},
    "Import": {"Dialect", "Import"},
    "Autodiff": {"Dialect", "Autodiff"},
    "Transforms": {"Dialect", "Transforms"},
    "Conversion": {"Dialect", "Conversion"},
    "Codegen": {"Codegen", "Dialect/Codegen/IR/Codegen.h", "Dialect/Codegen/IR/IndexRange.h",
                "Dialect/Utils/Arithmetic.h", "Dialect/Utils/Extents.h"},
    "Target": {"Codegen", "Dialect/Codegen/IR/Codegen.h", "Target", "Runtime/abi.h"},
    "Driver": {"Dialect", "Import", "Autodiff", "Transforms", "Conversion", "Codegen", "Target", "Driver",
               "Runtime/abi.h"},
    "Runtime": {"Runtime"},
    "CAPI": {"Dialect", "CAPI"},
}
# Support knows nothing of models, so everything but the runtime may use it.
for room in MAY_USE:
    if room != "Runtime":
        MAY_USE[room] = MAY_USE[room] | {"Support"}
MAY_USE["Support"] = {"Support"}

# What the rooms of Codegen use of each other: nothing of a target but the target itself.
ROOMS = {
    "Kernels": {"Bufferization"},
    "Tensors": set(),
    "Bufferization": set(),
    "Memory": {"Kernels", "Math"},
    "Math": set(),
    "CPU": {"Tensors", "Bufferization"},
    "Threads": {"Kernels", "Memory"},
}

root, wrong, seen = Path(sys.argv[1]), [], 0
for path in [*root.glob("lib/**/*"), *root.glob("include/dlc/**/*")]:
    if path.suffix not in (".cpp", ".h", ".c", ".td"):
        continue
    parts = path.relative_to(root).parts
    room = parts[1] if parts[0] == "lib" else parts[2]
    for line in path.read_text().splitlines():
        match = re.match(r'\s*#?\s*include "dlc/(\w+)(/[^"]*)"', line)
        if not match:
            continue
        seen += 1
        used = match.group(1)
        if used not in MAY_USE[room] and used + match.group(2) not in MAY_USE[room]:
            wrong.append(f"{path.relative_to(root)}: {line.strip()}")
        rest = parts[parts.index(room) + 1:]
        used_room = re.match(r"/(\w+)/", match.group(2))
        if (room == used == "Codegen" and len(rest) > 1 and used_room
                and used_room.group(1) not in ROOMS[rest[0]] | {rest[0]}):
            wrong.append(f"{path.relative_to(root)}: {line.strip()}")
assert seen > 100, seen
print("\n".join(wrong) or "every include goes the right way")
