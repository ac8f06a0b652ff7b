# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Mutated files: the readers of dlc under libFuzzer (test/Fuzz/Readers), and further down to an
object file.

Seeds are the IR of all tests, the models that the package onnx publishes for its operators, random
graphs, and generated files of the other kinds. Files that crash a reader are read once more, models
by the compiler itself; that output is the finding."""

import argparse
import glob
import io
import json
import os
import re
import struct
import subprocess
import tempfile
import time

import numpy as np
import onnx

from . import compiler, draw

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LONGEST = 4000
SANITIZER = "detect_leaks=0:allocator_may_return_null=1"
SAMPLE = 2  # one in this many accepted models is kept for objects


def seeds_mlir():
    for path in sorted(glob.glob(os.path.join(SOURCE, "**", "*.mlir"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for part in re.split(r"^// -----.*$", text, flags=re.MULTILINE):
            yield re.sub(r"^\s*//.*\n", "", part, flags=re.MULTILINE).encode()


def seeds_onnx():
    cases = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "node")
    for path in sorted(glob.glob(os.path.join(cases, "*", "model.onnx"))):
        with open(path, "rb") as file:
            yield file.read()
    for number in range(300):
        yield draw.draw([99, number])[0].SerializeToString()
    yield from seeds_poor()


def seeds_poor():
    """Every operator with unsuitable operands: none, scalars, empty vectors."""
    newest = onnx.defs.onnx_opset_version()
    types = (onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.BOOL)
    for schema in onnx.defs.get_all_schemas():
        if schema.domain:
            continue
        for kind in types:
            for shape in ([], [0], [1, 1], ["n", 3]):
                for count in {0, 1, schema.min_input, min(schema.max_input, 8)}:
                    inputs = [onnx.helper.make_tensor_value_info(f"x{i}", kind, shape)
                              for i in range(count)]
                    outputs = [f"y{i}" for i in range(max(schema.min_output, 1))]
                    graph = onnx.helper.make_graph(
                        [onnx.helper.make_node(schema.name, [i.name for i in inputs], outputs)],
                        "g", inputs, [onnx.ValueInfoProto(name=o) for o in outputs])
                    yield onnx.helper.make_model(graph, opset_imports=[
                        onnx.helper.make_opsetid("", newest)],
                        ir_version=min(10, onnx.IR_VERSION)).SerializeToString()


def safetensors(entries, data, **more):
    """entries: {name: (type, shape, begin, end)}."""
    header = json.dumps({n: {"dtype": t, "shape": s, "data_offsets": [b, e]}
                         for n, (t, s, b, e) in entries.items()}, **more).encode()
    return struct.pack("<Q", len(header)) + header + data


def seeds_safetensors():
    """Files for the tensors of fuzz-safetensors.cpp."""
    right = {"w": ("F32", [2, 3], 0, 24), "b": ("F64", [4], 24, 56),
             "step": ("I64", [], 56, 64), "none": ("I32", [0], 64, 64)}
    yield safetensors(right, bytes(range(64)))
    yield safetensors(right, bytes(range(64)), indent=2)
    yield safetensors(dict(reversed(right.items())), bytes(range(64)))
    for name in right:
        yield safetensors({n: e for n, e in right.items() if n != name}, bytes(range(64)))
    yield safetensors({**right, "mask": ("BOOL", [16], 64, 80)}, bytes(80))
    header = b'{"__metadata__":{"format":"dlc","a\\"\\u00e9":"[{}]"},"w":{"shape":[2,3],' \
        b'"more":[{"a":1e9,"b":null}],"dtype":"F32","data_offsets":[0,24]}}'
    yield struct.pack("<Q", len(header)) + header + bytes(24)


def seeds_tuning():
    """Files of schedules, as --tune writes them."""
    product = "(d0, d1, d2) -> (d0, d2) tensor<128x64xf32> constant tensor<64x32xf32>"
    for known in ({}, {"znver3": {}}, {"znver3": {product: [4, 2, 0]}},
                  {"znver3": {product: [64, 64, 1], "other": [1, 1, 0]}, "generic": {}}):
        yield json.dumps(known, indent=2).encode()


def array_bytes(array, **how):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **how)
    return file.getvalue()


def seeds_npy():
    """Arrays of every type, of several shapes, of every version of the format."""
    for name in "f2 f4 f8 ?1 i1 i2 i4 i8 u1 u2 u4 u8 >f4 >i8 c8 U3 S2".split():
        dtype = np.dtype(bool if name == "?1" else name)
        for shape in ((), (3,), (2, 3), (0, 4), (1, 2, 1, 3)):
            array = np.zeros(shape, dtype)
            for version in ((1, 0), (2, 0), (3, 0)):
                yield array_bytes(array, version=version)
    yield array_bytes(np.asfortranarray(np.ones((3, 4), np.float32)))


def seeds_kind():
    """The first bytes of files that people pass to a compiler."""
    for start in (b"\x1f\x8b\x08", b"PK\x03\x04" + bytes(20) + b"x.npy", b"\x89HDF\r\n",
                  b"\x7fELF\x02\x01", b"GGUF", b"ir_version: 8", b"<!DOCTYPE html>",
                  b"\x80\x04\x95", b"BZh9", b'{"a": 1}', b"func.func @f() { return }",
                  b"\x1c\0\0\0TFL3", b"\x08\x01\x12\x05serve", b"; ModuleID"):
        yield start + bytes(8)
        yield start + b" text \xc3\xa9 and more"
    for seeds in (seeds_safetensors, seeds_tuning, seeds_npy):
        yield next(seeds())
    yield draw.draw([99, 0])[0].SerializeToString()


SEEDS = {"mlir": seeds_mlir, "onnx": seeds_onnx, "safetensors": seeds_safetensors,
         "tuning": seeds_tuning, "npy": seeds_npy, "kind": seeds_kind}
MODELS = ("mlir", "onnx")


def tool_of(arguments, kind):
    return os.path.join(os.path.dirname(os.path.abspath(arguments.dlc)), f"dlc-fuzz-{kind}")


def read_again(arguments, kind, path, folder):
    """The outcome for a single file: for a model in dlc, for others in their reader."""
    if kind in MODELS:
        return compiler.run([arguments.dlc, path, "-o", os.path.join(folder, "model.so")])
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as findings:
        os.environ.update(DLC_FUZZ_FINDINGS=findings, ASAN_OPTIONS=SANITIZER)
        done = compiler.run([tool_of(arguments, kind), path])
    os.environ.clear()
    os.environ.update(before)
    said = re.search(r"^finding: .*", done.text, re.MULTILINE)
    if done.kind in ("compiled", "refused", "internal"):
        return compiler.Compiled("finding", said.group(0)) if said else \
            compiler.Compiled("refused", done.text)
    return done


def signature(outcome):
    place = re.search(r"dlc::\S*?\(", outcome.text)
    return outcome.kind, place.group(0) if place else compiler.message_class(outcome.text)


def run(arguments, kind, deep=False):
    """Mutated files of one kind through reader, verifier and shape inference. deep: only accepted
    files are mutated further."""
    tool = tool_of(arguments, kind)
    if not os.path.exists(tool):
        print(f"{kind}: skipped, {tool} is not built (ninja dlc-fuzzers)")
        return 0
    folder = os.path.join(os.path.abspath(arguments.keep), kind + ("-deep" if deep else ""))
    for part in ("corpus", "crashes", "accepted"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
    for number, seed in enumerate(SEEDS[kind]()):
        if len(seed) < LONGEST:
            with open(os.path.join(folder, "corpus", f"seed-{number}"), "wb") as file:
                file.write(seed)
    counts = os.path.join(folder, "counts")
    with open(counts, "wb") as file:
        file.write(bytes(16))
    environment = {"ASAN_OPTIONS": SANITIZER, **os.environ,
                   "DLC_FUZZ_FINDINGS": os.path.join(folder, "messages"),
                   "DLC_FUZZ_ACCEPTED": os.path.join(folder, "accepted"),
                   "DLC_FUZZ_SAMPLE": str(SAMPLE), "DLC_FUZZ_COUNTS": counts,
                   **({"DLC_FUZZ_DEEP": "1"} if deep else {})}
    command = [tool, "-fork=1", "-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1",
               "-timeout=30", "-rss_limit_mb=6000", "-max_len=6000", "-len_control=0",
               "-mutate_depth=1",  # a mutator changes a few positions itself
               f"-max_total_time={int(arguments.seconds)}", f"-seed={arguments.seed}",
               f"-artifact_prefix={folder}/crashes/", os.path.join(folder, "corpus")]
    begun = time.time()
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    text = done.stderr.decode(errors="replace")
    found = {}
    files = glob.glob(os.path.join(folder, "crashes", "*")) + \
        glob.glob(os.path.join(folder, "messages", "*"))
    for path in sorted(files):
        if os.path.getmtime(path) < begun or not os.path.getsize(path):
            continue
        named = f"{path}.{kind}"
        if not path.endswith(kind):
            os.rename(path, named)
            path = named
        outcome = read_again(arguments, kind, path, folder)
        if outcome.kind in ("refused", "compiled") and os.sep + "messages" + os.sep not in path:
            outcome.kind = "reader alone"
        if outcome.kind not in ("refused", "compiled"):
            found.setdefault(signature(outcome), path)
    with open(counts, "rb") as file:
        read, taken = struct.unpack("<qq", file.read())
    print(f"{kind}: {read} mutated files, {taken} of them accepted, {len(found)} findings")
    if not read:
        print(f"  the reader did not run: {text.strip()[-300:]}")
    for (what, where), path in found.items():
        print(f"  {what}: {where}\n    {path}")
    return 1 if found or not read else 0


def run_objects(arguments, kind):
    """Models that the reader accepted, down to an object file."""
    from .campaigns import Table
    reading = argparse.Namespace(**{**vars(arguments), "seconds": arguments.seconds / 5})
    found = run(reading, kind, deep=True)
    folder = os.path.join(os.path.abspath(arguments.keep), f"{kind}-deep", "accepted")
    files = sorted(glob.glob(os.path.join(folder, f"*.{kind}")))
    table, end = Table(), time.monotonic() + arguments.seconds * 4 / 5
    print(f"objects-{kind}: {len(files)} accepted models, seed {arguments.seed}")
    rng = np.random.default_rng(arguments.seed)
    order = rng.permutation(len(files))[arguments.first:]
    with tempfile.TemporaryDirectory() as output:
        for i in order[:min(arguments.count, len(order))]:
            if time.monotonic() > end:
                break
            words = [f"-O{rng.choice([0, 1, 2, 3])}",
                     f"--cpu={rng.choice(['native', 'x86-64-v3', 'x86-64'])}"]
            done = compiler.run([arguments.dlc, files[i], "-o",
                                 os.path.join(output, "model.o"), *words])
            table.add(done)
            if done.kind not in ("refused", "compiled"):
                key = signature(done)
                if key not in table.findings:
                    table.findings[key] = files[i]
                    print(f"{key[0]}: {key[1]}\n  dlc {files[i]} -o model.o {' '.join(words)}",
                          flush=True)
    table.show()
    return 1 if table.findings or found else 0
