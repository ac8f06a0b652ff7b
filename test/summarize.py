# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Passes lit's output on, and ends with one plain line of counts."""

import re
import sys

counts = {}
for line in sys.stdin:
    sys.stdout.write(line)
    sys.stdout.flush()
    match = re.match(r"\s*(Passed|Failed|Skipped|Unsupported|Timed Out|Unresolved"
                     r"|Unexpectedly Passed|Expectedly Failed)\s*:\s*(\d+)", line)
    if match:
        counts[match.group(1)] = int(match.group(2))
failed = sum(counts.get(k, 0) for k in
             ("Failed", "Timed Out", "Unresolved", "Unexpectedly Passed"))
skipped = counts.get("Skipped", 0) + counts.get("Unsupported", 0)
passed = counts.get("Passed", 0) + counts.get("Expectedly Failed", 0)
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
