# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads models that Keras saved, .keras and .h5, without Keras.

Nothing in a file is executed: a Lambda is an unknown layer.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from typing import Any

    import numpy.typing as npt


class FileProblem(Exception):
    """The file is no Keras model, or it is incomplete."""


def _h5(source: io.BytesIO | Path, path: Path) -> Any:
    try:
        import h5py
    except ImportError:
        raise FileProblem(f"{path} is read with the package h5py; install it: "
                          "pip install h5py") from None
    try:
        return h5py.File(source, "r")
    except OSError as problem:
        raise FileProblem(f"{path} has no weights that h5py can read: {problem}") from None


class SavedModel:
    """item: the configuration; array(name, shape): a weight by its emitted name."""

    item: dict[str, Any]

    def __init__(self, path: str | os.PathLike[str]) -> None:
        path = Path(path)
        self._path = path
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                try:
                    self.item = json.loads(archive.read("config.json"))
                    weights = io.BytesIO(archive.read("model.weights.h5"))
                except (KeyError, ValueError) as problem:
                    raise FileProblem(f"{path} is no .keras file of Keras 3: {problem}") from None
            self._read_groups(_h5(weights, path))
        elif path.exists():
            file = _h5(path, path)
            config = file.attrs.get("model_config")
            if config is None:
                raise FileProblem(f"{path} has weights alone, expected a whole model "
                                  "(model.save, not save_weights)")
            self.item = json.loads(config)
            self._read_names(file)
        else:
            raise FileProblem(f"there is no file {path}")
        if "config" not in self.item or "layers" not in self.item.get("config", {}):
            raise FileProblem(f"{path} holds a {self.item.get('class_name')}, expected a "
                              "Sequential or functional model")
        # Prefix of emitted names: the weights under it that were requested.
        self._orders: dict[str, list[str]] = {}

    def _read_groups(self, file: Any) -> None:
        """Reads .keras: datasets by number, in groups that name their layer."""
        # (names of the layers around, [arrays])
        self._found: list[tuple[list[str], list[Any]]] | None = []
        groups = self._found

        def visit(group: Any, names: list[str]) -> None:
            own = group.get("vars")
            if own is not None:
                name = own.attrs.get("name")
                names = [*names, name] if name else names
                arrays = [own[k] for k in sorted(own, key=int)]
                if arrays:
                    groups.append((names, arrays))
            for key in group:
                if key != "vars" and hasattr(group[key], "keys"):
                    visit(group[key], names)

        visit(file, [])

    def _read_names(self, file: Any) -> None:
        """Reads .h5: datasets by full name."""
        self._found = None
        self._named: list[tuple[list[str], Any]] = []

        def visit(name: str, value: Any) -> None:
            if hasattr(value, "shape"):
                self._named.append((name.split("/"), value))

        file["model_weights"].visititems(visit)

    def array(self, name: str, shape: Sequence[int]) -> npt.NDArray[np.float32]:
        parts = name.split("/")
        if self._found is None:
            # Without the name of the model itself, which the file does not have.
            fitting = [(len(p), value) for p, value in self._named
                       if p[-1].split(":")[0] == parts[-1] and within(parts[1:-1], p)]
        else:
            prefix = "/".join(parts[:-1])
            names = self._orders.setdefault(prefix, [])
            if name not in names:
                names.append(name)
            at = names.index(name)
            fitting = [(len(p), arrays[at]) for p, arrays in self._found
                       if at < len(arrays) and within(parts[:-1], p)]
        if not fitting:
            raise FileProblem(f"{self._path} has no weight {name}")
        found = np.asarray(min(fitting, key=lambda f: f[0])[1], np.float32)
        if found.size != np.prod(shape, dtype=int):
            raise FileProblem(f"{self._path}: weight {name} has the shape {list(found.shape)}, "
                              f"the model wants {list(shape)}")
        return found.reshape(shape)


def within(words: Iterable[str], path: Iterable[str]) -> bool:
    """Whether the words occur in the path in this order."""
    rest = iter(path)
    return all(any(part == word for part in rest) for word in words)
