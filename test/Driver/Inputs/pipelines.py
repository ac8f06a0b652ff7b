# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The pipelines of dlc-opt, run one after another, give the IR that dlc has at each stage:
pipelines.py WORK MODELS..."""

import difflib
import re
import subprocess
import sys
from pathlib import Path

CPU = "x86-64-v3"
# What dlc says before it simplifies.
TARGETS = f'codegen.targets = [#codegen.cpu<name = "{CPU}", vectorBits = 256, vectorRegisters = 16>]'
ELIDED = ["--mlir-elide-elementsattrs-if-larger=64", "--mlir-elide-resource-strings-if-larger=64"]
STAGES = [("dl", ["--dlc-simplify-pipeline"]),
          ("linalg", ["--dlc-linalg-pipeline"]),
          ("schedule", ["--dlc-schedule-pipeline"]),
          ("vector", ["--dlc-vector-pipeline"]),
          ("llvm", ["--dlc-llvm-pipeline"])]


def run(*words):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def compare(model, stage, own, want):
    if own.rstrip() != want.rstrip():  # dlc-opt ends with a line more
        sys.exit(f"{model} differs at the stage {stage}:\n" + "\n".join(
            difflib.unified_diff(want.splitlines(), own.splitlines(), "dlc", "dlc-opt",
                                 lineterm="", n=0)))


def define(model, work):
    """Returns the model in dl, or in linalg where it was in tosa, and the stages to there."""
    stages = [("define", "defined", ["--dlc-define-pipeline"])]
    if "tosa." in model.read_text():
        stages.insert(0, ("tosa", "tosa", ["--dlc-tosa-pipeline"]))
    pipelines = []
    for stage, name, more in stages:
        pipelines += more
        compare(model, stage, run("dlc-opt", model, *pipelines, *ELIDED),
                (work / f"{model.stem}.{name}.mlir").read_text())
    return run("dlc-opt", model, *pipelines, "--mlir-print-debuginfo"), pipelines


def write_with_targets(path, text):
    path.write_text(re.sub(r"^module", f"module attributes {{{TARGETS}}}", text,
                           flags=re.MULTILINE, count=1))
    return path


def main():
    work, models = Path(sys.argv[1]), [Path(m) for m in sys.argv[2:]]
    work.mkdir(parents=True, exist_ok=True)
    used = {"--dlc-cpu-pipeline"}
    for model in models:
        run("dlc", model, f"--cpu={CPU}", "--emit=llvm", "--save-temps", "-o",
            work / f"{model.stem}.ll")
        defined, pipelines = define(model, work)
        used.update(pipelines)
        whole = run("dlc-opt", model, *pipelines, *[p for _, more in STAGES for p in more])
        compare(model, "llvm of one pipeline", whole,
                run("dlc-opt", model, *pipelines[:-1], "--dlc-cpu-pipeline"))
        given, pipelines = write_with_targets(work / f"{model.stem}.given.mlir", defined), []
        for stage, more in STAGES:
            pipelines += more
            used.update(more)
            compare(model, stage, run("dlc-opt", given, *pipelines, *ELIDED),
                    (work / f"{model.stem}.{stage}.mlir").read_text())
            if stage == "dl":  # here dlc reads the interface and names the kernels
                text = run("dlc-opt", given, *pipelines, "--mlir-print-debuginfo")
                for name in re.findall(r"func\.func @([\w.]+)\(", text):
                    text = re.sub(rf"@{re.escape(name)}\b", f"@{name}.kernel", text)
                given, pipelines = work / f"{model.stem}.named.mlir", []
                given.write_text(text)
    known = set(re.findall(r"--dlc-[a-z]+-pipeline", run("dlc-opt", "--help")))
    if known != used:
        sys.exit(f"compared {sorted(used)}, dlc-opt has {sorted(known)}")
    print(f"{len(models)} models, the same at each of {len(STAGES)} stages")


if __name__ == "__main__":
    main()
