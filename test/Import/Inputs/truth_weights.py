# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A mask among the weights: truth values, a byte each, BOOL in the file; beside it small constants,
which stay in the code and count too."""

import json
from pathlib import Path

import numpy as np

import dlc

random = np.random.default_rng(3)
mask = random.integers(0, 2, 4096).astype(bool)
shift = random.standard_normal(3).astype(np.float32)
Path("mask.mlir").write_text(f"""
func.func @f(%x: tensor<4096xf32>, %s: tensor<3xf32>) -> (tensor<4096xf32>, tensor<3xf32>) {{
  %m = arith.constant dense<{str(mask.tolist()).lower()}> : tensor<4096xi1>
  %z = arith.constant dense<0.0> : tensor<f32>
  %t = arith.constant dense<{[float(v) for v in shift]}> : tensor<3xf32>
  %y = dl.select %m, %x, %z : tensor<4096xi1>, tensor<4096xf32>, tensor<f32>
  %u = dl.add %s, %t : tensor<3xf32>, tensor<3xf32>
  return %y, %u : tensor<4096xf32>, tensor<3xf32>
}}
""")
library = dlc.load(dlc.compile("mask.mlir", "mask.so", options=["--weights=mask.safetensors"]))
x, s = random.standard_normal(4096).astype(np.float32), np.ones(3, np.float32)
y, u = library.f(x, s)
print("right", np.array_equal(y, np.where(mask, x, 0)) and np.array_equal(u, s + shift))
file = Path("mask.safetensors").read_bytes()
length = int.from_bytes(file[:8], "little")
(entry,) = (e for name, e in json.loads(file[8:8 + length]).items() if name != "__metadata__")
begin, end = entry["data_offsets"]
print(entry["dtype"], entry["shape"],
      file[8 + length + begin:8 + length + end] == mask.astype(np.uint8).tobytes())
print("bytes beside the file's:", library.weight_bytes - (end - begin))
