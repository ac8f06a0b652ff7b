# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Orders of passes: a model that went through any of the optional passes, in any order, must give
the same values as without them.

The ops are those of the campaign `dl`. The output of dlc-opt is compiled as usual, so each pass
also sees the output of the others."""

import os
import subprocess
import tempfile
import time

import numpy as np

from . import compiler, dl_campaign, dl_case, isolated, library, oracle

PASSES = ("dl-decompose", "dl-merge-scans", "dl-merge-products",
          "dl-hoist-input-projections", "dl-hoist-output-projections",
          "dl-sink-transposes", "dl-pipeline-scans", "dl-block-scans", "dl-fold-batch-norm",
          "dl-pad-channels", "canonicalize", "cse", "dl-fold-constants", "inline")
# A graph has a chain of these before and after the op, so that passes have work.
RECURRENT = ("lstm", "gru", "rnn", "scan")


def transformed(text, names, folder):
    """The text after these passes, or a Compiled that says why there is none."""
    tool = os.path.join(os.path.dirname(os.environ["DLC"]), "dlc-opt")
    path = os.path.join(folder, "before.mlir")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([tool, path, f"--pass-pipeline=builtin.module({','.join(names)})"],
                          capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        kind = "refused" if done.returncode == 1 and "crash" not in done.stderr else "crashed"
        return compiler.Compiled(kind, done.stderr)
    return done.stdout


def one(campaign, seed, folder, dlc):
    rng = np.random.default_rng([*seed, 11])
    names = sorted(dl_case.OPS)
    if rng.random() < 0.5:
        names = [n for n in names if n in RECURRENT or "conv" in n or "norm" in n]
    cases = []
    for i in range(4):
        drawn = dl_case.draw([*seed, i], names)
        types = dl_case.infer(drawn, dl_case.types_of(drawn))
        if not isinstance(types, compiler.Compiled):
            drawn.results = types
            cases.append(drawn)
    text, words = dl_campaign.source(cases), ["-O1"]
    passes = [PASSES[i] for i in rng.permutation(len(PASSES))[:rng.integers(1, len(PASSES))]]
    changed = transformed(text, passes, folder)
    if isinstance(changed, compiler.Compiled):
        what = f"dlc-opt, {','.join(passes)}"
        campaign.found(f"passes {changed.kind}", compiler.message_class(changed.text), what,
                       text, words, changed.text)
        return
    answers = []
    for name, source in (("plain", text), ("changed", changed)):
        path, done = dl_campaign.compile_text(source, folder, name, words, dlc)
        if done.kind != "compiled":
            if name == "changed":
                campaign.found(f"compiler {done.kind}", compiler.message_class(done.text),
                               f"after {','.join(passes)}", text, words, done.text)
            else:
                campaign.table.outcomes["refused"] += 1
            return
        calls = [library.Call(dl_case.arguments_of(d), f"c{i}") for i, d in enumerate(cases)]
        answers.append(dl_case.call_all(path[:-5] + ".so", calls, library.Setting()))
    for drawn, a, b in zip(cases, *answers):
        if isinstance(a, isolated.Died) or isinstance(b, isolated.Died) or a.status != b.status:
            campaign.found("calls differ", drawn.op, f"after {','.join(passes)}",
                           dl_campaign.source([drawn]), words, f"{a}\n{b}")
        elif any(x.shape != y.shape or oracle.off(y, x).any()
                 for x, y in zip(a.outputs, b.outputs)):
            campaign.found("values differ", drawn.op, f"after {','.join(passes)}",
                           dl_campaign.source([drawn]), words,
                           f"{a.outputs[0].ravel()[:6]} {b.outputs[0].ravel()[:6]}")
        else:
            campaign.table.outcomes["ok"] += 1


def run(arguments):
    """Optional passes in random orders."""
    from .campaigns import Table
    table, end = Table(), time.monotonic() + arguments.seconds
    print(f"orders: seed {arguments.seed}, from case {arguments.first}")
    campaign, number = dl_campaign.Campaign(arguments, table), arguments.first
    while number < arguments.first + arguments.count and time.monotonic() < end:
        with tempfile.TemporaryDirectory() as folder:
            one(campaign, [arguments.seed, number], folder, arguments.dlc)
        number += 1
    table.show()
    return 1 if table.findings else 0
