# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random ops of dl, several per module, at valid and invalid extents."""

import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

import random_ops
from random_cases.base import DTYPES

from . import compiler, dl_case, isolated, library, oracle

TOGETHER = 6
STATIC = 12  # wrong calls with status 0 that are compared, per module


@dataclass
class Wrong:
    """A call of a case with one extent changed."""
    drawn: object
    place: tuple
    extent: int
    shapes: list
    function: str
    answer: object = None

    def __str__(self):
        i, d = self.place
        was = self.drawn.case.inputs[i][1].shape[d]
        return (f"{self.drawn.describe()}: extent {d} of operand {i} is {self.extent}, "
                f"expected {was}")


def source(cases, prefix="c"):
    return "\n".join(dl_case.function(d, f"{prefix}{i}", dl_case.types_of(d), d.results)
                     for i, d in enumerate(cases))


def compile_text(text, folder, name, words, dlc):
    path = os.path.join(folder, f"{name}.mlir")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path, compiler.run([dlc, path, "-o", path[:-5] + ".so", *words])


class Campaign:
    def __init__(self, arguments, table):
        self.arguments, self.table = arguments, table
        self.known = set()
        self.wrong_calls = Counter()  # by op

    def cause(self, drawn, *more):
        """The common cause of findings: a missing check of one op, or one that is lost when
        operands are computed, in a branch or in a loop."""
        if drawn.through or drawn.place != "function":
            return (bool(drawn.through), drawn.place, *more)
        return (drawn.op, *more)

    def found(self, kind, key, what, text, words, detail):
        """Records a finding; the smallest one is the function by itself."""
        self.table.outcomes[kind] += 1
        if (kind, key) in self.known:
            return
        self.known.add((kind, key))
        self.table.findings[kind, key] = what
        folder = self.arguments.keep
        os.makedirs(folder, exist_ok=True)
        name = os.path.join(folder, f"dl-{len(self.known)}.mlir")
        with open(name, "w", encoding="utf-8") as file:
            file.write(f"// {kind}: {what}\n// dlc {' '.join(words)}\n" + "".join(
                f"// {line}\n" for line in detail.strip().splitlines()[:12]) + text)
        print(f"{kind}: {what}\n  {detail.strip()[:300]}\n  {name}", flush=True)

    def run(self, seed, folder):
        g = np.random.default_rng([*seed, 7])
        words = [f"-O{g.choice([0, 1, 2, 3, 3])}", f"--cpu={g.choice(['native', 'x86-64-v3'])}"]
        setting = library.Setting(int(g.choice([1, 1, 2])), bool(g.random() < 0.3))
        names = self.arguments.only.split(",") if self.arguments.only else sorted(dl_case.OPS)
        cases = []
        for i in range(TOGETHER):
            # One op after another, in a different order each round.
            turn, place = divmod(seed[-1] * TOGETHER + i, len(names))
            op = np.random.default_rng([*seed[:-1], turn]).permutation(names)[place]
            drawn = dl_case.draw([*seed, i], [str(op)])
            types = dl_case.infer(drawn, dl_case.types_of(drawn))
            if isinstance(types, compiler.Compiled):
                self.table.outcomes["refused while reading"] += 1
                self.table.refusals["dlc-opt", f"{drawn.op}: " +
                                    compiler.message_class(types.text)] += 1
                continue
            drawn.results = types
            cases.append(drawn)
        path, done = compile_text(source(cases), folder, "dynamic", words, self.arguments.dlc)
        if done.kind != "compiled":
            kept = []
            for drawn in cases:
                path, done = compile_text(source([drawn]), folder, "dynamic", words,
                                          self.arguments.dlc)
                if done.kind == "compiled":
                    kept.append(drawn)
                elif done.kind == "refused":
                    self.table.outcomes["refused"] += 1
                    self.table.refusals["refused", f"{drawn.op}: " +
                                        compiler.message_class(done.text)] += 1
                else:
                    self.found(f"compiler {done.kind}", (drawn.op, compiler.message_class(
                        done.text)), drawn.describe(), source([drawn]), words, done.text)
            cases = kept
            path, done = compile_text(source(cases), folder, "dynamic", words,
                                      self.arguments.dlc)
            if done.kind != "compiled":
                self.found(f"compiler {done.kind}", "together", "functions that compile alone",
                           source(cases), words, done.text)
                return
        self.right(cases, path, setting, words)
        self.wrong(cases, path, setting, words, folder, g)

    def right(self, cases, path, setting, words):
        calls = [library.Call(dl_case.arguments_of(d), f"c{i}", at_end, poison)
                 for i, d in enumerate(cases) for at_end, poison in ((True, 255), (False, 165))]
        answers = dl_case.call_all(path[:-5] + ".so", calls, setting)
        for i, drawn in enumerate(cases):
            first, second = answers[2 * i:2 * i + 2]
            kind, detail = "ok", ""
            if isinstance(first, isolated.Died) or isinstance(second, isolated.Died):
                kind = "crash"
                detail = str(first if isinstance(first, isolated.Died) else second)
            elif first.status:
                kind, detail = "right call refused", first.message
            elif [o.tobytes() for o in first.outputs] != [o.tobytes() for o in second.outputs]:
                kind, detail = "not repeatable", f"{first.outputs} {second.outputs}"
            else:
                try:
                    error = random_ops.measure(drawn.op, drawn.case, first.outputs)
                    if error > 1:
                        kind, detail = "wrong values", f"{error:.3g} of what is allowed"
                except AssertionError as problem:
                    kind, detail = "wrong values", str(problem)
            if kind == "ok":
                self.table.outcomes["ok"] += 1
            else:
                self.found(kind, (drawn.op, drawn.place), drawn.describe(), source([drawn]),
                           words, detail + f"\n{drawn.case.inputs}")

    def wrong(self, cases, path, setting, words, folder, g):
        tries = []
        for i, drawn in enumerate(cases):
            some = list(dl_case.variants(drawn))
            for place, extent in [some[j] for j in g.permutation(len(some))[:8]]:
                shapes = [list(a.shape) for _, a in drawn.case.inputs]
                shapes[place[0]][place[1]] = extent
                tries.append(Wrong(drawn, place, extent, shapes, f"c{i}"))
        answers = dl_case.call_all(path[:-5] + ".so", [
            library.Call(dl_case.arguments_of(w.drawn, w.shapes), w.function,
                         bool(k % 3)) for k, w in enumerate(tries)],
            library.Setting(setting.threads, True))
        accepted, refusing = [], []
        for w, answer in zip(tries, answers):
            w.answer = answer
            self.wrong_calls[w.drawn.op] += 1
            if isinstance(answer, isolated.Died):
                self.found("crash at wrong extents", self.cause(w.drawn),
                           str(w), source([w.drawn]), words, str(answer))
            elif answer.status:
                self.table.outcomes["refused at wrong extents"] += 1
                if not answer.message:
                    self.found("no message", w.drawn.op, str(w), source([w.drawn]), words, "")
                # Ops before a branch may read its operands before its checks run.
                first = w.drawn.place == "function" or not w.drawn.through
                if first and w.extent == w.drawn.case.inputs[
                        w.place[0]][1].shape[w.place[1]] + 1:
                    refusing.append(w)
            else:
                accepted.append(w)
        self.huge(refusing, path, setting, words)
        self.compare([accepted[j] for j in g.permutation(len(accepted))[:STATIC]], words,
                     folder, setting)

    def huge(self, refusing, path, setting, words):
        """Where one more is refused, far more and negative extents must be refused too."""
        tries, calls = [], []
        for w in refusing:
            for extent in dl_case.HUGE:
                shape = [*w.shapes[w.place[0]]]
                shape[w.place[1]] = extent
                tries.append((w, extent))
                calls.append(library.Call(dl_case.arguments_of(w.drawn), w.function,
                                          extents={w.place[0]: shape}))
        for (w, extent), answer in zip(tries, dl_case.call_all(path[:-5] + ".so", calls, setting)):
            w.extent = extent
            self.wrong_calls[w.drawn.op] += 1
            if isinstance(answer, isolated.Died):
                self.found("crash at wrong extents", self.cause(w.drawn, "huge"), str(w),
                           source([w.drawn]), words, str(answer))
            elif not answer.status:
                self.found("accepted", self.cause(w.drawn, "huge"), str(w), source([w.drawn]),
                           words, "status 0")
            else:
                self.table.outcomes["refused at wrong extents"] += 1

    def compare(self, accepted, words, folder, setting):
        """Compares accepted calls with the op compiled for exactly these extents."""
        kept, texts = [], []
        for w in accepted:
            types = dl_case.types_of(w.drawn, w.shapes)
            results = dl_case.infer(w.drawn, types)
            if isinstance(results, compiler.Compiled):
                if results.kind == "crashed":
                    self.found("compiler crashed", (w.drawn.op, "static"), str(w),
                               source([w.drawn]), words, results.text)
                else:
                    self.found("accepted", self.cause(w.drawn),
                               str(w), source([w.drawn]), words,
                               f"status 0; compiled for these extents: {results.text}")
                continue
            if w.drawn.place == "loop":
                continue  # the initial values of the loop fit the right extents
            texts.append(dl_case.function(w.drawn, f"s{len(kept)}", types, results))
            kept.append(w)
        if not kept:
            return
        path, done = compile_text("\n".join(texts), folder, "static", words,
                                  self.arguments.dlc)
        if done.kind != "compiled":
            for w, text in zip(kept, texts):
                path, done = compile_text(text, folder, "static", words, self.arguments.dlc)
                if done.kind == "refused":
                    self.table.outcomes["static refused"] += 1
                    self.table.refusals["static", f"{w.drawn.op}: " +
                                        compiler.message_class(done.text)] += 1
                elif done.kind != "compiled":
                    self.found(f"compiler {done.kind}", (w.drawn.op, "static"), str(w), text,
                               words, done.text)
            return
        answers = dl_case.call_all(path[:-5] + ".so", [
            library.Call(dl_case.arguments_of(w.drawn, w.shapes), f"s{i}")
            for i, w in enumerate(kept)], setting)
        for w, text, answer in zip(kept, texts, answers):
            if isinstance(answer, isolated.Died) or answer.status:
                self.found("static call fails", w.drawn.op, str(w), text, words,
                           str(answer) if isinstance(answer, isolated.Died) else answer.message)
                continue
            differs = [k for k, (a, b) in enumerate(zip(w.answer.outputs, answer.outputs))
                       if a.shape != b.shape or oracle.off(a, b).any()]
            if differs:
                k = differs[0]
                self.found("accepted, other values", self.cause(w.drawn), str(w),
                           source([w.drawn]), words,
                           f"{w.answer.outputs[k].shape} {w.answer.outputs[k].ravel()[:8]}, "
                           f"compiled for these extents {answer.outputs[k].shape} "
                           f"{answer.outputs[k].ravel()[:8]}")
            else:
                self.table.outcomes["as compiled for the extents"] += 1


def run(arguments):
    """Random ops of dl, right and wrong extents."""
    from .campaigns import Table
    table, end = Table(), time.monotonic() + arguments.seconds
    print(f"dl: seed {arguments.seed}, from case {arguments.first}")
    campaign, number = Campaign(arguments, table), arguments.first
    while number < arguments.first + arguments.count and time.monotonic() < end:
        with tempfile.TemporaryDirectory() as folder:
            campaign.run([arguments.seed, number], folder)
        number += 1
    calls = campaign.wrong_calls
    print(f"calls with wrong extents: {sum(calls.values())}, of {len(calls)} ops")
    for op, count in sorted(calls.items()):
        print(f"{count:8} {op}")
    table.show()
    return 1 if table.findings else 0
