# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The result of `compile`: a library that knows its model and its options."""

from __future__ import annotations

import functools
import html
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._compile import run
from ._library import LibraryError, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from ._cache import Entry
    from ._compile import Source
    from ._graph import Graph
    from ._library import Function, Library, State
    from ._profile import Profile


class CompiledLibrary:
    """A compiled model. Its functions are attributes, for example `predict(x)`, as in
    dlc.load(path).

    path: the shared library; header: its C header.
    """

    if TYPE_CHECKING:  # the library's
        functions: dict[str, Function]
        state: State

    def __init__(self, path: str | os.PathLike[str], source: Source, words: list[str],
                 threads: int = 0, entry: Entry | None = None) -> None:
        self.path = Path(path)
        self.header = self.path.with_suffix(".h")
        self._source, self._words, self._threads, self._entry = source, words, threads, entry
        if entry:  # a file removed from the cache stays usable while it is loaded
            self._functions()

    @functools.cached_property
    def library(self) -> Library:
        """The library, as dlc.load returns it."""
        return load(self.path, self._threads)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.library, name)

    def __dir__(self) -> Iterable[str]:
        try:
            return sorted({*super().__dir__(), *dir(self.library)})
        except LibraryError:
            return super().__dir__()

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def _functions(self) -> list[Function]:
        try:
            return list(self.library.functions.values())
        except LibraryError:  # compiled for another processor: reported when it is called
            return []

    def __repr__(self) -> str:
        lines = "".join(f"\n  {f!r}" for f in self._functions())
        return f"<dlc library {self.path} ({' '.join(self._words)}){lines}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td><b>{html.escape(f.name)}</b></td>"
            f"<td>{html.escape(', '.join(map(str, f.inputs)))}</td>"
            f"<td>{html.escape(', '.join(map(str, f.outputs)))}</td></tr>"
            for f in self._functions())
        return (f"<p>dlc library <code>{html.escape(str(self.path))}</code></p><table>"
                f"<tr><th>function</th><th>inputs</th><th>outputs</th></tr>{rows}</table>")

    def ir(self, stage: str = "dl") -> str:
        """The model as text at a stage: "dl", "linalg", "vector", "llvm" or "asm"."""
        with self._source.file() as source, tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            output = Path(folder) / f"out.{ {'llvm': 'll', 'asm': 's'}.get(stage, 'mlir')}"
            run([source, "-o", output, *self._words, f"--emit={stage}"])
            return output.read_text()

    def plot(self, path: str | os.PathLike[str] | None = None,
             function: str | None = None) -> Graph:
        """A picture of the ops of a function, which a notebook shows. path: a .svg file."""
        from ._graph import of_text
        graph = of_text(self.ir("dl"), function)
        if path:
            graph.save(path)
        return graph

    def report(self) -> Report:
        """A Report of what the library computes: layers, and the loop nests that they became."""
        with self._source.file() as source, tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            return Report(run([source, "-o", Path(folder) / self.path.name, *self._words,
                               "--report"]))

    def profile(self, *inputs: npt.NDArray[Any] | np.generic | float, function: str | None = None,
                calls: int = 20) -> Profile:
        """A Profile of where the time of a call goes: the median over some calls.

        inputs: arrays, as the function takes them. function: its name, if there are several.
        """
        from ._profile import measure
        with self._source.file() as source, tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            path = Path(folder) / self.path.name
            run([source, "-o", path, *self._words, "--profile"])
            return measure(load(path, self._threads), inputs, function, calls)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Copies the library and its header: .so, .a, .o. To a .safetensors file: writes the state
        of the library, its parameters."""
        path = Path(path)
        if path.suffix == ".safetensors":
            self.library.save(path)
        elif path.name == self.path.name and path.resolve() != self.path.resolve() and \
                self.path.exists() and self.header.exists():
            for made in (self.path, self.header):
                _copy(made, path.with_suffix(made.suffix))
        else:  # the names of C functions follow from the file name
            with self._source.file() as source:
                run([source, "-o", path, *self._words])
        return path


def _copy(source: Path, target: Path) -> None:
    """Copies the whole file or nothing."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    os.close(handle)
    try:
        shutil.copy(source, temporary)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


class Table:
    """Rows of one kind: a list of dictionaries, text, HTML, a pandas.DataFrame."""

    def __init__(self, rows: Sequence[dict[str, Any]], title: str = "") -> None:
        self.rows, self.title = rows, title

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: Any) -> Any:
        return self.rows[at]

    def __str__(self) -> str:
        cells = [list(self.rows[0]) if self.rows else []]
        cells += [[_show(v) for v in row.values()] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in cells]
        return "\n".join(([self.title] if self.title else []) + lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(cells: Iterable[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"
        rows = "".join(line([_show(v) for v in row.values()], "td") for row in self.rows)
        return (f"<p>{html.escape(self.title)}</p><table>"
                f"{line(list(self.rows[0]) if self.rows else [], 'th')}{rows}</table>")

    def dataframe(self) -> Any:
        """The rows as a pandas.DataFrame."""
        try:
            import pandas
        except ImportError:
            raise ImportError("a data frame needs pandas: pip install pandas") from None
        # Counts stay integers even if one is missing.
        return pandas.DataFrame(self.rows).convert_dtypes()


def _show(value: object) -> str:
    return "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else \
        f"{value:,}" if isinstance(value, int) else str(value)


def bars(rows: Iterable[dict[str, Any]], label: str, value: str, axis: str) -> Any:
    """Draws horizontal bars with matplotlib, the largest on top; returns the axes."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("a plot needs matplotlib: pip install matplotlib") from None
    shown = sorted((r for r in rows if r[value]), key=lambda r: r[value])[-20:]
    _, axes = plt.subplots(figsize=(8, 0.3 * len(shown) + 1))
    axes.barh([f"{i}: {r[label]}" for i, r in enumerate(shown)], [r[value] for r in shown])
    axes.set_xlabel(axis)
    axes.figure.tight_layout()
    return axes


# The columns of a line of loop nests, as dlc prints them.
_NEST = (("computes", 2, 42), ("kind", 43, 55), ("flop", 56, 64), ("bytes", 65, 73),
         ("bound by", 74, 81), ("expected us", 82, 91), ("tile", 93, 107), ("task", 108, 122),
         ("weights", 123, None))
_UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def _number(text: str) -> float | None:
    """The number that `1.2 M`, `1,024` or `10.9 us` stands for; None if it is unknown."""
    found = re.fullmatch(r"([\d.,]+) ?([kMGT]?|us)", text)
    if not found:
        return None
    number = float(found[1].replace(",", "")) * _UNITS.get(found[2], 1)
    return int(number) if number.is_integer() and found[2] != "us" else number


class Report:
    """The output of `dlc --report`. str: its text; layers and nests: tables by function."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.layers: dict[str, Table] = {}
        self.nests: dict[str, Table] = {}
        table: str | None = None
        rows: list[dict[str, Any]] = []
        for line in text.splitlines():
            if found := re.match(r"(function|loop nests of) (\S+)", line):
                table, rows = found[1], []
                tables = self.layers if table == "function" else self.nests
                tables[found[2]] = Table(rows, line)
            elif line.split()[:1] in (["layer"], ["computes"]):
                continue
            elif table == "function":
                words = re.split(r"\s{2,}", line.strip())
                if len(words) >= 3:
                    shape = words[1] if len(words) == 4 else ""
                    rows.append({"layer": words[0], "output": shape,
                                 "weights": _number(words[-2]), "connections": _number(words[-1])})
            elif table and line.startswith("  "):
                cells: dict[str, Any] = {name: line[a:b].strip() for name, a, b in _NEST}
                for name in ("flop", "bytes", "expected us"):
                    cells[name] = _number(cells[name])
                rows.append(cells)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(t._repr_html_() for t in (*self.layers.values(), *self.nests.values()))

    def plot(self, function: str | None = None) -> Any:
        """Draws the expected time of each loop nest as bars with matplotlib; returns the axes."""
        nests = self.nests[function or next(iter(self.nests))]
        return bars(nests, "computes", "expected us", "expected time, us")
