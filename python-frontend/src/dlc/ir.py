# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Modules of dl, built op by op.

    module = ir.Module()
    module.add_global("w", np.zeros((4, 2), np.float32))
    with module.function("predict", x="tensor<?x4xf32>") as f:
        y = dl.softmax(dl.dense(f.x, module.load("w")))
        f.returns(y=y)
    print(module)

dlc infers the types of results and explains what does not fit; nothing is computed here.
`dlc.dl` has a function for each op.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._compile import find_compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import SupportsFloat, SupportsIndex

    import numpy.typing as npt

# NumPy's names of element types, by MLIR's names.
_DTYPES = {"f16": "float16", "f32": "float32", "f64": "float64", "i1": "bool", "i8": "int8",
           "i16": "int16", "i32": "int32", "i64": "int64", "ui8": "uint8", "ui16": "uint16",
           "ui32": "uint32", "ui64": "uint64", "bf16": "bfloat16"}
_ELEMENTS = {v: k for k, v in _DTYPES.items()}
_DYNAMIC = -(1 << 63)


class IRError(Exception):
    """An op that dlc refuses: its place, what was found and what was expected."""


def element_of(dtype: npt.DTypeLike) -> str:
    """MLIR's name of a NumPy element type: 'f32' for float32."""
    name = np.dtype(dtype).name
    if name not in _ELEMENTS:
        raise IRError(f"elements of {name} are none of dlc's: {', '.join(_ELEMENTS)}")
    return _ELEMENTS[name]


def type_of(shape: Iterable[SupportsIndex | None], element: str = "f32") -> str:
    """The text of a tensor type; None is a free extent."""
    extents = ["?" if e is None else str(int(e)) for e in shape]
    return f"tensor<{'x'.join([*extents, element])}>"


@functools.lru_cache(None)
def _library() -> ctypes.CDLL:
    """libdlc-ir.so: $DLC_IR, or beside the compiler, or in the folder lib next to that of the
    compiler."""
    path = os.environ.get("DLC_IR")
    if not path:
        here = Path(os.path.realpath(find_compiler())).parent
        found = [p for p in (here.parent / "lib" / "libdlc-ir.so", here / "libdlc-ir.so")
                 if p.exists()]
        if not found:
            raise IRError(f"there is no libdlc-ir.so in {here.parent / 'lib'}; set the "
                          "environment variable DLC_IR to it")
        path = str(found[0])
    library = ctypes.CDLL(path)
    text, number, values = ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int32)
    texts, module = ctypes.POINTER(text), ctypes.c_void_p
    for name, result, arguments in (
            ("create", module, []), ("destroy", None, [module]), ("message", text, [module]),
            ("catalogue", text, []),
            ("global", number, [module, text, text, number, ctypes.c_void_p, ctypes.c_size_t,
                                text]),
            ("begin_function", number, [module, text, number, number, texts, texts, values]),
            ("end_function", number, [module, number, values, texts]),
            ("begin_region", number, [module, number, texts, values]),
            ("end_region", number, [module]), ("abandon", None, [module]),
            ("op", number, [module, text, number, values, text, texts, number, number, text,
                            values, number]),
            ("constant", number, [module, text, ctypes.c_void_p, ctypes.c_size_t, text, values]),
            ("type", text, [module, ctypes.c_int32]),
            ("text", text, [module, ctypes.c_int64])):
        function = getattr(library, f"dlc_ir_{name}")
        function.restype, function.argtypes = result, arguments
    return library


@functools.lru_cache(None)
def catalogue() -> dict[str, dict[str, Any]]:
    """{name: entry} of all ops of dl: operands, attributes, results, description."""
    return {op["name"]: op for op in json.loads(_library().dlc_ir_catalogue())}


def _texts(words: Sequence[str | None]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * max(len(words), 1))(
        *[w.encode() if w is not None else None for w in words])


class Value:
    """A tensor that is not computed yet. Python's operators append ops of dl."""

    __array_priority__ = 1000  # NumPy leaves array + value to this class

    if TYPE_CHECKING:  # set below
        def __add__(self, other: Any) -> Value: ...
        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
        __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __lt__ = __le__ = __gt__ = __ge__ = __add__

    def __init__(self, module: Module, number: int) -> None:
        self.module, self._number = module, number

    @functools.cached_property
    def type(self) -> str:
        """The type as MLIR text, `tensor<?x4xf32>`."""
        text: bytes = _library().dlc_ir_type(self.module._handle, self._number)
        return text.decode()

    @functools.cached_property
    def _parts(self) -> tuple[list[str], str]:
        words = self.type[self.type.index("<") + 1:-1].split("x") if "<" in self.type else []
        return words[:-1], words[-1] if words else self.type

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The extents; None for one that is known only at run time."""
        return tuple(None if e == "?" else int(e) for e in self._parts[0])

    @property
    def rank(self) -> int:
        return len(self._parts[0])

    @property
    def element(self) -> str:
        """MLIR's name of the element type, `f32`."""
        return self._parts[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(_DTYPES[self.element])

    def __repr__(self) -> str:
        return f"<{self.type}>"

    def __neg__(self) -> Value:
        return self._of("dl.neg", self)

    def _with(self, name: str, other: Any, swapped: bool = False) -> Value:
        operands = (self, other)
        return self._of(name, *(operands[::-1] if swapped else operands))

    def _of(self, name: str, *operands: Any) -> Value:
        result: Value = self.module.op(name, *operands)
        return result


def _binary(name: str) -> tuple[Callable[[Value, Any], Value], Callable[[Value, Any], Value]]:
    return (lambda self, other: self._with(name, other),
            lambda self, other: self._with(name, other, swapped=True))


for _word, _name in (("add", "dl.add"), ("sub", "dl.sub"), ("mul", "dl.mul"),
                     ("truediv", "dl.div"), ("pow", "dl.pow"), ("matmul", "dl.matmul")):
    for _prefix, _function in zip(("", "r"), _binary(_name)):
        setattr(Value, f"__{_prefix}{_word}__", _function)
for _word, _name in (("lt", "dl.less"), ("le", "dl.less_equal"), ("gt", "dl.greater"),
                     ("ge", "dl.greater_equal")):
    setattr(Value, f"__{_word}__", _binary(_name)[0])


class Function:
    """A function under construction. Its arguments are attributes by name."""

    def __init__(self, module: Module, name: str, arguments: dict[str, Value]) -> None:
        self._module, self._name = module, name
        self._arguments, self._returned = arguments, False

    def __getattr__(self, name: str) -> Value:
        try:
            argument: Value = self.__dict__["_arguments"][name]
        except KeyError:
            raise AttributeError(f"function '{self._name}' has no argument '{name}', only "
                                 f"{', '.join(self._arguments) or 'none'}") from None
        return argument

    @property
    def arguments(self) -> list[Value]:
        return list(self._arguments.values())

    def returns(self, **results: Value) -> None:
        """Ends the function and names its results."""
        numbers = [v._number for v in results.values()]
        self._module._require(_library().dlc_ir_end_function(
            self._module._handle, len(numbers), (ctypes.c_int32 * max(len(numbers), 1))(*numbers),
            _texts(list(results))))
        self._returned = True


class Module:
    """A module of dl: globals and functions."""

    def __init__(self) -> None:
        self._handle: int | None = _library().dlc_ir_create()
        if not self._handle:
            raise MemoryError("no memory for a module")
        self._places: list[str] = []
        self._globals: dict[str, tuple[str, bool]] = {}
        self.frozen: list[str] = []  # globals that stay constant when the module is trained
        # The momentum of running averages, if all normalisations have the same.
        self.averaging: float | None = None

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            _library().dlc_ir_destroy(self._handle)
            self._handle = None

    def _require(self, status: int) -> int:
        if status < 0:
            raise IRError(_library().dlc_ir_message(self._handle).decode())
        return status

    @contextmanager
    def place(self, name: str) -> Iterator[None]:
        """Ops created inside have this place, nested in those around it."""
        self._places.append(name)
        try:
            yield
        finally:
            self._places.pop()

    def _place(self) -> bytes:
        return "/".join(self._places).encode()

    #--- Globals ---------------------------------------------------------------

    def add_global(self, name: str, value: npt.ArrayLike, mutable: bool = False) -> None:
        """Adds a named tensor with a copy of an array as its value."""
        array = np.asarray(value, order="C")  # ascontiguousarray would turn rank 0 into rank 1
        text = type_of(array.shape, element_of(array.dtype))
        self._require(_library().dlc_ir_global(
            self._handle, name.encode(), text.encode(), mutable,
            array.ctypes.data if array.any() else None, array.nbytes, self._place()))
        self._globals[name] = (text, mutable)

    def load(self, name: str) -> Value:
        """The current value of the named tensor."""
        text, mutable = self._globals[name]
        op = "ml_program.global_load" + ("" if mutable else "_const")
        return self._op(op, [], f'{{global = @"{name}"}}', [text])[0]

    def store(self, name: str, value: Value) -> None:
        self._op("ml_program.global_store", [value], f'{{global = @"{name}"}}', [])

    #--- Functions and regions ---------------------------------------------------

    @contextmanager
    def function(self, name: str, public: bool = True,
                 **arguments: str | Value) -> Iterator[Function]:
        """Begins a function. Each argument is a keyword with the text of a type or a value of that
        type."""
        types = [a.type if isinstance(a, Value) else a for a in arguments.values()]
        numbers = (ctypes.c_int32 * max(len(types), 1))()
        self._require(_library().dlc_ir_begin_function(
            self._handle, name.encode(), public, len(types), _texts(types),
            _texts(list(arguments)), numbers))
        begun = Function(self, name, {key: Value(self, n) for key, n in zip(arguments, numbers)})
        try:
            yield begun
        except BaseException:
            if not begun._returned:
                _library().dlc_ir_abandon(self._handle)
            raise
        if not begun._returned:
            begun.returns()

    @contextmanager
    def region(self, *types: str) -> Iterator[list[Value]]:
        """Begins a region of the next op; yields its arguments."""
        numbers = (ctypes.c_int32 * max(len(types), 1))()
        self._require(_library().dlc_ir_begin_region(self._handle, len(types),
                                                     _texts(list(types)), numbers))
        yield [Value(self, n) for n in numbers[:len(types)]]
        self._require(_library().dlc_ir_end_region(self._handle))

    #--- Ops ---------------------------------------------------------------------

    def constant(self, value: npt.ArrayLike, element: str | None = None) -> Value:
        """A constant tensor."""
        array = np.asarray(value)
        if element:
            array = array.astype(_DTYPES[element])
        array = np.array(array, order="C")
        number = ctypes.c_int32()
        self._require(_library().dlc_ir_constant(
            self._handle, type_of(array.shape, element_of(array.dtype)).encode(),
            array.ctypes.data, array.nbytes, self._place(), ctypes.byref(number)))
        return Value(self, number.value)

    def _op(self, name: str, operands: Sequence[Value], attributes: str | None,
            types: Sequence[str] | None = None, regions: int = 0) -> list[Value]:
        numbers = (ctypes.c_int32 * max(len(operands), 1))(*[o._number for o in operands])
        results = (ctypes.c_int32 * 256)()
        count = self._require(_library().dlc_ir_op(
            self._handle, name.encode(), len(operands), numbers,
            attributes.encode() if attributes else None,
            None if types is None else _texts(types), len(types or ()), regions, self._place(),
            results, len(results)))
        return [Value(self, results[i]) for i in range(count)]

    def op(self, name: str, *operands: Any, types: Sequence[str] | None = None, regions: int = 0,
           **attributes: Any) -> Any:
        """Appends an op of dl by name. Returns its result, a tuple of several, or None.

        operands: values in the order of the entry of the op; a list for a variadic operand, None
        for an absent one. Arrays, numbers and lists of numbers become constants: scalars, truth
        values or indices where the op takes these, otherwise elements of the type of the first
        other value, unless they are arrays.
        types: of the results, if they cannot be inferred from operands and attributes.
        regions: how many of the last written regions belong to the op.
        attributes: by name, as numbers, strings or lists; operands may also be given by name. If
        several results are variadic, sizes is the number for each result of the entry.
        """
        entry = catalogue().get(name)
        if not entry:
            raise IRError(f"dl has no op '{name}'")
        sizes = attributes.pop("sizes", None) if entry["result_segments"] else None
        for needed in entry["attributes"]:
            if not needed["optional"] and "default" not in needed and \
                    attributes.get(needed["name"]) is None:
                raise IRError(f"{name}: '{needed['name']}' is missing")
        if types is None and entry["results"] and not entry["infers"]:
            raise IRError(f"{name}: the types of its results do not follow from its operands; "
                          "give them as types")
        named = {o["name"]: attributes.pop(o["name"]) for o in entry["operands"]
                 if o["name"] in attributes}
        slots = entry["operands"]
        if len(operands) > len(slots):
            raise IRError(f"{name}: {len(operands)} operands given, it takes {len(slots)}: "
                          f"{', '.join(s['name'] for s in slots)}")
        given: list[Any] = [*operands, *[None] * (len(slots) - len(operands))]
        given = [named.get(s["name"], g) for s, g in zip(slots, given)]
        flat: list[Value] = []
        counts: list[int] = []
        # The element type of a constant that does not determine one.
        element = next((v.element for v in _values(
            g for s, g in zip(slots, given) if not s.keys() & {"element", "scalar"})), None)
        for slot, operand in zip(slots, given):
            if slot["count"] == "variadic":
                values = list(operand or ())
            else:
                values = [] if operand is None else [operand]
            if slot["count"] == "one" and not values:
                raise IRError(f"{name}: operand '{slot['name']}' is missing")
            counts.append(len(values))
            flat += [v if isinstance(v, Value) else
                     self._scalar(name, slot, v) if "scalar" in slot else
                     self._constant(v, slot.get("element", element)) for v in values]
        words = [_attribute(entry, key, value) for key, value in attributes.items()
                 if value is not None and value is not False]
        if entry["segments"]:
            words.append(f"operandSegmentSizes = array<i32: {', '.join(map(str, counts))}>")
        if entry["result_segments"]:
            if sizes is None:
                raise IRError(f"{name}: how many of its results are of each kind does not follow "
                              "from its operands; give it as sizes")
            words.append(f"resultSegmentSizes = array<i32: {', '.join(map(str, sizes))}>")
        results = self._op(name, flat, f"{{{', '.join(words)}}}", types, regions)
        return None if not results else results[0] if len(results) == 1 else tuple(results)

    def _scalar(self, name: str, slot: dict[str, Any], value: Any) -> Value:
        number, kind = np.asarray(value), slot["scalar"]
        if number.ndim or number.dtype.kind not in ("iubf" if kind[0] == "f" else "iub"):
            raise IRError(f"{name}: operand '{slot['name']}' is {value!r}, expected a number of "
                          f"type {kind}")
        text = f"{float(number):.17e}" if kind[0] == "f" else f"{int(number)}"
        text = ["false", "true"][int(number)] if kind == "i1" else f"{text} : {kind}"
        return self._op("arith.constant", [], f"{{value = {text}}}", [kind])[0]

    def _constant(self, value: npt.ArrayLike, element: str | None) -> Value:
        is_array = isinstance(value, (np.ndarray, np.generic))
        if element and element[0] in "iu" and not is_array and \
                not np.array_equal(np.asarray(value), np.asarray(value).astype(_DTYPES[element])):
            raise IRError(f"{value!r} are no elements of {element}")
        return self.constant(value, None if is_array else element)

    #--- Text ----------------------------------------------------------------------

    def text(self, elide: int = 0) -> str:
        """The module as `.mlir` text. elide: constants with more elements are left out; such text
        cannot be read back."""
        found = _library().dlc_ir_text(self._handle, elide)
        if found is None:
            self._require(-1)
        text: str = found.decode()
        return text

    def __str__(self) -> str:
        return self.text(elide=8)


def _values(operands: Iterable[Any]) -> Iterator[Value]:
    for operand in operands:
        for value in operand if isinstance(operand, (list, tuple)) else [operand]:
            if isinstance(value, Value):
                yield value


def _attribute(entry: dict[str, Any], name: str, value: Any) -> str:
    """`name = value` in MLIR's syntax."""
    found = next((a for a in entry["attributes"] if a["name"] == name), None)
    if not found:
        raise IRError(f"{entry['name']} has no '{name}'; it has "
                      f"{', '.join(a['name'] for a in entry['attributes']) or 'no attributes'}")
    kind = found["kind"]
    if kind == "UnitAttr":
        return name
    if "words" in found:
        if value not in found["words"]:
            raise IRError(f"{entry['name']}: {name} '{value}', expected one of "
                          f"{', '.join(found['words'])}")
        return f"{name} = {found['words'][value]} : i32"
    write: dict[str, Callable[[Any], str]] = {
        "I64Attr": lambda v: f"{int(v)} : i64", "F64Attr": lambda v: f"{_float(v)} : f64",
        "DenseI64ArrayAttr": lambda v: f"array<i64{':' if len(v) else ''} "
                                       f"{', '.join(str(int(e)) for e in v)}>",
        "DenseF64ArrayAttr": lambda v: f"array<f64{':' if len(v) else ''} "
                                       f"{', '.join(map(_float, v))}>",
        "StrAttr": json.dumps, "StrArrayAttr": json.dumps, "TypeAttr": str,
        "FlatSymbolRefAttr": lambda v: f'@"{v}"',
        "FlatSymbolRefArrayAttr": lambda v: "[" + ", ".join(f'@"{e}"' for e in v) + "]"}
    return f"{name} = {write[kind](value)}"


def _float(value: SupportsFloat) -> str:
    """A number in MLIR's syntax: with a point, or as bits if it is not finite."""
    value = float(value)
    if not np.isfinite(value):
        return f"0x{np.float64(value).view(np.uint64):016X}"
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e") if "e" in text else text + ".0"
