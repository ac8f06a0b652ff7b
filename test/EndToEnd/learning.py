# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of training share: a folder, libraries from text, the loop over all of them."""

import sys
from pathlib import Path

import numpy as np

import dlc

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")


def compile_text(name, text, *words, options=()):
    """Compiles the text of a model; to a training library if there are arguments of --train."""
    path = FOLDER / f"{name}.mlir"
    path.write_text(text)
    training = ["--train", *words] if words else []
    return dlc.load(dlc.compile(path, options=[*training, *options]))


def learner(name, net, result, *words, seed=1, options=()):
    """A training library for the network of building.Net, with random parameters."""
    library = compile_text(name, net.text(result), *words, options=options)
    library.initialize(seed)
    return library


def batches(rng, count, size):
    """The indices of one epoch, in batches of equal size."""
    order = rng.permutation(count)
    return [order[i:i + size] for i in range(0, count - size + 1, size)]


def one_hot(places, count):
    return np.eye(count, dtype=np.float32)[places]


def run(systems):
    """Runs the systems named on the command line after the folder, or all; each prints its outcome.
    """
    for system in systems:
        if not sys.argv[2:] or system.__name__ in sys.argv[2:]:
            print(f"{system.__name__}: {system()}", flush=True)
