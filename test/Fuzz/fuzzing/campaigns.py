# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs many cases, and makes the table of their outcomes."""

import functools
import glob
import os
import tempfile
import time
from collections import Counter

import numpy as np
import onnx
from onnx import numpy_helper

from . import (compiler, data_files, dl_campaign, draw, files, known, minimize, onnx_case,
               onnx_extents, operators, orders)  # noqa: F401

SHOWN = 60  # classes of refusals that are printed


class Table:
    """Counts of outcomes, and of the messages of refusals."""

    def __init__(self):
        self.outcomes, self.refusals, self.operators = Counter(), Counter(), Counter()
        self.findings, self.known = {}, set()

    def add(self, result):
        self.outcomes[result.kind] += 1
        if result.kind in ("refused", "call refused", "both refuse"):
            self.refusals[result.kind, compiler.message_class(result.text)] += 1

    def show(self):
        print(f"\n{sum(self.outcomes.values())} cases")
        for kind, count in self.outcomes.most_common():
            print(f"{count:8} {kind}")
        if self.refusals:
            print("refusals:")
        for (kind, message), count in self.refusals.most_common(SHOWN):
            print(f"{count:8} {kind}: {message}")
        if len(self.refusals) > SHOWN:
            print(f"         and {len(self.refusals) - SHOWN} classes that are rarer")
        print(f"findings: {len(self.findings)} classes")


def operators_of(model):
    return sorted({n.op_type for g in onnx_case.oracle.graphs(model.graph)
                   for n in g.node})


def keep(folder, name, model, data, config, result, origin):
    """Writes a finding: the model, its inputs, and what happens in words."""
    os.makedirs(folder, exist_ok=True)
    onnx.save(model, os.path.join(folder, f"{name}.onnx"))
    np.savez(os.path.join(folder, f"{name}.npz"), **data)
    with open(os.path.join(folder, f"{name}.txt"), "w", encoding="utf-8") as file:
        file.write(f"{origin}\n{config}\n{result.kind}: {result.detail}\n\n"
                   f"{onnx.printer.to_text(model)}\n")
        for key, array in data.items():
            file.write(f"{key} = {array.dtype}{list(array.shape)} "
                       f"{array.ravel()[:40].tolist()}\n")


def run_onnx(arguments):
    """Random ONNX graphs."""
    table, end = Table(), time.monotonic() + arguments.seconds
    only = arguments.only.split(",") if arguments.only else None
    print(f"onnx: seed {arguments.seed}, from case {arguments.first}")
    with tempfile.TemporaryDirectory() as folder:
        number = arguments.first
        while number < arguments.first + arguments.count and time.monotonic() < end:
            seed = [arguments.seed, number]
            model, data = draw.draw(seed, only=only)
            config = onnx_case.Config.draw(np.random.default_rng([*seed, 2]))
            result = onnx_case.examine(model, data, config, folder, arguments.dlc)
            table.add(result)
            if result.is_finding:
                report(arguments, table, folder, number, model, data, config, result)
            number += 1
    table.show()
    return 1 if table.findings else 0


def run_models(arguments):
    """The ONNX files of a folder, on random data."""
    if not arguments.models:
        print("models: skipped, no folder is given (--from DIR)")
        return 0
    paths = sorted(glob.glob(os.path.join(arguments.models, "*.onnx")))[arguments.first:]
    table, end = Table(), time.monotonic() + arguments.seconds
    print(f"models: {len(paths)} of {arguments.models}, seed {arguments.seed}")
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths[:arguments.count], arguments.first):
            if time.monotonic() > end:
                break
            model = onnx.load(path)
            rng = np.random.default_rng([arguments.seed, number])
            data = known.data_of(model, rng)
            config = onnx_case.Config.draw(rng)
            result = onnx_case.examine(model, data, config, folder, arguments.dlc)
            table.add(result)
            if result.is_finding:
                print(path)
                report(arguments, table, folder, number, model, data, config, result)
    table.show()
    return 1 if table.findings else 0


def report(arguments, table, folder, number, model, data, config, result):
    """Minimises a finding and keeps it, once for each kind and set of operators."""
    def fails(smaller, given):
        again = onnx_case.examine(smaller, given, config, folder, arguments.dlc)
        return again.signature == result.signature if "compiler" in result.kind or \
            result.kind == "internal message" else again.kind == result.kind

    print(f"case {number}: {result.kind}: {result.detail.strip()[:300]}", flush=True)
    if result.signature[0].startswith(("compiler", "internal")) and any(
            known[0] == result.signature for known in table.findings):
        return
    small, given = minimize.minimize(model, data, fails, arguments.minimize)
    last = onnx_case.examine(small, given, config, folder, arguments.dlc)
    key = (result.signature, tuple(operators_of(small)))
    if key in table.findings:
        return
    table.findings[key] = number
    name = f"{arguments.what}-{arguments.seed}-{number}"
    again = f"fuzz.py {arguments.what} --seed {arguments.seed} --case {number}"
    if arguments.models:
        again += f" --from {arguments.models}"
    keep(arguments.keep, name, small, given, config, last, again)
    print(f"  smallest: {', '.join(operators_of(small))}: {last.kind}: "
          f"{last.detail.strip()[:300]}\n  {arguments.keep}/{name}.txt", flush=True)


CAMPAIGNS = {"known": known.run, "onnx": run_onnx, "models": run_models,
             "extents": onnx_extents.run,
             "dl": dl_campaign.run, "orders": orders.run, "data": data_files.run,
             **{f"files-{kind}": functools.partial(files.run, kind=kind)
                for kind in files.SEEDS},
             **{f"objects-{kind}": functools.partial(files.run_objects, kind=kind)
                for kind in files.MODELS}}


def run_all(arguments):
    """All of them, each for the given time."""
    return max([run(arguments) for run in list(CAMPAIGNS.values())])
