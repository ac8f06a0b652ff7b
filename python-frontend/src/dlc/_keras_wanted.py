# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What compile was told of a Keras model: losses and metrics of its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ._emit import UnknownLayers
from ._emit import losses as loss_table
from ._emit import metrics as metric_table
from ._emit.training import Output
from ._keras_losses import name_of, own

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ._keras_losses import Extents


def named(which: Any) -> tuple[str, dict[str, Any]]:
    """(name, configuration) of a loss or metric as given to compile; the name is empty if it is not
    one of Keras."""
    if isinstance(which, str):
        return loss_table.full_name(which), {}
    if isinstance(which, (keras.losses.Loss, keras.metrics.Metric)):
        if not type(which).__module__.startswith("keras."):
            return "", {}
        function = getattr(which, "_fn", None) or getattr(which, "fn", None)
        config = dict(getattr(which, "_fn_kwargs", None) or {})
        if isinstance(which, keras.losses.Loss):
            config["reduction"] = which.reduction or "none"
        name = loss_table.full_name(type(which).__name__)
        if name in ("mean_metric_wrapper", "loss_function_wrapper"):
            return named(function)[0] if function else "", config
        return name, {k: v for k, v in config.items() if v is not None}
    name = loss_table.full_name(getattr(which, "__name__", ""))
    # A custom function may have the name of one of Keras.
    known = getattr(keras.losses, name, None) or getattr(keras.metrics, name, None)
    return (name if known is which else ""), {}


def of_output(spec: Any, names: Sequence[str], k: int) -> Any:
    """The entry for output k in a list, in a dictionary, or in one value for all."""
    if isinstance(spec, dict):
        return spec.get(names[k])
    if isinstance(spec, (list, tuple)):
        return spec[k] if k < len(spec) else None
    return spec


def outputs_by_data(model: Any, names: Sequence[str]) -> dict[int, str]:
    """The outputs with a loss, and its kind, if the steps depend on the shape of targets; otherwise
    none. The kind of a custom loss is empty."""
    spec = model._compile_loss._user_loss
    losses = {k: of_output(spec, names, k) for k in range(len(names))}
    kinds = {k: named(loss)[0] for k, loss in losses.items() if loss is not None}
    return kinds if {"", *loss_table.BY_DATA} & set(kinds.values()) else {}


def _loss(loss: Any, output: Any, extents: Extents | None) -> tuple[str, dict[str, Any]]:
    """(name, configuration) of a loss. extents: those of its targets, if known."""
    kind, config = named(loss)
    shape = tuple(output.shape[1:]) if extents is None else extents
    if not kind:
        kind, config = own(loss, output, shape)
    elif kind in loss_table.BY_DATA:
        config = {**config, "target": shape}
    fault = loss_table.unsupported(kind, config)
    if fault:
        raise UnknownLayers(f"loss {loss if isinstance(loss, str) else name_of(loss)}: {fault}")
    return kind, config


def wanted(model: Any, names: Sequence[str], tensors: Sequence[Any],
           extents: Mapping[int, Extents]) -> tuple[list[Output], list[tuple[int, Any]]]:
    """Outputs with losses and metrics, and the metrics that Keras computes. tensors: the symbolic
    outputs; extents: those of the targets, if known."""
    spec, weights = model._compile_loss._user_loss, model._compile_loss._user_loss_weights
    chosen, weighted = (getattr(model._compile_metrics, f"_user_{k}", None)
                        for k in ("metrics", "weighted_metrics")) \
        if model._compile_metrics is not None else (None, None)
    outputs, host = [], []
    for k, name in enumerate(names):
        loss, share = (of_output(s, names, k) for s in (spec, weights))
        output = Output(None if loss is None else _loss(loss, tensors[k], extents.get(k)),
                        1.0 if share is None else float(share))
        for source, target in ((chosen, output.metrics), (weighted, output.weighted_metrics)):
            given: Any = of_output(source, names, k) if len(names) > 1 else source
            if isinstance(given, dict):
                given = given.get(name)
            for metric in given if isinstance(given, (list, tuple)) else \
                    [given] * (given is not None):
                kind, config = named(metric)
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
