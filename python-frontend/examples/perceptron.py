# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rosenblatt's perceptron learns AND and OR by its rule, and cannot learn XOR."""

import numpy as np

from dlc.layers import Perceptron, Sequential
from dlc.optimizers import SGD

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
for name, y in (("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("XOR", [0, 1, 1, 0])):
    model = Sequential([Perceptron(input_shape=[2], kernel_initializer="zeros")])
    model.compile(loss="perceptron", optimizer=SGD(1.0), metrics=["accuracy"])
    model.fit(x, y, epochs=20, batch_size=1, shuffle=False, verbose=0)
    right = (model.predict(x)[:, 0] == y).sum()
    print(f"{name}: {right} of 4 right")
    assert (right == 4) == (name != "XOR")
