# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses of ONNX models against NumPy, for the ways in which exporters end a classifier."""

import os
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import dlc
from graphs import model

rng = np.random.default_rng(3)
W = rng.normal(size=(6, 4)).astype(np.float32)
K = (rng.normal(size=(4, 3, 3, 3)) * 0.3).astype(np.float32)
X = (rng.normal(size=(5, 6)) * 2).astype(np.float32)
IMAGES = rng.normal(size=(2, 3, 6, 5)).astype(np.float32)


def build(text, opset, **weights):
    proto = model(text, opset)
    for name, value in weights.items():
        proto.graph.initializer.append(numpy_helper.from_array(value, name))
    return proto


def train(proto, *words):
    """The output of dlc, and the library if there is one."""
    folder = tempfile.mkdtemp()
    onnx.save(proto, os.path.join(folder, "m.onnx"))
    done = subprocess.run(["dlc", "m.onnx", "-o", "m.so", "-O1", "--train", *words],
                          cwd=folder, capture_output=True, text=True)
    path = os.path.join(folder, "m.so")
    return done.stderr.strip(), dlc.load(path) if done.returncode == 0 else None


def show(name, proto, words, x, target, wanted):
    said, library = train(proto, *words)
    if not library:
        print(f"{name}: {said}")
        return
    found = [float(v) for v in library.evaluate(x, target)]
    right = all(abs(a - b) < 1e-5 for a, b in zip(found, wanted))
    print(f"{name}: {'right' if right else f'wrong: {found}, expected {wanted}'} {said}")


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


labels = rng.integers(0, 4, 5)
p = softmax(X @ W)
entropy = [float(-np.log(p[np.arange(5), labels]).mean()),
           float((p.argmax(-1) == labels).mean())]
classes = ["loss=cross_entropy", "metrics=accuracy"]
HEAD = "g (float[N,6] x) => (float[N,4] y) { h = MatMul(x, w)\n"
show("softmax of opset 11", build(HEAD + "y = Softmax<axis = 1>(h) }", 11, w=W),
     classes, X, labels, entropy)
show("reshape", build(HEAD + "s = Softmax(h)\nf = Constant<value_ints = [-1, 4]>()\n"
                      "y = Reshape(s, f) }", 18, w=W), classes, X, labels, entropy)
show("two reshapes", build(
    HEAD + "s = Softmax(h)\nf = Constant<value_ints = [-1, 2, 2]>()\nr = Reshape(s, f)\n"
    "e = Constant<value_ints = [-1, 4]>()\ny = Reshape(r, e) }", 18, w=W),
    classes, X, labels, entropy)
show("clip", build(HEAD + "s = Softmax(h)\nl = Constant<value_float = 1e-7>()\n"
                   "y = Clip(s, l) }", 18, w=W), classes, X, labels, entropy)
show("logits", build(HEAD + "y = Identity(h) }", 18, w=W), classes, X, labels, entropy)
show("logarithm", build(HEAD + "y = LogSoftmax(h) }", 18, w=W), classes, X, labels, entropy)

t = rng.integers(0, 2, 5).astype(np.float32)
q = 1 / (1 + np.exp(-(X @ W[:, 0])))
show("squeeze of a sigmoid", build(
    "g (float[N,6] x) => (float[N] y) { h = MatMul(x, w)\ns = Sigmoid(h)\n"
    "a = Constant<value_ints = [1]>()\ny = Squeeze(s, a) }", 18, w=W[:, :1]),
    ["loss=binary_cross_entropy", "metrics=accuracy"], X, t,
    [float(-(t * np.log(q) + (1 - t) * np.log(1 - q)).mean()),
     float(((q > 0.5) == (t > 0.5)).mean())])


def convolve(x):
    y = np.zeros((2, 4, 6, 5))
    wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    for i in range(3):
        for j in range(3):
            y += np.einsum("nchw,fc->nfhw", wide[:, :, i:i + 6, j:j + 5], K[:, :, i, j])
    return y


places = rng.integers(0, 4, (2, 6, 5))
z = convolve(IMAGES.astype(np.float64))
s = softmax(z, 1)
picked = np.take_along_axis(s, places[:, None], 1)
pixels = [float(-np.log(picked).mean()), float((s.argmax(1) == places).mean())]
CONV = ("g (float[N,3,6,5] x) => (float[N,4,6,5] y) {"
        "h = Conv<kernel_shape = [3,3], pads = [1,1,1,1]>(x, k)\n")
ends = {"Softmax<axis = 1>": [], "Identity": [], "Identity ": ["axis=1"],
        "Softmax<axis = 1> ": ["axis=2"]}
for end, words in ends.items():
    show(f"pixels of {end.split('<')[0].strip()} {' '.join(words)}".strip(),
         build(CONV + f"y = {end.strip()}(h) }}", 18, k=K), classes + words,
         IMAGES, places, pixels)
dense = np.ascontiguousarray(np.moveaxis(np.eye(4, dtype=np.float32)[places], -1, 1))
show("distributions of pixels", build(CONV + "y = Softmax<axis = 1>(h) }", 18, k=K),
     classes + ["target=dense"], IMAGES, dense, pixels)

# Probabilities that are not recognised as such.
said, library = train(build(HEAD + "s = Softmax(h)\nc = Constant<value_float = 0.5>()\n"
                            "y = Mul(s, c) }", 18, w=W), "loss=cross_entropy")
print("hidden:", said)
said, library = train(build(HEAD + "y = Sigmoid(h) }", 18, w=W), "loss=cross_entropy")
print("other function:", said)
