"""The demo: handwritten digits, from scikit-learn to a C library.

Trains a perceptron on a part of scikit-learn's bundled digits (1,797 images of 8x8
pixels), writes it down as a dl model, compiles it with dlc and reads the images
held back with the library. Fails when a single answer differs from scikit-learn's.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import dlc


def train():
    digits = load_digits()
    x = digits.data.astype(np.float32) / 16
    x_train, x_test, y_train, y_test = train_test_split(
        x, digits.target, test_size=360, random_state=0, stratify=digits.target)
    network = MLPClassifier((64, 32), max_iter=300, random_state=0)
    network.fit(x_train, y_train)
    return network, x_test, y_test


def weight(name, array):
    """A constant global; its bytes are written as hexadecimal."""
    shape = "x".join(map(str, array.shape))
    data = np.ascontiguousarray(array, np.float32).tobytes().hex().upper()
    return (f'ml_program.global private @{name}(dense<"0x{data}"> : '
            f"tensor<{shape}xf32>) : tensor<{shape}xf32>\n")


def write_model(network, path):
    """Dense layers with ReLU, then softmax: what MLPClassifier computes."""
    layers = list(zip(network.coefs_, network.intercepts_))
    text = "".join(weight(f"w{i}", w) + weight(f"b{i}", b)
                   for i, (w, b) in enumerate(layers))
    text += ('\nfunc.func @classify(%x: tensor<?x64xf32> {dl.name = "pixels"})\n'
             '    -> (tensor<?x10xf32> {dl.name = "probabilities"}) {\n')
    value = "%x"
    for i, (w, b) in enumerate(layers):
        k, n = w.shape
        text += (f"  %w{i} = ml_program.global_load_const @w{i} : tensor<{k}x{n}xf32>\n"
                 f"  %b{i} = ml_program.global_load_const @b{i} : tensor<{n}xf32>\n"
                 f"  %h{i} = dl.dense {value}, %w{i}, %b{i} : tensor<?x{k}xf32>, "
                 f"tensor<{k}x{n}xf32>, tensor<{n}xf32>\n")
        value = f"%h{i}"
        if i + 1 < len(layers):
            text += f"  %a{i} = dl.relu %h{i} : tensor<?x{n}xf32>\n"
            value = f"%a{i}"
    text += (f"  %p = dl.softmax {value} : tensor<?x10xf32>\n"
             "  return %p : tensor<?x10xf32>\n}\n")
    path.write_text(text)


def picture(images, answers, truth):
    """Digits side by side, dark where the ink is."""
    shades = " .:-=+*#%@"
    rows = []
    for r in range(8):
        rows.append("  ".join(
            "".join(shades[int(v * 9.99)] * 2 for v in image.reshape(8, 8)[r] * 0.999)
            for image in images))
    answer = "  ".join(f"{'reads ' + str(a) + (' ' if a == t else ' !'):^16}"
                       for a, t in zip(answers, truth))
    return "\n".join(rows) + "\n" + answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", default="build/demo")
    work = Path(parser.parse_args().work)
    work.mkdir(parents=True, exist_ok=True)

    print("== Training on 1,437 digits with scikit-learn")
    network, x_test, y_test = train()
    model = work / "digits.mlir"
    write_model(network, model)
    start = time.perf_counter()
    library = dlc.compile(model)
    compiled = time.perf_counter() - start
    print(f"== Compiled {model} to {library} in {compiled:.2f} s, "
          f"{os.path.getsize(library):,} bytes with weights")

    classify = dlc.load(library).classify
    probabilities = classify(x_test)
    answers = probabilities.argmax(axis=1)
    reference = network.predict(x_test)
    differing = int((answers != reference).sum())
    error = np.abs(probabilities - network.predict_proba(x_test)).max()

    one, out = x_test[:1].copy(), np.empty((1, 10), np.float32)
    start = time.perf_counter()
    for _ in range(2000):
        classify(one, out=out)
    single = (time.perf_counter() - start) / 2000
    out = np.empty((len(x_test), 10), np.float32)
    start = time.perf_counter()
    for _ in range(200):
        classify(x_test, out=out)
    batch = (time.perf_counter() - start) / 200 / len(x_test)

    print(picture(x_test[:4], answers[:4], y_test[:4]))
    print(f"""
  held-back images                        {len(x_test)}
  accuracy                                {(answers == y_test).mean():.1%}
  answers that differ from scikit-learn   {differing}
  largest difference of a probability     {error:.1e}
  library size                            {os.path.getsize(library):,} bytes
  time per image, one at a time           {single * 1e6:.2f} us (through Python)
  time per image, {len(x_test)} at a time           {batch * 1e6:.3f} us
  C header                                {library.with_suffix('.h')}""")
    if differing:
        raise SystemExit("the library and scikit-learn disagree")
    if (answers == y_test).mean() < 0.95:
        raise SystemExit("the network reads digits badly")


if __name__ == "__main__":
    main()
