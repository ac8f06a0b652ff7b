"""The ops of dl as functions of values: `dl.conv(x, w, strides=(2, 2))`.

Each is made of the op's own entry when it is first asked for, so a new op is there
without work; `help(dl.conv)` has its words, `dir(dl)` all names. Operands come in the order
of the entry, attributes by name. Results: a value, or a tuple of several. Ops that are words
of Python's have a line behind their names: `dl.not_`, `dl.and_`, `dl.or_`.
"""

import inspect
import keyword

from . import ir as _ir


def __dir__():
    return sorted(name[3:] + "_" * keyword.iskeyword(name[3:]) for name in _ir.catalogue())


def _module_of(values):
    for value in values:
        if isinstance(value, _ir.Value):
            return value.module
        if isinstance(value, (list, tuple)):
            found = _module_of(value)
            if found:
                return found
    return None


def __getattr__(name):
    key = f"dl.{name.rstrip('_')}"
    if name.startswith("_") or key not in _ir.catalogue():
        raise AttributeError(f"dl has no op '{name}'")
    entry = _ir.catalogue()[key]

    def function(*operands, **attributes):
        module = _module_of([*operands, *attributes.values()])
        if module is None:
            raise _ir.IRError(f"{key}: no operand is a value of a module")
        return module.op(key, *operands, **attributes)

    kinds = inspect.Parameter
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{entry['summary']}\n\n{entry['description']}"
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
    function.__signature__ = inspect.Signature(parameters)
    globals()[name] = function
    return function
