"""One ONNX model, compiled in one way and called: what comes of it."""

import os
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import onnx

from . import compiler, isolated, library, oracle

FINDINGS = {"compiler crashed", "compiler hang", "compiler memory", "internal message",
            "crash", "wrong values", "wrong shape", "not repeatable", "cannot be made",
            "accepted", "call hang"}

# What these give of a NaN depends in ONNX Runtime on where it lies.
ORDERING = {"Max", "Min", "MaxPool", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "TopK",
            "Relu", "Clip", "GlobalMaxPool", "Hardmax", "ScatterND", "ScatterElements",
            "ThresholdedRelu", "LeakyRelu", "PRelu", "Shrink", "Sign"}


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

    @staticmethod
    def draw(rng):
        return Config(int(rng.choice([0, 1, 2, 3, 3, 3])),
                      str(rng.choice(["native", "native", "x86-64-v3", "x86-64"])),
                      int(rng.choice([1, 1, 2, 3])), bool(rng.random() < 0.4),
                      bool(rng.random() < 0.7), bool(rng.random() < 0.15),
                      bool(rng.random() < 0.1))

    def words(self):
        return [f"-O{self.level}", f"--cpu={self.cpu}"]


@dataclass
class Result:
    kind: str
    detail: str = ""
    notes: Counter = field(default_factory=Counter)

    @property
    def is_finding(self):
        return self.kind in FINDINGS

    @property
    def signature(self):
        """Equal for findings that look alike."""
        return self.kind, compiler.message_class(self.detail)


def symbols(model, data):
    """{name of a symbolic extent: its value in the data}."""
    found = {}
    for value in model.graph.input:
        for d, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param:
                found.setdefault(dim.dim_param, data[value.name].shape[d])
    return found


def judge(model, data, want, got):
    """(kind, detail) of outputs beside the expected ones."""
    names = [o.name for o in model.graph.output]
    wrongs = []
    for i, (name, w, g) in enumerate(zip(names, want, got)):
        if g.shape != w.shape:
            return "wrong shape", f"output {name}: shape {g.shape}, expected {w.shape}"
        if g.dtype != w.dtype:
            return "wrong shape", f"output {name}: {g.dtype}, expected {w.dtype}"
        wrong = oracle.off(g, w)
        if wrong.any():
            wrongs.append((i, name, wrong))
    if not wrongs:
        return "ok", ""
    try:
        runs = isolated.run(oracle.spread, model, data)
    except (isolated.Died, isolated.Raised):
        runs = []
    try:
        exact = isolated.run(oracle.exact, model, data)
    except (isolated.Died, isolated.Raised):
        exact = None
    kind = "unstable"
    ordered = any(n.op_type in ORDERING for g in oracle.graphs(model.graph) for n in g.node)
    for i, name, wrong in wrongs:
        left = oracle.unexplained(wrong, got[i], want[i], [r[i] for r in runs])
        if not left.any():
            continue
        if ordered:
            left &= ~(oracle.is_nan(got[i]) ^ oracle.is_nan(want[i]))
            if not left.any():
                kind = "NaN in an order"
                continue
        if exact is not None and exact[i].shape == got[i].shape:
            with np.errstate(all="ignore"):
                e = np.asarray(exact[i]).astype(np.float64)
                mine = np.abs(got[i].astype(np.float64) - e)
                theirs = np.abs(want[i].astype(np.float64) - e)
                right = np.isnan(e) & np.isnan(got[i].astype(np.float64))
                right |= (e == got[i]) | (mine <= 8 * theirs)
                right |= ~oracle.off(got[i], e.astype(got[i].dtype))
                left = left & ~right
            if not left.any():
                kind = "reference off"
                continue
        at = tuple(int(n) for n in np.argwhere(left)[0])
        return "wrong values", (f"output {name}{list(at)} of {list(got[i].shape)}: "
                                f"{got[i][at]}, expected {want[i][at]}; "
                                f"{int(left.sum())} of {left.size} elements"
                                + (f"; f64: {exact[i][at]}" if exact is not None and
                                   np.shape(exact[i]) == got[i].shape else ""))
    return kind, ""


def examine(model, data, config, folder, dlc, want=None):
    """Compiles, calls, compares. folder: where files may be written."""
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    names = symbols(model, data)
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
            return Result(kind, done.text[-2000:])
    if want is None:
        try:
            want = isolated.run(oracle.expected, model, data)[1]
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
    return Result(kind, detail)
