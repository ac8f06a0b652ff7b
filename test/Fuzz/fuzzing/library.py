# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls of a compiled library, with all memory that it may touch between guard pages."""

import ctypes
import re
from dataclasses import dataclass, field

import numpy as np

from dlc import _library as abi

from .memory import Block

MOST = 1 << 30  # maximum bytes of workspace


@dataclass
class Call:
    """One call: the name of the function and its inputs. `extents`: the shapes to claim for inputs,
    where they differ from those of the arrays."""
    inputs: list
    function: str = None
    at_end: bool = True
    poison: int = 0xFF
    extents: dict = field(default_factory=dict)


@dataclass
class Setting:
    """How the context is created."""
    threads: int = 1
    workspace: bool = False  # the caller provides it, with the smallest sufficient size


@dataclass
class Answer:
    status: int
    message: str
    outputs: list


class Session:
    def __init__(self, path, setting):
        self._dll = ctypes.CDLL(str(path))
        self._dll.dlc_library.restype = ctypes.POINTER(abi._Info)
        self.info = self._dll.dlc_library().contents
        if self.info.abi_version != abi._ABI_VERSION:
            raise RuntimeError(f"the library speaks version {self.info.abi_version} of the "
                               f"interface, the Python package {abi._ABI_VERSION}")
        self.setting = setting
        self.workspace = None
        self.handle = ctypes.c_void_p()
        self.status = self._create(0 if not setting.workspace else 64)

    def _create(self, bytes_given):
        if self.handle:
            self.info.destroy(self.handle)
            self.handle = ctypes.c_void_p()
        address = None
        if bytes_given:
            if self.workspace:
                self.workspace.free()
            self.workspace = Block(bytes_given, True, 64)
            self.workspace.fill(0xFF)
            address = self.workspace.address
        options = abi._Options(size=ctypes.sizeof(abi._Options),
                               threads=self.setting.threads, workspace=address,
                               workspace_bytes=bytes_given)
        status = self.info.create(ctypes.byref(self.handle), ctypes.byref(options),
                                  abi._ABI_VERSION, self.info.interface_hash)
        need = self._missing()
        if status == 6 and bytes_given and bytes_given < need < MOST:
            return self._create(need)
        return status

    def message(self):
        return self.info.error(self.handle).decode(errors="replace")

    def _missing(self):
        """Bytes of workspace that the last message asks for, otherwise 0."""
        match = re.search(r"workspace has \d+ bytes, this call needs (\d+)",
                          self.message())
        return int(match.group(1)) if match else 0

    def number(self, name):
        if not isinstance(name, str):
            return name or 0
        names = [self.info.functions[i].name.decode()
                 for i in range(self.info.function_count)]
        return names.index(name)

    def call(self, call):
        blocks = []
        try:
            return self._call(call, blocks)
        finally:
            for block in blocks:
                block.free()

    def _call(self, call, blocks):
        number = self.number(call.function)
        function = self.info.functions[number]
        arguments = [function.arguments[i]
                     for i in range(function.inputs + function.outputs)]
        shapes = []

        def tensor(block, shape, element):
            extents = (ctypes.c_int64 * max(len(shape), 1))(*shape)
            shapes.append(extents)
            blocks.append(block)
            return abi._Tensor(block.address, extents, len(shape), element)

        inputs = (abi._Tensor * max(function.inputs, 1))()
        for i, array in enumerate(call.inputs):
            array = np.asarray(array, order="C")
            block = Block(array.nbytes, call.at_end)
            block.fill(call.poison)
            block.write(array.tobytes())
            block.close()  # refusals that follow from extents come before an element is read
            inputs[i] = tensor(block, call.extents.get(i, array.shape),
                               arguments[i].element)
        found = [(ctypes.c_int64 * max(a.rank, 1))() for a in arguments[function.inputs:]]
        pointers = (ctypes.POINTER(ctypes.c_int64) * max(len(found), 1))(
            *[ctypes.cast(f, ctypes.POINTER(ctypes.c_int64)) for f in found])
        status = self.info.shapes(self.handle, number, inputs, pointers)
        outputs = (abi._Tensor * max(function.outputs, 1))()
        if status:  # the call is refused too, and touches nothing
            for i, argument in enumerate(arguments[function.inputs:]):
                block = Block(0)
                block.close()
                shape = [max(argument.shape[d], 1) for d in range(argument.rank)]
                outputs[i] = tensor(block, shape, argument.element)
            status = self.info.call(self.handle, number, inputs, outputs)
            return Answer(status, self.message(), [])
        for block in blocks:
            block.read_only()
        places = []
        for i, argument in enumerate(arguments[function.inputs:]):
            dtype = abi._dtype(argument.element)
            if any(argument.shape[d] == -2 for d in range(argument.rank)):
                places.append(None)
                continue
            shape = tuple(found[i][:argument.rank])
            size = dtype.itemsize
            for extent in shape:
                size *= extent
            if size > 1 << 28 or any(e < 0 for e in shape):
                return Answer(-1, f"an output of shape {shape} is not tried", [])
            block = Block(size, call.at_end)
            block.fill(call.poison)
            places.append((block, shape, dtype))
            outputs[i] = tensor(block, shape, argument.element)
        status = self.info.call(self.handle, number, inputs, outputs)
        need = self._missing()
        if status == 6 and self.setting.workspace and self.workspace.size < need < MOST:
            self._create(need)
            status = self.info.call(self.handle, number, inputs, outputs)
        answer = Answer(status, self.message(), [])
        if not status:
            for i, place in enumerate(places):
                argument = arguments[function.inputs + i]
                if place:
                    block, shape, dtype = place
                    data = block.read()
                else:
                    dtype = abi._dtype(argument.element)
                    shape = tuple(outputs[i].shape[:outputs[i].rank])
                    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
                    data = ctypes.string_at(outputs[i].data, size) if size else b""
                answer.outputs.append(np.frombuffer(data, dtype).reshape(shape).copy())
        return answer


def answers(tell, path, setting, calls):
    """For isolated.run: the answers of all calls, of one context."""
    tell("loading")
    session = Session(path, setting)
    if session.status:
        return [Answer(session.status, session.message(), [])] * len(calls)
    found = []
    for i, call in enumerate(calls):
        tell(f"call {i}")
        found.append(session.call(call))
    tell("destroying")
    session.info.destroy(session.handle)
    return found
