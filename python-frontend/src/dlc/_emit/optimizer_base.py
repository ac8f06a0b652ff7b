# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What all optimisers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import ClassVar

    import numpy.typing as npt

    from .. import ir
    from .emitter import Config, Emitter

    # The next values of the parameter and of its states, by name.
    Updated = tuple[ir.Value, dict[str, ir.Value]]


class Optimizer:
    """How one parameter is updated.

    config: that of the optimiser for this parameter; `decays` says whether weight decay applies to
    it. shape: of the parameter. `names` are those of its states, `shared` are states common to all
    parameters.
    """
    shared: ClassVar[dict[str, float]] = {}

    def __init__(self, config: Config, shape: Sequence[int] = ()) -> None:
        self.config, self._shape = config, tuple(shape)

    def names(self) -> list[str]:
        return []

    def extents(self, name: str) -> tuple[int, ...]:
        """The shape of a state."""
        return self._shape

    def first(self, name: str, value: npt.ArrayLike) -> npt.ArrayLike:
        """The initial value of a state. value: that of the parameter."""
        return 0.0

    def decay(self) -> float:
        """The share of the parameter that a step of rate 1 subtracts from it."""
        return self.number("weight_decay", 0.0) if self.config.get("decays", True) else 0.0

    def number(self, key: str, default: float) -> float:
        """A number of the configuration; the default also if it is None."""
        value = self.config.get(key)
        return default if value is None else float(value)

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        """The values after step number `step`, from 1, as f32. s: the states."""
        raise NotImplementedError
