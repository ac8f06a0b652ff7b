# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An encoder, a decoder, and both as one model that learns to give back its picture."""

import numpy as np

from dlc.layers import Conv2D, Input, MaxPool2D, Model, UpSampling2D

x = Input(shape=(60, 80, 3))
h = MaxPool2D((2, 2), padding="same")(
    Conv2D(64, (4, 4), activation="sigmoid", padding="same")(x))
code = MaxPool2D((2, 2), padding="same")(
    Conv2D(32, (4, 4), activation="sigmoid", padding="same")(h))
encoder = Model(x, code, name="encoder")

z = Input(shape=(15, 20, 32), name="decoder_input")
h = UpSampling2D((2, 2))(Conv2D(32, (4, 4), activation="sigmoid", padding="same")(z))
h = UpSampling2D((2, 2), name="up3")(
    Conv2D(64, (1, 1), activation="sigmoid", name="conv3")(h))
y = Conv2D(3, (4, 4), padding="same", activation="sigmoid")(h)
decoder = Model(z, y, name="decoder")

model = Model(x, decoder(encoder(x)))
model.compile(loss="mse", optimizer="Adam")
rows, columns = np.mgrid[0:60, 0:80] / 20.0
pictures = np.stack([np.stack([np.sin(rows + k), np.cos(columns - k), np.sin(rows * columns + k)],
                              axis=-1) for k in range(16)]) / 2 + 0.5
history = model.fit(pictures, pictures, epochs=4, batch_size=8, verbose=0).history
print(f"loss {history['loss'][0]:.3f} to {history['loss'][-1]:.3f}")
