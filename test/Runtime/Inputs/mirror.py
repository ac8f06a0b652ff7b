# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds the structs of dlc's Python package against those of the C header, as clang lays
them out: the name, place and type of each field, the numbers of elements, the version."""

import ctypes
import re
import subprocess
import sys
from pathlib import Path

from dlc import _library, _profile

MIRRORS = {
    "dlc_tensor": _library._Tensor, "dlc_argument": _library._Argument,
    "dlc_function": _library._Function, "dlc_state": _library._State,
    "dlc_options": _library._Options, "dlc_library_info": _library._Info,
    "dlc_region": _profile._Region, "dlc_event": _profile._Event, "dlc_trace": _profile._Trace}
NUMBERS = {"int": ctypes.c_int32, "unsigned int": ctypes.c_uint32, "long": ctypes.c_int64,
           "unsigned long": ctypes.c_uint64, "enum dlc_status": ctypes.c_int}


def split(parameters):
    """Parameters of a function, at the commas outside of parentheses."""
    depth, found = 0, [""]
    for character in parameters:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found


def is_mirror(c, python):
    """Whether a type of ctypes stands for one of C; c_void_p does for each pointer."""
    c = re.sub(r"\bconst\b", "", c).strip()
    function = re.fullmatch(r"(.*?)\(\*\)\((.*)\)", c)
    if python is ctypes.c_void_p:
        return bool(function) or c.endswith("*")
    if function:
        if not hasattr(python, "_argtypes_"):
            return False
        result, parameters = function.group(1).strip(), split(function.group(2))
        return (len(parameters) == len(python._argtypes_)
                and all(map(is_mirror, parameters, python._argtypes_))
                and (result == "void" if python._restype_ is None
                     else is_mirror(result, python._restype_)))
    if c.endswith("*"):
        if python is ctypes.c_char_p:
            return c.split() == ["char", "*"]
        return issubclass(python, ctypes._Pointer) and is_mirror(c[:-1], python._type_)
    if c.startswith("struct "):
        return MIRRORS.get(c.removeprefix("struct ")) is python
    return NUMBERS.get(c) is python


def read_layouts(header):
    """Of each struct of the header: its size and (offset, type, name) of its fields."""
    text = subprocess.run(
        ["clang", "-fsyntax-only", "-x", "c", "-Xclang", "-fdump-record-layouts-complete",
         "-Xclang", "-fdump-record-layouts-canonical", header],
        check=True, capture_output=True, text=True).stdout
    layouts = {}
    for block in text.split("*** Dumping AST Record Layout"):
        name = re.search(r"0 \| struct (dlc_\w+)\n", block)
        if name:
            fields = re.findall(r"^ +(\d+) \|   (\S.*?) ?(\w+)$", block, re.M)
            size = re.search(r"\[sizeof=(\d+)", block)
            layouts[name.group(1)] = (int(size.group(1)),
                                      [(int(at), c, field) for at, c, field in fields])
    return layouts


def compare(header):
    layouts = read_layouts(header)
    for name in sorted({*layouts, *MIRRORS}):
        if name not in layouts or name not in MIRRORS:
            yield f"{name} is only in {'Python' if name in MIRRORS else 'C'}"
            continue
        size, fields = layouts[name]
        mirror = MIRRORS[name]
        if size != ctypes.sizeof(mirror):
            yield f"{name} has {size} bytes in C, {ctypes.sizeof(mirror)} in Python"
        in_python = dict(mirror._fields_)
        for at, c, field in fields:
            if field not in in_python:
                yield f"{name}.{field} is only in C"
                continue
            if at != getattr(mirror, field).offset:
                yield f"{name}.{field} is at {at} in C, {getattr(mirror, field).offset} in Python"
            if not is_mirror(c, in_python[field]):
                yield f"{name}.{field} is '{c}' in C, {in_python[field]} in Python"
        for field in in_python.keys() - {field for _, _, field in fields}:
            yield f"{name}.{field} is only in Python"

    text = Path(header).read_text()
    version = int(re.search(r"#define DLC_ABI_VERSION (\d+)u", text).group(1))
    if version != _library._ABI_VERSION:
        yield f"the version is {version} in C, {_library._ABI_VERSION} in Python"
    body = re.search(r"enum dlc_element \{(.*?)\}", text, re.S).group(1)
    elements = [(int(number), name.lower()) for name, number in
                re.findall(r"DLC_(\w+) = (\d+)", body)]
    names = [e if isinstance(e, str) else e[0] for e in _library._ELEMENTS]
    short = [n.replace("float", "f").replace("int", "i").replace("ui", "u").replace("_", "")
             for n in names]
    if elements != list(enumerate(short))[1:]:
        yield f"the elements are {elements} in C, {short} in Python"


problems = list(compare(sys.argv[1]))
count = sum(len(mirror._fields_) for mirror in MIRRORS.values())
print("\n".join(problems) or f"{len(MIRRORS)} structs with {count} fields as in C")
sys.exit(bool(problems))
