"""ONNX's own backend tests against dlc.

    onnx_backend.py [--jobs N] [--filter REGEX] [--table docs/onnx-support.md]

Runs the cases of the package `onnx` through its published runner, several
processes at a time, and prints passed, failed and skipped for each suite. Cases
that need what dlc does not have are in SKIPPED below, each with its reason.
"""

import argparse
import collections
import json
import multiprocessing
import os
import re
import sys
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


def run(key):
    """Runs one case: (suite, name, outcome, message, seconds)."""
    suite, name = key
    begin = time.time()
    result = unittest.TestResult()
    _CASES[suite][name](name).run(result)
    trouble = result.errors + result.failures
    if trouble:
        outcome, text = "failed", trouble[0][1]
    elif result.skipped:
        outcome, text = "skipped", result.skipped[0][1]
    else:
        outcome, text = "passed", ""
    return suite, name, outcome, text, time.time() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--filter", default="")
    parser.add_argument("--json")
    options = parser.parse_args()
    global _CASES
    _CASES = cases()
    keys = [(suite, name) for suite, found in _CASES.items() for name in found
            if re.search(options.filter, name)]
    results = []
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for result in pool.imap_unordered(run, keys, chunksize=4):
            results.append(result)
    counts = collections.defaultdict(collections.Counter)
    for suite, name, outcome, text, seconds in results:
        counts[suite][outcome] += 1
    for suite in sorted(counts):
        print(suite, dict(counts[suite]))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
