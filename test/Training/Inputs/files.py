# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Examples in files of all kinds: two classes, separated by a plane."""

import gzip
import shutil
import struct
from pathlib import Path

import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(64, 3)).astype(np.float32).round(3)
t = (x.sum(1) > 0).astype(np.int64)
np.save("x.npy", x)
np.savez("data.npz", x=x, t=t)
np.savetxt("data.csv", np.c_[x, t], delimiter=",", header="a,b,c,class", comments="", fmt="%.3f")
with gzip.open("labels-idx1-ubyte.gz", "wb") as file:
    file.write(struct.pack(">BBBBI", 0, 0, 8, 1, 64) + t.astype(np.uint8).tobytes())
Path("cut-idx").write_bytes(struct.pack(">BBBBII", 0, 0, 8, 2, 64, 3) + bytes(7))
np.save("bad.npy", t + (np.arange(64) == 40) * 5)
x[40, 1] = np.nan
np.save("nan.npy", x)
shutil.copy(Path(__file__).with_name("net.mlir"), "model.mlir")
