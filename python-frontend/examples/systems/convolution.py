# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Convolutions that are worked out by hand: one channel, three channels with zero padding and a
bias, and a filter that finds strokes of an X."""

import numpy as np

from dlc.layers import Conv2D, Sequential

one = Sequential([Conv2D(1, 3, use_bias=False, input_shape=(None, None, 1))])
three = Sequential([Conv2D(1, 3, padding="same", input_shape=(5, 5, 3))])

TRAINS, MODEL = False, three


def numbers(text):
    return np.array(text.split(), int).reshape(5, 5)


image = numbers("1 1 1 0 0 0 1 1 1 0 0 0 1 1 1 0 0 1 1 0 0 1 1 0 0")[None, ..., None]
one.set_weights([np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])[..., None, None]])
assert one.predict(image)[0, ..., 0].tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]

r = numbers("156 155 156 158 158 153 154 157 159 159 149 151 155 158 159 146 146 149 153 158 "
            "145 143 143 148 158")
image = np.stack([r, r + [[11], [11], [11], [10], [10]], r + [[7], [7], [7], [9], [9]]], -1)
kernel = np.array([[[-1, 1, 0], [-1, 0, 1], [1, 0, 1]], [[0, 1, 0], [1, -1, 1], [-1, -1, 0]],
                   [[0, 1, 1], [1, 0, -1], [1, -1, 1]]])
three.set_weights([kernel[..., None], np.ones(1)])
assert (three.predict(image[None])[0, ..., 0] == numbers(
    "-25 466 466 475 653 295 787 798 812 671 291 776 784 800 659 293 771 773 782 645 "
    "159 328 324 319 335")).all()

image = np.maximum(np.eye(9), np.eye(9)[::-1]) * 2 - 1
image[[0, -1]] = -1
one.set_weights([(np.eye(3) * 2 - 1)[..., None, None] / 9])
y = one.predict(image[None, ..., None])[0, ..., 0] * 9
assert np.allclose(y[0], [7, -1, 1, 3, 5, -1, 3], atol=1e-5) and abs(y[3, 3] - 5) < 1e-5
FIGURE = "first row of an X under its filter, in ninths: 7 -1 1 3 5 -1 3"
print(FIGURE)
