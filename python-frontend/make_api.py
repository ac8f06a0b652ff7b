"""Writes docs/keras-api.md: what of Keras dlc has, read off both.

    make_api.py [--check]

--check writes nothing and fails where the page is another one.
"""

import inspect
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras

from dlc import constraints, initializers, layers, optimizers, regularizers
from dlc import losses as own_losses
from dlc._emit import emitter, known_layers, losses, metrics
from dlc._emit.operations import known_operations
from dlc._emit.optimizers import OPTIMIZERS
from dlc._emit.recurrent import _CELLS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "keras-api.md"
# Bases and wrappers that are not used by themselves.
ABSTRACT = {"Layer", "Wrapper", "Loss", "LossFunctionWrapper", "Metric", "MeanMetricWrapper",
            "Optimizer", "LossScaleOptimizer", "Initializer", "Constraint", "Regularizer",
            "InputSpec"}


def classes(module):
    """{name: class} of a module of Keras, one name a class."""
    found = {}
    for name in dir(module):
        value = getattr(module, name)
        if inspect.isclass(value) and name == value.__name__ and name not in ABSTRACT and \
                not hasattr(keras.Model, name):
            found[name] = value
    return dict(sorted(found.items()))


def refused(which):
    """What the constructor takes that dlc refuses where it is set."""
    taken = set()
    for one in which.__mro__:
        if one is not object and "__init__" in vars(one):
            taken |= set(inspect.signature(one.__init__).parameters)
    return sorted(taken & set(emitter._UNSUPPORTED))


def layer_rows():
    known = set(known_layers()) | set(_CELLS) | {"InputLayer", "Lambda"}
    for name, which in classes(keras.layers).items():
        if not issubclass(which, keras.layers.Layer):
            continue
        has = name in known
        yield name, has, hasattr(layers, name), ", ".join(refused(which)) if has else ""


def rows(module, known, own=None):
    for name in classes(module):
        yield name, known(name), own is not None and hasattr(own, name), ""


def tables():
    yield "Layers", list(layer_rows())
    yield "Losses", list(rows(keras.losses, lambda n: losses.full_name(n) in losses.LOSSES,
                              own_losses))
    yield "Metrics", list(rows(keras.metrics, lambda n: losses.full_name(n) in metrics.METRICS))
    yield "Optimisers", list(rows(keras.optimizers, lambda n: n.lower() in OPTIMIZERS, optimizers))
    yield "Initialisers", list(rows(keras.initializers, lambda n: hasattr(initializers, n),
                                    initializers))
    yield "Regularisers", list(rows(keras.regularizers, lambda n: hasattr(regularizers, n),
                                    regularizers))
    yield "Constraints", list(rows(keras.constraints, lambda n: hasattr(constraints, n),
                                   constraints))


def text():
    lines = ["# What of Keras dlc has", "",
             f"Written by `python-frontend/make_api.py` from Keras {keras.__version__}. "
             "`accelerate`: in models of Keras. `dlc.layers`: without Keras. What is missing is "
             "refused by name; a metric that is missing is computed by Keras, a layer of one's "
             "own or of this list with none of dlc's is traced where its `call` can be. An "
             "option that is refused is one that asks for something: `stateful=False` is fine.",
             ""]
    for title, found in tables():
        count = sum(has for _, has, _, _ in found)
        lines += [f"## {title}: {count} of {len(found)}", "",
                  "| | accelerate | dlc.layers | options that are refused |", "|---|---|---|---|"]
        lines += [f"| {name} | {'yes' if has else '-'} | {'yes' if own else '-'} | {note} |"
                  for name, has, own, note in found]
        lines.append("")
    functions = sorted(n for n in dir(keras.ops) if not n.startswith("_")
                       and callable(getattr(keras.ops, n)))
    known = {n.lower().replace("_", "") for n in known_operations()}
    has = [n for n in functions if n.replace("_", "") in known]
    lines += [f"## Functions of keras.ops in functional models: {len(has)} of {len(functions)}",
              "", ", ".join(f"`{n}`" for n in has) + ".", ""]
    return "\n".join(lines)


def main():
    made = text()
    if "--check" not in sys.argv:
        PAGE.write_text(made, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != made:
        sys.exit(f"{PAGE} is another one than make_api.py writes: run it")


if __name__ == "__main__":
    main()
