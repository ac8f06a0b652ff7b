# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""fit, evaluate and predict of a Keras model, on compiled steps.

The loop is Keras's own (data adapters, callbacks, names of logs); dlc only runs the batches.
Weights are copied to the library when a loop begins. After each epoch, before its callbacks, they
are copied back.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras.src import callbacks as callbacks_module
from keras.src.trainers.data_adapters import array_slicing, data_adapter_utils
from keras.src.trainers.epoch_iterator import EpochIterator

from . import _keras_optimizer as keras_optimizer
from . import _keras_wanted as keras_wanted
from ._emit import emit_model
from ._emit.training import Output, Recipe
from ._history import curves
from ._keras_data import Hooks, Rate, feed_of, held_arrays, look_ahead, order_of
from ._keras_losses import extents_of, targets_of
from ._keras_weights import Mirror, Variables
from ._steps import Steps, Tally, arguments, listed, shaped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import numpy.typing as npt

    from ._keras_graph import Described
    from ._keras_losses import Extents

    Logs = dict[str, float]
    Arrays = list[npt.NDArray[Any]]


def _output_names(model: Any) -> list[str]:
    inner = getattr(model, "_functional", None)  # a Sequential has one
    return list((inner or model).output_names)


class Compiled(Steps):
    """The compiled steps of one Keras model."""

    def __init__(self, described: Described, recipe: Recipe,
                 host_metrics: list[tuple[int, Any]], optimizer: Any = None) -> None:
        """optimizer: that of Keras, if the model is trained."""
        self.host_metrics, self.variables = host_metrics, Variables(described)
        if optimizer is not None:
            recipe.facts = lambda w: keras_optimizer.facts(optimizer, w, self.variables[w.name])
        # Outputs and kinds of losses for which the steps depend on the extents of targets, and
        # these extents.
        self.by_data: dict[int, str] = {}
        self.extents: dict[int, Extents] = {}
        self._tensors = described.model.outputs
        self.is_ahead = False  # whether the library is ahead of Keras's weights, while fit runs
        self.inputs = [t.name for t in described.inputs]
        self.outputs = _output_names(described.model)
        super().__init__(recipe, lambda w: np.reshape(
            np.asarray(self.variables[w.name], np.float32), w.shape))
        self._mirror = Mirror((n, self.variables[n], w.shape) for n, w in self.weights.items())
        self._memory: Mirror | None = None  # the state of the optimiser

    def fits(self, y: Any) -> bool:
        """Whether the steps fit the extents of these targets."""
        return extents_of(y, self.outputs, self.by_data, self._tensors) == self.extents

    def push_from(self, model: Any) -> None:
        """Copies Keras's weights to the library. If the library is ahead, copies back instead."""
        if self.is_ahead:
            self.pull_to(model)
            return
        self._mirror.push(self.library.state)
        if self._memory is not None:
            self._memory.push(self.library.state)

    def pull_to(self, model: Any) -> None:
        self._mirror.pull(self.library.state)
        if self._memory is not None:
            self._memory.pull(self.library.state)
            model.optimizer._iterations.assign(self.count)

    def begin(self, model: Any) -> None:
        """Seeds random numbers as Keras does, and continues at the optimiser's step."""
        seed = keras.src.utils.rng_utils.get_random_seed()
        self.seed(np.random.randint(1 << 31) if seed is None else seed)
        optimizer = model.optimizer
        if self._memory is None:
            keras_optimizer.build(optimizer, model)
            shapes = self.training.states
            self._memory = Mirror((n, v, np.shape(shapes[n])) for n, v in keras_optimizer.states(
                optimizer, self.training, self.variables))
        self.count = int(np.asarray(optimizer._iterations))

    def pull_states(self) -> None:
        """Copies back the states of stateful layers, which evaluate and predict change too."""
        self._mirror.pull(self.library.state, self.training.moved)

    def forget(self) -> None:
        """Marks the content of the library as invalid: it may be that of half a step."""
        for mirror in (self._mirror, self._memory):
            if mirror is not None:
                mirror.forget()


def _key(model: Any) -> str:
    """A key that is equal as long as the compiled library fits the model."""
    key: list[Any] = [[v.path, bool(v.trainable)] for v in model.variables]
    key += [[layer.name, layer.trainable] for layer in model._flatten_layers()]
    if getattr(model, "_compile_loss", None) is not None:
        key += [keras_optimizer.key(model.optimizer), id(model._compile_loss),
                id(model._compile_metrics)]
    return json.dumps(key, default=str)


def compiled(model: Any, learns: bool = True,
             targets: Callable[[], Any] | None = None) -> Compiled:
    """The library of the model; compiled if none fits. targets: the training targets, for losses
    whose steps depend on their shape."""
    learns = learns and getattr(model, "_compile_loss", None) is not None
    key = _key(model) + str(learns)
    store: dict[str, Any] = model.__dict__.setdefault("_dlc_compiled", {})
    made: Compiled | None = store.get(key)
    if made and (targets is None or not made.by_data or made.fits(targets())):
        return made
    from .keras import _described, input_types
    described = _described(model)
    names = _output_names(described.model)
    by_data = keras_wanted.outputs_by_data(model, names) if learns else {}
    if by_data and targets is None:
        return compiled(model, learns=False)
    outputs = [Output() for _ in names]
    host: list[tuple[int, Any]] = []
    extents: dict[int, Extents] = {}
    optimizer: tuple[str, dict[str, Any]] = ("sgd", {})
    if learns:
        if by_data and targets is not None:
            extents = extents_of(targets(), names, by_data, described.model.outputs)
        outputs, host = keras_wanted.wanted(model, names, described.model.outputs, extents)
        optimizer = keras_optimizer.described(model.optimizer)
    recipe = Recipe(lambda e, x: emit_model(e, described.item, x), input_types(described), outputs,
                    optimizer, sample_weights=True, predictions=bool(host),
                    # On JAX, Keras drops the mask before its metrics see it.
                    masks_metrics=keras.backend.backend() != "jax")
    store.clear()
    # The key contains addresses of objects, so they are kept alive.
    store["held"] = (model._compile_loss, model._compile_metrics, model.optimizer) \
        if learns else None
    made = store[key] = Compiled(described, recipe, host, model.optimizer if learns else None)
    made.by_data, made.extents = by_data, extents
    return made


class _Logs(Tally):
    """A tally that includes the metrics that Keras computes."""

    def __init__(self, model: Any, made: Compiled) -> None:
        super().__init__(made.outputs, made.training)
        self._host = made.host_metrics
        self._chosen = [k for k, o in enumerate(made.training.recipe.outputs)
                        if o.loss is not None]
        for _, metric in self._host:
            metric.reset_state()

    def note(self, results: Any, batch: int, targets: Sequence[Any]) -> Logs:
        results = results if isinstance(results, tuple) else (results,)
        self.add(results, batch)
        logs = self.means()
        for k, metric in self._host:
            metric.update_state(targets[self._chosen.index(k)],
                                results[1 + 2 * len(self._labels) + k])
            logs[metric.name] = float(metric.result())
        return logs


def _split_batch(model: Any, made: Compiled,
                 data: Any) -> tuple[list[Any], list[Any], Arrays]:
    """Inputs, targets of the outputs with a loss, and a weight for each sample."""
    x, y, weights = data_adapter_utils.unpack_x_y_sample_weight(data)
    inputs = listed(x, made.inputs)
    chosen = [k for k, o in enumerate(made.training.recipe.outputs) if o.loss is not None]
    targets = [] if y is None else listed(y, made.outputs)
    if len(targets) == len(made.outputs):
        targets = [targets[k] for k in chosen]
    count = len(inputs[0])
    if not made.training.recipe.sample_weights or not chosen or y is None:
        return inputs, targets, []
    own = [None] * len(made.outputs) if weights is None else \
        [weights.get(n) for n in made.outputs] if isinstance(weights, dict) else \
        listed(weights, made.outputs)
    own = own * len(made.outputs) if len(own) == 1 else own
    found = []
    for k in chosen:
        if own[k] is not None and k in made.training.ignore_weights:
            raise ValueError(f"the loss of {made.outputs[k]} is one number that is not reduced, so "
                             "weights of samples have no part in it; expected a loss of each "
                             "sample, or reduction='mean'")
        given = np.ones(count, np.float32) if own[k] is None else np.asarray(own[k], np.float32)
        if given.size != count:
            raise ValueError(f"weights of samples have the shape {list(given.shape)}, expected "
                             f"one for each of the {count} samples")
        found.append(given.reshape(count))
    return inputs, targets, found


def _rate(model: Any) -> float:
    return float(np.asarray(model.optimizer.learning_rate))


def _run(model: Any, made: Compiled, iterator: Any, training: bool,
         callbacks: Any) -> Logs:
    """One pass over the data; returns the logs at its end."""
    tally = _Logs(model, made)
    function = made["step" if training else "evaluate"]
    hooks = Hooks(callbacks, "train" if training else "test")
    rate = Rate(model.optimizer) if training else None
    more = [rate.array] if rate else []

    def is_over() -> bool:
        return bool(model.stop_training if training else
                    getattr(model, "stop_evaluating", False))

    data = held_arrays(iterator) if not made.host_metrics else None
    if data is not None:
        inputs, targets, weights = _split_batch(model, made, data)
        feed = feed_of(iterator, function, shaped(function, [*inputs, *targets, *weights]))
        for at, (count, call) in enumerate(feed.batches(order_of(iterator), more)):
            hooks.begin(at)
            if rate:
                rate.update()
            call()
            tally.add(call.outputs, count)
            if not hooks.is_empty:
                hooks.end(at, tally.means())
            if is_over():
                break
        return tally.means()
    logs: Logs = {}
    with iterator.catch_stop_iteration():
        for first, last, buffer in iterator:
            hooks.begin(first)
            for batch in buffer:
                inputs, targets, weights = _split_batch(model, made, batch)
                arrays = arguments(function, [*inputs, *targets, *weights])
                if rate:
                    rate.update()
                logs = tally.note(function(*arrays, *more), len(inputs[0]), targets)
            hooks.end(last, logs)
            if is_over():
                break
    return logs


def fit(self: Any, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1,
        verbose: int | str = "auto", callbacks: Any = None, validation_split: float = 0.0,
        validation_data: Any = None, shuffle: bool = True,
        class_weight: dict[int, float] | None = None, sample_weight: Any = None,
        initial_epoch: int = 0, steps_per_epoch: int | None = None,
        validation_steps: int | None = None, validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1) -> Any:
    """As keras.Model.fit."""
    self._assert_compile_called("fit")
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = array_slicing.train_validation_split(
            (x, y, sample_weight), validation_split=validation_split)
    iterator = EpochIterator(x=x, y=y, sample_weight=sample_weight, batch_size=batch_size,
                             steps_per_epoch=steps_per_epoch, shuffle=shuffle,
                             class_weight=class_weight,
                             steps_per_execution=self.steps_per_execution)
    made = compiled(self, targets=lambda: targets_of(iterator))
    if not isinstance(callbacks, callbacks_module.CallbackList):
        callbacks = callbacks_module.CallbackList(
            callbacks, add_history=True, add_progbar=verbose != 0, verbose=verbose,
            epochs=epochs, steps=iterator.num_batches, model=self)
    self.stop_training, logs = False, {}
    made.begin(self)
    look_ahead(self._compile_loss, iterator)
    callbacks.on_train_begin()
    try:
        for epoch in range(self._initial_epoch or initial_epoch, epochs):
            callbacks.on_epoch_begin(epoch)
            made.push_from(self)
            made.is_ahead = True
            logs = dict(_run(self, made, iterator, True, callbacks))
            if validation_data is not None and self._should_eval(epoch, validation_freq):
                vx, vy, vw = data_adapter_utils.unpack_x_y_sample_weight(validation_data)
                validation = EpochIterator(
                    x=vx, y=vy, sample_weight=vw, steps_per_epoch=validation_steps,
                    batch_size=validation_batch_size or batch_size, shuffle=False,
                    steps_per_execution=self.steps_per_execution)
                logs.update({f"val_{k}": v for k, v in _evaluate(
                    self, validation, callbacks, made).items()})
            made.pull_to(self)
            made.is_ahead = False
            callbacks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
    except BaseException:
        made.pull_to(self)
        raise
    finally:
        made.is_ahead = False
        if epochs > 0:
            keras_optimizer.finish(self.optimizer, self)
    callbacks.on_train_end(logs=logs)
    self.history.plot = functools.partial(curves, self.history.history)
    return self.history


def _evaluate(model: Any, iterator: Any, callbacks: Any, made: Compiled) -> Logs:
    callbacks.on_test_begin()
    model.stop_evaluating = False
    logs = dict(_run(model, made, iterator, False, callbacks))
    callbacks.on_test_end(logs)
    return logs


def evaluate(self: Any, x: Any = None, y: Any = None, batch_size: int | None = None,
             verbose: int | str = "auto", sample_weight: Any = None, steps: int | None = None,
             callbacks: Any = None, return_dict: bool = False,
             **kwargs: Any) -> float | list[float] | Logs:
    """As keras.Model.evaluate."""
    self._assert_compile_called("evaluate")
    iterator = EpochIterator(x=x, y=y, sample_weight=sample_weight, batch_size=batch_size,
                             steps_per_epoch=steps, shuffle=False,
                             steps_per_execution=self.steps_per_execution)
    made = compiled(self, targets=lambda: targets_of(iterator))
    look_ahead(self._compile_loss)
    made.push_from(self)
    if not isinstance(callbacks, callbacks_module.CallbackList):
        callbacks = callbacks_module.CallbackList(
            callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1,
            steps=iterator.num_batches, model=self)
    try:
        logs = _evaluate(self, iterator, callbacks, made)
    finally:
        made.pull_states()
    return logs if return_dict else _flat(logs)


def _flat(logs: Logs) -> float | list[float]:
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def predict(self: Any, x: Any, batch_size: int | None = None, verbose: int | str = "auto",
            steps: int | None = None, callbacks: Any = None) -> npt.NDArray[Any] | Arrays:
    """As keras.Model.predict."""
    made = compiled(self, learns=bool(self.__dict__.get("_dlc_compiled")))
    made.push_from(self)
    iterator = EpochIterator(x=x, batch_size=batch_size, steps_per_epoch=steps, shuffle=False,
                             steps_per_execution=self.steps_per_execution)
    if not isinstance(callbacks, callbacks_module.CallbackList):
        callbacks = callbacks_module.CallbackList(
            callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1,
            steps=iterator.num_batches, model=self)
    function, found = made["predict"], []
    callbacks.on_predict_begin()
    try:
        with iterator.catch_stop_iteration():
            for first, last, buffer in iterator:
                callbacks.on_predict_batch_begin(first)
                for data in buffer:
                    inputs, _, _ = _split_batch(self, made, data)
                    results = function(*arguments(function, inputs))
                    found.append(results if isinstance(results, tuple) else (results,))
                callbacks.on_predict_batch_end(last, {"outputs": found[-1]})
    finally:
        made.pull_states()
    callbacks.on_predict_end()
    outputs = [np.concatenate(parts) for parts in zip(*found)]
    return outputs[0] if len(outputs) == 1 else outputs


def train_on_batch(self: Any, x: Any, y: Any = None, sample_weight: Any = None,
                   class_weight: dict[int, float] | None = None,
                   return_dict: bool = False) -> float | list[float] | Logs:
    """As keras.Model.train_on_batch."""
    self._assert_compile_called("train_on_batch")
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("train_on_batch takes sample_weight or class_weight, not both")
        sample_weight = data_adapter_utils.class_weight_to_sample_weights(y, class_weight)
    made = compiled(self, targets=lambda: y)
    made.begin(self)
    look_ahead(self._compile_loss)
    made.push_from(self)
    try:
        logs = _on_batch(self, made, (x, y, sample_weight), "step", (np.float32(_rate(self)),))
    except BaseException:
        made.forget()
        raise
    made.pull_to(self)
    return logs if return_dict else _flat(logs)


def test_on_batch(self: Any, x: Any, y: Any = None, sample_weight: Any = None,
                  return_dict: bool = False) -> float | list[float] | Logs:
    """As keras.Model.test_on_batch."""
    made = compiled(self, targets=lambda: y)
    made.push_from(self)
    try:
        logs = _on_batch(self, made, (x, y, sample_weight), "evaluate", ())
    finally:
        made.pull_states()
    return logs if return_dict else _flat(logs)


def _on_batch(model: Any, made: Compiled, data: Any, name: str,
              more: tuple[np.float32, ...]) -> Logs:
    function = made[name]
    inputs, targets, weights = _split_batch(model, made, data)
    results = function(*arguments(function, [*inputs, *targets, *weights]), *more)
    return _Logs(model, made).note(results, len(inputs[0]), targets)


METHODS = {f.__name__: f for f in (fit, evaluate, predict, train_on_batch, test_on_batch)}
