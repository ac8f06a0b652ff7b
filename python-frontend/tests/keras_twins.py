# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of Keras's and their twins that dlc trains, of the same weights."""

from test_keras_training import distance, perceptron, same_logs, twins

import dlc.layers

__all__ = ["distance", "fitted", "perceptron", "same_logs", "twins", "without_keras"]


def fitted(models, x, y, **more):
    """The logs of all models, fitted in the same way."""
    more = {"epochs": 5, "batch_size": 16, "shuffle": False, "verbose": 0, **more}
    return [m.fit(x, y, **more).history for m in models]


def without_keras(units, activation, ours, theirs):
    """A perceptron of dlc.layers and its twin of Keras's; ours, theirs: what compile is told."""
    import keras

    found = []
    for module, told in ((dlc.layers, ours), (keras, theirs)):
        of = getattr(module, "layers", module)
        model = module.Sequential([
            module.Input((6,)), of.Dense(5, activation="tanh", name="first"),
            of.Dense(units, activation=activation, name="second")], name="m")
        model.compile(**told)
        found.append(model)
    found[0].set_weights(found[1].get_weights())
    return found
