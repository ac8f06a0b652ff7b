# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Optimisers with the formulas of Keras 3.

Each takes a parameter, its gradient, the learning rate, the number of the step (from 1, as f32) and
its states of the parameter, and returns the next values of all. Keras's Adam adds epsilon outside
the corrected root, unlike the paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl
from .newer_optimizers import NEWER
from .optimizer_base import Optimizer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar

    import numpy.typing as npt

    from .. import ir
    from .emitter import Config, Emitter
    from .optimizer_base import Updated


class SGD(Optimizer):
    def names(self) -> list[str]:
        return ["momentum"] if self.config.get("momentum") else []

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        share = self.config.get("momentum") or 0.0
        if not share:
            return p - rate * g, {}
        m = s["momentum"] * share - rate * g
        after = p + m * share - rate * g if self.config.get("nesterov") else p + m
        return after, {"momentum": m}


class Adam(Optimizer):
    def names(self) -> list[str]:
        return ["m", "v", *(["v_hat"] if self.config.get("amsgrad") else [])]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        b1, b2 = self.config.get("beta_1", 0.9), self.config.get("beta_2", 0.999)
        power1, power2 = (dl.pow(e.module.constant(b, "f32"), step) for b in (b1, b2))
        alpha = rate * dl.sqrt(1.0 - power2) / (1.0 - power1)
        m = s["m"] + (g - s["m"]) * (1.0 - b1)
        v = s["v"] + (dl.square(g) - s["v"]) * (1.0 - b2)
        after = {"m": m, "v": v}
        if self.config.get("amsgrad"):
            after["v_hat"] = v = dl.maximum(s["v_hat"], v)
        return p - m * alpha / (dl.sqrt(v) + self.config.get("epsilon", 1e-7)), after


class RMSprop(Optimizer):
    def names(self) -> list[str]:
        return ["velocity", *(["momentum"] if self.config.get("momentum") else []),
                *(["average"] if self.config.get("centered") else [])]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        rho, epsilon = self.config.get("rho", 0.9), self.config.get("epsilon", 1e-7)
        v = s["velocity"] * rho + dl.square(g) * (1.0 - rho)
        after, denominator = {"velocity": v}, v + epsilon
        if self.config.get("centered"):
            after["average"] = s["average"] * rho + g * (1.0 - rho)
            denominator = v - dl.square(after["average"]) + epsilon
        change = rate * g / dl.sqrt(denominator)
        if self.config.get("momentum"):
            after["momentum"] = change = s["momentum"] * self.config["momentum"] + change
        return p - change, after


class Adagrad(Optimizer):
    def names(self) -> list[str]:
        return ["accumulator"]

    def first(self, name: str, value: npt.ArrayLike) -> npt.ArrayLike:
        return self.number("initial_accumulator_value", 0.1)

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        a = s["accumulator"] + dl.square(g)
        return p - rate * g / dl.sqrt(a + self.config.get("epsilon", 1e-7)), {"accumulator": a}


class Adadelta(Optimizer):
    def names(self) -> list[str]:
        return ["gradient", "change"]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        rho, epsilon = self.config.get("rho", 0.95), self.config.get("epsilon", 1e-7)
        a = s["gradient"] * rho + dl.square(g) * (1.0 - rho)
        change = -dl.sqrt(s["change"] + epsilon) * g / dl.sqrt(a + epsilon)
        b = s["change"] * rho + dl.square(change) * (1.0 - rho)
        return p + rate * change, {"gradient": a, "change": b}


class Adamax(Optimizer):
    def names(self) -> list[str]:
        return ["m", "u"]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        b1, b2 = self.config.get("beta_1", 0.9), self.config.get("beta_2", 0.999)
        m = s["m"] + (g - s["m"]) * (1.0 - b1)
        u = dl.maximum(s["u"] * b2, dl.abs(g))
        power = dl.pow(e.module.constant(b1, "f32"), step)
        return p - rate * m / ((1.0 - power) * (u + self.config.get("epsilon", 1e-7))), \
            {"m": m, "u": u}


class Lion(Optimizer):
    def names(self) -> list[str]:
        return ["m"]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        b1, b2 = self.config.get("beta_1", 0.9), self.config.get("beta_2", 0.99)
        after = p - rate * dl.sign(s["m"] * b1 + g * (1.0 - b1))
        return after, {"m": s["m"] * b2 + g * (1.0 - b2)}


class Nadam(Optimizer):
    """The product of momenta over all steps is a state of its own."""
    shared: ClassVar[dict[str, float]] = {"product": 1.0}

    def names(self) -> list[str]:
        return ["m", "v"]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        b1, b2 = self.config.get("beta_1", 0.9), self.config.get("beta_2", 0.999)
        base = e.module.constant(0.96, "f32")
        u = (1.0 - dl.pow(base, step) * 0.5) * b1
        after = (1.0 - dl.pow(base, step + 1.0) * 0.5) * b1
        product = s["product"] * u
        m = s["m"] + (g - s["m"]) * (1.0 - b1)
        v = s["v"] + (dl.square(g) - s["v"]) * (1.0 - b2)
        m_hat = after * m / (1.0 - product * after) + (1.0 - u) * g / (1.0 - product)
        v_hat = v / (1.0 - dl.pow(e.module.constant(b2, "f32"), step))
        return p - m_hat * rate / (dl.sqrt(v_hat) + self.config.get("epsilon", 1e-7)), \
            {"m": m, "v": v, "product": product}


OPTIMIZERS: dict[str, type[Optimizer]] = {c.__name__.lower(): c for c in (
    SGD, Adam, RMSprop, Adagrad, Adadelta, Adamax, Lion, Nadam)}
OPTIMIZERS.update(NEWER, adamw=Adam)


def clipped(e: Emitter, config: Config, gradients: list[ir.Value]) -> list[ir.Value]:
    """Gradients clipped as configured."""
    if config.get("clipnorm"):
        limit = config["clipnorm"]
        norms = [dl.sqrt(dl.reduce_sum(dl.square(g))) for g in gradients]
        return [g * (limit / dl.maximum(n, limit)) for g, n in zip(gradients, norms)]
    if config.get("global_clipnorm"):
        limit = config["global_clipnorm"]
        total = sum(dl.reduce_sum(dl.square(g)) for g in gradients[1:]) \
            if len(gradients) > 1 else 0.0
        norm = dl.sqrt(dl.reduce_sum(dl.square(gradients[0])) + total)
        return [g * (limit / dl.maximum(norm, limit)) for g in gradients]
    if config.get("clipvalue"):
        limit = config["clipvalue"]
        return [dl.clip(g, low=-limit, high=limit) for g in gradients]
    return gradients
