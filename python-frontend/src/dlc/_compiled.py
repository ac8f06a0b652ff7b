"""What `compile` returns: a library that knows the model and options it was made with."""

import functools
import html
import os
import re
import shutil
import tempfile
from pathlib import Path

from ._compile import run
from ._library import LibraryError, load


class CompiledLibrary:
    """A compiled model. Its functions are attributes, `predict(x)`, as those of dlc.load(path).

    path: the shared library; header: its C header.
    """

    def __init__(self, path, source, words, threads=0, entry=None):
        self.path = Path(path)
        self.header = self.path.with_suffix(".h")
        self._source, self._words, self._threads, self._entry = source, words, threads, entry
        if entry:  # a file that goes out of the cache lives on where it is loaded
            self._functions()

    @functools.cached_property
    def library(self):
        """The library as dlc.load gives it."""
        return load(self.path, self._threads)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.library, name)

    def __dir__(self):
        try:
            return sorted({*super().__dir__(), *dir(self.library)})
        except LibraryError:
            return super().__dir__()

    def __fspath__(self):
        return str(self.path)

    def __str__(self):
        return str(self.path)

    def _functions(self):
        try:
            return list(self.library.functions.values())
        except LibraryError:  # for another processor: told when it is called
            return []

    def __repr__(self):
        lines = "".join(f"\n  {f!r}" for f in self._functions())
        return f"<dlc library {self.path} ({' '.join(self._words)}){lines}>"

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td><b>{html.escape(f.name)}</b></td>"
            f"<td>{html.escape(', '.join(map(str, f.inputs)))}</td>"
            f"<td>{html.escape(', '.join(map(str, f.outputs)))}</td></tr>"
            for f in self._functions())
        return (f"<p>dlc library <code>{html.escape(str(self.path))}</code></p><table>"
                f"<tr><th>function</th><th>inputs</th><th>outputs</th></tr>{rows}</table>")

    def ir(self, stage="dl"):
        """The model's text at a stage: "dl", "linalg", "vector", "llvm" or "asm"."""
        with self._source.file() as source, tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            output = Path(folder) / f"out.{ {'llvm': 'll', 'asm': 's'}.get(stage, 'mlir')}"
            run([source, "-o", output, *self._words, f"--emit={stage}"])
            return output.read_text()

    def plot(self, path=None, function=None):
        """A function as a picture of its ops, which a notebook shows; path: a .svg file."""
        from ._graph import of_text
        graph = of_text(self.ir("dl"), function)
        if path:
            graph.save(path)
        return graph

    def report(self):
        """What the library computes: layers, and the loop nests they became, a Report."""
        with self._source.file() as source, tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            return Report(run([source, "-o", Path(folder) / self.path.name, *self._words,
                               "--report"]))

    def profile(self, *inputs, function=None, calls=20):
        """Where the time of a call goes, a Profile: the median of some calls.

        inputs: arrays, as the function takes them. function: its name, where there are several.
        """
        from ._profile import measure
        with self._source.file() as source, tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            path = Path(folder) / self.path.name
            run([source, "-o", path, *self._words, "--profile"])
            return measure(load(path, self._threads), inputs, function, calls)

    def save(self, path):
        """Writes the library and its header to another place: .so, .a, .o. To a
        .safetensors file: what the library keeps from call to call, its parameters."""
        path = Path(path)
        if path.suffix == ".safetensors":
            self.library.save(path)
        elif path.name == self.path.name and path.resolve() != self.path.resolve() and \
                self.path.exists() and self.header.exists():
            for made in (self.path, self.header):
                _copy(made, path.with_suffix(made.suffix))
        else:  # names of C functions follow from the file's
            with self._source.file() as source:
                run([source, "-o", path, *self._words])
        return path


def _copy(source, target):
    """At once or not at all."""
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

    def __init__(self, rows, title=""):
        self.rows, self.title = rows, title

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return self.rows[at]

    def __str__(self):
        cells = [list(self.rows[0]) if self.rows else []]
        cells += [[_show(v) for v in row.values()] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in cells]
        return "\n".join(([self.title] if self.title else []) + lines)

    __repr__ = __str__

    def _repr_html_(self):
        def line(cells, tag):
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"
        rows = "".join(line([_show(v) for v in row.values()], "td") for row in self.rows)
        return (f"<p>{html.escape(self.title)}</p><table>"
                f"{line(list(self.rows[0]) if self.rows else [], 'th')}{rows}</table>")

    def dataframe(self):
        """The rows as a pandas.DataFrame."""
        try:
            import pandas
        except ImportError:
            raise ImportError("a data frame needs pandas: pip install pandas") from None
        return pandas.DataFrame(self.rows)


def _show(value):
    return "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else \
        f"{value:,}" if isinstance(value, int) else str(value)


def bars(rows, label, value, axis):
    """Horizontal bars of matplotlib, the largest on top; returns the axes."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("a plot needs matplotlib: pip install matplotlib") from None
    rows = sorted((r for r in rows if r[value]), key=lambda r: r[value])[-20:]
    _, axes = plt.subplots(figsize=(8, 0.3 * len(rows) + 1))
    axes.barh([f"{i}: {r[label]}" for i, r in enumerate(rows)], [r[value] for r in rows])
    axes.set_xlabel(axis)
    axes.figure.tight_layout()
    return axes


# Where the columns of a line of loop nests begin and end, as dlc prints them.
_NEST = (("computes", 2, 42), ("kind", 43, 55), ("flop", 56, 64), ("bytes", 65, 73),
         ("bound by", 74, 81), ("expected us", 82, 91), ("tile", 93, 107), ("task", 108, 122),
         ("weights", 123, None))
_UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def _number(text):
    """`1.2 M`, `1,024`, `10.9 us` as a number, None of what is not known."""
    found = re.fullmatch(r"([\d.,]+) ?([kMGT]?|us)", text)
    if not found:
        return None
    number = float(found[1].replace(",", "")) * _UNITS.get(found[2], 1)
    return int(number) if number.is_integer() and found[2] != "us" else number


class Report:
    """What `dlc --report` says. str: its text; layers and nests: tables by function."""

    def __init__(self, text):
        self.text, self.layers, self.nests = text, {}, {}
        table, rows = None, None
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
                cells = {name: line[a:b].strip() for name, a, b in _NEST}
                for name in ("flop", "bytes", "expected us"):
                    cells[name] = _number(cells[name])
                rows.append(cells)

    def __str__(self):
        return self.text

    __repr__ = __str__

    def _repr_html_(self):
        return "".join(t._repr_html_() for t in (*self.layers.values(), *self.nests.values()))

    def plot(self, function=None):
        """Bars of the expected time of each loop nest, by matplotlib; returns the axes."""
        nests = self.nests[function or next(iter(self.nests))]
        return bars(nests, "computes", "expected us", "expected time, us")
