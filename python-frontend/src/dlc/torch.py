# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Modules of PyTorch.

    model = dlc.from_torch(module, example)
    history = model.fit(x, y, loss="cross_entropy", epochs=3)   # the module learns with it
    model.export("model.so")

    step = dlc.torch.compile_step(module, example, loss="mse", optimizer="sgd", rate=0.1)
    fast = torch.compile(module, backend="dlc")

Tensors of the CPU go in and come out without a copy.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ._compile import CompileError, compile
from ._model import need
from ._onnx import OnnxModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._history import Epochs
    from ._library import Function


def _as_tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (list, tuple)) else (values,)


def _export(module: Any, example: tuple[Any, ...], batch: str) -> tuple[Any, Any]:
    """The module as an onnx.ModelProto, without folding or elimination."""
    torch = need("torch", "torch")
    need("onnxscript", "torch")
    need("onnx", "torch")
    shapes = None
    if batch == "free":
        shapes = tuple({0: torch.export.Dim.AUTO} if t.dim() else {} for t in example)
        # The exporter would treat a batch of one as a constant.
        example = tuple(torch.cat([t, t]) if t.dim() and t.shape[0] == 1 else t for t in example)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(module, example, dynamo=True, optimize=False,
                                        verbose=False, dynamic_shapes=shapes)
        except Exception as problem:
            raise CompileError(
                f"torch.onnx.export refuses {type(module).__name__}: {problem}" + (
                    "; batch='fixed' keeps the example's extents" if shapes else "")) from problem
    return program.model_proto, program.exported_program.graph_module


def from_torch(module: Any, example: Any, batch: str = "free") -> TorchModel:
    """Converts a PyTorch module to a model of dlc, with torch.onnx.export.

    example: a tensor, or a tuple of one per input.
    batch: "free": the first extent of each input is free; "fixed": all extents are those of the
    example.

    `fit` writes what it learns back into the module. Training has dropout and batch normalisation
    as the module has them in train().
    """
    torch = need("torch", "torch")
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"{type(module).__name__} is no torch.nn.Module")
    if batch not in ("free", "fixed"):
        raise ValueError(f"batch '{batch}', expected 'free' or 'fixed'")
    return TorchModel(module, _as_tuple(example), batch)


class TorchModel(OnnxModel):
    """A PyTorch module that predicts and trains by compiled code.

    module: the module itself; it holds the values of `parameters`.
    """

    def __init__(self, module: Any, example: tuple[Any, ...], batch: str) -> None:
        self.module = module

        def form(training: bool) -> Any:
            was = {m: m.training for m in module.modules()}
            module.train(training)
            try:
                proto, graph = _export(module, example, batch)
                cut = _cuts(graph) if training else None
                if cut:
                    raise CompileError(
                        f"{type(module).__name__} stops gradients ({cut}), which ONNX does not "
                        "say: dlc would let them through")
                return proto
            finally:
                for m, mode in was.items():
                    m.training = mode
        self._versions = {n: (id(t), t._version) for n, t in
                          [*module.named_parameters(), *module.named_buffers()]}
        super().__init__(form(False), training=lambda: form(True), name=type(module).__name__)

    def _refresh(self) -> None:
        """Takes over changes to the module since the last call."""
        tensors = dict([*self.module.named_parameters(), *self.module.named_buffers()])
        versions = {n: (id(t), t._version) for n, t in tensors.items()}
        if versions == self._versions:
            return
        self.sync()  # writes back custom steps first
        for name in self._names():
            if name in tensors:
                self._store(name, np.array(_array(tensors[name]), self._value(name).dtype,
                                           order="C"))
        self._changed()
        self._versions = {n: (id(t), t._version) for n, t in tensors.items()}

    def _prepare(self, *words: Any) -> None:
        self._refresh()
        super()._prepare(*words)

    def predict(self, *inputs: Any) -> Any:
        """Returns tensors for tensors, arrays for arrays."""
        torch = need("torch", "torch")
        self._refresh()
        outputs = super().predict(*[_array(v) for v in inputs])
        if not any(isinstance(v, torch.Tensor) for v in inputs):
            return outputs
        return tuple(map(torch.from_numpy, outputs)) if isinstance(outputs, tuple) else \
            torch.from_numpy(outputs)

    def fit(self, x: Any, y: Any, **options: Any) -> Epochs:
        x = [_array(v) for v in x] if isinstance(x, (list, tuple)) else _array(x)
        try:
            return super().fit(x, _array(y), **options)
        finally:
            self.sync()

    fit.__doc__ = OnnxModel.fit.__doc__

    def sync(self) -> None:
        """Writes the parameters into the module, after custom training steps."""
        torch = need("torch", "torch")
        if not self._learner_is_newer:
            return
        known = dict([*self.module.named_parameters(), *self.module.named_buffers()])
        with torch.no_grad():
            for name, value in self.parameters.items():
                if name in known:
                    known[name].copy_(torch.from_numpy(value))
        self._versions = {n: (id(t), t._version) for n, t in known.items()}


def _array(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def compile_step(module: Any, example: Any, *, loss: str, optimizer: str = "adam",
                 metrics: Sequence[str] = (), batch: str = "free", **options: Any) -> Any:
    """For a custom training loop: a function of inputs and target that makes one training step of
    the module and returns the loss, or loss and metrics. Options: docs/training.md.

        step = dlc.torch.compile_step(module, x[:8], loss="mse", rate=0.01)
        for x, y in batches:
            loss = step(x, y)
        step.model.sync()   # into the module
    """
    model = from_torch(module, example, batch)
    run = model.step_function(loss=loss, optimizer=optimizer, metrics=metrics, **options)

    def step(*tensors: Any) -> Any:
        return run(*[_array(t) for t in tensors])
    made: Any = step
    made.model = model
    return step


#--- torch.compile -------------------------------------------------------------------


def backend(graph: Any, example: Sequence[Any]) -> Any:
    """The backend "dlc" of torch.compile, for graphs with and without gradients."""
    torch = need("torch", "torch")
    if any(not isinstance(t, torch.Tensor) for t in example):
        warnings.warn("dlc compiles extents that are known; a graph whose extents are not "
                      "stays PyTorch's (torch.compile(dynamic=False) makes them known)",
                      stacklevel=2)
        return graph.forward
    wanted = [i for i, t in enumerate(example) if t.requires_grad]
    kept = _in_place(graph) or wanted and _cuts(graph)
    if kept:
        warnings.warn(f"a graph with {kept} stays PyTorch's", stacklevel=2)
        return graph.forward
    inputs = tuple(t.detach() for t in example)
    proto, _ = _export(graph, inputs, "fixed")
    drawn = {n.op_type for n in proto.graph.node} & _RANDOM
    if drawn or _has_batch_statistics(proto):
        warnings.warn(f"a graph with {', '.join(sorted(drawn)) or 'statistics of the batch'} "
                      "stays PyTorch's; dlc.from_torch trains such modules", stacklevel=2)
        return graph.forward
    _check_inputs(proto, len(example))
    library = compile(proto)
    forward = next(iter(library.functions.values()))
    if not wanted:
        return lambda *tensors: _call(torch, forward, tensors)
    backward = _vector_jacobian(library.ir("dl"), wanted)

    class Compiled(torch.autograd.Function):  # type: ignore[name-defined,misc]
        @staticmethod
        def forward(context: Any, *tensors: Any) -> tuple[Any, ...]:
            context.save_for_backward(*tensors)
            return _call(torch, forward, tensors)

        @staticmethod
        def backward(context: Any, *seeds: Any) -> tuple[Any, ...]:
            found = _call(torch, backward, [*context.saved_tensors, *seeds])
            result: list[Any] = [None] * len(example)
            for at, gradient in zip(wanted, found):
                result[at] = gradient
            return tuple(result)

    return Compiled.apply


def _words(graph: Any) -> Iterator[str]:
    """The names of what the nodes of a graph call, including nested graphs."""
    for part in graph.modules():
        for node in getattr(getattr(part, "graph", None), "nodes", ()):
            if node.op.startswith("call"):
                yield getattr(node.target, "__name__", str(node.target))


def _in_place(graph: Any) -> str | None:
    """The first call that changes a tensor in place, which an exported model would not do."""
    return next((w for w in _words(graph) if w in ("setitem", "copy_") or w.startswith("i") and
                 w in ("iadd", "isub", "imul", "itruediv", "imatmul", "ipow", "iand", "ior") or
                 w.split(".")[0].endswith("_") and not w.startswith("_")), None)


def _cuts(graph: Any) -> str | None:
    """The first call that stops gradients, which an export leaves out."""
    return next((w for w in _words(graph) if w.split(".")[0] in (
        "detach", "detach_", "_set_grad_enabled", "wrap_with_set_grad_enabled")), None)


# Calls whose results differ from run to run.
_RANDOM = {"Dropout", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
           "Bernoulli", "Multinomial"}


def _has_batch_statistics(proto: Any) -> bool:
    return any(n.op_type == "BatchNormalization" and
               any(a.name == "training_mode" and a.i for a in n.attribute)
               for n in proto.graph.node)


def _check_inputs(proto: Any, count: int) -> None:
    """Refuses a graph if the exporter changed its inputs."""
    if len(proto.graph.input) != count:
        raise CompileError(f"the exporter gives the graph {len(proto.graph.input)} inputs of "
                           f"{count}: an input is not used; call the module without it")


def _call(torch: Any, function: Function, tensors: Iterable[Any]) -> tuple[Any, ...]:
    outputs = function(*[np.asarray(t.detach().numpy(), a.dtype, order="C")
                         for t, a in zip(tensors, function.inputs)])
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return tuple(torch.from_numpy(o) for o in outputs)


def _vector_jacobian(text: str, wanted: Sequence[int]) -> Function:
    """For a module of dl with one public function: a function of inputs and output cotangents that
    returns the cotangents of the wanted inputs."""
    import re
    head = re.search(r"func\.func @(\S+?)\((.*?)\) -> (.*?) \{\n", text, re.S)
    assert head is not None, text
    name = head[1]
    inputs = re.findall(r"%\S+?: (tensor<[^>]*>)", head[2])
    outputs = re.findall(r"tensor<[^>]*>", head[3])
    arguments = [f"%a{i}" for i in range(len(inputs))]
    seeds = [f"%s{i}" for i in range(len(outputs))]
    results = [inputs[i] for i in wanted]
    call = (f"dl.grad @{name}({', '.join(arguments)}) seeds({', '.join(seeds)} : "
            f"{', '.join(outputs)}) wrt [{', '.join(map(str, wanted))}] : "
            f"({', '.join(inputs)}) -> ({', '.join(results)})")
    values = [f"%g#{i}" for i in range(len(results))] if len(results) > 1 else ["%g"]
    parameters = [f"{a}: {t}" for a, t in zip(arguments + seeds, inputs + outputs)]
    backward = (
        f"func.func @backward({', '.join(parameters)}) -> ({', '.join(results)}) {{\n"
        f"  %g{':' + str(len(results)) if len(results) > 1 else ''} = {call}\n"
        f"  return {', '.join(values)} : {', '.join(results)}\n}}\n")
    private = text.replace(f"func.func @{name}(", f"func.func private @{name}(", 1)
    at = private.rindex("}\n", 0, private.index("{-#") if "{-#" in private else len(private)) \
        if private.startswith("module") or "\nmodule" in private else len(private)
    return next(iter(compile(private[:at] + backward + private[at:]).functions.values()))
