# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX models with symbolic extents, called with other extents than they were drawn for.

All inputs with one symbol get the same new extent, or only one of them does. A call is refused with
a message, or returns what ONNX Runtime returns for these inputs. ONNX Runtime refuses some (it
supports few operators on empty tensors, or indices beyond an end). For those, a call must return
what the model compiled for exactly these extents returns. Impossible extents, negative ones and
those whose bytes overflow, are always refused. Large extents that are only claimed are refused
where one more is refused."""

import copy
import os
import tempfile
import time
from dataclasses import dataclass

import numpy as np
import onnx

from . import compiler, draw, isolated, library, minimize, onnx_case, oracle

MOST = 10  # calls per model


@dataclass
class Variant:
    """A call: the inputs, or a claim that one of them has another shape. mends: whether equal
    symbols still have equal extents."""
    what: str
    data: dict
    mends: bool = True
    claim: tuple = None  # (input, dimension, extent)
    place: tuple = None  # (input, dimension) that is unequal


def places(model):
    """{symbol: [(input, dimension)]}"""
    found = {}
    for value in model.graph.input:
        for d, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param:
                found.setdefault(dim.dim_param, []).append((value.name, d))
    return found


def resized(data, where, extent):
    changed = dict(data)
    for name, d in where:
        array = changed[name]
        shape = [*array.shape]
        shape[d] = extent
        changed[name] = (np.resize(array, shape) if array.size and np.prod(shape)
                         else np.zeros(shape, array.dtype))
    return changed


def variants(model, data, rng):
    """Calls with other extents for symbols, then with unequal ones, then claims."""
    even, uneven, claims = [], [], []
    for symbol, where in places(model).items():
        name, d = where[0]
        was = data[name].shape[d]
        for extent in sorted({0, 1, was - 1, was + 1} - {was, -1}):
            even.append(Variant(f"{symbol} is {extent}, drawn for {was}",
                                resized(data, where, extent)))
            if len(where) > 1:
                one = where[int(rng.integers(len(where)))]
                uneven.append(Variant(
                    f"{symbol} is {extent} as extent {one[1]} of {one[0]}, else {was}",
                    resized(data, [one], extent), mends=False, place=one))
        rest = data[name].itemsize * int(np.prod(np.delete(data[name].shape, d)))
        for extent in (-1, 2 ** 62) if rest > 1 else (-1,):  # more than 2^63 bytes
            claims.append(Variant(f"{symbol} is claimed to be {extent} in {name}", data,
                                  claim=(name, d, extent)))
    chosen = [even[i] for i in rng.permutation(len(even))[:MOST // 2]]
    return chosen + [uneven[i] for i in rng.permutation(len(uneven))[:MOST // 3]] + claims[:4]


def call(names, variant, at_end):
    extents = {}
    if variant.claim:
        name, d, extent = variant.claim
        shape = [*variant.data[name].shape]
        shape[d] = extent
        extents = {names.index(name): shape}
    return library.Call([variant.data[n] for n in names], at_end=at_end, extents=extents)


def call_all(path, setting, calls):
    """Answers, or Died if the process ended; the remaining calls are still made."""
    from . import dl_case
    return dl_case.call_all(path, calls, setting)


def fixed(model, data):
    """The model with the extents of these inputs instead of symbols."""
    static = copy.deepcopy(model)
    for value in static.graph.input:
        for d, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param:
                dim.dim_value = data[value.name].shape[d]
    return static


def beside_static(model, variant, answer, config, folder, dlc):
    """(kind, detail) of a call compared with the model compiled for its extents."""
    path = os.path.join(folder, "static.onnx")
    onnx.save(fixed(model, variant.data), path)
    output = os.path.join(folder, "static.so")
    done = compiler.run([dlc, path, "-o", output, *config.words()])
    if done.kind == "refused":
        # A branch that is not taken, or an unused value in it, checks nothing.
        branches = any(n.op_type in ("If", "Loop", "Scan") for n in model.graph.node)
        return ("accepted beside branches" if branches else "accepted",
                f"{variant.what}: status 0; compiled for these extents: {done.text}")
    if done.kind != "compiled":
        return "static compile", f"{variant.what}: {done.kind}: {done.text}"
    names = [i.name for i in model.graph.input]
    static = call_all(output, library.Setting(), [call(names, variant, True)])[0]
    if isinstance(static, isolated.Died):
        return "crash", f"{variant.what}, compiled for these extents: {static}"
    if static.status:
        return "accepted", (f"{variant.what}: status 0; compiled for these extents: "
                            f"{static.message}")
    for a, b in zip(answer.outputs, static.outputs):
        if a.shape != b.shape or oracle.off(a, b).any():
            return "accepted, other values", (
                f"{variant.what}: {a.shape} {a.ravel()[:6]}, compiled for these extents "
                f"{b.shape} {b.ravel()[:6]}")
    return "as compiled for the extents", ""


def verdict(model, variant, answer, static):
    """(kind, detail) of one call. static(): of the call beside the static model."""
    if isinstance(answer, isolated.Died):
        return ("call hang" if answer.signal is None else "crash"), f"{variant.what}: {answer}"
    if answer.status == -1:
        return "not tried", answer.message
    if answer.status and not answer.message:
        return "no message", variant.what
    if variant.claim:
        return (("refused", answer.message) if answer.status else
                ("accepted", f"{variant.what}: status 0"))
    try:
        who, want = isolated.run(oracle.expected, model, variant.data)
    except (isolated.Raised, isolated.Died):
        return ("both refuse", answer.message) if answer.status else static()
    if answer.status:
        return (("refused where the reference computes" if variant.mends else "refused"),
                answer.message)
    kind, detail = onnx_case.judge(model, variant.data, want, answer.outputs)
    if kind in onnx_case.FINDINGS and who != "onnxruntime":
        kind = "only onnx.reference differs"
    return ("as the reference" if kind == "ok" else kind), f"{variant.what}: {detail}"


FINDINGS = {"crash", "call hang", "no message", "accepted", "accepted, other values",
            "static compile", "wrong values", "wrong shape"}


def examine(model, data, config, folder, dlc, seed):
    """[(kind, detail, variant)] of the calls of a model; empty if it does not compile."""
    model, data = minimize.prune(copy.deepcopy(model), data)
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    done = compiler.run([dlc, path, "-o", os.path.join(folder, "model.so"), *config.words()])
    if done.kind != "compiled":
        return []
    rng, names = np.random.default_rng(seed), [i.name for i in model.graph.input]
    library_path = os.path.join(folder, "model.so")
    setting = library.Setting(config.threads, config.workspace)
    tries = variants(model, data, rng)
    answers = call_all(library_path, setting,
                       [call(names, v, k % 3 > 0) for k, v in enumerate(tries)])
    # If an extent larger than its equals is refused, so are claims of large ones. A smaller one may
    # be refused because an index is then out of range; this does not carry over.
    more = []
    for variant, answer in zip(tries, answers):
        if not variant.mends and not isinstance(answer, isolated.Died) and answer.status > 0:
            name, d = variant.place
            if variant.data[name].shape[d] <= data[name].shape[d]:
                continue
            for extent in (2 ** 31, 2 ** 62, -1):
                more.append(Variant(f"extent {d} of {name} is claimed to be {extent}",
                                    data, False, (name, d, extent)))
    more = more[:6]
    answers += call_all(library_path, setting, [call(names, v, True) for v in more])
    return [(*verdict(model, v, a, lambda: beside_static(model, v, a, config, folder, dlc)), v)
            for v, a in zip(tries + more, answers)]


def run(arguments):
    """ONNX models with symbolic extents at other extents."""
    from . import campaigns
    table, end = campaigns.Table(), time.monotonic() + arguments.seconds
    print(f"extents: seed {arguments.seed}, from case {arguments.first}")
    only = arguments.only.split(",") if arguments.only else None
    models, number = 0, arguments.first
    with tempfile.TemporaryDirectory() as folder:
        while number < arguments.first + arguments.count and time.monotonic() < end:
            seed = [arguments.seed, number]
            number += 1
            model, data = minimize.prune(*draw.draw(seed, only=only))
            if not places(model):
                continue
            config = onnx_case.Config.draw(np.random.default_rng([*seed, 2]))

            def check(smaller, given):
                return examine(smaller, given, config, folder, arguments.dlc, seed)

            results = check(model, data)
            models += bool(results)
            for kind, detail, variant in results:
                table.outcomes[kind] += 1
                if "refuse" in kind:
                    table.refusals[kind, compiler.message_class(detail)] += 1
            wrong = next((r for r in results if r[0] in FINDINGS), None)
            if wrong:
                report(arguments, table, number - 1, model, data, config, wrong, check)
    print(f"{models} models")
    table.show()
    return 1 if table.findings else 0


def report(arguments, table, number, model, data, config, wrong, check):
    """Minimises a finding and keeps it, with the inputs of the call."""
    from . import campaigns
    kind = wrong[0]
    print(f"case {number}: {kind}: {wrong[1].strip()[:300]}", flush=True)
    small, given = minimize.minimize(
        model, data, lambda m, d: any(r[0] == kind for r in check(m, d)), arguments.minimize)
    last = next((r for r in check(small, given) if r[0] == kind), wrong)
    key = kind, tuple(campaigns.operators_of(small))
    if key in table.findings:
        return
    table.findings[key] = number
    name = f"extents-{arguments.seed}-{number}"
    campaigns.keep(arguments.keep, name, small, last[2].data, config,
                   onnx_case.Result(kind, last[1]),
                   f"fuzz.py extents --seed {arguments.seed} --case {number}\n"
                   f"claim: {last[2].claim}")
    print(f"  smallest: {', '.join(key[1])}: {last[1].strip()[:300]}\n"
          f"  {arguments.keep}/{name}.txt", flush=True)
