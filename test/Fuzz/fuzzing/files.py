"""Mutated files: the readers of dlc under libFuzzer (test/Fuzz/Readers).

Seeds are the IR of all tests, the models that the package onnx publishes for its
operators, and random graphs. Files that crash a reader are taken to the compiler itself
again; what it says is the finding."""

import glob
import os
import re
import subprocess
import time

import onnx

from . import compiler, draw

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LONGEST = 4000


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


SEEDS = {"mlir": seeds_mlir, "onnx": seeds_onnx}


def run(arguments, kind):
    """Mutated files of a kind through reader, verifier and shape inference."""
    tool = os.path.join(os.path.dirname(os.path.abspath(arguments.dlc)), f"dlc-fuzz-{kind}")
    if not os.path.exists(tool):
        print(f"{kind}: skipped, {tool} is not built (ninja dlc-fuzzers)")
        return 0
    folder = os.path.join(os.path.abspath(arguments.keep), kind)
    for part in ("corpus", "crashes"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
    for number, seed in enumerate(SEEDS[kind]()):
        if 10 < len(seed) < LONGEST:
            with open(os.path.join(folder, "corpus", f"seed-{number}"), "wb") as file:
                file.write(seed)
    environment = {**os.environ, "DLC_FUZZ_FINDINGS": os.path.join(folder, "messages")}
    command = [tool, "-fork=1", "-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1",
               "-timeout=30", "-rss_limit_mb=6000", "-max_len=6000", "-len_control=0",
               f"-max_total_time={int(arguments.seconds)}", f"-seed={arguments.seed}",
               f"-artifact_prefix={folder}/crashes/", os.path.join(folder, "corpus")]
    begun = time.time()
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    text = done.stderr.decode(errors="replace")
    counts = re.findall(r"^#(\d+): .*", text, re.MULTILINE)
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
        outcome = compiler.run([arguments.dlc, path, "-o", os.path.join(folder, "model.so")])
        if outcome.kind in ("refused", "compiled") and os.sep + "messages" + os.sep not in path:
            outcome.kind = "reader alone"
        if outcome.kind not in ("refused", "compiled"):
            place = re.search(r"dlc::\S*?\(", outcome.text)
            found.setdefault((outcome.kind, place.group(0) if place else
                              compiler.message_class(outcome.text)), path)
    print(f"{kind}: {counts[-1] if counts else 0} mutated files, {len(found)} findings")
    for (what, where), path in found.items():
        print(f"  {what}: {where}\n    {path}")
    return 1 if found else 0
