"""What the tests of learning systems share: a folder, libraries from text, the loop over all."""

import sys
from pathlib import Path

import numpy as np

import dlc

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")


def compile_text(name, text, *words, options=()):
    """A library of a model's text; a training library where words of --train are given."""
    path = FOLDER / f"{name}.mlir"
    path.write_text(text)
    training = ["--train", *words] if words else []
    return dlc.load(dlc.compile(path, options=[*training, *options]))


def learner(name, net, result, *words, seed=1, options=()):
    """A training library of building.Net's network, its parameters drawn."""
    library = compile_text(name, net.text(result), *words, options=options)
    library.initialize(seed)
    return library


def batches(rng, count, size):
    """Places of one epoch, in batches of one size."""
    order = rng.permutation(count)
    return [order[i:i + size] for i in range(0, count - size + 1, size)]


def one_hot(places, count):
    return np.eye(count, dtype=np.float32)[places]


def run(systems):
    """Runs those named on the command line behind the folder, or all; each tells its outcome."""
    for system in systems:
        if not sys.argv[2:] or system.__name__ in sys.argv[2:]:
            print(f"{system.__name__}: {system()}", flush=True)
