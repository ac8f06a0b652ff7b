# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Interrupts dlc-train in its first epoch and after one."""

import subprocess
import sys

START = """
import os, signal, sys
from dlc import train
# A shell's background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
class Progress(train.Progress):
    def __call__(self, epoch, done, count, values):
        super().__call__(epoch, done, count, values)
        if (done is None) == {after}:
            os.kill(os.getpid(), 2)
train.Progress = Progress
sys.exit(train.main(["net.so", "--input", "x.npy", "--target", "t.npy", "--epochs", "50",
                     "--checkpoint", "c.safetensors"]))
"""
for name, after in (("first epoch", False), ("later", True)):
    result = subprocess.run([sys.executable, "-c", START.format(after=after)],
                            capture_output=True, text=True)
    print(f"{name}:", result.returncode,
          result.stderr.strip().split("\n")[-1].removeprefix("dlc-train: interrupted; "))
