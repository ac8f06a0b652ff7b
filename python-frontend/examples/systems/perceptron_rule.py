# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The perceptron's rule, w += rate (t - y) x one example at a time, learns AND and OR; XOR has
no line between its classes and stays wrong."""

import numpy as np

from dlc.layers import Perceptron, Sequential
from dlc.optimizers import SGD

model = Sequential([Perceptron(input_shape=[2], kernel_initializer="zeros")])
model.compile(loss="perceptron", optimizer=SGD(1.0))

TRAINS, MODEL = True, model

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
right = {}
for name, t in (("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("XOR", [0, 1, 1, 0])):
    model.set_weights([np.zeros((2, 1)), np.zeros(1)])
    model.fit(x, t, epochs=20, batch_size=1, shuffle=False, verbose=0)
    right[name] = int((model.predict(x)[:, 0] == t).sum())
assert right["AND"] == right["OR"] == 4 and right["XOR"] < 4
FIGURE = "right of 4: " + ", ".join(f"{name} {count}" for name, count in right.items())
print(FIGURE)
