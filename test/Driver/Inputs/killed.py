"""Ends dlc after ever longer times and looks at what is left."""

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
            # Loads: it is whole.
            subprocess.run(["dlc-run", "./m.so"], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
        for name in left:
            os.remove(f"{folder}/{name}")
print("ended 12 times, nothing half-written")
