# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ops of dl as functions of values: `dl.conv(x, w, strides=(2, 2))`.

Each function is generated from the entry of the op on first use, so new ops need no work here.
`help(dl.conv)` shows its description, `dir(dl)` all names. Operands are positional in the order of
the entry, attributes are keywords. The result is a value, or a tuple of several. Ops named like
Python keywords end in an underscore: `dl.not_`, `dl.and_`, `dl.or_`.
"""

from __future__ import annotations

import inspect
import keyword
from typing import TYPE_CHECKING, Any

from . import ir as _ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    # Ops with no result or several.
    _Several = Callable[..., tuple[_ir.Value, ...]]
    adagrad: _Several
    adam: _Several
    batch_norm_training: _Several
    gru: _Several
    lstm: _Several
    momentum: _Several
    rmsprop: _Several
    rnn: _Several
    top_k: _Several
    clip_by_global_norm: Callable[..., Any]
    grad: Callable[..., Any]
    scan: Callable[..., Any]
    split: Callable[..., Any]


def __dir__() -> list[str]:
    return sorted(name[3:] + "_" * keyword.iskeyword(name[3:]) for name in _ir.catalogue())


def _module_of(values: Iterable[Any]) -> _ir.Module | None:
    for value in values:
        if isinstance(value, _ir.Value):
            return value.module
        if isinstance(value, (list, tuple)):
            found = _module_of(value)
            if found:
                return found
    return None


def _made(name: str) -> Callable[..., _ir.Value]:
    key = f"dl.{name.rstrip('_')}"
    if name.startswith("_") or key not in _ir.catalogue():
        raise AttributeError(f"dl has no op '{name}'")
    entry = _ir.catalogue()[key]

    def function(*operands: Any, **attributes: Any) -> Any:
        module = _module_of([*operands, *attributes.values()])
        if module is None:
            raise _ir.IRError(f"{key}: no operand is a value of a module")
        return module.op(key, *operands, **attributes)

    about: Any = function
    kinds = inspect.Parameter
    about.__name__ = about.__qualname__ = name
    about.__doc__ = f"{entry['summary']}\n\n{entry['description']}"
    optional = False
    parameters = []
    for operand in entry["operands"]:
        optional |= operand["count"] == "optional"
        parameters.append(kinds(operand["name"], kinds.POSITIONAL_OR_KEYWORD,
                                default=None if optional else kinds.empty))
    for attribute in entry["attributes"]:
        has_default = attribute["optional"] or "default" in attribute
        parameters.append(kinds(attribute["name"], kinds.KEYWORD_ONLY,
                                default=None if has_default else kinds.empty))
    about.__signature__ = inspect.Signature(parameters)
    globals()[name] = function
    return function


# A variable, because mypy must know its type before uses in lambdas.
__getattr__: Callable[[str], Callable[..., _ir.Value]] = _made
