"""Past failures: the models of test/Fuzz/Corpus, which must not fail again.

`.onnx.txt` is a model in ONNX's textual form: it is compiled at every level and compared
as random graphs are, at last with itself under --separate-buffers. `.mlir` says in `// call:` lines which extents its one function is
called with, and what comes of it: `// call: 9 8x3 -> refused` (or `-> computed`, the
same at every level, or `-> 3x8`, the first output's shape); `// compile: refused` where the compiler is to refuse it. One that says
neither is a fault itself.
"""

import glob
import os
import re
import tempfile

import numpy as np
import onnx
from onnx import helper

from . import compiler, isolated, library, onnx_case, oracle

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Corpus")
FREE = 3  # what an extent is that a model leaves open


def data_of(model, rng):
    """Random inputs of a model's declared shapes."""
    given = {t.name for t in model.graph.initializer}
    data, symbols = {}, {}
    for value in model.graph.input:
        if value.name in given:
            continue
        kind = value.type.tensor_type
        shape = [symbols.setdefault(d.dim_param or id(d), FREE)
                 if not d.HasField("dim_value") else d.dim_value for d in kind.shape.dim]
        dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
        x = rng.uniform(-2, 2, shape) if dtype.kind == "f" else rng.integers(0, 2, shape)
        data[value.name] = np.asarray(x).astype(dtype)
    return data


def check_onnx(path, folder, dlc):
    with open(path, encoding="utf-8") as file:
        text = "".join(l for l in file if not l.startswith("//"))
    model = onnx.parser.parse_model(text)
    for level in range(4):
        data = data_of(model, np.random.default_rng(level))
        config = onnx_case.Config(level=level, threads=1 + level % 2, workspace=level < 2,
                                  at_end=level != 1, separate=level == 3)
        result = onnx_case.examine(model, data, config, folder, dlc)
        if result.is_finding or result.kind in ("refused", "call refused"):
            return f"-O{level}: {result.kind}: {result.detail.strip()[:300]}"
    return ""


def call(path, shapes):
    def one(tell, shapes):
        from dlc import _library as abi
        tell("loading")
        session = library.Session(path, library.Setting(1, True))
        function = session.info.functions[0]
        rng, arrays = np.random.default_rng(0), []
        for i, shape in enumerate(shapes):
            dtype = abi._dtype(function.arguments[i].element)
            arrays.append(np.asarray(rng.uniform(0, 2, shape)).astype(dtype))
        tell("calling")
        return session.call(library.Call(arrays))
    return isolated.run(one, shapes)


def check_mlir(path, folder, dlc):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    calls = re.findall(r"^// call: (.*) -> (\w+)$", text, re.MULTILINE)
    refused = "// compile: refused" in text
    if not calls and not refused:
        return "says neither what a call gives nor that it is refused"
    first = {}  # words of a call: what -O0 gives
    for how in ("-O0", "-O1", "-O2", "-O3", "-O3 --separate-buffers"):
        output = os.path.join(folder, "known.so")
        done = compiler.run([dlc, path, "-o", output, *how.split()])
        if done.kind != ("refused" if refused else "compiled"):
            return f"{how}: {done.kind}: {done.text[:300]}"
        for words, wanted in calls:
            shapes = [[int(e) for e in w.split("x")] if w != "-" else []
                      for w in words.split()]
            try:
                answer = call(output, shapes)
            except isolated.Died as problem:
                return f"{how}, called with {words}: {problem}"
            got = "refused" if answer.status and answer.message else "computed"
            if got == "computed" and wanted[0].isdigit():
                got = "x".join(str(e) for e in answer.outputs[0].shape)
            if got != wanted:
                return f"{how}, called with {words}: {got}, expected {wanted}"
            outputs = first.setdefault(words, answer.outputs)
            if got != "refused" and any(
                    a.shape != b.shape or oracle.off(a, b).any()
                    for a, b in zip(answer.outputs, outputs)):
                return f"{how}, called with {words}: other values than at -O0"
    return ""


def run(arguments):
    """Past failures, which must not fail again."""
    failed, files = 0, sorted(glob.glob(os.path.join(FOLDER, "*.onnx.txt")) +
                              glob.glob(os.path.join(FOLDER, "*.mlir")))
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            check = check_mlir if path.endswith(".mlir") else check_onnx
            fault = check(path, folder, arguments.dlc)
            if fault:
                failed += 1
                print(f"{os.path.basename(path)}: {fault}", flush=True)
    print(f"known: {len(files)} past failures, {failed} of them fail")
    return 1 if failed or not files else 0
