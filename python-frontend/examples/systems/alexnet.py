# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""AlexNet (Krizhevsky et al., 2012) op by op, with groups and normalisation across channels."""

import numpy as np

import dlc
from dlc import dl, ir

module, names = ir.Module(), []


def layer(op, x, *shape, **attributes):
    for extents in (shape, shape[-1:]):
        names.append(f"w{len(names)}")
        module.add_global(names[-1], np.zeros(extents, np.float32))
    return op(x, *map(module.load, names[-2:]), **attributes)


with module.function("predict", x="tensor<1x224x224x3xf32>") as f:
    h = f.x
    for filters, size, groups in ((96, 11, 1), (256, 5, 2), (384, 3, 1), (384, 3, 2), (256, 3, 2)):
        h = dl.relu(layer(dl.conv, h, size, size, h.shape[3] // groups, filters, groups=groups,
                          strides=[4 if size == 11 else 1] * 2, padding=[min(size // 2, 2)] * 4))
        if size > 3:  # divided by the squares of two channels before and two after
            squares = module.op("dl.reshape", h * h, types=[ir.type_of((*h.shape, 1))])
            mean = dl.avg_pool(squares, window=[1, 1, 5], padding=[0, 0, 2] * 2, count_padding=True)
            h = h / (module.op("dl.reshape", mean, types=[h.type]) * 5e-4 + 2.0) ** 0.75
        h = h if filters == 384 else dl.max_pool(h, window=[3, 3], strides=[2, 2])
    h = dl.dropout(dl.relu(layer(dl.dense, dl.flatten(h), 9216, 4096)))
    h = dl.dropout(dl.relu(layer(dl.dense, h, 4096, 4096)))
    f.returns(y=dl.softmax(layer(dl.dense, h, 4096, 1000)))
TRAINS, MODEL = True, module

library = dlc.compile(module, train="loss=cross_entropy initializer=he_normal rate=0.001")
library.initialize(1)
x, t = np.random.default_rng(0).random((1, 224, 224, 3), np.float32), np.array([7])
before, _, after = library.predict(x)[0, 7], library.step(x, t), library.predict(x)[0, 7]
assert sum(library.state[name].size for name in names) == 60965224 and after > 2 * before
FIGURE = f"60,965,224 weights; p of the class {before:.4f}, after one step {after:.4f}"
print(FIGURE)
