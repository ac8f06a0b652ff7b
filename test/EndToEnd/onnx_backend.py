"""ONNX's own backend tests against dlc.

    onnx_backend.py [--jobs N] [--filter REGEX] [--table docs/onnx-support.md]

Runs the cases of the package `onnx` through its published runner, several
processes at a time, and prints passed, failed and skipped for each suite. Cases
that need what dlc does not have are in SKIPPED below, each with its reason.
"""

import argparse
import collections
import json
import os
import re
import select
import shutil
import signal
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--filter", default="")
    parser.add_argument("--timeout", type=int, default=60)
    parser.add_argument("--json")
    options = parser.parse_args()
    global _CASES
    _CASES = cases()
    keys = [(suite, name) for suite, found in _CASES.items() for name in found
            if re.search(options.filter, name)]
    results = run_all(keys, options.jobs, options.timeout)
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
