# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads examples from files: .npy, .npz, CSV and the idx format of MNIST."""

from __future__ import annotations

import contextlib
import csv
import gzip
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from ._library import Argument


class DataError(Exception):
    """A data file cannot be read, or does not fit the model."""


@contextlib.contextmanager
def _damage_told(path: str | os.PathLike[str]) -> Iterator[None]:
    """Converts what a reader raises to a DataError that names the file. For damaged files, NumPy,
    csv, gzip and zipfile raise a dozen kinds of exceptions, of their own and of what they call."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # pylint: disable=broad-except
        raise DataError(f"{path}: {error or type(error).__name__}") from None


# The type codes of the idx format (yann.lecun.com/exdb/mnist, "THE IDX FILE FORMAT").
_IDX: dict[int, type[np.generic]] = {8: np.uint8, 9: np.int8, 11: np.int16, 12: np.int32,
                                     13: np.float32, 14: np.float64}


def _read_idx(path: Path, data: bytes) -> npt.NDArray[Any]:
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _IDX:
        raise DataError(f"{path} is no idx file: it begins with {data[:4].hex()}")
    dtype, rank = np.dtype(_IDX[data[2]]).newbyteorder(">"), data[3]
    first = 4 + 4 * rank
    if len(data) < first:
        raise DataError(f"{path} is cut short")
    shape = struct.unpack(f">{rank}I", data[4:first])
    wanted = first + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if len(data) != wanted:
        raise DataError(f"{path} has {len(data)} bytes, its header asks for {wanted}")
    return np.frombuffer(data, dtype, offset=first).reshape(shape)


class Table:
    """A CSV file: columns of numbers, with names if the first line has them.

    names: of the columns, or None.
    values: float64 [rows, columns]; in a column of words, their indices in `words`.
    words: by column, the sorted distinct words of a column of text.
    """

    def __init__(self, names: list[str] | None, values: npt.NDArray[np.float64],
                 words: dict[int, list[str]]) -> None:
        self.names, self.values, self.words = names, values, words

    def find(self, text: str) -> range:
        """The range of columns that `3`, `0-3`, or a name in the first line stands for."""
        if self.names and text in self.names:
            at = self.names.index(text)
            return range(at, at + 1)
        first, _, last = text.partition("-")
        count = self.values.shape[1]
        if not first.isdecimal() or not (last or first).isdecimal():
            known = f", nor one of {', '.join(self.names)}" if self.names else ""
            raise DataError(f"'{text}' is no column or range of columns, e.g. 0-3{known}")
        low, high = int(first), int(last or first)
        if not 0 <= low <= high < count:
            raise DataError(f"'{text}' is outside of the columns, 0 to {count - 1}")
        return range(low, high + 1)


def _is_number(word: str) -> bool:
    try:
        float(word)
        return True
    except ValueError:
        return False


def _read_csv(path: str | os.PathLike[str]) -> Table:
    """Reads the file as a Table. Fields may be quoted. The first line is names if none of its
    fields is a number and the lines below it are of another kind."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        first = next(csv.reader(file, skipinitialspace=True), [])
    names = None if any(map(_is_number, first)) else [name.strip() for name in first]
    if not first:
        return _read_words(path)
    try:
        # Reads numbers only, in a tenth of the memory that words take.
        values = np.loadtxt(path, delimiter=",", skiprows=1 if names else 0, ndmin=2,
                            comments=None, quotechar='"', encoding="utf-8-sig")
        if values.size and (not names or len(names) == values.shape[1]):
            return Table(names, values, {})
    except ValueError:
        pass  # words, or an error that is reported with its line below
    return _read_words(path)


def _read_words(path: str | os.PathLike[str]) -> Table:
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True)
        try:
            lines = [(reader.line_num, [word.strip() for word in row])
                     for row in reader if any(word.strip() for word in row)]
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num}: {error}") from None
    if not lines:
        raise DataError(f"{path} is empty")
    width = len(lines[0][1])
    for number, row in lines:
        if len(row) != width:
            raise DataError(f"{path}, line {number} has {len(row)} fields, the first line "
                            f"{width}")
    first, below = lines[0][1], lines[1:]
    is_text = [below and not any(_is_number(row[c]) for _, row in below) for c in range(width)]
    names = None
    if below and not any(map(_is_number, first)) and (
            not all(is_text) or not any(first[c] in {row[c] for _, row in below}
                                        for c in range(width))):
        names, lines = first, below
    values, words = np.empty((len(lines), width)), {}
    for c in range(width):
        column = [row[c] for _, row in lines]
        if not any(map(_is_number, column)):
            words[c] = sorted(set(column))
            places = {word: i for i, word in enumerate(words[c])}
            column = [str(places[word]) if word else word for word in column]
        for i, word in enumerate(column):
            if not _is_number(word):
                raise DataError(f"{path}, line {lines[i][0]}, column "
                                f"{names[c] if names else c}: '{word}' is no number, others "
                                "in the column are" if word else
                                f"{path}, line {lines[i][0]}, column "
                                f"{names[c] if names else c} is empty")
            values[i, c] = float(word)
    return Table(names, values, words)


# The first bytes of files that are mistaken for data.
_OTHERS = ((b"\x89HDF", "an HDF5 file; save its arrays as .npz"),
           (b"PAR1", "a Parquet file; save it as .csv or .npz"),
           (b"MATLAB 5.0", "a MATLAB file; save its arrays as .npz"),
           (b"\x89PNG", "a picture (PNG); stack pictures in an array and save it as .npy"),
           (b"\xff\xd8\xff", "a picture (JPEG); stack pictures in an array and save it as .npy"),
           (b"\x7fELF", "compiled code (ELF)"),
           (b"\x1f\x8b", "compressed with gzip; only idx files may be"),
           (b"BZh", "compressed with bzip2; decompress it first"),
           (b"version https://git-lfs", "a pointer of Git LFS; fetch it first: git lfs pull"))


def _identify(data: bytes) -> str | None:
    """The other format that this file has, or None."""
    for magic, kind in _OTHERS:
        if data.startswith(magic):
            return kind
    if data[:1] == b"\x80" and 2 <= data[1] <= 5:
        return "a Python pickle, which may run code; save arrays as .npz"
    if data.startswith(b"PK"):
        return "a zip archive that holds no arrays (.npy)"
    if data[8:9] == b"{" and data[4:8] == bytes(4):
        return "a safetensors file; save its arrays as .npz"
    if data and not any(c < 32 and c not in b"\t\n\r" or c > 126 for c in data[:64]):
        return "text; name it .csv where it is a table"
    return None


def read_array(path: str | os.PathLike[str], name: str | None = None) -> npt.NDArray[Any]:
    """Reads one array from a file; `name` selects one of an .npz file.

    Raises DataError if the file is missing, damaged or in another format.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    with _damage_told(path):
        if path.suffix == ".csv":
            return _read_csv(path).values
        with open(path, "rb") as file:
            start = file.read(4096)
        if start.startswith(b"\x93NUMPY"):
            loaded: npt.NDArray[Any] = np.load(path, allow_pickle=False)
            return loaded
        if start.startswith(b"PK") and (path.suffix == ".npz" or b".npy" in start):
            with np.load(path, allow_pickle=False) as arrays:
                if name is None and len(arrays.files) == 1:
                    name = arrays.files[0]
                if name not in arrays.files:
                    raise DataError(f"{path} holds {', '.join(arrays.files) or 'nothing'}, "
                                    f"expected '{name}'; pick one with {path}:name")
                array = arrays[name]
            if not isinstance(array, np.ndarray):
                raise DataError(f"{path}: '{name}' in it is no array")
            return array
        data = path.read_bytes()
        if path.suffix == ".gz" and start.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        kind = _identify(data)
        if kind:
            raise DataError(f"{path} is {kind}")
        return _read_idx(path, data)


def read_column(text: str, tell: Callable[[str], object] | None = None) -> npt.NDArray[Any]:
    """An array named on a command line: `file`, `file.npz:name`, or columns of a CSV file,
    `file.csv:0-3`, `file.csv:4` or, if its first line has names, `file.csv:age`.
    tell: called with a line of text for each column of words, which says which number stands for
    which word.
    """
    path, part = text, ""
    if not Path(text).is_file():
        before, _, behind = text.rpartition(":")
        if before and Path(before).is_file():
            path, part = before, behind
    if Path(path).suffix != ".csv" or not Path(path).is_file():
        return read_array(path, part or None)
    try:
        with _damage_told(path):
            table = _read_csv(path)
        columns = table.find(part) if part else range(table.values.shape[1])
    except DataError as error:
        raise DataError(f"{text}: {error}" if part and path not in str(error) else
                        str(error)) from None
    for c in columns:
        if c in table.words and tell:
            tell(f"{path}, column {table.names[c] if table.names else c}: " +
                 ", ".join(f"{i} is {word}" for i, word in enumerate(table.words[c])))
    return table.values[:, columns.start:columns.stop]


def fit(array: npt.NDArray[Any], argument: Argument, what: str) -> npt.NDArray[Any]:
    """Converts `array` to the type and shape of an input of a function. Adds or drops dimensions of
    extent 1, and converts elements if no significant digits are lost.

    argument: an Argument of the library. what: the name of the array in messages.
    """
    shape = argument.shape
    rest = [1 if e is None else e for e in shape[1:]]
    if array.ndim != len(shape) and all(e is not None for e in shape[1:]):
        count = int(np.prod(rest, dtype=np.int64))
        if array.ndim and array[0].size == count:
            array = array.reshape((array.shape[0], *rest))
    fits = array.ndim == len(shape) and all(
        e is None or e == a for e, a in zip(shape[1:], array.shape[1:]))
    if not fits:
        wanted = ", ".join("?" if e is None else str(e) for e in ("N", *shape[1:]))
        raise DataError(f"{what} has shape {list(array.shape)}, '{argument.name}' of the "
                        f"model is [{wanted}]")
    kinds = np.dtype(argument.dtype).kind
    if kinds in "iu" and array.dtype.kind == "f" and not np.array_equal(array, np.floor(array)):
        raise DataError(f"{what} holds fractions, '{argument.name}' of the model is "
                        f"{argument.dtype}")
    return np.ascontiguousarray(array, argument.dtype)
