"""What all optimisers have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import ClassVar

    import numpy.typing as npt

    from .. import ir
    from .emitter import Config, Emitter

    # The next values of the parameter and of its states, by their names.
    Updated = tuple[ir.Value, dict[str, ir.Value]]


class Optimizer:
    """How one parameter moves.

    config: of the optimiser, as it is for this parameter; `decays` there says whether weight
    decay is for it. shape: of the parameter. `names` are those of the states kept for it,
    `shared` states of all parameters together.
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
        """The first value of a state; value: the parameter's."""
        return 0.0

    def decay(self) -> float:
        """The share of the parameter that a step of rate 1 takes off it."""
        return self.number("weight_decay", 0.0) if self.config.get("decays", True) else 0.0

    def number(self, key: str, default: float) -> float:
        """A number of the configuration; the default where it is not set, too."""
        value = self.config.get(key)
        return default if value is None else float(value)

    def update(self, e: Emitter, p: ir.Value, g: ir.Value, rate: ir.Value, step: ir.Value,
               s: Mapping[str, ir.Value]) -> Updated:
        """After a step of this number, from 1, as f32. s: the states."""
        raise NotImplementedError
