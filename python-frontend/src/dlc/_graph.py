# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Pictures of networks: boxes and arrows as SVG, which notebooks and browsers show."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

_BOX, _GAP, _ROW = 190, 24, 74  # width of a box, space between two, height of a row


class Node:
    """A box: a title, a line below it, and the keys of the nodes that its inputs come from."""

    def __init__(self, title: str, note: str = "", sources: Iterable[str] = ()) -> None:
        self.title, self.note, self.sources = title, note, tuple(sources)


class Graph:
    """A network as a picture. A notebook shows it; save writes it to a file.

    nodes: {key: Node}, each after those that it reads.
    """

    def __init__(self, nodes: Mapping[str, Node], title: str | None = "") -> None:
        self.nodes, self.title = dict(nodes), title

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"<graph of {self.title or 'a network'}: {len(self)} nodes>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes a .svg file and returns its path."""
        path = Path(path)
        if path.suffix != ".svg":
            raise ValueError(f"{path}: graphs are written as .svg")
        path.write_text(self.svg(), encoding="utf-8")
        return path

    def first(self, count: int) -> Graph:
        """The graph of the first `count` nodes."""
        if len(self) <= count:
            return self
        kept = dict(list(self.nodes.items())[:count])
        kept["..."] = Node(f"... {len(self) - count} more", "", [list(kept)[-1]])
        return Graph(kept, self.title)

    def _rows(self) -> tuple[list[list[str]], dict[str, float]]:
        """Keys by row. A node is below all nodes that it reads, near the middle of them."""
        level: dict[str, int] = {}
        rows: list[list[str]] = []
        place: dict[str, float] = {}
        for key, node in self.nodes.items():
            above = [level[s] for s in node.sources if s in level]
            level[key] = max(above) + 1 if above else 0
            while len(rows) <= level[key]:
                rows.append([])
            rows[level[key]].append(key)
        for row in rows:
            def middle(key: str) -> float:
                xs = [place[s] for s in self.nodes[key].sources if s in place]
                return sum(xs) / len(xs) if xs else 0.0
            row.sort(key=middle)
            for at, key in enumerate(row):
                place[key] = (at - (len(row) - 1) / 2) * (_BOX + _GAP)
        return rows, place

    def svg(self) -> str:
        """The picture as text of an SVG file."""
        rows, place = self._rows()
        width = max([len(r) for r in rows], default=1) * (_BOX + _GAP) + _GAP
        height = len(rows) * _ROW + _GAP
        center = {k: (width / 2 + place[k], _GAP + y * _ROW + 20)
                  for y, row in enumerate(rows) for k in row}
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
                 f'width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
                 '<rect width="100%" height="100%" fill="white"/>']
        for key, node in self.nodes.items():
            x, y = center[key]
            for source in dict.fromkeys(s for s in node.sources if s in center):
                u, v = center[source]
                half = (y - v) / 2
                # Edges that skip rows pass beside the boxes of those rows.
                bend = (_BOX / 2 + _GAP / 2) if half > _ROW and abs(x - u) < _BOX else 0
                parts.append(f'<path d="M{u:.0f} {v + 20:.0f} C{u + bend:.0f} {v + half:.0f} '
                             f'{x + bend:.0f} {y - half:.0f} {x:.0f} {y - 20:.0f}" fill="none" '
                             'stroke="#888"/>')
        for key, node in self.nodes.items():
            x, y = center[key]
            parts.append(
                f'<g><title>{html.escape(f"{node.title} {node.note}")}</title>'
                f'<rect x="{x - _BOX / 2:.0f}" y="{y - 20:.0f}" width="{_BOX}" height="40" rx="4" '
                f'fill="{"#eef3fb" if node.sources else "#eaf6ea"}" stroke="#557"/>'
                f'<text x="{x:.0f}" y="{y - 4:.0f}" text-anchor="middle">'
                f'{html.escape(_cut(node.title))}</text>'
                f'<text x="{x:.0f}" y="{y + 12:.0f}" text-anchor="middle" fill="#555">'
                f'{html.escape(_cut(node.note))}</text></g>')
        return "\n".join([*parts, "</svg>"])


def _cut(text: str, length: int = 28) -> str:
    return text if len(text) <= length else text[:length - 3] + "..."


def of_layers(model: Any) -> Graph:
    """The graph of a model of dlc.layers, with one node per call of a layer."""
    from .layers._layer import calls_before

    def key(tensor: Any) -> str:
        return f"{tensor.layer.name}:{tensor.node}"

    nodes: dict[str, Node] = {}
    for tensor in calls_before(model.outputs):
        kind = getattr(tensor.layer, "class_name", type(tensor.layer).__name__)
        note = f"{kind} {list(tensor.shape)}" if tensor.shape else kind
        nodes[key(tensor)] = Node(tensor.layer.name, note, map(key, tensor.sources()))
    return Graph(nodes, model.name)


# One op in the text of a function: results, name, the rest.
_OP = re.compile(r'  (?:%([\w$.-]+)(?::\d+)? = )?"?([a-z_]\w*(?:\.\w+)*)"?(.*)')
_TENSOR = re.compile(r"tensor<[^>]*>")
_ARGUMENT = re.compile(r'%([\w$.-]+): (tensor<[^>]*>)(?: \{dl\.name = "([^"]*)")?')
_HIDDEN = {"arith.constant", "ml_program.global_load", "ml_program.global_load_const",
           "func.return", "return", "dl.constant"}


def of_text(text: str, function: str | None = None) -> Graph:
    """The graph of a function in the text of a module, with one node per op except constants.

    An op with regions is one node, which reads everything that its ops read.
    """
    nodes: dict[str, Node] = {}
    current: Node | None = None
    name: str | None = None
    inside, indent = False, 0
    for line in text.splitlines():
        body = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
        if not inside:
            found = re.match(r"\s*func\.func (?:public |private )?@([\w$.-]+)\((.*)", line)
            if found and (function is None or found[1] == function):
                inside, name, indent = True, found[1], len(line) - len(line.lstrip()) + 2
                for key, type_, given in _ARGUMENT.findall(found[2]):
                    nodes[key] = Node(given or key, _short(type_))
            continue
        if len(line) - len(line.lstrip()) < indent and line.lstrip().startswith("}"):
            break  # followed by its location where locations are printed
        uses = re.findall(r"%([\w$.-]+)", body)
        if len(line) - len(line.lstrip()) == indent and (found := _OP.match(line[indent - 2:])):
            result, op, rest = found.groups()
            types = _TENSOR.findall(rest)
            operands = [u for u in uses if u != result]
            # Where the result types are printed, those of operands are not.
            if len(operands) == len(types):
                for use, type_ in zip(operands, types):
                    if use in nodes:
                        nodes[use].note = nodes[use].note or _short(type_)
            if op in _HIDDEN:
                current = None
                continue
            current = nodes[result or f"{op}{len(nodes)}"] = Node(
                op, _short(types[-1]) if types and "->" in rest else "",
                [u for u in operands if u in nodes])
        elif current is not None:  # the inside of an op with a region
            if line.strip().startswith("}") and (types := _TENSOR.findall(line)):
                current.note = _short(types[-1])
            current.sources += tuple(u for u in uses if u in nodes and nodes[u] is not current)
    if not inside:
        raise ValueError(f"there is no function '{function}' in the model" if function
                         else "the model has no function")
    return Graph(nodes, name)


def _short(type_: str) -> str:
    return type_.removeprefix("tensor<").removesuffix(">")
