# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The arguments of fit, evaluate and predict as arrays with one number of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._steps import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import numpy.typing as npt

    from ._model import Model

    Array = npt.NDArray[Any]


def _array(values: Any) -> Array:
    """An array; numbers without a type become float32."""
    array = np.asarray(values)
    told = hasattr(values, "dtype") or array.dtype != np.float64
    return array if told else array.astype(np.float32)


def arrays_of(values: Any, names: Sequence[str]) -> list[Array]:
    """An array for each name; a single one may be given as a list of numbers."""
    if len(names) == 1 and isinstance(values, (list, tuple)) and \
            not (len(values) == 1 and isinstance(values[0], np.ndarray)):
        return [_array(values)]
    return [_array(a) for a in listed(values, names)]


def checked(model: Model, x: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None,
            class_weight: Mapping[int, float] | None = None) -> list[Array]:
    """Inputs, targets and sample weights as arrays with one number of samples."""
    inputs = arrays_of(x, [t.layer.name for t in model.inputs])
    targets = [] if y is None else arrays_of(y, model.output_names)
    if len(inputs) != len(model.inputs):
        raise ValueError(f"model '{model.name}' has {len(model.inputs)} inputs, {len(inputs)} "
                         "arrays are given")
    if class_weight is not None:
        labels = targets[0].reshape(len(targets[0]), -1)
        labels = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(1)
        own = np.array([class_weight.get(int(c), 1.0) for c in labels], np.float32)
        sample_weight = own if sample_weight is None else own * np.asarray(sample_weight)
    if sample_weight is None:
        sample_weight = np.ones(len(inputs[0]), np.float32)
    sample_weight = np.asarray(sample_weight, np.float32)
    if y is not None and sample_weight.shape != (len(inputs[0]),):
        raise ValueError(f"sample_weight has the shape {list(sample_weight.shape)}, expected "
                         f"one number for each of the {len(inputs[0])} samples")
    weights = [] if y is None else [sample_weight] * len(targets)
    named = [*(("input", t.layer.name, a) for t, a in zip(model.inputs, inputs)),
             *(("target", n, a) for n, a in zip(model.output_names, targets))]
    counts = {len(a) for _, _, a in named}
    if len(counts) != 1:
        raise ValueError("as many samples are expected everywhere: " + ", ".join(
            f"{kind} {name} has {len(a)}" for kind, name, a in named))
    for kind, name, array in named:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = int(np.argwhere(~np.isfinite(array))[0][0])
            raise ValueError(f"{kind} {name} is not finite, first in sample {row}")
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{kind} {name} has elements of {array.dtype}, expected numbers")
    model._converted.tell([*inputs, *targets], [np.float32] * (len(inputs) + len(targets)))
    return [*inputs, *targets, *weights]
