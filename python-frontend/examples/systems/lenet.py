# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""LeNet-5 (LeCun et al., 1998) on digits of 32x32 pixels: two convolutions with average pools, then
dense layers. 61,706 weights: here each of its 16 filters sees all 6 maps."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlc.layers import AveragePooling2D, Conv2D, Dense, Flatten, Sequential, set_random_seed

set_random_seed(1)
model = Sequential([
    Conv2D(6, 5, activation="tanh", input_shape=(32, 32, 1)),
    AveragePooling2D(),
    Conv2D(16, 5, activation="tanh"),
    AveragePooling2D(),
    Flatten(),
    Dense(120, activation="tanh"),
    Dense(84, activation="tanh"),
    Dense(10, activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

TRAINS, MODEL = True, model

assert model.count_params() == 61706
digits = load_digits()
images = digits.images.repeat(4, 1).repeat(4, 2)[..., None] / 16
x, held_x, t, held_t = train_test_split(images, digits.target, random_state=0)
model.fit(x, t, epochs=3, verbose=0)
accuracy = model.evaluate(held_x, held_t)[1]
assert accuracy > 0.9
FIGURE = f"61,706 weights; {accuracy:.1%} of unseen digits right"
print(FIGURE)
