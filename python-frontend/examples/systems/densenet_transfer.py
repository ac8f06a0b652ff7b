# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Transfer learning: DenseNet-201 (Huang et al., 2016) as a frozen base, global average pooling and
a new softmax head of 101 classes. The base, random here, looks once; the head alone learns."""

import numpy as np

from dlc import layers


def normal_relu(x):
    return layers.Activation("relu")(layers.BatchNormalization()(x))


def conv(x, filters, size, strides=1):
    return layers.Conv2D(filters, size, strides, padding="same", use_bias=False)(x)


layers.set_random_seed(1)
x, filters = layers.Input(shape=(32, 32, 3)), 64
y = layers.MaxPooling2D(3, 2, padding="same")(normal_relu(conv(x, filters, 7, 2)))
for count in (6, 12, 48, 32):
    if filters > 64:
        y, filters = layers.AveragePooling2D()(conv(normal_relu(y), filters // 2, 1)), filters // 2
    for _ in range(count):
        y = layers.Concatenate()([y, conv(normal_relu(conv(normal_relu(y), 128, 1)), 32, 3)])
    filters += 32 * count
base = layers.Model(x, layers.GlobalAveragePooling2D()(normal_relu(y)))
head = layers.Sequential([layers.Dense(101, activation="softmax", input_shape=[1920])])
TRAINS, MODEL = True, layers.Model(x, head(base(x)))

rng = np.random.default_rng(0)
pictures = rng.random((101, 32, 32, 3)) + 0.02 * rng.standard_normal((2, 101, 32, 32, 3))
features = base.predict(np.concatenate(pictures)).reshape(2, 101, 1920)
seen, unseen = (features - features[0].mean(0)) / (features[0].std(0) + 1e-6)
head.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
head.fit(seen, np.arange(101), epochs=20, verbose=0)
accuracy = head.evaluate(unseen, np.arange(101))[1]
assert base.count_params() == 18321984 and head.count_params() == 194021 and accuracy > 0.9
FIGURE = f"18,321,984 frozen weights, 194,021 learnt; {accuracy:.1%} of unseen pictures right"
print(FIGURE)
