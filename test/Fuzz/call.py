# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a model and calls a function of it once, with all memory between guard pages.

    call.py model.mlir|model.onnx [--shape INPUT=2x3 ...] [--data file.npz] [-O3 ...]

INPUT is a number or a name; free extents that are not given are 3. Data are random. `--claim
INPUT=2x3` passes these extents to the library without data of this size. Other arguments go to dlc.
Prints the status, the message and the outputs. A crash of the library ends in one line that says
so.
"""

import argparse
import os
import sys
import tempfile

import numpy as np

from dlc import _library as abi
from fuzzing import compiler, isolated, library


def describe(tell, path, number):
    tell("reading the library's table")
    import ctypes
    dll = ctypes.CDLL(path)
    dll.dlc_library.restype = ctypes.POINTER(abi._Info)
    function = dll.dlc_library().contents.functions[number]
    return [(a.name.decode(), abi._dtype(a.element), [a.shape[d] for d in range(a.rank)])
            for a in (function.arguments[i] for i in range(function.inputs))]


def shapes(words, names):
    found = {}
    for word in words:
        name, _, text = word.partition("=")
        i = int(name) if name.isdigit() else names.index(name)
        found[i] = [int(e) for e in text.split("x") if e]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--shape", action="append", default=[])
    parser.add_argument("--claim", action="append", default=[])
    parser.add_argument("--data", help=".npz with inputs by name, of what fuzz.py keeps")
    parser.add_argument("--function", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--begin", action="store_true", help="guards before, not after")
    arguments, words = parser.parse_known_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.so")
        done = compiler.run([os.environ.get("DLC", "dlc"), arguments.model, "-o", path, *words])
        if done.kind != "compiled":
            sys.exit(f"{done.kind}: {done.text}")
        try:
            inputs = isolated.run(describe, path, arguments.function)
            names = [n for n, _, _ in inputs]
            given, claimed = (shapes(w, names) for w in (arguments.shape, arguments.claim))
            data = dict(np.load(arguments.data)) if arguments.data else {}
            arrays = []
            for i, (name, dtype, shape) in enumerate(inputs):
                shape = given.get(i, [3 if e < 0 else e for e in shape])
                arrays.append(data[name] if name in data else np.asarray(
                    rng.uniform(0, 2, shape)).astype(dtype))
            answer = isolated.run(library.answers, path,
                                  library.Setting(arguments.threads, True),
                                  [library.Call(arrays, arguments.function,
                                                at_end=not arguments.begin,
                                                extents=claimed)])[0]
        except isolated.Died as problem:
            sys.exit(f"crash: {problem}")
    print(f"status {answer.status} {answer.message}")
    for output in answer.outputs:
        print(output.dtype, list(output.shape), output.ravel()[:12])


if __name__ == "__main__":
    main()
