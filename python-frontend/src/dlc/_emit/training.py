# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The functions of a model in training: predict, step, evaluate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .. import ir
from . import losses, metrics, penalties
from .emitter import Emitter
from .updating import Updates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import numpy.typing as npt

    from .emitter import Config, Weight

RANDOM, STEPS = "training/random", "training/steps"


@dataclass
class Output:
    """The training of one output: a loss (name, configuration) and metrics (name, configuration,
    label)."""
    loss: tuple[str, Config] | None = None
    weight: float = 1.0  # of its loss, relative to other outputs
    metrics: list[tuple[str, Config, str]] = field(default_factory=list)
    weighted_metrics: list[tuple[str, Config, str]] = field(default_factory=list)


@dataclass
class Recipe:
    """How a model is trained.

    forward: (emitter, inputs) -> outputs. inputs: {name: type}. outputs: an Output for each.
    optimizer: (name, configuration); facts: its settings for each parameter. sample_weights:
    whether steps take sample weights. predictions: whether step and evaluate also return the
    outputs. masks_metrics: whether masked samples without weights are left out of metrics.
    """
    forward: Callable[[Emitter, Any], Any]
    inputs: dict[str, str]
    outputs: list[Output]
    optimizer: tuple[str, Config] = ("sgd", {})
    sample_weights: bool = False
    predictions: bool = False
    masks_metrics: bool = False
    facts: Callable[[Weight], Config] = lambda weight: {"path": weight.name}


class Training:
    """A module with predict, step and evaluate, and the roles of its tensors.

    weights: {name: Weight} of the model. remembered: names of the optimiser's states.
    metric_labels: (output, label, metric) of each metric.
    If no output has a loss, there is only predict. step and evaluate take inputs, then a target for
    each output with a loss, then sample weights; step also takes the learning rate. They return the
    loss, then sum and count of each metric, then predictions if requested.
    """

    def __init__(self, recipe: Recipe, value_of: Callable[[Weight], npt.ArrayLike]) -> None:
        """value_of: the initial value of a Weight, an array."""
        self.recipe, self._value_of = recipe, value_of
        self.module = ir.Module()
        self.weights: dict[str, Weight] = {}
        self.metric_labels: list[tuple[int, str, str]] = []
        self.states: dict[str, npt.ArrayLike] = {}
        self.remembered: list[str] = []
        self.ignore_weights: set[int] = set()  # outputs whose loss does not use weights
        scale = recipe.optimizer[1].get("loss_scale_factor")
        self._scale = None if scale is None else float(scale)
        self.targets: list[tuple[str, str]] = []
        self._write()

    #--- Tensors -------------------------------------------------------------------

    def _load(self, weight: Weight) -> ir.Value:
        if weight.name not in self.module._globals:
            weight.value = np.asarray(self._value_of(weight), np.float32, order="C")
            self.module.add_global(weight.name, weight.value, mutable=True)
        return self.module.load(weight.name)

    def _state(self, name: str, value: npt.ArrayLike) -> None:
        self.module.add_global(name, value, mutable=True)
        self.states[name] = value

    def _emitter(self, **more: Any) -> Emitter:
        return Emitter(self.module, self.weights, self._load, **more)

    def _forward(self, e: Emitter, inputs: Sequence[ir.Value]) -> list[ir.Value]:
        y = self.recipe.forward(e, inputs if len(inputs) > 1 else inputs[0])
        return list(y) if isinstance(y, (list, tuple)) else [y]

    #--- Functions -------------------------------------------------------------------

    def _write(self) -> None:
        self._write_predict()
        if not self.targets:
            return
        self._write_loss("loss", public=False, training=True)
        # A layer may have weights that matter only in training.
        parameters = [w for w in self.weights.values() if w.trainable]
        if not parameters:
            raise ir.IRError("no weight of the model is trainable")
        self._write_loss("evaluate", public=True, training=False)
        self._write_step(parameters)

    def _write_predict(self) -> None:
        with self.module.function("predict", public=True, **self.recipe.inputs) as f:
            self._state(RANDOM, np.zeros(2, np.int64))
            e = self._emitter()
            outputs = self._forward(e, f.arguments)
            self.moved = e.store_updates()
            self._types = [y.type for y in outputs]
            self._results = [y.shape for y in outputs]
            f.returns(**self._named(outputs))
        for k, (wanted, type_, shape) in enumerate(zip(self.recipe.outputs, self._types,
                                                       self._results)):
            if wanted.loss is None:
                continue
            self.targets.append((f"target{k}" if len(outputs) > 1 else "target",
                                 losses.target_type(*wanted.loss, shape, type_)))

    def _named(self, outputs: Sequence[ir.Value]) -> dict[str, ir.Value]:
        return {f"y{k}" if len(outputs) > 1 else "y": y for k, y in enumerate(outputs)}

    def _arguments(self) -> dict[str, str]:
        """The arguments of step and evaluate: inputs, targets, sample weights."""
        found = {**self.recipe.inputs, **dict(self.targets)}
        if self.recipe.sample_weights:
            batch = self._results[0][0]
            found.update({f"weights{k}" if len(self.targets) > 1 else "weights":
                          ir.type_of([batch]) for k in range(len(self.targets))})
        return found

    def _terms(self, e: Emitter,
               arguments: Sequence[ir.Value]) -> tuple[ir.Value, list[ir.Value], list[ir.Value]]:
        """(loss, [sum of a metric, count, ...], outputs) of a batch."""
        count = len(self.recipe.inputs)
        inputs, rest = arguments[:count], arguments[count:]
        targets, weights = rest[:len(self.targets)], rest[len(self.targets):]
        outputs = self._forward(e, inputs)
        total: ir.Value | None = None
        numbers: list[ir.Value] = []
        names: list[tuple[int, str, str]] = []
        at = 0
        with e.module.place("loss"):
            for k, (wanted, y) in enumerate(zip(self.recipe.outputs, outputs)):
                if wanted.loss is None:
                    continue
                target, own = targets[at], weights[at] if weights else None
                at += 1
                name, config = wanted.loss
                term = losses.emit_loss(e, name, config, target, y, own, getattr(y, "mask", None))
                if getattr(term, "ignores_weights", False):
                    self.ignore_weights.add(k)
                if len(self.targets) > 1:
                    numbers += [term, e.module.constant(1.0, "f32")]
                    names.append((k, "loss", "loss"))
                term = term if wanted.weight == 1.0 else term * float(wanted.weight)
                total = term if total is None else total + term
                for which, scale in ((wanted.metrics, None), (wanted.weighted_metrics, own)):
                    for name, config, label in which:
                        found = metrics.resolve(name, target.rank, y)
                        numbers += metrics.emit_metric(e, found, config, target, y, scale,
                                                       getattr(y, "mask", None),
                                                       self.recipe.masks_metrics)
                        names.append((k, label, found))
            assert total is not None  # some output has a loss
            for weight in self.weights.values():
                if weight.regularizer and weight.trainable:
                    more = penalties.penalty(e, weight.regularizer, self._load(weight))
                    total = total if more is None else total + more
            for term in e.losses:
                total = total + term
        self.metric_labels = names
        return total, numbers, outputs

    def _write_loss(self, name: str, public: bool, training: bool) -> None:
        arguments = self._arguments()
        if training:
            arguments["random"] = "tensor<2xi64>"
        with self.module.function(name, public=public, **arguments) as f:
            values = f.arguments
            random = values.pop() if training else None
            e = self._emitter(training=training, random=random)
            loss, numbers, outputs = self._terms(e, values)
            if training and self._scale is not None:
                loss = loss * self._scale
            results = {"loss": loss, **{f"metric{k}": v for k, v in enumerate(numbers)}}
            if self.recipe.predictions:
                results.update(self._named(outputs))
            if training:
                self._updates = list(e.updates)
                results.update({f"update{k}": v for k, v in enumerate(e.updates.values())})
                self._result_types = [v.type for v in results.values()]
                self._result_names = list(results)
            else:
                self.moved += e.store_updates()
            f.returns(**results)

    def _write_step(self, parameters: Sequence[Weight]) -> None:
        kind, config = self.recipe.optimizer
        arguments = {**self._arguments(), "rate": "tensor<f32>"}
        self._state(STEPS, np.zeros((), np.float32))
        updates = Updates(self.module, parameters, kind, config, self.recipe.facts)
        for name, value in updates.states():
            self._state(name, value)
            self.remembered.append(name)
        with self.module.function("step", public=True, **arguments) as f:
            *given, rate = f.arguments
            e = self._emitter()
            random = self.module.load(RANDOM)
            names = [w.name for w in parameters]
            results = self.module.op(
                "dl.grad", [*given, random], callee="loss", parameters=names, with_value=True,
                types=[*self._result_types, *[ir.type_of(w.shape) for w in parameters]])
            results = results if isinstance(results, tuple) else (results,)
            count = len(self._result_types)
            values, gradients = results[:count], list(results[count:])
            if self._scale is not None:
                values = (values[0] / self._scale, *values[1:])
            before = self.module.load(STEPS)
            updates.write(e, gradients, rate, before)
            for full, value in zip(self._updates, values[count - len(self._updates):]):
                self.module.store(full, value)
            self.module.store(STEPS, before + 1.0)
            self.module.store(RANDOM, random + np.array([0, 1], np.int64))
            kept = [n for n in self._result_names if not n.startswith("update")]
            f.returns(**dict(zip(kept, values)))
