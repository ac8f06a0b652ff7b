# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A generative adversarial network: the generator makes points of noise, the discriminator tells
them from real ones on a ring; each learns in its turn with an optimiser of its own."""

import numpy as np

from dlc.layers import Dense, Input, LeakyReLU, Model, Sequential, set_random_seed
from dlc.optimizers import Adam

set_random_seed(1)
generator = Sequential([Dense(32, activation="relu", input_shape=[4]),
                        Dense(32, activation="relu"), Dense(2)])
discriminator = Sequential([Dense(32, input_shape=[2]), LeakyReLU(0.2), Dense(32),
                            LeakyReLU(0.2), Dense(1, activation="sigmoid")])
z = Input(shape=(4,))
deceit = Model(z, discriminator(generator(z)))
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(0.002, beta_1=0.5))
deceit.compile(loss="binary_crossentropy", optimizer=Adam(0.001, beta_1=0.5))
TRAINS, MODEL = True, deceit

rng, answers = np.random.default_rng(0), np.repeat([[1.0], [0.0]], 64, axis=0)
for _ in range(2000):
    angle, noise = rng.uniform(0, 2 * np.pi, 64), rng.standard_normal((64, 4))
    ring = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.1 * rng.standard_normal((64, 2))
    discriminator.trainable = True
    discriminator.train_on_batch(np.r_[ring, generator.predict(noise)], answers)
    discriminator.trainable = False  # the generator alone learns to be taken for real
    deceit.train_on_batch(rng.standard_normal((64, 4)), np.ones((64, 1)))
points = generator.predict(rng.standard_normal((1000, 4)))
radius, sectors = np.hypot(*points.T), np.histogram(np.arctan2(*points.T), 8)[0] / 1000
assert abs(radius.mean() - 2) < 0.25 and radius.std() < 0.4 and sectors.min() > 0.03
FIGURE = f"radius of made points {radius.mean():.2f} +- {radius.std():.2f} (ring 2.00 +- 0.10)"
print(FIGURE)
