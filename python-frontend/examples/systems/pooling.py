# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Pooling with numbers worked out by hand: maximum and average, stride 1 and 2, windows that
hang over the edge (ceil mode), and the mean of a whole map."""

import numpy as np

import dlc
from dlc import dl, ir

module = ir.Module()
with module.function("predict", x="tensor<1x4x4x1xf32>") as f:
    f.returns(largest=dl.max_pool(f.x, window=[2, 2], strides=[2, 2]),
              mean=dl.avg_pool(f.x, window=[2, 2], strides=[2, 2]), whole=dl.global_avg_pool(f.x))
with module.function("stride_one", x="tensor<1x5x5x1xf32>") as f:
    f.returns(y=dl.max_pool(f.x, window=[3, 3]))
with module.function("filter", x="tensor<1x9x9x1xf32>", kernel="tensor<3x3x1x1xf32>") as f:
    found = dl.relu(dl.conv(f.x, f.kernel) / 9.0)  # 7x7
    f.returns(y=dl.max_pool(found, window=[2, 2], strides=[2, 2], ceil_mode=True))

TRAINS, MODEL = False, module

library = dlc.compile(module)
x = np.float32([[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]])
largest, mean, whole = library.predict(x[None, ..., None])
assert largest.ravel().tolist() == [20, 30, 112, 37] and whole.item() == x.mean()
assert mean.ravel().tolist() == [13, 8, 79, 19.5]
x = np.float32([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2],
                [2, 0, 0, 0, 1]])
assert library.stride_one(x[None, ..., None]).ravel().tolist() == [3, 3, 3, 3, 3, 3, 3, 2, 3]
cross = np.float32(np.maximum(np.eye(9), np.eye(9)[::-1]) * 2 - 1)
cross[[0, -1]] = -1
diagonal = np.eye(3, dtype=np.float32) * 2 - 1
both = np.maximum(diagonal, diagonal[::-1])
pooled = [library.filter(cross[None, ..., None], k[..., None, None]) * 9 for k in (diagonal, both)]
assert np.allclose(pooled[0].ravel(), [9, 3, 5, 3, 3, 9, 3, 5, 5, 3, 9, 1, 3, 5, 1, 7], atol=1e-5)
assert np.allclose(pooled[1].ravel(), [5, 3, 5, 3, 3, 9, 5, 1, 5, 5, 5, 1, 3, 1, 1, 3], atol=1e-5)
FIGURE = "2x2 of the 4x4: largest 20 30 112 37, mean 13 8 79 19.5; 7x7 in ceil mode: 4x4"
print(FIGURE)
