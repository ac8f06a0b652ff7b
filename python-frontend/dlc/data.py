"""Examples from files: .npy, .npz, CSV and the idx format of MNIST."""

import gzip
import struct
from pathlib import Path

import numpy as np


class DataError(Exception):
    """A file of data cannot be read, or does not fit the model."""


# The type codes of the idx format (yann.lecun.com/exdb/mnist, "THE IDX FILE FORMAT").
_IDX = {8: np.uint8, 9: np.int8, 11: np.int16, 12: np.int32, 13: np.float32, 14: np.float64}


def _read_idx(path, data):
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


def _read_csv(path):
    with open(path, encoding="utf-8") as file:
        first = file.readline()
    try:
        [float(word) for word in first.split(",")]
        skip = 0
    except ValueError:
        skip = 1  # names of columns
    try:
        return np.loadtxt(path, delimiter=",", skiprows=skip, ndmin=2)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None


def read_array(path, name=None):
    """One array from a file; `name` picks one of an .npz file's.

    Raises DataError where the file is missing, damaged or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    suffixes = path.suffixes
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                if name is None and len(arrays.files) == 1:
                    name = arrays.files[0]
                if name not in arrays.files:
                    raise DataError(f"{path} holds {', '.join(arrays.files) or 'nothing'}, "
                                    f"expected '{name}'; pick one with {path}:name")
                return arrays[name]
        if path.suffix == ".csv":
            return _read_csv(path)
        data = path.read_bytes()
        if suffixes and suffixes[-1] == ".gz":
            data = gzip.decompress(data)
        return _read_idx(path, data)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: {error}") from None


def read_column(text):
    """An array named on a command line: `file`, `file.npz:name`, or columns of a CSV
    file, `file.csv:0-3` or `file.csv:4`."""
    path, _, part = text.rpartition(":")
    if not path or not Path(path).is_file():
        return read_array(text)
    if Path(path).suffix != ".csv":
        return read_array(path, part)
    table = read_array(path)
    first, _, last = part.partition("-")
    try:
        low, high = int(first), int(last or first)
    except ValueError:
        raise DataError(f"{text}: '{part}' is no column or range of columns, e.g. 0-3") from None
    if not 0 <= low <= high < table.shape[1]:
        raise DataError(f"{text}: {path} has columns 0 to {table.shape[1] - 1}")
    return table[:, low:high + 1]


def fit(array, argument, what):
    """`array` in the type and shape that an input of a function has: more or fewer
    dimensions of extent 1, elements converted where no number is lost that matters.

    argument: an Argument of the library. what: the array's name in messages.
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
    if kinds in "iu" and array.dtype.kind == "f":
        if not np.array_equal(array, np.floor(array)):
            raise DataError(f"{what} holds fractions, '{argument.name}' of the model is "
                            f"{argument.dtype}")
    return np.ascontiguousarray(array, argument.dtype)
