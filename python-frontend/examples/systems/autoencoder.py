# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An autoencoder: convolutions and pools bring 60x80x3 numbers to a code of 15x20x32, convolutions
and upsampling bring the picture back."""

import numpy as np

from dlc.initializers import VarianceScaling
from dlc.layers import Conv2D, Input, MaxPool2D, Model, UpSampling2D, set_random_seed
from dlc.optimizers import Adam

set_random_seed(1)


def conv(x, filters, size):
    return Conv2D(filters, size, padding="same", activation="sigmoid",
                  kernel_initializer=VarianceScaling(6.0))(x)  # sigmoids want large weights


x = Input(shape=(60, 80, 3))
code = MaxPool2D(padding="same")(conv(MaxPool2D(padding="same")(conv(x, 64, 4)), 32, 4))
encoder = Model(x, code, name="encoder")
z = Input(shape=(15, 20, 32))
y = conv(UpSampling2D(2)(conv(UpSampling2D(2)(conv(z, 32, 4)), 64, 1)), 3, 4)
decoder = Model(z, y, name="decoder")
model = Model(x, decoder(encoder(x)))
model.compile(loss="mse", optimizer=Adam(0.003))
TRAINS, MODEL = True, model

encoder.build()
assert encoder.output_shapes == [(None, 15, 20, 32)]
i, j = np.mgrid[:60, :80] / 20.0
pictures = np.stack([np.stack([np.sin(i + k), np.cos(j - k), np.sin(i * j + k)], axis=-1)
                     for k in range(16)]) / 2 + 0.5
history = model.fit(pictures, pictures, epochs=12, batch_size=4, verbose=0).history["loss"]
back = decoder.predict(encoder.predict(pictures))
assert np.allclose(back, model.predict(pictures), atol=1e-5)
assert history[-1] < 0.25 * pictures.var()
FIGURE = f"mse {history[0]:.3f} to {history[-1]:.3f} (variance {pictures.var():.3f})"
print(FIGURE)
