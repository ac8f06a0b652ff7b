# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The demo: a convolutional network learns handwritten digits, in a library.

Compiles digits.mlir with its training step, and trains it on a part of scikit-learn's bundled
digits (1,797 images of 8x8 pixels, written by 43 people). Then compiles the network for inference
with the learnt parameters, and classifies the held-out images. Fails if fewer than 98 % are
correct, or if an answer differs from NumPy's.
"""

import argparse
import os
import shutil
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import dlc
from dlc import train


def read_digits():
    digits = load_digits()
    x = (digits.images.astype(np.float32) / 16)[..., np.newaxis]
    return train_test_split(x, digits.target, test_size=360, random_state=0,
                            stratify=digits.target)


def shifted(images):
    """Each image unchanged and moved by one pixel up, down, left and right."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return np.concatenate([padded[:, i:i + 8, j:j + 8]
                           for i, j in ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))])


def classify_with_numpy(x, w):
    """The network of digits.mlir in f64, written from the formulas."""
    def conv(x, name):
        filters = w[f"{name}.w"].astype(np.float64)
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        return np.maximum(np.einsum("nijcpq,pqcf->nijf", windows, filters) + w[f"{name}.b"], 0)
    y = conv(conv(x.astype(np.float64), "conv1"), "conv2")
    n, h, v, c = y.shape
    y = y.reshape(n, h // 2, 2, v // 2, 2, c).max(axis=(2, 4)).reshape(n, -1)
    y = np.maximum(y @ w["dense1.w"].astype(np.float64) + w["dense1.b"], 0)
    y = y @ w["dense2.w"].astype(np.float64) + w["dense2.b"]
    y = np.exp(y - y.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


def picture(images, answers, truth):
    """Digits side by side as text, dark where the ink is."""
    shades = " .:-=+*#%@"
    rows = []
    for r in range(8):
        rows.append("  ".join(
            "".join(shades[int(v * 9.99)] * 2 for v in image.reshape(8, 8)[r] * 0.999)
            for image in images))
    answer = "  ".join(f"{'reads ' + str(a) + (' ' if a == t else ' !'):^16}"
                       for a, t in zip(answers, truth))
    return "\n".join(rows) + "\n" + answer


def timed(function, count):
    start = time.perf_counter()
    for _ in range(count):
        function()
    return (time.perf_counter() - start) / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", default="build/demo")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    model = work / "digits.mlir"
    shutil.copy(Path(__file__).with_name("digits.mlir"), model)
    x_train, x_test, y_train, y_test = read_digits()
    images, labels = shifted(x_train), np.tile(y_train, 5)

    start = time.perf_counter()
    trainer = dlc.compile(model, work / "trainer.so", options=[
        "--train", "loss=cross_entropy", "metrics=accuracy", "optimizer=adam", "rate=0.003",
        "schedule=cosine", "decay=0.02", f"steps={arguments.epochs * (-(-len(images) // 32))}"])
    print(f"== Compiled the training step of {model.name} into {trainer} in "
          f"{time.perf_counter() - start:.1f} s")
    print(f"== Training on {len(x_train):,} digits with it, and on each moved by a pixel "
          "in four directions")
    learner = trainer.library
    start = time.perf_counter()
    history = train.fit(
        learner, [images], labels, epochs=arguments.epochs, seed=arguments.seed,
        report=lambda epoch, done, count, values: done is None and epoch % 2 == 1 and print(
            f"  epoch {epoch + 1:3}  loss {values['loss']:.4f}  "
            f"accuracy with dropout {values['accuracy']:.1%}", flush=True))
    seconds = time.perf_counter() - start
    print(train.plot(history, height=8))
    train.plot(history, work / "curve.png")
    held = train.evaluate(learner, [x_test, y_test.astype(np.int64)], 360)

    learner.save(work / "digits.safetensors")
    library = dlc.compile(model, work / "digits.so", options=[
        "--parameters", str(work / "digits.safetensors")])
    classify = library.classify
    probabilities = classify(x_test)
    answers = probabilities.argmax(axis=1)
    reference = classify_with_numpy(x_test, dict(learner.state.items()))
    differing = int((answers != reference.argmax(axis=1)).sum())
    error = np.abs(probabilities - reference).max()

    one, out = x_test[:1].copy(), np.empty((1, 10), np.float32)
    single = timed(lambda: classify(one, out=out), 2000)
    many = np.empty((len(x_test), 10), np.float32)
    batch = timed(lambda: classify(x_test, out=many), 200) / len(x_test)
    accuracy = (answers == y_test).mean()
    print(picture(x_test[:4], answers[:4], y_test[:4]))
    print(f"""
  training                                {arguments.epochs} epochs in {seconds:.1f} s
  held-back images                        {len(x_test)}
  accuracy                                {accuracy:.1%}
  answers that differ from NumPy          {differing}
  largest difference of a probability     {error:.1e}
  library for inference                   {os.path.getsize(library):,} bytes with weights
  time per image, one at a time           {single * 1e6:.2f} us (through Python)
  time per image, {len(x_test)} at a time           {batch * 1e6:.3f} us
  C header                                {library.header}
  loss curve                              {work / 'curve.png'}""")
    if differing:
        raise SystemExit("the library and NumPy disagree")
    if abs(held["accuracy"] - accuracy) > 1e-6:
        raise SystemExit("the two libraries read differently")
    if accuracy < 0.98:
        raise SystemExit("the network reads digits badly")


if __name__ == "__main__":
    main()
