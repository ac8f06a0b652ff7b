# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fails for an op or pass whose generated entry has no summary line."""

import re
import sys

entries, bare = 0, []
for path in sys.argv[1:]:
    text = open(path).read()
    for name, body in re.findall(r"^### `([^`]+)`[^\n]*\n(.*?)(?=^### |\Z)", text,
                                 re.S | re.M):
        entries += 1
        # tblgen sets a summary in italics right below the name.
        if not re.match(r"\s*_\S[^\n]+_\s*\n", body):
            bare.append(name)
assert entries > 100, entries
assert not bare, "no summary: " + ", ".join(bare)
print(entries, "entries, all with a summary")
