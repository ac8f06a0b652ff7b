# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX's own backend tests on dlc.

    onnx_backend.py [--jobs N] [--filter REGEX] [--table docs/onnx-support.md]

Runs the cases of the package `onnx` through its published runner, several processes at a time, and
prints passed, failed and skipped for each suite. What dlc does not support is listed in UNSUPPORTED
and NAMED below, each with its reason.
"""

import argparse
import collections
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import warnings

warnings.filterwarnings("ignore")


def cases():
    """{suite: {name: unittest.TestCase}} of the runner."""
    import numpy
    numpy.seterr(all="ignore")
    from onnx.backend.test import BackendTest
    import dlc.onnx_backend
    runner = BackendTest(dlc.onnx_backend.DlcBackend, __name__)
    return {suite: {name: case for name in dir(case)
                    if name.startswith("test_") and name.endswith("_cpu")}
            for suite, case in runner.test_cases.items()}


_CASES = None


def run(suite, name):
    """Runs one case: (outcome, message)."""
    result = unittest.TestResult()
    _CASES[suite][name](name).run(result)
    trouble = result.errors + result.failures
    if trouble:
        return "failed", trouble[0][1]
    if result.skipped:
        return "skipped", result.skipped[0][1]
    return "passed", ""


def start(suite, name, timeout):
    """Runs one case in a process of its own, which may crash or hang."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        signal.alarm(timeout)
        folder = tempfile.mkdtemp(prefix="dlc-onnx-")
        tempfile.tempdir = folder
        try:
            text = json.dumps(run(suite, name))
        except BaseException as error:  # whatever it is, the parent must know
            text = json.dumps(("failed", repr(error)))
        shutil.rmtree(folder, ignore_errors=True)
        with os.fdopen(writer, "w") as file:
            file.write(text)
        os._exit(0)
    os.close(writer)
    return process, reader


def run_all(keys, jobs, timeout):
    """[(suite, name, outcome, message, seconds)] of all cases."""
    waiting, running, results = list(reversed(keys)), {}, []
    poll = select.poll()
    while waiting or running:
        while waiting and len(running) < jobs:
            suite, name = waiting.pop()
            process, reader = start(suite, name, timeout)
            running[reader] = (suite, name, process, time.time(), [])
            poll.register(reader, select.POLLIN | select.POLLHUP)
        for reader, _ in poll.poll():
            suite, name, process, begin, parts = running[reader]
            part = os.read(reader, 1 << 16)
            if part:
                parts.append(part)
                continue
            poll.unregister(reader)
            os.close(reader)
            del running[reader]
            status = os.waitpid(process, 0)[1]
            if os.WIFSIGNALED(status):
                signalled = signal.Signals(os.WTERMSIG(status)).name
                outcome, text = "failed", f"ended by {signalled}"
            else:
                outcome, text = json.loads(b"".join(parts))
            results.append((suite, name, outcome, text, time.time() - begin))
    return results


# What dlc does not support, by the operators of a case or by its name, and why. Everything
# else must pass. Lists exactly the operators that ONNX defines and dlc does not list.
UNSUPPORTED = {
    "strings are not supported":
        "StringConcat StringNormalizer StringSplit RegexFullMatch TfIdfVectorizer "
        "LabelEncoder CategoryMapper",
    "an optimiser is part of the training step that dlc makes itself":
        "Adagrad Adam Momentum",
    "derivatives come from dlc's own differentiation":
        "Gradient",
    "decoding image files is left to the program":
        "ImageDecoder",
    "maps are not dense tensors":
        "CastMap DictVectorizer ZipMap",
    "trees, support vectors and scalers of ai.onnx.ml are not neural networks":
        "Binarizer FeatureVectorizer Imputer LinearClassifier LinearRegressor "
        "Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble "
        "TreeEnsembleClassifier TreeEnsembleRegressor",
    "superseded by RoiAlign":
        "MaxRoiPool",
    "dl has no bit cast":
        "BitCast",
    "a preview whose definition still changes":
        "FlexAttention",
}
NAMED = {
    r"test_loop16_seq_none_cpu":
        "ONNX's runner cannot compare a sequence that holds a scalar",
    r"test_dft_inverse(_opset19)?_cpu":
        "expected values are rounding errors of NumPy above the case's own tolerance "
        "where the exact value is 0",
    r"test_(equal_string.*|cast(like)?_.*STRING.*|where_.*string.*)_cpu":
        "strings are not supported",
    r"test_training_dropout(_default)?(_mask)?_cpu|test_bernoulli.*_cpu":
        "the expected values are those of NumPy's generator; dlc has its own",
    r"test_attention_4d_causal_fp16(_expanded)?_cpu":
        "expected values were computed with rounding to f16 after every step; dlc "
        "computes in f32, which is nearer to the exact value",
    r"test_affine_grid_3d_align_corners_expanded_cpu":
        "branches of one If give tensors of different ranks",
}


def operators_of(cases):
    """{case name: (operators, opset)} of all cases that the package carries."""
    from onnx.backend.test.loader import load_model_tests
    import onnx
    found = {}

    def walk(nodes, into):
        for node in nodes:
            into.add(node.op_type)
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    walk(attribute.g.node, into)

    for kind in ("node", "simple", "pytorch-operator", "pytorch-converted", "real"):
        for case in load_model_tests(kind=kind):
            model = case.model
            if model is None:
                path = os.path.join(case.model_dir or "", "model.onnx")
                if not os.path.exists(path):
                    continue
                model = onnx.load(path)
            into = set()
            walk(model.graph.node, into)
            opset = max((i.version for i in model.opset_import
                         if i.domain in ("", "ai.onnx")), default=1)
            found[case.name + "_cpu"] = into, opset
    return found


def check_reasons(opsets):
    """Checks that each operator of ONNX is either listed by dlc or has exactly one reason here."""
    import onnx
    defined = {s.name for s in onnx.defs.get_all_schemas()}
    reasons = [name for names in UNSUPPORTED.values() for name in names.split()]
    wrong = {f"{name} is not read and has no reason"
             for name in defined - set(opsets) - set(reasons)}
    wrong |= {f"{name} is read and has a reason why not"
              for name in set(opsets) & set(reasons)}
    wrong |= {f"{name} has two reasons" for name in reasons
              if reasons.count(name) > 1}
    for line in sorted(wrong):
        print(line)
    return not wrong


def read_opsets():
    """{operator: (first opset, last opset)} as dlc lists them."""
    listed = subprocess.run([os.environ["DLC"], "--list-onnx-operators"],
                            capture_output=True, text=True, check=True).stdout
    opsets = {}
    for line in listed.splitlines():
        name, first, last = line.split()
        name = name.rsplit(".", 1)[-1]  # without the domain
        low, high = opsets.get(name, (int(first), int(last)))
        opsets[name] = min(low, int(first)), max(high, int(last))
    return opsets


def reason_of(name, operators):
    """Why a case is not attempted, or None."""
    for pattern, reason in NAMED.items():
        if re.fullmatch(pattern, name):
            return reason
    for reason, names in UNSUPPORTED.items():
        if operators & set(names.split()):
            return reason
    return None


def write_table(path, opsets, results, known, skipped):
    """docs/onnx-support.md: operators, opsets, and how their cases went."""
    rows = collections.defaultdict(collections.Counter)
    for suite, name, outcome, _, _ in results:
        for operator in known.get(name, (set(), 0))[0]:
            rows[operator][outcome] += 1
    for name, reason in skipped.items():
        for operator in known.get(name, (set(), 0))[0]:
            rows[operator]["not attempted"] += 1
    counts = collections.Counter(r[2] for r in results)
    with open(path, "w") as file:
        print("# ONNX operators\n", file=file)
        print("Generated by `test/EndToEnd/onnx_backend.py --table` from the test cases that the "
              "package `onnx`\npublishes. For each operator: the number of cases that use it and "
              "passed, failed, or were not\nattempted. In total, "
              f"{counts['passed']} passed, {counts['failed']} failed, "
              f"{len(skipped)} were not attempted.\n",
              file=file)
        print("| operator | opsets | passed | failed | not attempted |", file=file)
        print("|---|---|---|---|---|", file=file)
        for name in sorted(set(opsets) | set(rows)):
            span = "{} to {}".format(*opsets[name]) if name in opsets else "none"
            row = rows[name]
            print(f"| {name} | {span} | {row['passed']} | {row['failed']} | "
                  f"{row['not attempted']} |", file=file)
        print("\n## Not supported\n", file=file)
        for name, reason in sorted((name, reason)
                                   for reason, names in UNSUPPORTED.items()
                                   for name in names.split()):
            print(f"- {name}: {reason}.", file=file)
        print("\n## Not attempted\n", file=file)
        reasons = collections.Counter(skipped.values())
        for reason, count in reasons.most_common():
            print(f"- {count}: {reason}.", file=file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--filter", default="", help="regular expression of names")
    parser.add_argument("--timeout", type=int, default=300,
                        help="seconds for one case")
    parser.add_argument("--table", help="where to write the table of support")
    parser.add_argument("--all", action="store_true",
                        help="also cases of what dlc does not claim")
    parser.add_argument("--json", help="where to write all results")
    options = parser.parse_args()
    opsets = read_opsets()
    if not check_reasons(opsets):
        return 1
    global _CASES
    _CASES = cases()
    known = operators_of(_CASES)
    keys, skipped = [], {}
    for suite, found in _CASES.items():
        for name in found:
            if not re.search(options.filter, name):
                continue
            reason = None if options.all else reason_of(
                name, known.get(name, (set(), 0))[0])
            if reason:
                skipped[name] = reason
            else:
                keys.append((suite, name))
    # The largest first, so that they do not run last and alone.
    keys.sort(key=lambda key: key[0] != "OnnxBackendRealModelTest")
    results = run_all(keys, options.jobs, options.timeout)
    counts = collections.defaultdict(collections.Counter)
    for suite, name, outcome, text, seconds in results:
        counts[suite][outcome] += 1
        if outcome != "passed":
            lines = [line for line in text.splitlines() if line.strip()]
            print(f"{outcome}: {name}: {lines[-1] if lines else ''}")
    for suite, found in _CASES.items():
        unclaimed = sum(name in skipped for name in found)
        print(f"{suite}: {counts[suite]['passed']} passed, "
              f"{counts[suite]['failed']} failed, {counts[suite]['skipped']} "
              f"skipped, {unclaimed} not attempted")
    if options.table:
        write_table(options.table, opsets, results, known, skipped)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file)
    return 0 if all(r[2] == "passed" for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
