"""Which variable of a Keras model is which tensor of the emitted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._emit.emitter import UnknownLayers
from ._keras_file import within

if TYPE_CHECKING:
    from typing import Any

    from ._keras_graph import Described


class Variables:
    """The variables of a described model by the emitted names. learns: whether a variable may
    have one name alone."""

    def __init__(self, described: Described, learns: bool = True) -> None:
        self._learns = learns
        self._layers, self._found = described.layers, dict(described.variables)
        self._names: dict[int, str] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = self._find(name)
        variable = self._found[name]
        first = self._names.setdefault(id(variable), name)
        if self._learns and first != name:
            raise UnknownLayers(f"{first} and {name} are one variable of Keras ({variable.path}), "
                                "of which dlc would make two that learn apart: use the layer, or "
                                "the variable alone")
        return variable

    def _find(self, name: str) -> Any:
        parts = name.split("/")
        for cut in range(len(parts) - 1, 0, -1):
            layer = self._layers.get("/".join(parts[:cut]))
            if layer is not None:
                break
        else:
            raise UnknownLayers(f"{name} (the Keras model has no such layer)")
        wanted = parts[cut:]
        fitting = [v for v in layer.weights if v.path.split("/")[-1] == wanted[-1] and
                   within(wanted[:-1], v.path.split("/"))]
        # A layer's own variables come first; those below have longer paths.
        fitting.sort(key=lambda v: len(v.path.split("/")))
        if not fitting:
            raise UnknownLayers(f"{name}: {type(layer).__name__} has "
                                f"{', '.join(v.path for v in layer.weights) or 'no variables'}")
        return fitting[0]
