# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a program with its first allocation failing, then its second, and so on until none fails;
prints its output."""

import os
import subprocess
import sys

program, preload = sys.argv[1:]
seen = []
for n in range(1, 200):
    done = subprocess.run([program],
                          env=dict(os.environ, LD_PRELOAD=preload, FAIL_MALLOC=str(n)),
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, (n, done)
    seen.append(done.stdout.strip())
    if seen[-3:] == ["right"] * 3 and n > 40:
        break
print("\n".join(sorted(set(seen), key=seen.index)))
