# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of dlc.layers: structure, training, export."""

from __future__ import annotations

import html
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import initializers, ir, losses, optimizers
from .._compile import compile as compile_file
from .._converted import Converted
from .._emit import Emitter, UnknownLayers, emit_model, unknown_layers
from .._emit import losses as loss_table
from .._emit import metrics as metric_table
from .._emit.inference import module_of
from .._emit.model import places
from .._emit.training import Output, Recipe
from .._feed import ArrayFeed
from .._graph import of_layers, of_text
from .._history import History
from .._progress import Bar
from .._specs import serialized
from .._steps import Steps, Tally, arguments, listed, shaped
from ._layer import Callable, InputLayer, Layer, Tensor, calls_before, unique
from ._learning import UNTRAINED, averages, configured, facts, go_on, require_part, with_targets
from ._samples import checked
from ._states import StatesOfModel

if TYPE_CHECKING:
    import os
    from collections import abc
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import numpy.typing as npt

    from .._emit import Weight
    from .._graph import Graph

    Array = npt.NDArray[Any]
    Item = dict[str, Any]
    Logs = dict[str, float]
    Place = str | os.PathLike[str]

_seed: list[int | None] = [None]


def set_random_seed(seed: int) -> None:
    """Seeds initial weights, the order of samples, and dropout."""
    _seed[0] = seed
    np.random.seed(seed)


class Model(StatesOfModel, Callable):
    """A model from inputs to outputs, which are tensors of `Input` and of calls of layers.

    A model is also a layer: other models may call it, and then share its weights.
    """

    optimizer: optimizers.Optimizer
    history: History
    inputs: list[Tensor]
    outputs: list[Any]  # tensors; names if there are none
    output_shapes: list[tuple[int | None, ...]]
    _layers: list[Callable]

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        self.name, self.trainable = name or unique("model"), True
        self.inputs, self.outputs = listed(inputs, []), listed(outputs, [])
        for tensor in self.inputs:
            if not isinstance(tensor, Tensor) or not isinstance(tensor.layer, InputLayer):
                raise TypeError(f"model '{self.name}': inputs are {self.inputs}, expected what "
                                "Input(shape=...) gives")
        self._calls: dict[int, set[int]] = {}
        self._layers = self._reachable()
        self._prepare()

    def _prepare(self) -> None:
        self.begin()
        self.stop_training = False
        self._converted = Converted(f"model '{self.name}'")
        self._weights: dict[str, Weight] | None = None
        self._values: dict[str, Array] = {}  # of a model without layers of its own
        self._steps: dict[str, Steps] = {}
        self._compiled: list[Output] | None = None

    def _reachable(self) -> list[Callable]:
        """The layers that outputs depend on, in the order of first use. Records which of their
        calls belong to this model, because other models may call a layer too."""
        found: dict[int, Callable] = {}
        for tensor in calls_before([*self.inputs, *self.outputs]):
            found.setdefault(id(tensor.layer), tensor.layer)
            self._calls.setdefault(id(tensor.layer), set()).add(tensor.node)
        missing = [layer.name for layer in found.values() if isinstance(layer, InputLayer)
                   and all(layer is not t.layer for t in self.inputs)]
        if missing:
            raise ValueError(f"model '{self.name}': outputs depend on {', '.join(missing)}, which "
                             "is no input of the model")
        return list(found.values())

    #--- Structure -------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        return list(self._layers)

    def get_layer(self, name: str) -> Any:
        for layer in self._layers:
            if layer.name == name:
                return layer
        raise ValueError(f"model '{self.name}' has no layer '{name}', only "
                         f"{', '.join(layer.name for layer in self._layers)}")

    def results(self) -> int:
        return len(self.outputs)

    def item(self) -> Item:
        """The model as a configuration, in the form of Keras's serialisation."""
        def place(t: Tensor) -> list[Any]:
            return [t.layer.name, t.node, t.index]
        return {"class_name": "Functional", "module": "dlc.layers", "name": self.name,
                "inbound_nodes": self.nodes, "identity": id(self), "config": serialized({
                    "name": self.name, "trainable": self.trainable,
                    "layers": [self._own_calls(layer) for layer in self._layers],
                    "input_layers": [place(t) for t in self.inputs],
                    "output_layers": [place(t) for t in self.outputs]})}

    def _own_calls(self, layer: Callable) -> Item:
        """The item of a layer, with placeholders for the calls of other models."""
        item, calls = layer.item(), self._calls.get(id(layer), set())
        return {**item, "inbound_nodes": [n if k in calls else None
                                          for k, n in enumerate(item["inbound_nodes"])]}

    def _input_types(self) -> dict[str, str]:
        return {t.layer.name: ir.type_of(t.extents(), ir.element_of(t.dtype))
                for t in self.inputs}

    @property
    def output_names(self) -> Sequence[str]:
        return [t.layer.name for t in self.outputs]

    #--- Weights ---------------------------------------------------------------------

    def build(self) -> None:
        """Creates the weights. Shapes that do not fit are reported here, with the layer."""
        if self._weights is not None:
            return
        item = self.item()
        missing = unknown_layers(item)
        if missing:
            raise UnknownLayers("dlc does not know these layers: " + ", ".join(missing))
        rng = np.random.default_rng(_seed[0])
        module = ir.Module()
        weights: dict[str, Weight] = {}

        def load(weight: Weight) -> ir.Value:
            if weight.name not in module._globals:
                store, key = self._place(weight.name)
                if key not in store:
                    store[key] = initializers.values(weight.initializer, weight.shape, rng)
                elif store[key].shape != tuple(weight.shape):
                    raise ir.IRError(f"{weight.name} has the shape {list(store[key].shape)} in "
                                     f"another model, here {list(weight.shape)}")
                module.add_global(weight.name, np.zeros(weight.shape, np.float32))
            return module.load(weight.name)

        with module.function("predict", public=True, **self._input_types()) as f:
            y = emit_model(Emitter(module, weights, load), item,
                           f.arguments if len(f.arguments) > 1 else f.arguments[0])
            self.output_shapes = [v.shape for v in listed(y, [])]
            f.returns(**{f"y{i}": v for i, v in enumerate(listed(y, []))})
        self._weights = weights

    def _place(self, name: str) -> tuple[dict[str, Array], str]:
        """The dictionary and the key of the array of a weight. It belongs to the layer, so all
        models share it."""
        parts = name.split("/")[1:]
        holder: Any = self
        while isinstance(holder, Model) and holder._layers:
            holder = holder.get_layer(parts.pop(0))
        return holder._values, "/".join(parts)

    def _value(self, name: str) -> Array:
        store, key = self._place(name)
        return store[key]

    def _store(self, name: str, array: Array) -> None:
        store, key = self._place(name)
        store[key] = array

    @property
    def weights(self) -> dict[str, Array]:
        """{name: array} of all weights."""
        return {name: self._value(name) for name in self._weighted()}

    def get_weights(self) -> list[Array]:
        return list(self.weights.values())

    def set_weights(self, arrays: Iterable[npt.ArrayLike]) -> None:
        for weight, given in zip(self._weighted().values(), arrays, strict=True):
            array = np.asarray(given, np.float32)
            if array.shape != tuple(weight.shape):
                raise ValueError(f"weight {weight.name} has the shape {list(weight.shape)}, the "
                                 f"array given {list(array.shape)}")
            self._store(weight.name, array)

    def save_weights(self, path: Place) -> None:
        arrays: dict[str, Any] = {n.replace("/", "|"): a for n, a in self.weights.items()}
        np.savez(path, **arrays)

    def load_weights(self, path: Place) -> None:
        with np.load(path) as file:
            self.set_weights([file[name.replace("/", "|")] for name in self.weights])

    def count_params(self) -> int:
        return sum(int(np.prod(w.shape)) for w in self._weighted().values())

    def _weighted(self) -> dict[str, Weight]:
        self.build()
        assert self._weights is not None
        return {name: w for name, w in self._weights.items() if not w.is_state}

    def summary(self, print_fn: abc.Callable[[str], object] = print) -> None:
        """Prints a table of layers, shapes of their results and numbers of weights."""
        weights = self._weighted()
        rows = [("Layer (type)", "Params")]
        for layer in self._layers:
            prefix = f"{self.name}/{layer.name}/"
            count = sum(int(np.prod(w.shape)) for n, w in weights.items()
                        if n.startswith(prefix))
            kind = getattr(layer, "class_name", type(layer).__name__)
            rows.append((f"{layer.name} ({kind})", f"{count:,}"))
        total = self.count_params()
        learns = sum(int(np.prod(w.shape)) for w in self._fresh().values() if w.trainable)
        width = max(len(r[0]) for r in rows) + 2
        lines = [f"Model: \"{self.name}\"", "-" * (width + 12)]
        lines += [f"{a:{width}}{b:>12}" for a, b in rows]
        lines += ["-" * (width + 12), f"Total params: {total:,}", f"Trainable params: {learns:,}",
                  f"Non-trainable params: {total - learns:,}"]
        print_fn("\n".join(lines))

    def plot(self, path: Place | None = None) -> Graph:
        """A picture of the layers of the model, which a notebook shows. path: a .svg file."""
        graph = of_layers(self) if self._layers else of_text(self.to_module().text())
        if path:
            graph.save(path)
        return graph

    def _repr_html_(self) -> str:
        lines: list[str] = []
        try:
            self.summary(lines.append)
        except (ir.IRError, ValueError, UnknownLayers) as problem:
            lines = [str(problem)]
        return f"<pre>{html.escape(lines[0])}</pre>{self.plot().first(40).svg()}" \
            if self._layers else f"<pre>{html.escape(lines[0])}</pre>"

    def _fresh(self) -> dict[str, Weight]:
        """The weights with the current `trainable` flags of their layers."""
        module = ir.Module()
        weights: dict[str, Weight] = {}

        def load(weight: Weight) -> ir.Value:
            if weight.name not in module._globals:
                module.add_global(weight.name, np.zeros(weight.shape, np.float32))
            return module.load(weight.name)

        with module.function("predict", public=True, **self._input_types()) as f:
            emit_model(Emitter(module, weights, load), self.item(),
                       f.arguments if len(f.arguments) > 1 else f.arguments[0])
        return weights

    #--- Learning ----------------------------------------------------------------------

    def compile(self, optimizer: str | optimizers.Optimizer = "rmsprop", loss: Any = None,
                loss_weights: Any = None, metrics: Any = None,
                weighted_metrics: Any = None) -> None:
        """Configures training, by names or by objects of dlc.optimizers and dlc.losses.

        With several outputs, losses, weights and metrics are lists or dictionaries by name.
        """
        self.optimizer = optimizers.get(optimizer)
        names = self.output_names
        outputs: list[Output] = []

        def of(spec: Any, k: int) -> Any:
            if isinstance(spec, dict):
                return spec.get(names[k])
            return spec[k] if isinstance(spec, (list, tuple)) and len(names) > 1 else spec

        for k in range(len(names)):
            chosen, share = of(loss, k), of(loss_weights, k)
            kinds: list[list[tuple[str, dict[str, Any], str]]] = []
            for spec in (metrics, weighted_metrics):
                own = of(spec, k)
                own = own if isinstance(own, (list, tuple)) else [own] * (own is not None)
                for metric in own:
                    name = loss_table.full_name(metric)
                    if name not in metric_table.METRICS and name != "acc":
                        raise ValueError(f"metric '{metric}' is none of accuracy, "
                                         f"{', '.join(sorted(metric_table.METRICS))}")
                kinds.append([(m, {}, m) for m in own])
            outputs.append(Output(None if chosen is None else losses.named(chosen),
                                  1.0 if share is None else float(share), *kinds))
        self._compiled, self._steps = outputs, {}

    def _made(self, learns: bool = True, targets: Sequence[Array] = ()) -> Steps:
        """The steps; compiled if none fit. targets: the training targets, if there are any."""
        self.build()
        item, optimizer = self.item(), UNTRAINED
        outputs = [Output() for _ in self.outputs]
        found = with_targets(self._compiled, targets) if learns and self._compiled else None
        learns = found is not None
        if found is not None:
            self._compiled = outputs = found
            optimizer = configured(self.optimizer)
        key = str((item, optimizer, learns, [o.loss for o in outputs]))
        if key not in self._steps:
            recipe = Recipe(lambda e, x: emit_model(e, item, x), self._input_types(), outputs,
                            optimizer, sample_weights=True)
            if learns:
                recipe.facts = facts(self.optimizer)
            before = list(self._steps.values())
            self._steps = {key: Steps(recipe, lambda w: self._value(w.name))}
            for steps in before:
                go_on(self._steps[key], steps)
        steps = self._steps[key]
        steps.push(self._value)
        return steps

    def _keep(self, steps: Steps) -> None:
        for name, value in steps.pull():
            self._store(name, value)

    def _need_compile(self, what: str) -> None:
        if self._compiled is None:
            raise ValueError(f"{what} of model '{self.name}': call model.compile(optimizer, loss) "
                             "first")

    def fit(self, x: Any, y: Any, batch_size: int = 32, epochs: int = 1, verbose: int | str = 1,
            callbacks: Iterable[Any] | None = None, validation_split: float = 0.0,
            validation_data: Sequence[Any] | None = None, shuffle: bool = True,
            class_weight: Mapping[int, float] | None = None,
            sample_weight: npt.ArrayLike | None = None, initial_epoch: int = 0) -> History:
        """Trains, and returns a History. x and y: arrays, lists or dictionaries of them, whose
        first dimension is the samples. The rest is as in keras.Model.fit: verbose 0 is silent, 2
        prints a line per epoch, 1 also draws a bar if output is visible."""
        self._need_compile("fit")
        arrays = checked(self, x, y, sample_weight, class_weight)
        count = len(arrays[0])
        if validation_split and validation_data is None:
            cut = int(count * (1.0 - validation_split))
            validation_data = [a[cut:] for a in arrays]
            arrays, count = [a[:cut] for a in arrays], cut
        elif validation_data is not None:
            validation_data = checked(self, *validation_data)
        steps = self._made(targets=self._targets(arrays))
        require_part(steps, self.output_names, sample_weight, class_weight)
        steps.seed(np.random.randint(1 << 31) if _seed[0] is None else _seed[0])
        history, self.stop_training = History(), False
        callbacks = list(callbacks or ())
        self._tell(callbacks, "set_model", self)
        self._tell(callbacks, "on_train_begin", {})
        try:
            for epoch in range(initial_epoch, epochs):
                begin = time.monotonic()
                self._tell(callbacks, "on_epoch_begin", epoch, {})
                self._give_states(steps)
                order = np.random.permutation(count) if shuffle else None
                with Bar(count, f"epoch {epoch + 1}/{epochs}", "samples",
                         None if verbose in (1, "auto") else False) as bar:
                    logs = self._pass(steps, arrays, order, batch_size, True, callbacks, bar)
                if validation_data is not None:
                    held = self._pass(steps, validation_data, None, batch_size, False, ())
                    logs.update({f"val_{k}": v for k, v in held.items()})
                history.add(epoch, logs)
                self._keep(steps)
                if verbose:
                    words = " - ".join(f"{k}: {v:.4f}" for k, v in logs.items())
                    print(f"Epoch {epoch + 1}/{epochs} - {time.monotonic() - begin:.1f}s - "
                          f"{words}", flush=True)
                self._tell(callbacks, "on_epoch_end", epoch, logs)
                if self.stop_training:
                    break
        finally:
            self._keep(steps)
            for name, value in averages(self.optimizer, steps).items():
                self._store(name, value)
        self._tell(callbacks, "on_train_end", {})
        self.history = history
        return history

    @staticmethod
    def _tell(callbacks: Iterable[Any], event: str, *args: Any) -> None:
        for callback in callbacks:
            getattr(callback, event, lambda *_: None)(*args)

    def _targets(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """The targets in the result of `_checked`."""
        count = len(self.inputs)
        return arrays[count:count + (len(arrays) - count) // 2]

    def _pass(self, steps: Steps, arrays: Sequence[Array],
              order: npt.NDArray[np.integer[Any]] | None, batch_size: int, training: bool,
              callbacks: Iterable[Any], bar: Bar | None = None) -> Logs:
        """One pass over the samples, in the given order if there is one; returns the logs at its
        end."""
        function = steps["step" if training else "evaluate"]
        feed = ArrayFeed(function, shaped(function, arrays), batch_size)
        tally = Tally(self.output_names, steps.training)
        logs: Logs = {}
        rate, first, done = np.zeros((), np.float32), steps.count if training else 0, 0
        for number, (count, call) in enumerate(feed.batches(order, [rate] if training else [])):
            if training:
                rate[...] = self.optimizer.rate(first + number)
            call()
            tally.add(call.outputs, count)
            logs, done = tally.means(), done + count
            if not np.isfinite(logs["loss"]):
                raise ValueError(f"the loss is {logs['loss']} in batch {number + 1}; a smaller "
                                 "learning_rate or clipnorm may help")
            self._tell(callbacks, "on_train_batch_end", number, logs)
            if bar:
                bar.to(done, logs)
        return logs

    def evaluate(self, x: Any, y: Any, batch_size: int = 32, verbose: int | str = 0,
                 sample_weight: npt.ArrayLike | None = None,
                 return_dict: bool = False) -> float | list[float] | Logs:
        """Returns loss and metrics: a number, a list of them, or a dictionary."""
        self._need_compile("evaluate")
        arrays = checked(self, x, y, sample_weight)
        steps = self._made(targets=self._targets(arrays))
        require_part(steps, self.output_names, sample_weight)
        logs = self._pass(steps, arrays, None, batch_size, False, ())
        self._keep_states(steps)
        if verbose:
            print(" - ".join(f"{k}: {v:.4f}" for k, v in logs.items()))
        values = list(logs.values())
        return logs if return_dict else values[0] if len(values) == 1 else values

    def predict(self, x: Any, batch_size: int = 32,
                verbose: int | str = "auto") -> Array | list[Array]:
        """The outputs for an array of samples. Unless verbose is 0, a bar counts them if output is
        visible and it takes more than a second."""
        arrays = checked(self, x)
        parts: list[tuple[Array, ...]] = []
        steps = self._made(learns=self._compiled is not None)
        function = steps["predict"]
        count = len(arrays[0])
        with Bar(count, "predict", "samples", None if verbose else False, after=1.0) as bar:
            for start in range(0, max(count, 1), batch_size):
                results = function(*arguments(function, [a[start:start + batch_size]
                                                         for a in arrays]))
                parts.append(results if isinstance(results, tuple) else (results,))
                bar.to(min(start + batch_size, count))
        self._keep_states(steps)
        outputs = [np.concatenate(p) for p in zip(*parts)]
        return outputs[0] if len(outputs) == 1 else outputs

    def train_on_batch(self, x: Any, y: Any,
                       sample_weight: npt.ArrayLike | None = None) -> float | list[float]:
        """Makes one step; returns loss and metrics as evaluate does."""
        self._need_compile("train_on_batch")
        arrays = checked(self, x, y, sample_weight)
        steps = self._made(targets=self._targets(arrays))
        require_part(steps, self.output_names, sample_weight)
        logs = self._pass(steps, arrays, np.arange(len(arrays[0])), len(arrays[0]), True, ())
        self._keep(steps)
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    #--- Out -----------------------------------------------------------------------------

    def to_module(self, learns: bool = False) -> ir.Module:
        """The model at inference, as a module of dl with its weights. learns: whether it will be
        trained; then anything that would train wrongly is refused."""
        self.build()
        return module_of(self.item(), self._input_types(), lambda w: self._value(w.name), learns)

    def export(self, path: Place, **options: Any) -> Path:
        """Writes a library and its C header; options: those of `dlc.compile`."""
        return compile_file(self.to_module(), Path(path), **options).path


class Configured(Model):
    """A model from a configuration that was written elsewhere: a file of Keras.

    value_of: the value of a weight by its name and shape.
    """

    def __init__(self, item: Item,
                 value_of: abc.Callable[[str, Sequence[int]], Array] | None) -> None:
        self._item, self.name, self.trainable = item, item["config"]["name"], True
        self._value_of = value_of
        self.inputs = [InputLayer(batch_shape=i["config"]["batch_shape"],
                                  dtype=i["config"]["dtype"], name=i["config"]["name"]).output
                       for i in _input_layers(item)]
        outputs = item["config"].get("output_layers")
        self.output_names = [p[0] for p in places(outputs)] if outputs else \
            [item["config"]["layers"][-1]["config"]["name"]]
        self.outputs = self.output_names
        self._layers = []
        self._prepare()

    output_names: Sequence[str] = ()  # of the outputs, in order

    def item(self) -> Item:
        return {**self._item, "inbound_nodes": self.nodes}

    def build(self) -> None:
        super().build()
        if self._value_of is not None:
            value_of, self._value_of = self._value_of, None
            for weight in self._weighted().values():
                self._store(weight.name, value_of(weight.name, weight.shape))


def _input_layers(item: Item) -> list[Item]:
    """The input layers of a model, in the order of its inputs."""
    config = item["config"]
    found = {i["config"]["name"]: i for i in config["layers"] if i["class_name"] == "InputLayer"}
    if "input_layers" in config:
        return [found[p[0]] for p in places(config["input_layers"])]
    if not found:
        raise ValueError(f"model '{config['name']}' has no input layer, so no shapes")
    return list(found.values())


class Sequential(Model):
    """A chain of layers. The first has an input_shape, or is an Input."""

    def __init__(self, layers: Iterable[Any] | None = None, name: str | None = None) -> None:
        self.name, self.trainable = name or unique("sequential"), True
        self.inputs, self.outputs = [], []
        self._calls = {}
        self._prepare()
        for layer in layers or ():
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Appends a layer."""
        if isinstance(layer, Tensor):
            layer = layer.layer
        if not self.inputs:
            if isinstance(layer, InputLayer):
                self.inputs = self.outputs = [layer.output]
                self._layers = [layer]
                return
            shape = getattr(layer, "input_shape", None) if isinstance(layer, Layer) else None
            if isinstance(layer, Model):
                source = layer.inputs[0]
                first = InputLayer(batch_shape=source.extents(), dtype=source.dtype)
            elif shape is None:
                raise ValueError(f"{layer.name} is the first layer of '{self.name}': give it an "
                                 "input_shape, or begin with Input(shape=...)")
            else:
                # Rows of a table are selected by integers.
                dtype = "int64" if type(layer).__name__ == "Embedding" else "float32"
                first = InputLayer(shape, layer.batch_size, dtype)
            self.inputs = self.outputs = [first.output]
            self._layers = [first]
        result = layer(self.outputs[0])
        self.outputs = [result] if isinstance(result, Tensor) else list(result)
        if id(layer) not in self._calls:
            self._layers.append(layer)
        self._calls.setdefault(id(layer), set()).add(self.outputs[0].node)
        self._weights, self._steps = None, {}
