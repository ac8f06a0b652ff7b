# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers beside convolution and pooling: flatten, dropout that works in training alone, batch and
layer normalisation, upsampling, and input data that are standardised."""

import numpy as np

from dlc.layers import (BatchNormalization, Dense, Dropout, Flatten, Input, LayerNormalization,
                        Model, Normalization, Sequential, UpSampling2D, set_random_seed)

set_random_seed(1)
rng = np.random.default_rng(0)
data = rng.normal(50, 20, (256, 4, 6, 2))
x = Input(shape=(4, 6, 2))
standard = Normalization(mean=data.mean((0, 1, 2)), variance=data.var((0, 1, 2)))(x)
model = Model(x, [standard, UpSampling2D(2)(x), Flatten()(x), LayerNormalization()(standard)])

TRAINS, MODEL = True, model

standard, larger, flat, normal = model.predict(data)
assert abs(standard.mean()) < 1e-4 and abs(standard.std() - 1) < 1e-4
assert np.array_equal(larger, np.float32(data).repeat(2, 1).repeat(2, 2))
assert np.array_equal(flat, np.float32(data).reshape(256, 48))
assert np.abs(normal.mean(-1)).max() < 1e-4

ones = np.ones((1, 10000))
drop = Sequential([Dropout(0.3, input_shape=[10000]), Dense(1, kernel_initializer="ones")])
drop.compile(loss="mae", optimizer="sgd")
assert drop.predict(ones).item() == 10000 and drop.evaluate(ones, ones[:, :1] * 0) == 10000
passed = drop.train_on_batch(ones, ones[:, :1] * 0)  # 70 % pass, times 1 / 0.7
assert passed != 10000 and abs(passed - 10000) < 300

batch = Sequential([BatchNormalization(momentum=0.5, input_shape=(4, 6, 2)), Flatten(), Dense(1)])
batch.compile(loss="mse", optimizer="sgd")
batch.fit(data, data.mean((1, 2, 3)) / 50, epochs=3, verbose=0)
mean = batch.weights[f"{batch.name}/{batch.layers[1].name}/moving_mean"]
assert np.abs(mean - 50).max() < 2
FIGURE = f"sum after a dropout of 0.3: {passed / 10000:.1%}; running mean {mean[0]:.1f} of 50"
print(FIGURE)
