# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small systems whose answers are known: worked examples computed by hand.

Each case is a function of worked-numbers.mlir, its inputs and its answer.
"""

import sys

import numpy as np

import dlc


def f(values):
    return np.array(values, np.float32)


IMAGE = f([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0],
           [0, 1, 1, 0, 0]])
CROSS = f([[1, 0, 1], [0, 1, 0], [1, 0, 1]])

RGB = np.stack([
    f([[156, 155, 156, 158, 158], [153, 154, 157, 159, 159],
       [149, 151, 155, 158, 159], [146, 146, 149, 153, 158],
       [145, 143, 143, 148, 158]]),
    f([[167, 166, 167, 169, 169], [164, 165, 168, 170, 170],
       [160, 162, 166, 169, 170], [156, 156, 159, 163, 168],
       [155, 153, 153, 158, 168]]),
    f([[163, 162, 163, 165, 165], [160, 161, 164, 166, 166],
       [156, 158, 162, 165, 166], [155, 155, 158, 162, 167],
       [154, 152, 152, 157, 167]])], axis=-1)
RGB_KERNEL = np.stack([f([[-1, -1, 1], [0, 1, -1], [0, 1, 1]]),
                       f([[1, 0, 0], [1, -1, -1], [1, 0, -1]]),
                       f([[0, 1, 1], [0, 1, 0], [1, -1, 1]])], axis=-1)
RGB_ANSWER = f([[-25, 466, 466, 475, 653], [295, 787, 798, 812, 671],
                [291, 776, 784, 800, 659], [293, 771, 773, 782, 645],
                [159, 328, 324, 319, 335]])

# An X: both diagonals of the inner 7x7 of a 9x9 image.
LETTER = -np.ones((9, 9), np.float32)
for i in range(1, 8):
    LETTER[i, i] = LETTER[i, 8 - i] = 1
DIAGONAL = -np.ones((3, 3), np.float32)
np.fill_diagonal(DIAGONAL, 1)
BOTH = DIAGONAL.copy()
BOTH[0, 2] = BOTH[2, 0] = 1

POOL = f([[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]])
POOL3 = f([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2],
           [2, 0, 0, 0, 1]])


def image(a):
    return np.ascontiguousarray(a.reshape(1, *a.shape[:2], -1))


def kernel(a):
    return np.ascontiguousarray(a.reshape(3, 3, -1, 1))


def exact_softmax(x):
    e = np.exp(np.array(x, np.float64))
    return e / e.sum()


CASES = [
    ("neuron", [f([[1, 1.4, 2.5]]), f([[0.4], [0.3], [0.5]])], [[0.8879529614]]),
    ("softmax", [f([1, 2, 3, 4, 1, 2, 3])], exact_softmax([1, 2, 3, 4, 1, 2, 3])),
    ("convolution", [image(IMAGE), kernel(CROSS)], [[4, 3, 4], [2, 4, 3], [2, 3, 4]]),
    ("rgb", [image(RGB), kernel(RGB_KERNEL), f([1])], RGB_ANSWER),
    ("filter", [image(LETTER), kernel(DIAGONAL)], None),
    ("filter_pool", [image(LETTER), kernel(DIAGONAL)],
     [[1, 1/3, 5/9, 1/3], [1/3, 1, 1/3, 5/9], [5/9, 1/3, 1, 1/9],
      [1/3, 5/9, 1/9, 7/9]]),
    ("filter_pool", [image(LETTER), kernel(BOTH)],
     [[5/9, 1/3, 5/9, 1/3], [1/3, 1, 5/9, 1/9], [5/9, 5/9, 5/9, 1/9],
      [1/3, 1/9, 1/9, 1/3]]),
    ("max_pool", [image(POOL)], [[20, 30], [112, 37]]),
    ("avg_pool", [image(POOL)], [[13, 8], [79, 19.5]]),
    ("max_pool3", [image(POOL3)], [[3, 3, 3], [3, 3, 3], [3, 2, 3]]),
    # A perceptron that computes AND, threshold 1.5 folded into the bias.
    ("perceptron", [f([[0, 0], [0, 1], [1, 0], [1, 1]]), f([[1], [1]]), f([-1.5])],
     [[0], [0], [0], [1]]),
    # With outputs +1 and -1.
    ("perceptron_sign", [f([[0, 0], [0, 1], [1, 0], [1, 1]]), f([[1], [1]]),
                         f([-1.5])], [[-1], [-1], [-1], [1]]),
    ("adaline", [f([[1, 2], [3, 4]]), f([[0.5], [-1]]), f([2])], [[0.5], [-0.5]]),
    # XOR with fixed weights: OR and NAND, then AND.
    ("xor", [f([[0, 0], [0, 1], [1, 0], [1, 1]])], [[0], [1], [1], [0]]),
    # The cook: the same dish as yesterday if it rains, otherwise the next one.
    ("cook", [f([[1, 0, 0], [1, 0, 0], [0, 0, 1]]), f([[1, 0], [0, 1], [0, 1]])],
     [[1, 0, 0], [0, 1, 0], [1, 0, 0]]),
    ("activations", [f([-2, -0.25, 0, 0.25, 2])],
     [[0, 0, 0.5, 1, 1], [-1, -1, 0, 1, 1], [0, 0.25, 0.5, 0.75, 1]]),
]


def main():
    library = dlc.load(dlc.compile(sys.argv[1], sys.argv[2]))
    worst = 0.0
    for name, inputs, answer in CASES:
        got = library.functions[name](*inputs)
        if name == "filter":
            got = got.reshape(7, 7)
            assert np.allclose(got[0], np.array([7, -1, 1, 3, 5, -1, 3]) / 9,
                               atol=1e-6), got[0]
            assert abs(got[3, 3] - 5 / 9) < 1e-6, got[3, 3]
            continue
        error = np.abs(np.squeeze(got) - np.squeeze(np.array(answer))).max()
        worst = max(worst, float(error / max(1, np.abs(answer).max())))
        assert error <= 1e-6 * max(1, np.abs(answer).max()), (name, got, answer)
    # tanh = 2 sigmoid(2 x) - 1, and no finite input makes softmax overflow.
    x = np.linspace(-9, 9, 1001).astype(np.float32)
    tanh, other = library.functions["tanh_identity"](x)
    assert np.abs(tanh - other).max() < 5e-7, np.abs(tanh - other).max()
    huge = library.functions["softmax"](f([3e38, -3e38, 3e38, 0, 1, 2, 3]))
    assert np.allclose(huge, [0.5, 0, 0.5, 0, 0, 0, 0]), huge
    print(f"{len(CASES)} worked examples, largest relative error {worst:.1e}")


main()
