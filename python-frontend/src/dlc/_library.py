# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loads libraries made by dlc, using their self-description (see abi.h)."""

from __future__ import annotations

import ctypes
import inspect
import keyword
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, KeysView, Sequence

    import numpy.typing as npt

_ABI_VERSION = 5


class LibraryError(Exception):
    """A library could not be loaded, or a call was refused.

    status: the dlc_status of a refused call, otherwise None.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class _Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("rank", ctypes.c_int32), ("element", ctypes.c_int32)]


class _Argument(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("rank", ctypes.c_int32), ("element", ctypes.c_int32)]


class _Function(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p),
                ("arguments", ctypes.POINTER(_Argument)),
                ("inputs", ctypes.c_int32), ("outputs", ctypes.c_int32)]


class _State(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("rank", ctypes.c_int32), ("element", ctypes.c_int32)]


class _Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("threads", ctypes.c_int32),
                ("workspace", ctypes.c_void_p), ("workspace_bytes", ctypes.c_size_t),
                ("weights", ctypes.c_char_p), ("parallel_for", ctypes.c_void_p),
                ("parallel_user", ctypes.c_void_p)]


_Shapes = ctypes.POINTER(ctypes.POINTER(ctypes.c_int64))


class _Info(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("abi_version", ctypes.c_uint32),
        ("function_count", ctypes.c_int32),
        ("name", ctypes.c_char_p),
        ("producer", ctypes.c_char_p),
        ("cpu", ctypes.c_char_p),
        ("interface_hash", ctypes.c_uint64),
        ("weight_bytes", ctypes.c_int64),
        ("weights_file", ctypes.c_char_p),
        ("functions", ctypes.POINTER(_Function)),
        ("create", ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(_Options), ctypes.c_uint32, ctypes.c_uint64)),
        ("destroy", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)),
        ("shapes", ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.c_void_p, ctypes.c_int32,
            ctypes.POINTER(_Tensor), _Shapes)),
        ("reserve", ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.c_void_p, ctypes.c_int32,
            ctypes.POINTER(_Tensor))),
        ("call", ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.c_void_p, ctypes.c_int32,
            ctypes.POINTER(_Tensor), ctypes.POINTER(_Tensor))),
        ("threads", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)),
        ("processor", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)),
        ("region_count", ctypes.c_int32),
        ("regions", ctypes.c_void_p),
        ("trace", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)),
        ("state_count", ctypes.c_int32),
        ("states", ctypes.POINTER(_State)),
        *((name, ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p))
          for name in ("save", "load")),
        *((name, ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p,
                                  ctypes.c_void_p, ctypes.c_size_t))
          for name in ("get", "set")),
    ]


# Indexed by the numbers of abi.h: the name of the NumPy type, or of the one in ml_dtypes with the
# NumPy type that replaces it if that package is missing.
_ELEMENTS: list[str | tuple[str, str]] = [
    "", "float16", ("bfloat16", "uint16"), "float32", "float64", "bool",
    "int32", "int64", "int8", "int16", "uint8", "uint16", "uint32", "uint64",
    ("float8_e4m3fn", "uint8"), ("float8_e4m3fnuz", "uint8"),
    ("float8_e5m2", "uint8"), ("float8_e5m2fnuz", "uint8"),
    ("float8_e8m0fnu", "uint8"), ("float4_e2m1fn", "uint8"),
    ("int4", "int8"), ("uint4", "uint8"), ("int2", "int8"), ("uint2", "uint8")]


def _dtype(element: int) -> np.dtype[Any]:
    name = _ELEMENTS[element]
    if isinstance(name, str):
        return np.dtype(name)
    try:
        import ml_dtypes
        found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name[0]))
        return found
    except (ImportError, AttributeError):
        return np.dtype(name[1])


@dataclass(frozen=True)
class Argument:
    """One input or output: its name, NumPy type and shape (None: free).

    is_computed: an output whose shape depends on values; the library allocates it.
    """
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...]
    element: int
    is_computed: bool = False

    def __str__(self) -> str:
        extents = ", ".join("?" if e is None else str(e) for e in self.shape)
        return f"{self.name}: {self.dtype}[{extents}]"


class Function:
    """A function of a library. Call it with arrays."""

    def __init__(self, context: Context, number: int, description: _Function) -> None:
        self._context = context
        self._number = number
        self.name: str = description.name.decode()
        arguments = [
            Argument(a.name.decode(), _dtype(a.element),
                     tuple(None if a.shape[d] < 0 else a.shape[d]
                           for d in range(a.rank)), a.element,
                     any(a.shape[d] == -2 for d in range(a.rank)))
            for a in description.arguments[:description.inputs +
                                           description.outputs]]
        self.inputs = arguments[:description.inputs]
        self.outputs = arguments[description.inputs:]
        self.__name__ = self.name
        self.__signature__ = self._signature()
        self.__doc__ = f"{self!r}\n\n{type(self).__call__.__doc__}"

    def __repr__(self) -> str:
        return (f"{self.name}({', '.join(map(str, self.inputs))}) -> "
                f"{', '.join(map(str, self.outputs))}")

    def _signature(self) -> inspect.Signature:
        """For help and completion; arrays are positional."""
        parameter = inspect.Parameter
        names = [a.name if a.name.isidentifier() and not keyword.iskeyword(a.name)
                 and a.name != "out" else f"input{i}" for i, a in enumerate(self.inputs)]
        if len(set(names)) != len(names):
            names = [f"input{i}" for i in range(len(names))]
        return inspect.Signature(
            [*(parameter(n, parameter.POSITIONAL_ONLY) for n in names),
             parameter("out", parameter.KEYWORD_ONLY, default=None)])

    def _describe(self, arrays: Sequence[npt.NDArray[Any] | None], arguments: Sequence[Argument]
                  ) -> tuple[ctypes.Array[_Tensor], list[ctypes.Array[ctypes.c_int64]]]:
        """The dlc_tensors that describe the memory of the arrays."""
        tensors = (_Tensor * max(len(arrays), 1))()
        shapes = []
        for tensor, array, argument in zip(tensors, arrays, arguments):
            if array is None:  # computed
                continue
            shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
            shapes.append(shape)
            tensor.data = array.ctypes.data
            tensor.shape = shape
            tensor.rank = array.ndim
            tensor.element = argument.element
        return tensors, shapes

    def _check(self, array: Any, argument: Argument) -> None:
        if not isinstance(array, np.ndarray):
            raise LibraryError(f"{self.name}: '{argument.name}' is a "
                               f"{type(array).__name__}, expected a numpy array")
        if array.dtype != argument.dtype:
            raise LibraryError(
                f"{self.name}: '{argument.name}' has elements of {array.dtype}, "
                f"expected {argument.dtype}; convert it with "
                f".astype({argument.dtype})")
        if not array.flags.c_contiguous:
            raise LibraryError(
                f"{self.name}: '{argument.name}' is not contiguous in row-major "
                "order; pass numpy.ascontiguousarray(...) of it")

    def _given(self, inputs: Sequence[Any]) -> list[npt.NDArray[Any]]:
        """The inputs as arrays that fit."""
        if len(inputs) != len(self.inputs):
            raise LibraryError(f"{self.name}: {len(inputs)} inputs given, "
                               f"expected {len(self.inputs)}")
        arrays: list[npt.NDArray[Any]] = [
            np.asarray(value, argument.dtype)
            if argument.shape == () and isinstance(value, (bool, int, float, np.generic))
            else value
            for value, argument in zip(inputs, self.inputs)]
        for array, argument in zip(arrays, self.inputs):
            self._check(array, argument)
        return arrays

    def _written(self, tensors: ctypes.Array[_Tensor],
                 out: npt.NDArray[Any] | Sequence[npt.NDArray[Any]] | None
                 ) -> list[npt.NDArray[Any] | None]:
        """The arrays to write to: those of `out`, or new ones; None for computed outputs."""
        context = self._context
        if out is None:
            found = [(ctypes.c_int64 * max(len(a.shape), 1))()
                     for a in self.outputs]
            pointers = (ctypes.POINTER(ctypes.c_int64) * len(found))(
                *[ctypes.cast(f, ctypes.POINTER(ctypes.c_int64)) for f in found])
            context._require(context._library.info.shapes(
                context._handle, self._number, tensors, pointers))
            return [None if a.is_computed else
                    np.empty(tuple(f[:len(a.shape)]), a.dtype)
                    for f, a in zip(found, self.outputs)]
        outputs: list[npt.NDArray[Any] | None] = \
            list(out) if isinstance(out, (list, tuple)) else [out]  # type: ignore[list-item]
        if len(outputs) != len(self.outputs):
            raise LibraryError(f"{self.name}: {len(outputs)} outputs given, "
                               f"expected {len(self.outputs)}")
        for array, argument in zip(outputs, self.outputs):
            if argument.is_computed:
                raise LibraryError(
                    f"{self.name}: the shape of '{argument.name}' follows "
                    "from values, so it cannot be written to an array of "
                    "yours; call without out")
            self._check(array, argument)
            if array is not None and not array.flags.writeable:
                raise LibraryError(f"{self.name}: '{argument.name}' is "
                                   "read-only")
        return outputs

    def __call__(self, *inputs: npt.NDArray[Any] | np.generic | float,
                 out: npt.NDArray[Any] | Sequence[npt.NDArray[Any]] | None = None) -> Any:
        """Runs the function.

        inputs: contiguous arrays of the declared types, read in place; also Python numbers for rank
        0.
        out: an array (or a list, for several outputs) to write to; allocated by default.

        Returns the output, or a tuple of several. Raises LibraryError.
        """
        context = self._context
        arrays = self._given(inputs)
        tensors, keep = self._describe(arrays, self.inputs)
        outputs = self._written(tensors, out)
        results, keep_out = self._describe(outputs, self.outputs)
        context._require(context._library.info.call(context._handle, self._number,
                                                    tensors, results))
        for number, (tensor, argument) in enumerate(zip(results, self.outputs)):
            if argument.is_computed:
                shape = tuple(tensor.shape[:tensor.rank])
                count = int(np.prod(shape, dtype=np.int64))
                array = np.empty(shape, argument.dtype)
                if count:
                    ctypes.memmove(array.ctypes.data, tensor.data, array.nbytes)
                outputs[number] = array
        del keep, keep_out
        return _one_or_all(outputs)

    def bind(self, *inputs: npt.NDArray[Any] | np.generic | float,
             out: npt.NDArray[Any] | Sequence[npt.NDArray[Any]] | None = None) -> BoundCall:
        """Binds the call to these arrays: it is checked once and can be repeated.

        For loops in which the call itself is short: write to the inputs, call, read the outputs.
        The arguments are those of a call. Raises LibraryError, also if the shape of an output
        depends on values.
        """
        for argument in self.outputs:
            if argument.is_computed:
                raise LibraryError(f"{self.name}: the shape of '{argument.name}' follows from "
                                   "values, so no array can be bound to it; call the function")
        arrays = self._given(inputs)
        tensors, keep = self._describe(arrays, self.inputs)
        outputs = self._written(tensors, out)
        results, keep_out = self._describe(outputs, self.outputs)
        return BoundCall(self, arrays, outputs, (tensors, results, keep, keep_out))


def _one_or_all(outputs: Sequence[Any]) -> Any:
    if not outputs:
        return None
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


class BoundCall:
    """A function with its arrays: each call reads `inputs` and writes `outputs`.

    inputs, outputs: the arrays, to be written and read in place.
    """

    def __init__(self, function: Function, inputs: Sequence[npt.NDArray[Any]],
                 outputs: Sequence[Any], described: tuple[Any, ...]) -> None:
        self.function, self.inputs, self.outputs = function, tuple(inputs), tuple(outputs)
        self._result = _one_or_all(outputs)
        self._described = described  # points into the arrays, which must stay alive
        context = function._context
        self._require, self._call = context._require, context._library.info.call
        self._arguments = context._handle, function._number, described[0], described[1]

    def __call__(self) -> Any:
        """Runs the function. Returns the output, or a tuple of several: the same arrays each time.
        Raises LibraryError."""
        self._require(self._call(*self._arguments))
        return self._result

    def __repr__(self) -> str:
        return f"<call of {self.function!r}>"


class State:
    """The tensors that a context keeps from call to call, by name.

    Reading gives a copy, writing takes an array of the same shape and type:

        w = model.state["w1"]
        model.state["w1"] = w * 0.5
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        info = context._library.info
        self._tensors: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
        for i in range(info.state_count):
            state = info.states[i]
            self._tensors[state.name.decode()] = (
                tuple(state.shape[:state.rank]), _dtype(state.element))

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __contains__(self, name: object) -> bool:
        return name in self._tensors

    def keys(self) -> KeysView[str]:
        return self._tensors.keys()

    def items(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        return ((name, self[name]) for name in self)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._tensors[name][0]

    def dtype(self, name: str) -> np.dtype[Any]:
        return self._tensors[name][1]

    def _call(self, function: str, name: str, array: npt.NDArray[Any]) -> None:
        if not self._tensors:
            raise LibraryError("this library has no state; compile it with --train")
        info = self._context._library.info
        self._context._require(getattr(info, function)(
            self._context._handle, name.encode(), array.ctypes.data, array.nbytes))

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        shape, dtype = self._tensors.get(name, ((), np.dtype(np.float32)))
        array: npt.NDArray[Any] = np.empty(shape, dtype)
        self._call("get", name, array)
        return array

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        shape, dtype = self._tensors.get(name, (None, None))
        array = np.asarray(value, order="C")
        if shape is not None and (array.shape != shape or array.dtype != dtype):
            raise LibraryError(f"state '{name}' is {dtype}{list(shape)}, the array "
                               f"given {array.dtype}{list(array.shape)}")
        self._call("set", name, array)


class Context:
    """The state of one caller. Use it from one thread at a time."""

    def __init__(self, library: Library, threads: int = 0,
                 weights: str | os.PathLike[str] | None = None) -> None:
        self._library = library
        self._handle: ctypes.c_void_p | None = ctypes.c_void_p()
        options = _Options(size=ctypes.sizeof(_Options), threads=threads,
                           weights=None if weights is None else os.fsencode(weights))
        self._require(library.info.create(
            ctypes.byref(self._handle), ctypes.byref(options), _ABI_VERSION,
            library.info.interface_hash))
        self.functions: dict[str, Function] = {}
        for number in range(library.info.function_count):
            function = Function(self, number, library.info.functions[number])
            self.functions[function.name] = function
        self.state = State(self)

    def _file(self, function: str, path: str | os.PathLike[str]) -> None:
        if not len(self.state):
            raise LibraryError("this library has no state; compile it with --train")
        self._require(getattr(self._library.info, function)(
            self._handle, os.fsencode(path)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the state to a safetensors file, as a whole or not at all."""
        self._file("save", path)

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Reads the state from a file that `save` wrote. A file that does not hold exactly this
        state is refused, and nothing changes."""
        self._file("load", path)

    def _require(self, status: int) -> None:
        if status != 0:
            message = self._library.info.error(self._handle).decode(
                errors="replace")
            raise LibraryError(message, status)

    @property
    def threads(self) -> int:
        """The maximum number of threads of this context."""
        count: int = self._library.info.threads(self._handle)
        return count

    def __getattr__(self, name: str) -> Function:
        functions: dict[str, Function] = self.__dict__.get("functions", {})
        if name in functions:
            return functions[name]
        raise AttributeError(f"there is no function '{name}', only "
                             f"{', '.join(sorted(functions)) or 'none'}")

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *self.functions})

    def __repr__(self) -> str:
        lines = "".join(f"\n  {f!r}" for f in self.functions.values())
        return f"<dlc library {self._library.path}{lines}>"

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.info.destroy(self._handle)
            self._handle = None


class Library(Context):
    """A loaded library with a context of its own; `context()` creates more."""

    def __init__(self, path: str | os.PathLike[str], threads: int = 0,
                 weights: str | os.PathLike[str] | None = None) -> None:
        path = os.path.abspath(os.fspath(path))
        try:
            self._dll = ctypes.CDLL(path)
        except OSError as error:
            raise LibraryError(f"cannot load {path}: {error}") from error
        try:
            entry = self._dll.dlc_library
        except AttributeError:
            raise LibraryError(f"{path} was not made by dlc: it has no "
                               "dlc_library") from None
        entry.restype = ctypes.POINTER(_Info)
        table = entry().contents
        if table.abi_version != _ABI_VERSION:
            raise LibraryError(f"{path} speaks version {table.abi_version} of "
                               f"the interface, this package {_ABI_VERSION}")
        # The table of an older library is shorter; missing fields are zero.
        self.info = _Info()
        ctypes.memmove(ctypes.byref(self.info), ctypes.byref(table),
                       min(table.size, ctypes.sizeof(_Info)))
        self.path = path
        self.name: str = self.info.name.decode()
        self.cpu: str = self.info.cpu.decode()
        self.weight_bytes: int = self.info.weight_bytes
        self._weights = weights
        super().__init__(self, threads, weights)

    def context(self, threads: int = 0) -> Context:
        """Another context over the same weights, for another thread."""
        return Context(self, threads, self._weights)


def load(path: str | os.PathLike[str], threads: int = 0,
         weights: str | os.PathLike[str] | None = None) -> Library:
    """Loads a library made by dlc.

    path: the .so file.
    threads: maximum number of threads; 0: DLC_NUM_THREADS, OMP_NUM_THREADS or all processors that
    the process may use.
    weights: the file of weights, if the library has one that is not next to it.
    """
    return Library(path, threads, weights)
