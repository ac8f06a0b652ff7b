# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kills dlc after increasing times and checks what is left."""

import fcntl
import os
import signal
import subprocess
import tempfile
import time

MODEL = """
func.func @f(%x: tensor<8x200xf32>, %w: tensor<200x200xf32>) -> tensor<8x200xf32> {
  %y = dl.dense %x, %w : tensor<8x200xf32>, tensor<200x200xf32>
  %z = dl.gelu %y : tensor<8x200xf32>
  return %z : tensor<8x200xf32>
}
"""

with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/m.mlir", "w") as file:
        file.write(MODEL)
    for i in range(12):
        process = subprocess.Popen(["dlc", "m.mlir", "-o", "m.so"], cwd=folder,
                                   stderr=subprocess.DEVNULL)
        time.sleep(0.02 * i)
        process.send_signal(signal.SIGTERM)
        process.wait()
        left = set(os.listdir(folder)) - {"m.mlir"}
        assert left in (set(), {"m.so"}, {"m.h"}, {"m.so", "m.h"}), left
        if "m.so" in left:
            # It loads, so it is complete.
            subprocess.run(["dlc-run", "./m.so"], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
        for name in left:
            os.remove(f"{folder}/{name}")
print("ended 12 times, nothing half-written")

with tempfile.TemporaryDirectory() as folder:
    # A killed dlc cannot clean up. The next one with the same output does, but keeps the files of
    # one that still runs.
    with open(f"{folder}/m.mlir", "w") as file:
        file.write(MODEL)
    left = set()
    for i in range(40):
        process = subprocess.Popen(["dlc", "m.mlir", "-o", "m.so"], cwd=folder,
                                   stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 20
        while not any(".tmp-" in name for name in os.listdir(folder)):
            if process.poll() is not None or time.monotonic() > limit:
                break
        process.kill()
        process.wait()
        left = {name for name in os.listdir(folder) if ".tmp-" in name}
        if left:
            break
    assert left, "never killed while it wrote"
    for name in left:
        assert not name.startswith("m.so.") or len(name) == len("m.so.tmp-12345678"), name
    with open(f"{folder}/m.so.tmp-0123abcd", "w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        with open(f"{folder}/m.so.tmp-89abcdef", "w"):
            pass
        subprocess.run(["dlc", "m.mlir", "-o", "m.so"], cwd=folder, check=True)
        found = sorted(os.listdir(folder))
        assert found == ["m.h", "m.mlir", "m.so", "m.so.tmp-0123abcd"], found
print("what a killed one left is gone")
