"""fit, evaluate and predict of a Keras model, on compiled steps.

The loop is Keras's own (its data adapters, callbacks and names of logs); only what a batch
does is dlc's. Weights go into the library when a loop begins and come back behind each epoch,
before the callbacks of its end.
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

from ._emit import UnknownLayers, emit_model
from ._emit import losses as loss_table
from ._emit import metrics as metric_table
from ._emit import optimizers as optimizer_table
from ._emit.training import Output, Recipe
from ._history import curves
from ._keras_data import Hooks, Rate, feed_of, held_arrays, order_of
from ._keras_weights import Variables
from ._steps import Steps, Tally, arguments, listed, shaped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy.typing as npt

    from ._keras_graph import Described

    Logs = dict[str, float]
    Arrays = list[npt.NDArray[Any]]


def _named(which: Any) -> tuple[str, dict[str, Any]]:
    """(name, configuration) of a loss or metric of Keras's as it was given to compile; the
    name is empty where it is not Keras's."""
    if isinstance(which, str):
        return loss_table.full_name(which), {}
    if isinstance(which, (keras.losses.Loss, keras.metrics.Metric)):
        if not type(which).__module__.startswith("keras."):
            return "", {}
        function = getattr(which, "_fn", None) or getattr(which, "fn", None)
        config = dict(getattr(which, "_fn_kwargs", None) or {})
        if hasattr(which, "reduction") and isinstance(which, keras.losses.Loss):
            config["reduction"] = which.reduction
        name = loss_table.full_name(type(which).__name__)
        if name in ("mean_metric_wrapper", "loss_function_wrapper"):
            return _named(function)[0] if function else "", config
        return name, {k: v for k, v in config.items() if v is not None}
    name = loss_table.full_name(getattr(which, "__name__", ""))
    # A function of the user's own may have the name of one of Keras's.
    own = getattr(keras.losses, name, None) or getattr(keras.metrics, name, None)
    return (name if own is which else ""), {}


def _of_output(spec: Any, names: Sequence[str], k: int) -> Any:
    """What a list, a dictionary or one for all says of output k."""
    if isinstance(spec, dict):
        return spec.get(names[k])
    if isinstance(spec, (list, tuple)):
        return spec[k] if k < len(spec) else None
    return spec


def _output_names(model: Any) -> list[str]:
    inner = getattr(model, "_functional", None)  # a Sequential has one
    return list((inner or model).output_names)


class Compiled(Steps):
    """The steps of one Keras model."""

    def __init__(self, described: Described, recipe: Recipe,
                 host_metrics: list[tuple[int, Any]]) -> None:
        self.host_metrics, self.variables = host_metrics, Variables(described)
        self.is_ahead = False  # of Keras's weights, while fit runs
        self.inputs = [t.name for t in described.inputs]
        self.outputs = _output_names(described.model)
        super().__init__(recipe, lambda w: np.reshape(
            np.asarray(self.variables[w.name], np.float32), w.shape))

    def push_from(self, model: Any) -> None:
        """Keras's weights, which are older than the library's while it learns."""
        if self.is_ahead:
            self.pull_to(model)
            return
        self.push(lambda name: self.variables[name])

    def pull_to(self, model: Any) -> None:
        for name, value in self.pull():
            variable = self.variables[name]
            variable.assign(np.reshape(value, variable.shape))
        if self.training.targets and getattr(model, "optimizer", None) is not None:
            model.optimizer.iterations.assign(self.count)


def _key(model: Any) -> str:
    """Equal where the compiled library still fits the model."""
    key: list[Any] = [[v.path, bool(v.trainable)] for v in model.variables]
    key += [[layer.name, layer.trainable] for layer in model._flatten_layers()]
    if getattr(model, "_compile_loss", None) is not None:
        config = model.optimizer.get_config()
        config.pop("learning_rate", None)
        key += [type(model.optimizer).__name__, config, id(model._compile_loss),
                id(model._compile_metrics)]
    return json.dumps(key, default=str)


def compiled(model: Any, learns: bool = True) -> Compiled:
    """The model's library, made where there is none that fits."""
    learns = learns and getattr(model, "_compile_loss", None) is not None
    key = _key(model) + str(learns)
    store: dict[str, Any] = model.__dict__.setdefault("_dlc_compiled", {})
    made: Compiled
    if key in store:
        made = store[key]
        return made
    from .keras import _described, input_types
    described = _described(model)
    names = _output_names(described.model)
    outputs = [Output() for _ in names]
    host: list[tuple[int, Any]] = []
    optimizer: tuple[str, dict[str, Any]] = ("sgd", {})
    if learns:
        outputs, host = _wanted(model, names)
        kind = type(model.optimizer).__name__.lower()
        if kind not in optimizer_table.OPTIMIZERS:
            raise UnknownLayers(f"optimizer {type(model.optimizer).__name__}; dlc knows "
                                f"{', '.join(sorted(optimizer_table.OPTIMIZERS))}")
        optimizer = (kind, model.optimizer.get_config())
        _check_optimizer(model.optimizer)
    recipe = Recipe(lambda e, x: emit_model(e, described.item, x), input_types(described), outputs,
                    optimizer, sample_weights=True, predictions=bool(host))
    store.clear()
    store["held"] = getattr(model, "_compile_loss", None), model._compile_metrics \
        if learns else None  # the key has their addresses
    made = store[key] = Compiled(described, recipe, host)
    return made


def _check_optimizer(optimizer: Any) -> None:
    """What an optimiser is told that dlc does not do."""
    config = optimizer.get_config()
    asked = [k for k in ("use_ema", "gradient_accumulation_steps", "loss_scale_factor")
             if config.get(k)]
    if getattr(optimizer, "_exclude_from_weight_decay", None) or \
            getattr(optimizer, "_exclude_from_weight_decay_pattern", None):
        asked.append("exclude_from_weight_decay")
    if asked:
        raise UnknownLayers(f"optimizer {type(optimizer).__name__} with {', '.join(asked)}")


def _wanted(model: Any,
            names: Sequence[str]) -> tuple[list[Output], list[tuple[int, Any]]]:
    """Outputs with losses and metrics; metrics that Keras computes itself."""
    spec, weights = model._compile_loss._user_loss, model._compile_loss._user_loss_weights
    chosen, weighted = (getattr(model._compile_metrics, f"_user_{k}", None)
                        for k in ("metrics", "weighted_metrics")) \
        if model._compile_metrics is not None else (None, None)
    outputs, host = [], []
    for k, name in enumerate(names):
        loss = _of_output(spec, names, k)
        share = _of_output(weights, names, k)
        named = None if loss is None else _named(loss)
        output = Output(named, 1.0 if share is None else float(share))
        if named is not None:
            fault = loss_table.unsupported(*named)
            if fault:
                raise UnknownLayers(f"loss {getattr(loss, '__name__', loss)}: {fault}")
        for source, target in ((chosen, output.metrics), (weighted, output.weighted_metrics)):
            own: Any = _of_output(source, names, k) if len(names) > 1 else source
            if isinstance(own, dict):
                own = own.get(name)
            for metric in own if isinstance(own, (list, tuple)) else [own] * (own is not None):
                kind, config = _named(metric)
                if kind in metric_table.METRICS or kind == "acc":
                    label = metric if isinstance(metric, str) else \
                        getattr(metric, "name", None) or metric.__name__
                    target.append((kind, config, label))
                else:
                    made = keras.metrics.get(metric)
                    if not isinstance(made, keras.metrics.Metric):
                        made = keras.metrics.MeanMetricWrapper(made, name=made.__name__)
                    host.append((k, made))
        outputs.append(output)
    return outputs, host


class _Logs(Tally):
    """A tally with the metrics that Keras computes itself."""

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
    """Inputs, targets of the outputs that have a loss, and a weight for each sample."""
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
    """One pass over the data; the logs at its end."""
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
    made = compiled(self)
    if not isinstance(callbacks, callbacks_module.CallbackList):
        callbacks = callbacks_module.CallbackList(
            callbacks, add_history=True, add_progbar=verbose != 0, verbose=verbose,
            epochs=epochs, steps=iterator.num_batches, model=self)
    self.stop_training, logs = False, {}
    _begin(self, made)
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
    callbacks.on_train_end(logs=logs)
    self.history.plot = functools.partial(curves, self.history.history)
    return self.history


def _begin(model: Any, made: Compiled) -> None:
    """Random numbers follow Keras's seed; steps go on where the optimiser is."""
    seed = keras.src.utils.rng_utils.get_random_seed()
    made.seed(np.random.randint(1 << 31) if seed is None else seed)
    made.count = int(np.asarray(model.optimizer.iterations))


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
    made = compiled(self)
    made.push_from(self)
    if not isinstance(callbacks, callbacks_module.CallbackList):
        callbacks = callbacks_module.CallbackList(
            callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1,
            steps=iterator.num_batches, model=self)
    logs = _evaluate(self, iterator, callbacks, made)
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
    with iterator.catch_stop_iteration():
        for first, last, buffer in iterator:
            callbacks.on_predict_batch_begin(first)
            for data in buffer:
                inputs, _, _ = _split_batch(self, made, data)
                results = function(*arguments(function, inputs))
                found.append(results if isinstance(results, tuple) else (results,))
            callbacks.on_predict_batch_end(last, {"outputs": found[-1]})
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
    made = compiled(self)
    _begin(self, made)
    made.push_from(self)
    logs = _on_batch(self, made, (x, y, sample_weight), "step", (np.float32(_rate(self)),))
    made.pull_to(self)
    return logs if return_dict else _flat(logs)


def test_on_batch(self: Any, x: Any, y: Any = None, sample_weight: Any = None,
                  return_dict: bool = False) -> float | list[float] | Logs:
    """As keras.Model.test_on_batch."""
    made = compiled(self)
    made.push_from(self)
    logs = _on_batch(self, made, (x, y, sample_weight), "evaluate", ())
    return logs if return_dict else _flat(logs)


def _on_batch(model: Any, made: Compiled, data: Any, name: str,
              more: tuple[np.float32, ...]) -> Logs:
    function = made[name]
    inputs, targets, weights = _split_batch(model, made, data)
    results = function(*arguments(function, [*inputs, *targets, *weights]), *more)
    return _Logs(model, made).note(results, len(inputs[0]), targets)


METHODS = {f.__name__: f for f in (fit, evaluate, predict, train_on_batch, test_on_batch)}
