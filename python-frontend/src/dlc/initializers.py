# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Initial values of weights, by Keras's names; drawn by NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _specs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy.typing as npt


class Initializer(_specs.Configured):
    """`initializer(shape, rng)` returns an array of f32."""

    def __call__(self, shape: Sequence[int],
                 rng: np.random.Generator) -> npt.NDArray[np.float32]:
        return values({"class_name": type(self).__name__, "config": self.get_config()}, shape,
                      rng)


def _initializer(name: str, doc: str, **defaults: Any) -> type[Initializer]:
    return _specs.make(Initializer, name, doc, module=__name__, **defaults)


Zeros = _initializer("Zeros", "0 everywhere.")
Ones = _initializer("Ones", "1 everywhere.")
Constant = _initializer("Constant", "One number everywhere.", value=0.0)
RandomUniform = _initializer("RandomUniform", "Evenly between two numbers.", minval=-0.05,
                             maxval=0.05, seed=None)
RandomNormal = _initializer("RandomNormal", "The normal distribution.", mean=0.0, stddev=0.05,
                            seed=None)
TruncatedNormal = _initializer("TruncatedNormal", "The normal distribution within two "
                               "deviations.", mean=0.0, stddev=0.05, seed=None)
VarianceScaling = _initializer("VarianceScaling", "A variance by the number of inputs, outputs "
                               "or both.", scale=1.0, mode="fan_in",
                               distribution="truncated_normal", seed=None)
GlorotUniform = _initializer("GlorotUniform", "Glorot and Bengio, 2010.", seed=None)
GlorotNormal = _initializer("GlorotNormal", "Glorot and Bengio, 2010.", seed=None)
HeUniform = _initializer("HeUniform", "He et al., 2015.", seed=None)
HeNormal = _initializer("HeNormal", "He et al., 2015.", seed=None)
LecunUniform = _initializer("LecunUniform", "LeCun et al., 1998.", seed=None)
LecunNormal = _initializer("LecunNormal", "LeCun et al., 1998.", seed=None)
Orthogonal = _initializer("Orthogonal", "Columns, or rows, at right angles (Saxe et al., 2014).",
                          gain=1.0, seed=None)
Identity = _initializer("Identity", "The identity, times a number.", gain=1.0)

_SCALED = {"glorot_uniform": (1.0, "fan_avg", "uniform"),
           "glorot_normal": (1.0, "fan_avg", "truncated_normal"),
           "he_uniform": (2.0, "fan_in", "uniform"),
           "he_normal": (2.0, "fan_in", "truncated_normal"),
           "lecun_uniform": (1.0, "fan_in", "uniform"),
           "lecun_normal": (1.0, "fan_in", "truncated_normal")}


def _plain(name: str) -> str:
    """Treats GlorotUniform and glorot_uniform as one name."""
    text = "".join("_" + c.lower() if c.isupper() and i else c.lower()
                   for i, c in enumerate(name))
    return text.removesuffix("_initializer")


def _fans(shape: Sequence[int]) -> tuple[int, int]:
    if len(shape) < 2:
        extent = shape[0] if shape else 1
        return extent, extent
    window = int(np.prod(shape[:-2]))
    return window * shape[-2], window * shape[-1]


def _normal_within_two(rng: np.random.Generator, shape: Sequence[int]) -> npt.NDArray[Any]:
    x = rng.standard_normal(shape)
    while (outside := np.abs(x) > 2).any():
        x[outside] = rng.standard_normal(int(outside.sum()))
    return x


def _scaled(shape: Sequence[int], rng: np.random.Generator, scale: float, mode: str,
            distribution: str) -> npt.NDArray[Any]:
    inputs, outputs = _fans(shape)
    count = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[mode]
    variance = scale / max(count, 1.0)
    deviation: float = variance ** 0.5
    if distribution == "uniform":
        limit: float = (3.0 * variance) ** 0.5
        return rng.uniform(-limit, limit, shape)
    if distribution == "untruncated_normal":
        return rng.standard_normal(shape) * deviation
    # Compensates for the truncation, which makes the deviation smaller.
    return _normal_within_two(rng, shape) * (deviation / 0.87962566103423978)


def values(which: str | dict[str, Any] | None, shape: Sequence[int],
           rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Initial values. which: a name, a configuration, or None for zeros."""
    if which is None:
        return np.zeros(shape, np.float32)
    name, config = (which["class_name"], which["config"]) if isinstance(which, dict) else \
        (which, {})
    name = _plain(name)
    found: npt.NDArray[Any]
    if name in _SCALED:
        found = _scaled(shape, rng, *_SCALED[name])
    elif name == "variance_scaling":
        found = _scaled(shape, rng, config["scale"], config["mode"], config["distribution"])
    elif name in ("zeros", "ones", "constant"):
        number = {"zeros": 0.0, "ones": 1.0}.get(name, config.get("value", 0.0))
        found = np.full(shape, number)
    elif name == "random_uniform":
        found = rng.uniform(config.get("minval", -0.05), config.get("maxval", 0.05), shape)
    elif name == "random_normal":
        found = config.get("mean", 0.0) + config.get("stddev", 0.05) * rng.standard_normal(shape)
    elif name == "truncated_normal":
        found = config.get("mean", 0.0) + config.get("stddev", 0.05) * _normal_within_two(
            rng, shape)
    elif name == "orthogonal":
        rows = int(np.prod(shape[:-1]))
        flat = rng.standard_normal((max(rows, shape[-1]), min(rows, shape[-1])))
        q, r = np.linalg.qr(flat)
        q *= np.sign(np.diag(r))
        found = config.get("gain", 1.0) * (q if rows >= shape[-1] else q.T).reshape(shape)
    elif name == "identity":
        extents: Any = shape  # two extents
        found = config.get("gain", 1.0) * np.eye(*extents)
    elif name == "forget_bias":  # of an LSTM: 1 for the forget gate
        units = config["units"]
        found = values(config["rest"], shape, rng)
        found[units:2 * units] = 1.0
    else:
        raise ValueError(f"initializer '{name}' is none of {', '.join(sorted(_SCALED))}, zeros, "
                         "ones, constant, random_uniform, random_normal, truncated_normal, "
                         "variance_scaling, orthogonal, identity")
    return np.asarray(found, np.float32)
