# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Classes that consist of a name and parameters with defaults, as Keras has dozens of them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import Any, ClassVar, TypeVar

    Made = TypeVar("Made", bound="Configured")

_REQUIRED = inspect.Parameter.empty


class Configured:
    """An object that its configuration describes completely: `get_config()` has all parameters."""

    __signature__: ClassVar[Any]  # an inspect.Signature; None: that of __init__
    _parameters: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            bound = self.__signature__.bind(*args, **kwargs)
        except TypeError as problem:
            raise TypeError(f"{type(self).__name__}: {problem}; it takes "
                            f"{self.__signature__}") from None
        bound.apply_defaults()
        self._config = dict(bound.arguments)

    def get_config(self) -> dict[str, Any]:
        return {k: serialized(v) for k, v in self._config.items()}

    def __getattr__(self, name: str) -> Any:
        config = self.__dict__.get("_config", {})
        if name in config:
            return config[name]
        raise AttributeError(f"{type(self).__name__} has no '{name}'")

    def __repr__(self) -> str:
        given = ", ".join(f"{k}={v!r}" for k, v in self._config.items()
                          if v != self._parameters.get(k))
        return f"{type(self).__name__}({given})"


def serialized(value: Any) -> Any:
    """The value as part of a configuration: objects become class name and configuration."""
    if isinstance(value, Configured):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, (list, tuple)):
        return [serialized(v) for v in value]
    return getattr(value, "__name__", value) if callable(value) else value


def make(base: type[Made], name: str, doc: str, /, *required: str, module: str | None = None,
         **defaults: Any) -> type[Made]:
    """Creates a class with this name. Required parameters come first and may be positional."""
    kinds = inspect.Parameter
    parameters = [kinds(p, kinds.POSITIONAL_OR_KEYWORD) for p in required]
    parameters += [kinds(p, kinds.POSITIONAL_OR_KEYWORD, default=v)
                   for p, v in defaults.items()]
    return cast("type[Made]", type(name, (base,), {
        "__doc__": doc, "__module__": module or base.__module__,
        "__signature__": inspect.Signature(parameters), "_parameters": defaults}))
