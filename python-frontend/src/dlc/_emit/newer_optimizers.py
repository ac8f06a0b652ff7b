# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Optimisers that use norms or moments of whole tensors (Lamb, Adafactor, Muon), and two that
average: Ftrl and the schedule-free AdamW. The formulas are those of Keras 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import dl
from .optimizer_base import Optimizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from .. import ir
    from .emitter import Emitter
    from .optimizer_base import Updated


def _power(e: Emitter, base: float, step: ir.Value) -> ir.Value:
    return dl.pow(e.module.constant(base, "f32"), step)


class Ftrl(Optimizer):
    """Follow the regularised leader (McMahan et al., 2013)."""

    def names(self) -> list[str]:
        return ["accumulator", "linear"]

    def first(self, name: str, value: npt.ArrayLike) -> npt.ArrayLike:
        return self.number("initial_accumulator_value", 0.1) if name == "accumulator" else 0.0

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        power = -self.number("learning_rate_power", -0.5)
        l1 = self.number("l1_regularization_strength", 0.0)
        l2 = self.number("l2_regularization_strength", 0.0)
        shrinkage = self.number("l2_shrinkage_regularization_strength", 0.0)
        beta = self.number("beta", 0.0)
        a = s["accumulator"] + dl.square(g)
        before, now = (dl.pow(v, power) for v in (s["accumulator"], a))
        pull = g + p * (2.0 * shrinkage) if shrinkage else g
        linear = s["linear"] + pull - (now - before) / rate * p
        # Twice l2 + beta / (2 rate).
        quadratic = (now + beta) / rate + 2.0 * l2
        kept = dl.clip(linear, low=-l1, high=l1) if l1 else linear * 0.0
        return (kept - linear) / quadratic, {"accumulator": a, "linear": linear}


class Lamb(Optimizer):
    """Adam with steps proportional to the norm of the parameter (You et al., 2019)."""

    def names(self) -> list[str]:
        return ["m", "v"]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        b1, b2 = self.number("beta_1", 0.9), self.number("beta_2", 0.999)
        m = s["m"] + (g - s["m"]) * (1.0 - b1)
        v = s["v"] + (dl.square(g) - s["v"]) * (1.0 - b2)
        root = dl.sqrt(v / (1.0 - _power(e, b2, step))) + self.number("epsilon", 1e-7)
        change = m / (1.0 - _power(e, b1, step)) / root
        long, far = (dl.sqrt(dl.reduce_sum(dl.square(x))) for x in (p, change))
        is_known = dl.and_(dl.greater(long, 0.0), dl.greater(far, 0.0))
        ratio = dl.select(is_known, long / dl.select(is_known, far, far * 0.0 + 1.0),
                          long * 0.0 + 1.0)
        return p - ratio * rate * change, {"m": m, "v": v}


class ScheduleFreeAdamW(Optimizer):
    """AdamW without a schedule (Defazio et al., 2024). The parameter lies between the point z that
    gradients move and the mean of those points."""

    def names(self) -> list[str]:
        return ["z", "v"]

    def first(self, name: str, value: npt.ArrayLike) -> npt.ArrayLike:
        return value if name == "z" else 0.0

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        b1, b2 = self.number("beta_1", 0.9), self.number("beta_2", 0.999)
        warm = self.number("warmup_steps", 0.0)
        if warm > 0:
            rate = rate * dl.minimum(step / warm, 1.0)
        v = s["v"] + (dl.square(g) - s["v"]) * (1.0 - b2)
        root = dl.sqrt(v / (1.0 - _power(e, b2, step))) + self.number("epsilon", 1e-8)
        z = s["z"] - rate * g / root
        mean = (p - s["z"] * (1.0 - b1)) / b1
        share = 1.0 / step
        mean = mean * (1.0 - share) + z * share
        return z * (1.0 - b1) + mean * b1, {"z": z, "v": v}


class Adafactor(Optimizer):
    """Second moments factored into means over rows and columns (Shazeer and Stern, 2018)."""

    @property
    def _is_factored(self) -> bool:
        return len(self._shape) >= 2

    def names(self) -> list[str]:
        return ["rows", "columns", "v"] if self._is_factored else ["v"]

    def extents(self, name: str) -> tuple[int, ...]:
        return {"rows": self._shape[:-1], "columns": (*self._shape[:-2], *self._shape[-1:]),
                "v": self._shape}[name]

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        def rms(x: ir.Value) -> ir.Value:
            return dl.sqrt(dl.reduce_mean(dl.square(x)))

        # The rate is relative twice, as in Keras; that of a schedule only once.
        relative = 1.0 / dl.sqrt(step)
        if self.config.get("relative_step", True) and not self.config.get("is_scheduled"):
            rate = dl.minimum(rate, relative)
        alpha = dl.maximum(rms(p), self.number("epsilon_2", 1e-3)) * dl.minimum(rate, relative)
        share = 1.0 - dl.pow(step, self.number("beta_2_decay", -0.8))
        squares = dl.square(g) + self.number("epsilon_1", 1e-30)
        after: dict[str, ir.Value] = {}
        if self._is_factored:
            for name, axis in (("rows", -1), ("columns", -2)):
                after[name] = s[name] * share + dl.reduce_mean(squares, axes=[axis]) * \
                    (1.0 - share)
            rows = after["rows"]
            rows = rows / dl.reduce_mean(rows, axes=[-1], keep_dims=True)
            after["v"] = e.unsqueeze(rows, -1) * e.unsqueeze(after["columns"], -2)
        else:
            after["v"] = s["v"] * share + squares * (1.0 - share)
        u = g / dl.sqrt(after["v"])
        limit = self.number("clip_threshold", 1.0)
        return p - alpha * (u / dl.maximum(rms(u) / limit, 1.0)), after


class Muon(Optimizer):
    """Momentum for matrices, orthogonalised by the Newton-Schulz iteration (Jordan, 2024; scaled as
    in Liu et al., 2025). Everything that is no matrix, embeddings, and what is excluded by name is
    trained by AdamW: `uses_adam` in the configuration, or by its path."""

    @property
    def _uses_adam(self) -> bool:
        known = self.config.get("uses_adam")
        if known is not None:
            return bool(known)
        path = str(self.config.get("path", ""))
        return len(self._shape) != 2 or any(
            re.search(word, path) for word in self.config.get("exclude_layers") or ()) or bool(
            self.config.get("exclude_embeddings", True) and "embedding" in path.lower())

    def names(self) -> list[str]:
        return ["m", "v"] if self._uses_adam else ["m"]

    def decay(self) -> float:
        if not self.config.get("decays", True):
            return 0.0
        return self.number("adam_weight_decay" if self._uses_adam else "weight_decay", 0.0)

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        if self._uses_adam:
            return self._by_adam(e, p, g, rate * self.number("adam_lr_ratio", 1.0), step, s)
        share = self.number("momentum", 0.95)
        m = s["m"] + (g + s["m"] * (share - 1.0))
        change = rate * self._orthogonal(e, g + m * share if self.config.get("nesterov", True)
                                         else m)
        if self.config.get("rms_rate") is not None:
            change = change * (float(max(self._shape)) ** 0.5) * self.number("rms_rate", 0.2)
        return p - change, {"m": m}

    def _by_adam(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
                 s: Mapping[str, ir.Value]) -> Updated:
        b1, b2 = self.number("adam_beta_1", 0.9), self.number("adam_beta_2", 0.999)
        alpha = rate * dl.sqrt(1.0 - _power(e, b2, step)) / (1.0 - _power(e, b1, step))
        m = s["m"] + (g - s["m"]) * (1.0 - b1)
        v = s["v"] + (dl.square(g) - s["v"]) * (1.0 - b2)
        return p - m * alpha / (dl.sqrt(v) + self.number("epsilon", 1e-7)), {"m": m, "v": v}

    def _orthogonal(self, e: Emitter, x: ir.Value) -> ir.Value:
        a, b, c = (self.number(f"muon_{k}", n) for k, n in
                   (("a", 3.4445), ("b", -4.775), ("c", 2.0315)))
        # The products have the smaller extent.
        is_tall = self._shape[0] > self._shape[1]
        x = e.transpose(x, [1, 0]) if is_tall else x
        x = x / (dl.sqrt(dl.reduce_sum(dl.square(x))) + 1e-7)
        for _ in range(int(self.number("ns_steps", 5))):
            square = x @ e.transpose(x, [1, 0])
            x = x * a + (square * b + (square * c) @ square) @ x
        return e.transpose(x, [1, 0]) if is_tall else x


NEWER = {c.__name__.lower(): c for c in (Ftrl, Lamb, ScheduleFreeAdamW, Adafactor, Muon)}
