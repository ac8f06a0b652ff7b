# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A recursive neural tensor network over trees, tanh([a; b]' V [a; b] + W [a; b]), learns nand."""

import numpy as np

import dlc
from dlc import dl, ir

module, rng = ir.Module(), np.random.default_rng(0)
for name, shape in (("words", (2, 8)), ("V", (16, 8 * 16)), ("W", (16, 8)), ("out", (8, 2))):
    module.add_global(name, np.float32(rng.normal(0, 0.2, shape)))
with module.function("predict", words="tensor<5xi64>", tree="tensor<4x1x3xi64>") as f:
    words, v, w, out = map(module.load, ("words", "V", "W", "out"))
    table = dl.concat([dl.gather(words, f.words), np.zeros((4, 8), np.float32)], axis=0)
    with module.region(table.type, "tensor<1x3xi64>") as (nodes, places):
        ab = dl.flatten(dl.gather(nodes, dl.gather(places, [0, 1], axis=1)))
        rows = module.op("dl.reshape", dl.dense(ab, v), types=["tensor<8x16xf32>"])
        h = dl.tanh(dl.reduce_sum(rows * ab, axes=[1]) + dl.dense(ab, w))
        module.op("dl.yield", [dl.scatter(nodes, dl.gather(places, 2, axis=1), h)])
    top = module.op("dl.scan", [table], [f.tree], regions=1, sizes=[1, 0, 0], types=[table.type])
    f.returns(y=dl.softmax(dl.dense(dl.gather(top, [8]), out)))
TRAINS, MODEL = True, module


def grow():  # words 0 and 1; two children and the node, four times; what the root gives
    values, free, tree = list(rng.integers(0, 2, 5)), [0, 1, 2, 3, 4], []
    for place, i in zip(range(5, 9), rng.integers([4, 3, 2, 1])):
        tree.append((*free[i:i + 2], place))
        values.append(1 - values[free[i]] * values[free[i + 1]])
        free[i:i + 2] = [place]
    return np.array(values[:5]), np.array(tree)[:, None], np.array(values[-1:])


library = dlc.compile(module, train="loss=cross_entropy optimizer=adam rate=0.003 metrics=accuracy")
for _ in range(3000):
    library.step(*grow())
right = np.mean([library.evaluate(*grow())[1] for _ in range(500)])
assert right > 0.95
FIGURE = f"{right:.1%} of further trees right"
print(FIGURE)
