# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Regularisers, which add to the loss, and constraints, which weights satisfy after a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dl, ir

if TYPE_CHECKING:
    from .emitter import Config, Emitter, Named


def _parts(which: Named) -> tuple[str, Config]:
    """(class name, configuration) of a serialised object of Keras, or of a word."""
    if isinstance(which, str):
        return which, {}
    return which["class_name"], which["config"]


def penalty(e: Emitter, which: Named, w: ir.Value) -> ir.Value | None:
    """The term that a regulariser adds to the loss."""
    name, config = _parts(which)
    name = name.lower()
    if name in ("l1", "l2", "l1l2", "l1_l2"):
        default = {"l1": {"l1": 0.01}, "l2": {"l2": 0.01}}.get(name, {"l1": 0.01, "l2": 0.01})
        if config:
            default = {}
        l1 = float(config.get("l1", default.get("l1", 0.0)) or 0.0)
        l2 = float(config.get("l2", default.get("l2", 0.0)) or 0.0)
        terms = [dl.reduce_sum(f(w)) * share for share, f in ((l1, dl.abs), (l2, dl.square))
                 if share]
        return terms[0] if len(terms) == 1 else terms[0] + terms[1] if terms else None
    raise ir.IRError(f"regularizer {_parts(which)[0]} is none of L1, L2, L1L2")


def constrained(e: Emitter, which: Named, w: ir.Value) -> ir.Value:
    """The weights after applying a constraint."""
    name, config = _parts(which)
    axes = config.get("axis", 0)
    axes = [axes] if isinstance(axes, int) else list(axes)

    def norm() -> ir.Value:
        return dl.sqrt(dl.reduce_sum(dl.square(w), axes=axes, keep_dims=True))

    if name in ("NonNeg", "non_neg", "nonneg"):
        return dl.relu(w)
    if name in ("MaxNorm", "max_norm"):
        n = norm()
        return w * (dl.clip(n, low=0.0, high=float(config.get("max_value", 2.0))) / (n + 1e-7))
    if name in ("UnitNorm", "unit_norm"):
        return w / (norm() + 1e-7)
    if name in ("MinMaxNorm", "min_max_norm"):
        n, rate = norm(), float(config.get("rate", 1.0))
        low, high = float(config.get("min_value", 0.0)), float(config.get("max_value", 1.0))
        wanted = dl.clip(n, low=low, high=high) * rate + n * (1.0 - rate)
        return w * (wanted / (n + 1e-7))
    raise ir.IRError(f"constraint {name} is none of NonNeg, MaxNorm, UnitNorm, MinMaxNorm")
