# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""At each place of a picture a CNN gives a box and how sure it is of an object there; non-maximum
suppression keeps the best of the boxes that overlap."""

import numpy as np

import dlc
from dlc import dl, ir
from dlc.layers import Conv2D, Reshape, Sequential, set_random_seed

set_random_seed(1)
model = Sequential([
    Conv2D(16, 5, padding="same", activation="relu", input_shape=(16, 16, 1)),
    Conv2D(16, 5, padding="same", activation="relu"), Conv2D(5, 1), Reshape((256, 5)),
])
model.compile(loss="mse", optimizer="adam")
TRAINS, MODEL = True, model
module = ir.Module()
with module.function("keep", boxes="tensor<1x?x4xf32>", sure="tensor<1x1x?xf32>") as f:
    f.returns(y=dl.non_max_suppression(f.boxes, f.sure, 9, 0.4, 0.5))
nms = dlc.compile(module).keep
four = np.float32([[[0, 0, 2, 2], [0, 1, 2, 3], [0, 0.5, 2, 2.5], [5, 5, 7, 7]]])
assert nms(four, np.float32([[[0.9, 0.8, 0.7, 0.3]]]))[:, 2].tolist() == [0, 1]
rng, places = np.random.default_rng(0), np.tile(np.mgrid[:16, :16].reshape(2, 256).T, 2)
x, t = rng.normal(0, 0.2, (1100, 16, 16, 1)), np.zeros((1100, 256, 5))
corners = rng.integers(0, [12, 3], (1100, 2, 2)) + [[0, 0], [0, 8]]
boxes = np.concatenate([corners, corners + rng.integers(3, 6, (1100, 2, 2))], 2)
for image, target, box in ((a, b, c) for a, b, both in zip(x, t, boxes) for c in both):
    image[box[0]:box[2], box[1]:box[3]] += 1
    near = (abs(places - np.tile(box[:2] + box[2:], 2) // 2) <= 1).all(1)
    target[near] = np.c_[box - places, np.ones(256)][near]
model.fit(x[:1000], t[:1000], epochs=25, verbose=0)
right = 0
for y, wanted in zip(model.predict(x[1000:]), boxes[1000:]):
    found = np.float32(y[:, :4] / np.maximum(y[:, 4:], 0.1) + places)
    found = found[nms(found[None], y[None, None, :, 4].copy())[:, 2]]
    right += len(found) == 2 and abs(found[found[:, 1].argsort()] - wanted).max() < 1
assert right > 80
FIGURE = f"in {right} of 100 pictures both objects to a pixel, and nothing else"
print(FIGURE)
