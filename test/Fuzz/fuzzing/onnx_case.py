# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles one ONNX model in one way, calls it, and judges the outcome."""

import os
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import onnx

from . import compiler, isolated, library, oracle

FINDINGS = {"compiler crashed", "compiler hang", "compiler memory", "internal message",
            "crash", "wrong values", "wrong shape", "not repeatable", "cannot be made",
            "accepted", "call hang", "out of bounds", "reused memory"}

# Operators whose result for NaN depends, in ONNX Runtime, on its position.
ORDERING = {"Max", "Min", "MaxPool", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "TopK",
            "Relu", "Clip", "GlobalMaxPool", "Hardmax", "ScatterND", "ScatterElements",
            "ThresholdedRelu", "LeakyRelu", "PRelu", "Shrink", "Sign",
            "Resize"}  # a NaN of weight 0


@dataclass
class Config:
    """How a model is compiled and called, drawn by seed."""
    level: int = 3
    cpu: str = "native"
    threads: int = 1
    workspace: bool = False
    at_end: bool = True
    fixed: bool = False  # symbolic extents by --dim
    weights: bool = False
    checked: bool = False  # --check-bounds: a call ends before an access outside
    separate: bool = False  # compared with itself under --separate-buffers

    @staticmethod
    def draw(rng):
        return Config(int(rng.choice([0, 1, 2, 3, 3, 3])),
                      str(rng.choice(["native", "native", "x86-64-v3", "x86-64"])),
                      int(rng.choice([1, 1, 2, 3])), bool(rng.random() < 0.4),
                      bool(rng.random() < 0.7), bool(rng.random() < 0.15),
                      bool(rng.random() < 0.1), bool(rng.random() < 0.2),
                      bool(rng.random() < 0.2))

    def words(self):
        return [f"-O{self.level}", f"--cpu={self.cpu}",
                *(["--check-bounds"] if self.checked else [])]


@dataclass
class Result:
    kind: str
    detail: str = ""
    notes: Counter = field(default_factory=Counter)

    @property
    def text(self):
        return self.detail

    @property
    def is_finding(self):
        return self.kind in FINDINGS

    @property
    def signature(self):
        """Equal for similar findings."""
        return self.kind, compiler.message_class(self.detail)


def symbols(model, data):
    """{name of a symbolic extent: its value in the data}."""
    found = {}
    for value in model.graph.input:
        for d, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param:
                found.setdefault(dim.dim_param, data[value.name].shape[d])
    return found


def differences(model, want, got):
    """[(output, message or mask of differing elements)]."""
    found = []
    for i, (w, g) in enumerate(zip(want, got)):
        name = model.graph.output[i].name
        if g.shape != w.shape or g.dtype != w.dtype:
            found.append((i, f"output {name}: {g.dtype}{list(g.shape)}, expected "
                          f"{w.dtype}{list(w.shape)}"))
            continue
        wrong = oracle.off(g, w)
        if wrong.any():
            found.append((i, wrong))
    return found


def constants(model, data):
    """Arrays that a model contains."""
    yield from data.values()
    for g in oracle.graphs(model.graph):
        for t in g.initializer:
            yield onnx.numpy_helper.to_array(t)
        for n in g.node:
            if n.op_type == "Constant":
                yield onnx.numpy_helper.to_array(n.attribute[0].t)


def attempt(function, *arguments):
    try:
        return isolated.run(function, *arguments)
    except (isolated.Died, isolated.Raised):
        return None


def is_declared(model, i, shape):
    """Whether ONNX itself infers this shape for output i. ONNX Runtime keeps dimensions that it
    should drop if it reduces nothing."""
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
        kind = inferred.graph.output[i].type.tensor_type
        dims = kind.shape.dim if kind.HasField("shape") else None
        return dims is not None and len(dims) == len(shape) and all(
            d.dim_value == e or not d.HasField("dim_value") for d, e in zip(dims, shape))
    except Exception:  # pylint: disable=broad-except
        return False


def judge(model, data, want, got):
    """(kind, detail) of outputs compared with the expected ones."""
    wrongs = differences(model, want, got)
    if not wrongs:
        return "ok", ""
    other = attempt(oracle.second, model, data)
    if other is not None:
        again = dict(differences(model, other, got))
        wrongs = [(i, w) for i, w in wrongs if i in again]
        if not wrongs:
            return "reference off", ""
    for i, words in wrongs:
        if isinstance(words, str):
            return ("reference off" if is_declared(model, i, got[i].shape) else
                    "wrong shape"), words
    runs = attempt(oracle.spread, model, data) or []
    exact = attempt(oracle.exact, model, data)
    operators = {n.op_type for g in oracle.graphs(model.graph) for n in g.node}
    ordered = bool(operators & ORDERING)
    special = any(not np.isfinite(v.astype(np.float64)).all() for v in constants(model, data))
    # An intermediate NaN shows in the values that an order selects.
    has_nan = any(oracle.is_nan(np.asarray(v)).any() for v in (*want, *got))
    kind = "unstable"
    for i, wrong in wrongs:
        g, w, name = got[i], want[i], model.graph.output[i].name
        left = oracle.unexplained(wrong, g, w, [r[i] for r in runs])
        if special and "Resize" in operators and other and np.shape(other[i]) == g.shape:
            left &= ~oracle.is_nan(np.asarray(other[i]))  # a NaN of weight 0
        if ordered and left.any():
            left &= ~(oracle.is_nan(g) ^ oracle.is_nan(w))
            # Results of comparisons with NaN, and what they select; neighbours of a NaN in TopK.
            if (special or has_nan) and (w.dtype.kind != "f" or
                                         operators & {"TopK", "If", "Loop", "Where"}):
                left = np.zeros_like(left)
            if not left.any():
                kind = "NaN in an order"
        if special and left.any():
            # Intermediate overflow depends on the order of operations.
            left &= np.isfinite(g.astype(np.float64)) & np.isfinite(w.astype(np.float64))
            if not left.any():
                kind = "not finite"
        e = None
        if left.any() and exact is not None and np.shape(exact[i]) == g.shape:
            with np.errstate(all="ignore"):
                e = np.asarray(exact[i]).astype(np.float64)
                mine, theirs = (np.abs(v.astype(np.float64) - e) for v in (g, w))
                left &= ~((mine <= 8 * theirs) | ~oracle.off(g, e.astype(g.dtype)))
            if not left.any():
                kind = "reference off"
        if left.any() and attempt(oracle.is_cast_undefined, model, data):
            left = np.zeros_like(left)
            kind = "cast of NaN or of a number out of range"
        if not left.any():
            continue
        at = tuple(int(n) for n in np.argwhere(left)[0])
        return "wrong values", (f"output {name}{list(at)} of {list(g.shape)}: {g[at]}, "
                                f"expected {w[at]}; {int(left.sum())} of {left.size} elements"
                                + (f"; f64: {e[at]}" if e is not None else ""))
    return kind, ""


def examine(model, data, config, folder, dlc, want=None):
    """Compiles, calls, compares. folder: where files may be written."""
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    names, who = symbols(model, data), None
    command = [dlc, path, "-o", os.path.join(folder, "model.so"), *config.words()]
    if config.fixed:
        command += [w for n, e in names.items() for w in ("--dim", f"{n}={e}")]
    if config.weights:
        command += [f"--weights={os.path.join(folder, 'model.safetensors')}"]
    done = compiler.run(command)
    if done.kind != "compiled":
        kind = {"crashed": "compiler crashed", "hang": "compiler hang",
                "memory": "compiler memory", "internal": "internal message"}.get(done.kind)
        if kind:
            return Result(kind, done.text[:3000])
    if want is None:
        try:
            who, want = isolated.run(oracle.expected, model, data)
        except isolated.Raised as problem:
            want = problem.message
        except isolated.Died as problem:
            want = str(problem)
    if done.kind == "refused":
        return Result("both refuse" if isinstance(want, str) else "refused", done.text)
    given = [data[i.name] for i in model.graph.input]
    calls = [library.Call(given, at_end=config.at_end, poison=0xFF),
             library.Call(given, at_end=not config.at_end, poison=0xA5)]
    setting = library.Setting(config.threads, config.workspace)
    try:
        answers = isolated.run(library.answers, os.path.join(folder, "model.so"), setting,
                               calls)
    except isolated.Died as problem:
        return Result("call hang" if problem.signal is None else "crash", str(problem))
    except isolated.Raised as problem:
        return Result("cannot be made", f"{problem}")
    first, second = answers
    if "bounds: " in first.message:
        return Result("out of bounds", first.message)
    if first.status:
        kind = "both refuse" if isinstance(want, str) else "call refused"
        if kind == "call refused" and not names:
            kind = "cannot be made" if "create" in first.message else kind
        return Result(kind, f"status {first.status}: {first.message}")
    if not first.message == "" or second.status != first.status:
        return Result("not repeatable", f"the second call: status {second.status}")
    for i, (a, b) in enumerate(zip(first.outputs, second.outputs)):
        if a.tobytes() != b.tobytes():
            return Result("not repeatable", f"output {model.graph.output[i].name}: "
                          f"{a.ravel()[:4]}, then {b.ravel()[:4]}")
    if isinstance(want, str):
        return Result("no reference", want)
    kind, detail = judge(model, data, want, first.outputs)
    if kind in FINDINGS and who != "onnxruntime":
        # onnx.reference alone is no proof: another optimisation level decides.
        command[command.index(f"-O{config.level}")] = "-O3" if config.level < 2 else "-O0"
        if compiler.run(command).kind == "compiled":
            again = attempt(library.answers, os.path.join(folder, "model.so"), setting,
                            calls[:1])
            if again and not again[0].status and not differences(
                    model, again[0].outputs, first.outputs):
                return Result("only onnx.reference differs", detail)
    if config.separate and kind not in FINDINGS:
        fault = beside_separate(model, command, folder, setting, calls[0], first.outputs)
        if fault:
            return Result("reused memory", fault)
    return Result(kind, detail)


def is_same(a, b):
    """Whether outputs differ only by rounding: with other buffers LLVM may sum in another order.
    Values read from reused memory would differ more."""
    if a.dtype.kind != "f":
        return a.tobytes() == b.tobytes()
    eps = np.finfo(a.dtype).eps
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.abs(a[np.isfinite(a)])
    near = 64 * eps * (finite.max() if finite.size else 0)
    return np.allclose(a, b, rtol=0, atol=near, equal_nan=True)


def beside_separate(model, command, folder, setting, call, outputs):
    """Differences when nothing is computed in place and no memory is reused."""
    done = compiler.run([*command, "--separate-buffers"])
    if done.kind != "compiled":
        return f"--separate-buffers: {done.text[:300]}"
    try:
        again = isolated.run(library.answers, os.path.join(folder, "model.so"), setting, [call])
    except (isolated.Died, isolated.Raised) as problem:
        # Copying a tensor for each of its elements may exceed the time limit.
        is_late = isinstance(problem, isolated.Died) and problem.signal is None
        return "" if is_late else f"--separate-buffers: {problem}"
    if again[0].status:
        return f"--separate-buffers: {again[0].message}"
    for i, (a, b) in enumerate(zip(outputs, again[0].outputs)):
        if not is_same(a, b):
            return (f"output {model.graph.output[i].name}: {a.ravel()[:4]}, with buffers of "
                    f"their own {b.ravel()[:4]}")
    return ""
