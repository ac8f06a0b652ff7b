# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Computed extents such as `2*batch + 1`, in JAX's notation, as index values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

import numpy as np

from .. import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .._emit.emitter import Emitter, Extent

_NUMBERS: dict[str, Callable[[int, int], int]] = {
    "addi": lambda a, b: a + b, "subi": lambda a, b: a - b, "muli": lambda a, b: a * b,
    "floordivsi": lambda a, b: a // b, "maxsi": max, "minsi": min}
_OPERATORS = {ast.Add: "addi", ast.Sub: "subi", ast.Mult: "muli"}
_CALLS = {"floordiv": "floordivsi", "max": "maxsi", "min": "minsi"}


def is_number(extent: Any) -> bool:
    return isinstance(extent, (int, np.integer))


def words_of(extent: Any) -> ast.expr:
    """The text of an extent, which JAX can also parse, as a tree."""
    return ast.parse(str(extent).replace("^", "**"), mode="eval").body


class Extents:
    """The values of extents. symbols: the index value of each free extent."""

    def __init__(self, e: Emitter, symbols: Mapping[str, Extent]) -> None:
        self.e, self.symbols = e, symbols

    def value(self, extent: Any) -> Extent:
        """A number, or an index that is computed at the insertion point."""
        return int(extent) if is_number(extent) else self._of(words_of(extent), extent)

    def combine(self, op: str, a: Extent, b: Extent) -> Extent:
        if isinstance(a, int) and isinstance(b, int):
            return _NUMBERS[op](a, b)
        values = [self.e.index(v) if isinstance(v, int) else v for v in (a, b)]
        return self.e.module._op(f"arith.{op}", values, None, ["index"])[0]

    def _of(self, tree: ast.expr, whole: Any) -> Extent:
        def of(part: ast.expr) -> Extent:
            return self._of(part, whole)
        if isinstance(tree, ast.Constant) and isinstance(tree.value, int):
            return tree.value
        if isinstance(tree, ast.Name) and tree.id in self.symbols:
            return self.symbols[tree.id]
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            return self.combine("subi", 0, of(tree.operand))
        if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATORS:
            return self.combine(_OPERATORS[type(tree.op)], of(tree.left), of(tree.right))
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow) and \
                isinstance(tree.right, ast.Constant):
            return self.e.product([of(tree.left)] * cast("int", tree.right.value))
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            a, b = map(of, tree.args)
            if tree.func.id in _CALLS:
                return self.combine(_CALLS[tree.func.id], a, b)
            if tree.func.id == "mod":
                whole_parts = self.combine("muli", self.combine("floordivsi", a, b), b)
                return self.combine("subi", a, whole_parts)
        raise ir.IRError(f"the extent {whole} does not follow from the inputs' "
                         f"({', '.join(self.symbols) or 'none of which is free'}); "
                         "batch='fixed' takes those of the example")


def solve(e: Emitter, values: Sequence[ir.Value], shapes: Sequence[Sequence[Any]]
          ) -> dict[str, Extent]:
    """Solves for each free extent. If it occurs only in a product such as `2*n`, n is half of that
    dimension, and a call with an odd one ends with a message."""
    symbols: dict[str, Extent] = {}
    places = [(value, d, shape[d]) for value, shape in zip(values, shapes)
              for d in range(len(shape)) if not is_number(shape[d])]
    for value, d, extent in places:
        if str(extent).isidentifier():
            symbols.setdefault(str(extent), e.extent(value, d))
    for value, d, extent in places:
        tree = words_of(extent)
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult) and \
                isinstance(tree.left, ast.Constant) and isinstance(tree.right, ast.Name) and \
                tree.right.id not in symbols:
            whole = e.extents(value)
            parts = e.reshape(value, [*whole[:d], -1, cast("int", tree.left.value),
                                      *whole[d + 1:]])
            symbols[tree.right.id] = e.extent(parts, d)
    return symbols
