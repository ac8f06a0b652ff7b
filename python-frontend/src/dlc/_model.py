# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models from other frameworks: they predict, train by compiled steps, and become libraries."""

from __future__ import annotations

import html
import itertools
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

import numpy as np

from . import train
from ._compile import CompileError, compile
from ._converted import Converted
from ._progress import is_watched

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import ModuleType
    from typing import Any

    import numpy.typing as npt

    from ._compiled import CompiledLibrary
    from ._graph import Graph
    from ._history import Epochs
    from ._library import Library

    Place = str | os.PathLike[str]


def need(module: str, extra: str | None = None) -> ModuleType:
    """Imports the module, or raises an error that says what to install."""
    import importlib
    try:
        return importlib.import_module(module)
    except ImportError as problem:
        if problem.name and problem.name.split(".")[0] != module.split(".")[0]:
            raise
        name = module.split(".")[0]
        raise ImportError(f"this needs the package {name}: pip install {name}" +
                          (f", or dlc[{extra}]" if extra else "")) from None


class Parameters(MutableMapping[str, "npt.NDArray[Any]"]):
    """The named float parameters of a model, as arrays in their original layout.

    Reading returns a copy. Writing takes an array of the same shape and of any number type.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    def __iter__(self) -> Iterator[str]:
        return iter(self._model._names())

    def __len__(self) -> int:
        return len(self._model._names())

    def __contains__(self, name: object) -> bool:
        return name in self._model._names()

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        if name not in self:
            raise KeyError(f"there is no parameter '{name}'; there are {', '.join(self)}")
        self._model._pull()
        return np.array(self._model._value(name))

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        old, value = self[name], np.asarray(value)
        if value.shape != old.shape:
            raise ValueError(f"parameter '{name}' has shape {list(old.shape)}, the array given "
                             f"{list(value.shape)}")
        self._model._store(name, np.array(value, old.dtype, order="C"))
        self._model._changed()

    def __delitem__(self, name: str) -> None:
        raise TypeError("the parameters of a model are those it came with")

    def __repr__(self) -> str:
        return "\n".join(f"{n}: {list(self._model._value(n).shape)}" for n in self)


class Model:
    """A network from another framework. Call it with arrays; `fit` trains it.

    parameters: its named float parameters, to read and write.

    A subclass says how its parameters are kept (_names, _value, _store) and provides what
    `dlc.compile` takes (_form).
    """

    def __init__(self, name: str) -> None:
        self._name, self._converted = name, Converted(name)
        self.parameters = Parameters(self)
        self._library: CompiledLibrary | None = None
        self._learner: Library | None = None
        self._learnt_with: dict[str, Any] | None = None
        self._learner_is_newer = self._has_frozen = False
        self._orders: dict[str, tuple[int, ...]] = {}

    def _names(self) -> Collection[str]:
        raise NotImplementedError

    def _value(self, name: str) -> npt.NDArray[Any]:
        raise NotImplementedError

    def _store(self, name: str, value: npt.NDArray[Any]) -> None:
        raise NotImplementedError

    def _form(self, training: bool = False,
              values: Mapping[str, npt.NDArray[Any]] | None = None) -> Any:
        """What is compiled: the model, or its training form, with other values of parameters by
        name."""
        raise NotImplementedError

    #--- Values --------------------------------------------------------------------

    def _changed(self) -> None:
        self._library, self._learner_is_newer = None, False
        if self._has_frozen:
            self._learner = self._learnt_with = None
        elif self._learner:
            self._push()

    def _push(self) -> None:
        """Copies the parameters to the library that trains."""
        assert self._learner is not None
        for name, order in self._orders.items():
            state = self._learner.state
            kept = state.dtype(name)
            state[name] = np.array(np.transpose(self._value(name), order), kept, order="C")

    def _pull(self) -> None:
        """Copies back what was learnt, if anything was."""
        if not self._learner_is_newer or self._learner is None:
            return
        self._learner_is_newer = False
        for name, order in self._orders.items():
            learnt = np.transpose(self._learner.state[name], np.argsort(order))
            self._store(name, np.array(learnt, self._value(name).dtype, order="C"))
        self._library = None

    #--- Inference -----------------------------------------------------------------

    def compile(self, output: Place | None = None, **options: Any) -> CompiledLibrary:
        """Compiles the model for inference: see `dlc.compile`."""
        self._pull()
        return compile(self._form(), output, **options)

    def plot(self, path: Place | None = None) -> Graph:
        """A picture of the ops of the network, which a notebook shows. path: a .svg file."""
        return self.compile().plot(path)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self._name)}</p>{self.plot().first(40).svg()}"

    def export(self, path: Place, **options: Any) -> Path:
        """Writes a library and its C header, and returns the path. options: those of `dlc.compile`.
        """
        return self.compile(path, **options).path

    def predict(self, *inputs: npt.ArrayLike) -> Any:
        """The outputs of the model, as arrays. Inputs are converted to its types."""
        self._pull()
        if self._library is None:
            self._library = self.compile()
        function = next(iter(self._library.functions.values()))
        if len(inputs) != len(function.inputs):
            raise ValueError(f"{len(inputs)} inputs given, the model takes "
                             f"{len(function.inputs)}: {', '.join(map(str, function.inputs))}")
        self._converted.tell(inputs, [i.dtype for i in function.inputs])
        return function(*[np.asarray(a, i.dtype, order="C")
                          for a, i in zip(inputs, function.inputs)])

    def __call__(self, *inputs: npt.ArrayLike) -> Any:
        return self.predict(*inputs)

    #--- Training ------------------------------------------------------------------

    def _prepare(self, loss: str, optimizer: str, metrics: Iterable[str],
                 options: Mapping[str, Any], /) -> None:
        """A library whose steps have these training options."""
        words: dict[str, Any] = {
            "loss": loss, "optimizer": optimizer,
            **{k.replace("_", "-"): v for k, v in options.items() if v is not None}}
        if metrics:
            words["metrics"] = list(metrics)
        if self._learnt_with == words:
            return
        self._pull()
        # Distinct values, which reveal in which order of dimensions dlc keeps each parameter.
        marks = {}
        for name in self._names():
            value = self._value(name)
            period = 2048 if value.dtype == np.float16 else 1 << 20
            numbers = np.arange(1, value.size + 1) % period
            marks[name] = numbers.reshape(value.shape).astype(value.dtype)
        learner = compile(self._form(training=True, values=marks), train=words).library
        orders = {name: _order_of(learner.state[name], marks[name], name)
                  for name in self._names() if name in learner.state}
        if not orders:
            raise CompileError("none of the model's parameters learns: it has "
                               f"{', '.join(self._names()) or 'none'}")
        # Frozen parameters are part of the code, with their current values.
        self._has_frozen = len(orders) < len(marks)
        if self._has_frozen:
            marks = {name: marks[name] for name in orders}
            learner = compile(self._form(training=True, values=marks), train=words).library
        self._learner, self._orders, self._learnt_with = learner, orders, words
        self._push()

    def fit(self, x: Any, y: npt.ArrayLike, *, loss: str, optimizer: str = "adam",
            epochs: int = 1, batch_size: int = 32, validation_split: float = 0.0,
            metrics: Iterable[str] = (), seed: int = 0,
            report: Callable[..., object] | None = None, verbose: int | str = "auto",
            **options: Any) -> Epochs:
        """Trains and returns the history: a list of one dictionary per epoch.

        x: an array, or a list of one per input; y: the target. Their first dimension is the
        samples.
        loss, optimizer, metrics and options (rate, momentum, schedule, frozen ...): the options of
        `dlc --train`, docs/training.md.
        report: called as report(epoch, done, count, values), see `dlc.train.fit`.
        verbose: 0 is silent, 2 prints a line per epoch, 1 also draws a bar on a terminal or in a
        notebook; "auto" is 1 there and 0 elsewhere.
        """
        self._prepare(loss, optimizer, metrics, options)
        assert self._learner is not None
        inputs = list(x) if isinstance(x, (list, tuple)) else [x]
        wanted = self._learner.functions["step"].inputs
        self._converted.tell([*inputs, y], [i.dtype for i in wanted])
        self._learner_is_newer = True
        if report is None and (verbose is True or verbose in (1, 2) or
                               verbose == "auto" and is_watched()):
            report = train.Progress(epochs, bars=verbose != 2)
        return train.fit(self._learner, [np.asarray(a) for a in inputs], np.asarray(y),
                         epochs=epochs, batch=batch_size, validation=validation_split,
                         seed=seed, initialize=False, report=report)

    def step_function(self, *, loss: str, optimizer: str = "adam", metrics: Iterable[str] = (),
                      **options: Any) -> Callable[..., float | tuple[float, ...]]:
        """For a custom training loop: a function of inputs and target that makes one step and
        returns its loss, or loss and metrics."""
        self._prepare(loss, optimizer, metrics, options)
        assert self._learner is not None
        step = self._learner.functions["step"]

        def run(*arrays: npt.ArrayLike) -> float | tuple[float, ...]:
            self._learner_is_newer = True
            self._converted.tell(arrays, [i.dtype for i in step.inputs])
            values = step(*[np.asarray(a, i.dtype, order="C")
                            for a, i in zip(arrays, step.inputs)])
            return tuple(map(float, values)) if isinstance(values, tuple) else float(values)
        return run


def _order_of(kept: npt.NDArray[Any], value: npt.NDArray[Any],
              name: str) -> tuple[int, ...]:
    """The permutation of dimensions that turns one array into the other."""
    for order in itertools.permutations(range(value.ndim)):
        if tuple(value.shape[o] for o in order) == kept.shape and \
                np.array_equal(np.transpose(value, order).astype(kept.dtype), kept):
            return order
    raise CompileError(f"parameter '{name}' of shape {list(value.shape)} is kept as "
                       f"{list(kept.shape)}, in another form than its own")
