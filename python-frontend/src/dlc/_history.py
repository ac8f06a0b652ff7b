# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The course of a training, and its curves: pictures with matplotlib, or text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("a plot needs matplotlib: pip install matplotlib") from None
    return pyplot


def curves(values: Mapping[str, Sequence[float]], axes: Any = None) -> Any:
    """Draws values by epoch, {name: [one per epoch]}, and returns matplotlib's axes.

    Values on held-out samples (val_loss beside loss) are dashed, in the same colour.
    """
    if axes is None:
        _, axes = _pyplot().subplots(figsize=(7, 4), layout="constrained")
    colors: dict[str, Any] = {}
    for name, line in values.items():
        own = name.removeprefix("val_").removeprefix("validation_")
        style = "-" if own == name else "--"
        drawn, = axes.plot(range(1, len(line) + 1), line, style, color=colors.get(own),
                           label=name.replace("_", " "), marker="." if len(line) == 1 else None)
        colors.setdefault(own, drawn.get_color())
    axes.set_xlabel("epoch")
    axes.legend()
    return axes


def text_curves(lines: Mapping[str, Sequence[float]], width: int = 64, height: int = 12) -> str:
    """Draws at most two curves, {name: [one per epoch]}, as text of the given size."""
    if not lines:
        return ""
    every = [v for values in lines.values() for v in values]
    low, high = min(every), max(every)
    span = (high - low) or 1
    rows = [[" "] * width for _ in range(height)]
    for mark, values in zip("*o", lines.values()):
        for column in range(width):
            at = column * (len(values) - 1) / max(width - 1, 1)
            left = int(at)
            right = min(left + 1, len(values) - 1)
            value = values[left] + (values[right] - values[left]) * (at - left)
            rows[round((high - value) / span * (height - 1))][column] = mark
    text = [f"{high:10.4g} |{''.join(rows[0])}"]
    text += [f"{'':10} |{''.join(row)}" for row in rows[1:-1]]
    text.append(f"{low:10.4g} |{''.join(rows[-1])}")
    text.append(f"{'':10} +{'-' * width}")
    names = ", ".join(f"{m} {n.replace('_', ' ')}" for m, n in zip("*o", lines))
    count = max(len(values) for values in lines.values())
    text.append(f"{'':12}epochs 1 to {count}: {names}")
    return "\n".join(text)


class Epochs(list[dict[str, float]]):
    """A list of one dictionary per epoch: epoch, loss, metrics, seconds."""

    def values(self) -> dict[str, list[float]]:
        """Losses and metrics as {name: [one per epoch]}."""
        names = [n for n in (self[0] if self else ()) if n not in ("epoch", "seconds")]
        return {n: [record[n] for record in self] for n in names}

    def plot(self, axes: Any = None) -> Any:
        """Draws losses and metrics by epoch with matplotlib; returns the axes."""
        return curves(self.values(), axes)

    def dataframe(self) -> Any:
        """The records as a pandas.DataFrame."""
        from ._compiled import Table
        return Table(list(self)).dataframe()


class History:
    """The result of `fit` of dlc.layers: history[name] is a list with one value per epoch."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def add(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Adds an epoch."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def plot(self, axes: Any = None) -> Any:
        """Draws losses and metrics by epoch with matplotlib; returns the axes."""
        return curves(self.history, axes)

    def __repr__(self) -> str:
        last = {k: v[-1] for k, v in self.history.items()}
        return f"<{len(self.epoch)} epochs, the last: " + ", ".join(
            f"{k} {v:.4g}" for k, v in last.items()) + ">"
