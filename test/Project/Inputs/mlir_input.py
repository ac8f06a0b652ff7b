# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the rows of a page's first table with those of a file."""

import sys

page, listed = (open(path).read().splitlines() for path in sys.argv[1:])
first = page.index("|---|---|---|") + 1
rows = []
for line in page[first:]:
    if not line.startswith("|"):
        break
    rows.append(line)
for documented, actual in zip(rows, listed):
    assert documented == actual, f"documented:\n{documented}\ncompiled in:\n{actual}"
assert len(rows) == len(listed), (len(rows), len(listed))
print(len(rows), "rows as documented")
