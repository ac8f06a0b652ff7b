# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Past failures: the models of test/Fuzz/Corpus, which must not fail again.

Each is compiled at every level, and once more under --separate-buffers, and called between
guard pages. Lines of comment say with what, and what must come of it, at all levels:

    // call: 9 8x3 - =[1,0,1] -> refused
    // options: --dim batch=2
    // compile: refused

A word an input: the extents of random elements (`-`: rank 0), or the elements themselves.
`refused` is a status with a message, and nothing touched where extents alone decide it;
`right` (of .onnx.txt, models in ONNX's textual form) what ONNX Runtime (or onnx.reference)
computes, `computed` (of .mlir) the same at all levels, `3x8` with the first output of that
shape. An .onnx.txt without calls is called with every choice of its
truth values of rank 0, open extents being 3, and must be right. A .mlir that says neither
how it is called nor that it is refused is a fault itself.
"""

import glob
import itertools
import json
import os
import re
import tempfile

import numpy as np
import onnx
from onnx import helper

from . import compiler, isolated, library, onnx_case, oracle

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Corpus")
FREE = 3  # the value of extents that a model leaves open
HOWS = ["-O0", "-O1", "-O2", "-O3", "-O3 --separate-buffers"]


def read(path):
    """The text, its calls as (words of the inputs, what is wanted), options of the
    compiler, and whether it is refused."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    calls = [(words.split(), wanted) for words, wanted in
             re.findall(r"^// call: (.*) -> (\w+)$", text, re.MULTILINE)]
    options = " ".join(re.findall(r"^// options: (.*)$", text, re.MULTILINE)).split()
    return text, calls, options, "// compile: refused" in text


def array_of(word, dtype, rng, low):
    if word.startswith("="):
        return np.array(json.loads(word[1:]), dtype)
    shape = [int(e) for e in word.split("x")] if word != "-" else []
    x = rng.uniform(low, 2, shape) if dtype.kind == "f" else rng.integers(0, 2, shape)
    return np.asarray(x).astype(dtype)


def compile_model(dlc, path, output, words, refused):
    """The fault in the outcome of the compiler, if any."""
    done = compiler.run([dlc, path, "-o", output, *words])
    if done.kind != ("refused" if refused else "compiled"):
        return f"{' '.join(words)}: {done.kind}: {done.text.strip()[:300]}"
    return ""


def declared_calls(inputs):
    """Calls with the extents that are declared, one for each choice of truth values."""
    symbols = {}

    def words(value):
        kind = value.type.tensor_type
        if not kind.shape.dim:
            is_truth = kind.elem_type == onnx.TensorProto.BOOL
            return ["=false", "=true"] if is_truth else ["-"]
        return ["x".join(str(d.dim_value if d.HasField("dim_value") else
                             symbols.setdefault(d.dim_param or id(d), FREE))
                         for d in kind.shape.dim)]

    return [(list(chosen), "right") for chosen in itertools.product(*map(words, inputs))]


def reference(model, data):
    """Outputs of ONNX Runtime, or of onnx.reference; a message if neither accepts the data."""
    said = ""
    for answer in (lambda *a: oracle.expected(*a)[1], oracle.second):
        try:
            return isolated.run(answer, model, data)
        except isolated.Raised as problem:
            said = said or f"no reference: {problem.message.strip()[:300]}"
        except isolated.Died as problem:
            said = said or f"no reference: {problem}"
    return said


def fault_of(model, data, want, answer):
    """The fault in an answer, if any. want: outputs, or None for a refusal."""
    if want is None:
        return "" if answer.status > 0 and "node" in answer.message else (
            f"status {answer.status}: {answer.message[:300]}, expected a refusal that names "
            "a node")
    if answer.status:
        return f"status {answer.status}: {answer.message[:300]}"
    kind, detail = onnx_case.judge(model, data, want, answer.outputs)
    return f"{kind}: {detail[:300]}" if kind in onnx_case.FINDINGS else ""


def check_onnx(path, folder, dlc):
    text, calls, options, refused = read(path)
    model = onnx.parser.parse_model("".join(
        line for line in text.splitlines(True) if not line.startswith("//")))
    given = {t.name for t in model.graph.initializer}
    inputs = [v for v in model.graph.input if v.name not in given]
    cases, rng = [], np.random.default_rng(0)
    for words, wanted in [] if refused else calls or declared_calls(inputs):
        data = {v.name: array_of(
            w, helper.tensor_dtype_to_np_dtype(v.type.tensor_type.elem_type), rng, -2)
            for v, w in zip(inputs, words, strict=True)}
        want = reference(model, data) if wanted == "right" else None
        if isinstance(want, str):
            return f"called with {' '.join(words)}: {want}"
        cases.append((" ".join(words), data, want))
    source, output = os.path.join(folder, "known.onnx"), os.path.join(folder, "known.so")
    onnx.save(model, source)
    for level, how in enumerate(HOWS):
        fault = compile_model(dlc, source, output, [*how.split(), *options], refused)
        if fault or refused:
            if fault:
                return fault
            continue
        try:  # both at the end and at the beginning of a page
            answers = isolated.run(
                library.answers, output, library.Setting(1 + level % 2, level < 2),
                [library.Call(list(data.values()), at_end=at_end)
                 for _, data, _ in cases for at_end in (True, False)])
        except (isolated.Died, isolated.Raised) as problem:
            return f"{how}: {problem}"
        for i, answer in enumerate(answers):
            words, data, want = cases[i // 2]
            fault = fault_of(model, data, want, answer)
            if fault:
                return f"{how}, called with {words}: {fault}"
    return ""


def call(path, words):
    def one(tell, words):
        from dlc import _library as abi
        tell("loading")
        session = library.Session(path, library.Setting(1, True))
        function, rng = session.info.functions[0], np.random.default_rng(0)
        arrays = [array_of(word, abi._dtype(function.arguments[i].element), rng, 0)
                  for i, word in enumerate(words)]
        tell("calling")
        return session.call(library.Call(arrays))
    return isolated.run(one, words)


def check_mlir(path, folder, dlc):
    _, calls, options, refused = read(path)
    if not calls and not refused:
        return "says neither what a call gives nor that it is refused"
    output, first = os.path.join(folder, "known.so"), {}  # first: the results of -O0
    for how in HOWS:
        fault = compile_model(dlc, path, output, [*how.split(), *options], refused)
        if fault:
            return fault
        for words, wanted in calls:
            about = f"{how}, called with {' '.join(words)}"
            try:
                answer = call(output, words)
            except isolated.Died as problem:
                return f"{about}: {problem}"
            got = "refused" if answer.status and answer.message else "computed"
            if got == "computed" and wanted[0].isdigit():
                got = "x".join(str(e) for e in answer.outputs[0].shape)
            if got != wanted:
                return f"{about}: {got}, expected {wanted}"
            outputs = first.setdefault(tuple(words), answer.outputs)
            if got != "refused" and any(
                    a.shape != b.shape or oracle.off(a, b).any()
                    for a, b in zip(answer.outputs, outputs)):
                return f"{about}: other values than at -O0"
    return ""


def run(arguments):
    """Past failures, which must not fail again."""
    failed, files = 0, sorted(glob.glob(os.path.join(FOLDER, "*.onnx.txt")) +
                              glob.glob(os.path.join(FOLDER, "*.mlir")))
    if arguments.only:
        files = [f for f in files if re.search(arguments.only, os.path.basename(f))]
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            check = check_mlir if path.endswith(".mlir") else check_onnx
            fault = check(path, folder, arguments.dlc)
            if fault:
                failed += 1
                print(f"{os.path.basename(path)}: {fault}", flush=True)
    print(f"known: {len(files)} past failures, {failed} of them fail")
    return 1 if failed or not files else 0
