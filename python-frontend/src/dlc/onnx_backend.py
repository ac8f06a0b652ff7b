# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The interface `onnx.backend` on top of dlc.

    import dlc.onnx_backend as backend
    outputs = backend.prepare(model).run(inputs)

A model is compiled when it is prepared. Where dlc must know the value of an input
while compiling (the axes of a reduction, say), it is compiled again with the first
run's values of such inputs in place of them, and again when they change. Sequences
are compiled for the number and the shapes of their tensors, optional values for
whether there is one, as the first run has them.
"""

from __future__ import annotations

import functools
import itertools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.base import Backend, BackendRep, namedtupledict

from ._compile import CompileError, find_compiler
from ._compile import compile as _compile
from ._library import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ._library import Function, Library


@functools.lru_cache
def _operators() -> dict[str, list[tuple[int, int]]]:
    """{operator: [(first opset, last opset)]}, as the compiler lists them."""
    listed = subprocess.run([find_compiler(), "--list-onnx-operators"],
                            capture_output=True, text=True, check=True).stdout
    found: dict[str, list[tuple[int, int]]] = {}
    for line in listed.splitlines():
        name, first, last = line.split()
        found.setdefault(name, []).append((int(first), int(last)))
    return found


def _compile_model(model: Any, folder: str, options: Iterable[object]) -> Library:
    path = Path(folder) / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return load(_compile(path, path.with_suffix(".so"), options=options))


def _with_constants(model: Any, values: Mapping[str, Any]) -> Any:
    """The model with inputs of these names replaced by initializers."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    kept = [i for i in result.graph.input if i.name not in values]
    del result.graph.input[:]
    result.graph.input.extend(kept)
    for name, value in values.items():
        result.graph.initializer.append(
            numpy_helper.from_array(np.asarray(value, order="C"), name))
    return result


def _is_list(info: Any) -> bool:
    """Whether a ValueInfoProto is a sequence or an optional value."""
    return info.type.WhichOneof("value") in ("sequence_type", "optional_type")


def _kind(value: Any) -> Any:
    """A key of what a model with lists is compiled for."""
    if isinstance(value, (list, tuple)):
        return tuple(_kind(part) for part in value)
    return None if value is None else (np.asarray(value).dtype, np.shape(value))


def _with_tensors(model: Any, lists: Mapping[str, Any]) -> Any:
    """Replaces these inputs, {name: sequence or optional value}, by tensors: name_0, name_1, ...
    are the inputs for a sequence."""
    helper = onnx.helper
    result = onnx.ModelProto()
    result.CopyFrom(model)
    infos, nodes = [], []

    def tensor(name: str, value: Any) -> None:
        infos.append(helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(np.asarray(value).dtype),
            np.shape(value)))

    for info in model.graph.input:
        value = lists.get(info.name)
        if info.name not in lists:
            infos.append(info)
        elif value is None:
            nodes.append(helper.make_node("Optional", [], [info.name],
                                          type=info.type.optional_type.elem_type))
        elif isinstance(value, (list, tuple)):
            names = [f"{info.name}_{i}" for i in range(len(value))]
            for name, part in zip(names, value):
                tensor(name, part)
            nodes.append(helper.make_node(
                "SequenceConstruct" if names else "SequenceEmpty", names,
                [info.name]))
        else:
            tensor(info.name, value)
    nodes.extend(model.graph.node)
    del result.graph.input[:], result.graph.node[:]
    result.graph.input.extend(infos)
    result.graph.node.extend(nodes)
    return result


class DlcRep(BackendRep):  # type: ignore[misc]
    """A compiled model.

    constants: names of the inputs for whose values it was compiled.
    """

    def __init__(self, model: Any, options: Iterable[object] = ()) -> None:
        self._given = self._model = model
        self._options = options
        self._folder = tempfile.mkdtemp(prefix="dlc-onnx-")
        self._values: dict[str, Any] = {}
        self._library: Library | None = None
        self.constants: tuple[str, ...] = ()
        self._initializers = {i.name for i in model.graph.initializer}
        self._names = [i.name for i in model.graph.input
                       if i.name not in self._initializers]
        self._outputs = [o.name for o in model.graph.output]
        self._sequences = {o.name for o in model.graph.output if _is_list(o)}
        self._lists = [i.name for i in model.graph.input if _is_list(i)]
        self._kinds: dict[str, Any] | None = None
        if self._lists:
            return  # compiled for the values of the first run
        try:
            self._library = _compile_model(model, self._folder, options)
        except CompileError as error:
            self._refused = error
            if not self._unknown_inputs(error):
                shutil.rmtree(self._folder, ignore_errors=True)
                raise

    def _unknown_inputs(self, error: CompileError) -> list[str]:
        """The inputs whose values the compiler asks for."""
        named = re.findall(r"operand \d+, '([^']*)'\) must be known while "
                           "compiling", str(error))
        # Operands that are computed from an input have other names.
        found = [n for n in named if n in self._names]
        if found or "initializer" not in str(error):
            return found
        integers = {onnx.TensorProto.INT64, onnx.TensorProto.INT32}
        return [i.name for i in self._model.graph.input if i.name in self._names
                and i.type.tensor_type.elem_type in integers
                and i.name not in self._values]

    def _prepare(self, inputs: Mapping[str, Any]) -> Library:
        """Compiles for the values of the inputs that must be known."""
        if self._library and all(
                np.array_equal(inputs[name], value)
                for name, value in self._values.items()):
            return self._library
        while True:
            try:
                self._library = _compile_model(
                    _with_constants(self._model, self._values), self._folder,
                    self._options)
                self.constants = tuple(self._values)
                return self._library
            except CompileError as error:
                new = [n for n in self._unknown_inputs(error)
                       if n not in self._values]
                if not new:
                    raise
                self._values.update((n, np.array(inputs[n])) for n in new)

    def run(self, inputs: Any, **kwargs: Any) -> Any:
        """Runs the model.

        inputs: arrays in the order of the model's inputs, or a dict by name.
        """
        given = self._flatten(
            dict(inputs) if isinstance(inputs, dict) else dict(zip(self._names, inputs)))
        function = self._prepare(given).main
        arrays = []
        names = [i.name for i in self._model.graph.input
                 if i.name not in self._initializers]
        for _, name in zip(
                function.inputs, [n for n in names if n not in self._values]):
            array = np.ascontiguousarray(given[name])
            if array.ndim != np.ndim(given[name]):
                array = array.reshape(np.shape(given[name]))
            arrays.append(array)
        results = function(*arrays)
        if not isinstance(results, tuple):
            results = (results,)
        return namedtupledict("Outputs", self._outputs)(
            *self._collect(function, results))

    def _flatten(self, given: dict[str, Any]) -> dict[str, Any]:
        """Inputs by name, with lists as separate tensors; recompiles the model if needed."""
        if not self._lists:
            return given
        lists = {name: given.pop(name) for name in self._lists}
        kinds = {name: _kind(value) for name, value in lists.items()}
        if kinds != self._kinds:
            self._kinds, self._library, self._values = kinds, None, {}
            self._model = _with_tensors(self._given, lists)
        for name, value in lists.items():
            if isinstance(value, (list, tuple)):
                given.update((f"{name}_{i}", part) for i, part in enumerate(value))
            elif value is not None:
                given[name] = value
        return given

    def _collect(self, function: Function, results: Sequence[Any]) -> Sequence[Any]:
        """The results, with those of a sequence collected in a list."""
        if not self._sequences:
            return results
        found = {a.name: r for a, r in zip(function.outputs, results)}
        collected = []
        for name in self._outputs:
            if name in found:
                collected.append(found[name])
                continue
            parts = itertools.takewhile(
                found.__contains__, (f"{name}_{i}" for i in itertools.count()))
            collected.append([found[part] for part in parts])
        return collected

    def __del__(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class DlcBackend(Backend):  # type: ignore[misc]
    """Compiles models for the processor of this machine."""

    @classmethod
    def is_compatible(cls, model: Any, device: str = "CPU", **kwargs: Any) -> bool:
        """Whether dlc supports all operators of the model in their opsets."""
        known = _operators()
        versions = {i.domain if i.domain != "ai.onnx" else "": i.version
                    for i in model.opset_import}
        functions = {(f.domain, f.name) for f in model.functions}

        def all_known(nodes: Any) -> bool:
            for node in nodes:
                domain = "" if node.domain == "ai.onnx" else node.domain
                name = (domain + "." if domain else "") + node.op_type
                if (node.domain, node.op_type) not in functions and not any(
                        first <= versions.get(domain, 1) <= last
                        for first, last in known.get(name, ())):
                    return False
                for attribute in node.attribute:
                    if attribute.HasField("g") and not all_known(attribute.g.node):
                        return False
            return True

        return cls.supports_device(device) and all_known(model.graph.node)

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", options: Iterable[object] = (),
                **kwargs: Any) -> DlcRep:
        if not cls.supports_device(device):
            raise ValueError(f"there is no device {device}, expected CPU")
        return DlcRep(model, options)

    @classmethod
    def run_model(cls, model: Any, inputs: Any, device: str = "CPU", **kwargs: Any) -> Any:
        return cls.prepare(model, device).run(inputs)

    @classmethod
    def run_node(cls, node: Any, inputs: Any, device: str = "CPU", outputs_info: Any = None,
                 **kwargs: Any) -> Any:
        """Runs one node, as a model whose inputs have the shapes of the arrays."""
        helper = onnx.helper
        names = [n for n in node.input if n]
        infos = [helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(np.asarray(x).dtype),
            np.shape(x)) for name, x in zip(names, inputs)]
        outputs = [onnx.ValueInfoProto(name=n) for n in node.output if n]
        version = kwargs.get("opset_version", onnx.defs.onnx_opset_version())
        model = helper.make_model(
            helper.make_graph([node], "node", infos, outputs),
            opset_imports=[helper.make_opsetid(node.domain, version)])
        return cls.run_model(model, inputs, device)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        return device.split(":")[0] == "CPU"


is_compatible = DlcBackend.is_compatible
prepare = DlcBackend.prepare
run_model = DlcBackend.run_model
run_node = DlcBackend.run_node
supports_device = DlcBackend.supports_device
