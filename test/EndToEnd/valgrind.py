# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the library of each op's example under valgrind, in addition to the sanitizers of dlc
itself.

    valgrind.py [--filter REGEX] [--level 3]

The examples are those of test/Ops, compiled for x86-64-v3, whose instructions valgrind supports,
and called by dlc-run twice, because the second call sees what the first left behind. Findings are
an access outside of a buffer, a branch on uninitialised memory, or a leak.
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

TESTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Ops")
VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite"]


def examples(path):
    """The functions @example of a test, each a model."""
    with open(path, encoding="utf-8") as file:
        parts = file.read().split("// -----")
    for part in parts:
        match = re.search(r"^func\.func @example\b.*?^}", part, re.MULTILINE | re.DOTALL)
        if match and "expected-error" not in part:
            # Libraries have no arguments of index type: what the op makes of it is tested
            # elsewhere.
            if re.search(r": index\b", match.group(0).splitlines()[0]):
                continue
            others = re.findall(r"^(?:ml_program\.global|#\w+ =).*$", part, re.MULTILINE)
            others += re.findall(r"^func\.func [^@]*@(?!example\b).*?^}", part,
                                 re.MULTILINE | re.DOTALL)
            yield "\n".join([*others, match.group(0)])


def run(text, folder, level):
    """What went wrong, or an empty string."""
    model, library = (os.path.join(folder, name) for name in ("model.mlir", "model.so"))
    with open(model, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([os.environ.get("DLC", "dlc"), model, "-o", library, f"-O{level}",
                           "--cpu=x86-64-v3"], capture_output=True, text=True)
    if done.returncode:
        return "is not compiled: " + done.stderr.strip()[:300]
    done = subprocess.run([*VALGRIND, os.path.join(folder, "dlc-run"), library, "--random", "1", "--extent", "7",
                           "--repeat", "1", "--threads", "2"], capture_output=True, text=True)
    if done.returncode in (0, 1) and "==" not in done.stderr:
        return ""  # 1: extents of 7 do not fit together, and are refused
    return done.stderr.strip()[:1500]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--filter", default=".")
    parser.add_argument("--level", type=int, default=3)
    arguments = parser.parse_args()
    begin, count, failed = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        # Its reader of debug information is older than ours.
        subprocess.run(["strip", "-g", shutil.which("dlc-run"), "-o",
                        os.path.join(folder, "dlc-run")], check=True)
        for path in sorted(glob.glob(os.path.join(TESTS, "*.mlir"))):
            name = os.path.basename(path)
            if not re.search(arguments.filter, name):
                continue
            for text in examples(path):
                count += 1
                fault = run(text, folder, arguments.level)
                if fault:
                    failed += 1
                    print(f"{name}: {fault}\n{text}", flush=True)
    print(f"{count} libraries under valgrind, {failed} with a finding, "
          f"{(time.monotonic() - begin) / 60:.1f} minutes")
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
