# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the architectures of torchvision and timm and compares with other engines.

    sweep.py [--models REGEX] [--exporters dynamo,trace] [--again REGEX] [--limit 300]
             [--work DIR] [--keep] [--table]

Each model has random weights, is exported by both ONNX exporters of PyTorch, compiled by $DLC and
run on a random image beside ONNX Runtime and PyTorch in f64. An answer is right if it is within
1e-4 of its largest absolute value from f64 (or from ONNX Runtime, where an exporter changed the
model), or no farther from f64 than twice ONNX Runtime. The heads of detectors are compared in the
same way. Lists of boxes are compared by the share of f64's boxes that are found again. Seconds are
processor time, so that other load does not count.

Every outcome is a line of results.jsonl in the work folder. Existing outcomes for this dlc are not
computed again, except for those that --again matches; --table prints the existing ones. Exported
models are removed; --keep keeps those whose answer is not right.
"""

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "Fuzz"), str(HERE.parent.parent / "python-frontend" / "src")]
import answers
import steps
import table
import zoo
from fuzzing import compiler, isolated

MEMORY = 14 << 30


class Failed(Exception):
    """A step that failed: status and message of the outcome."""


def limited(tell, limit, function, *words):
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return function(*words)


def step(status, limit, function, *words):
    """The result of the step. A step that fails ends the work on the model with `status`."""
    try:
        return isolated.run(limited, limit, function, *words, seconds=4 * limit)
    except (isolated.Died, isolated.Raised) as problem:
        raise Failed(status, str(problem)) from None


def compile_model(dlc, limit, folder):
    def seconds():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    begin = seconds()
    done = compiler.run([dlc, folder / "model.onnx", "-o", folder / "model.so"],
                        4 * limit, limit, MEMORY)
    if done.kind == "hang":  # what a killed process prints is not news
        raise Failed("timeout", done.text.splitlines()[0])
    if done.kind != "compiled":
        raise Failed("crash" if done.kind == "crashed" else done.kind,
                     done.text.strip())
    return {"compile": seconds() - begin, "library": (folder / "model.so").stat().st_size}


def run_model(name, exporter, dlc, limit, folder):
    """The outcome, filled step by step, so that a failure includes earlier results."""
    outcome = {}
    try:
        known = folder.parent / "references" / name.replace("/", "-")
        if not (known / "outcome.json").exists():
            known.mkdir(parents=True, exist_ok=True)
            (known / "outcome.json").write_text(json.dumps(
                step("model failed", limit, steps.reference, name, known)))
        outcome |= json.loads((known / "outcome.json").read_text())
        for file in known.glob("*.npz"):
            shutil.copy(file, folder)
        outcome |= step("export failed", limit, steps.export, name, exporter, folder)
        ort_failed = None
        try:
            outcome |= step("onnxruntime failed", limit, steps.onnxruntime, folder)
        except Failed as problem:
            ort_failed = problem.args[1]
            outcome["onnxruntime"] = ort_failed
        outcome |= compile_model(dlc, limit, folder)
        outcome |= step("run failed", limit, steps.dlc, folder)
        outcome |= answers.compare(folder, zoo.is_detector(name) and ":" not in name)
    except Failed as problem:
        outcome |= dict(zip(("status", "message"), problem.args))
        # If no engine runs the model, the exporter is at fault.
        if outcome.get("onnxruntime") and outcome["status"] in ("refused", "run failed"):
            outcome["status"] = "export failed"
            outcome["message"] = f"onnxruntime: {outcome['onnxruntime']}; dlc: {problem.args[1]}"
    return outcome


def sweep(arguments, results):
    dlc = shutil.which(os.environ.get("DLC", "dlc"))
    if not dlc:
        sys.exit("there is no program dlc on the PATH; set the environment variable DLC to it")
    version = hashlib.sha256(Path(dlc).read_bytes()).hexdigest()[:12]
    again = re.compile(arguments.again) if arguments.again else None
    done = {(r["model"], r["exporter"]) for r in table.latest(results)
            if r["dlc"] == version and not (again and again.search(r["status"]))}
    steps.load_packages()
    for name in zoo.names():
        for exporter in arguments.exporters.split(","):
            if not re.search(arguments.models, name) or (name, exporter) in done:
                continue
            folder = arguments.work / f"{name.replace('/', '-')}-{exporter}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            record = {"model": name, "exporter": exporter, "dlc": version,
                      "time": time.strftime("%Y-%m-%d %H:%M:%S"),
                      **run_model(name, exporter, dlc, arguments.limit, folder)}
            with open(results, "a") as file:
                file.write(json.dumps(record) + "\n")
            print(table.line(record), flush=True)
            if not arguments.keep or record["status"] == "right":
                shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=".", help="regular expression over LIBRARY/MODEL")
    parser.add_argument("--exporters", default="dynamo,trace")
    parser.add_argument("--again", help="regular expression over statuses to be tried again")
    parser.add_argument("--limit", type=int, default=300, help="seconds of each step on the "
                        "processor; four times as many on the clock")
    parser.add_argument("--work", type=Path, default="build/models-work")
    parser.add_argument("--table", action="store_true", help="print the results so far")
    parser.add_argument("--keep", action="store_true", help="models that did not come out right")
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    arguments.work.mkdir(parents=True, exist_ok=True)
    results = arguments.work / "results.jsonl"
    if not arguments.table:
        sweep(arguments, results)
    print(table.text(table.latest(results)))


if __name__ == "__main__":
    main()
