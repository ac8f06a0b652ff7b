"""The light models of ONNX's own tests: compile time, size, memory, time per image.

    onnx_models.py [NAME...] [--rounds 15] [--work DIR]

Beside ONNX Runtime in the same run, both on one thread: loading, and the median of
calls that take turns. Differences of results are relative to the largest output.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

import dlc

NAMES = ["bvlc_alexnet", "zfnet512", "vgg19", "inception_v1", "inception_v2",
         "resnet50", "densenet121", "squeezenet", "shufflenet"]


# A child of its own: memory that a process had before it became dlc counts as
# dlc's, and this one holds models.
MEASURE = """
import os, sys, time
begin = time.time()
child = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(time.time() - begin, usage.ru_maxrss * 1024)
sys.exit(1 if status else 0)
"""


def compile_measured(source, target):
    """Compiles in a child: (seconds, peak memory in bytes)."""
    done = subprocess.run([sys.executable, "-S", "-c", MEASURE,
                           os.environ["DLC"], source, "-o", target],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{source} was refused")
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--work", default="build/bench")
    options = parser.parse_args()
    folder = Path(onnx.__file__).parent / "backend/test/data/light"
    os.makedirs(options.work, exist_ok=True)
    print(f"{'model':14}{'compile':>9}{'library':>9}{'memory':>9}"
          f"{'dlc':>9}{'ORT load':>10}{'ORT':>9}{'ratio':>7}{'difference':>12}")
    for name in options.names or NAMES:
        source = folder / f"light_{name}.onnx"
        target = Path(options.work) / f"{name}.so"
        seconds, memory = compile_measured(source, target)
        library = dlc.load(target, threads=1)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        settings.log_severity_level = 3
        begin = time.time()
        session = onnxruntime.InferenceSession(str(source), settings,
                                               ["CPUExecutionProvider"])
        load = time.time() - begin
        function = library.main
        random = np.random.default_rng(1)
        inputs = [random.random(a.shape, dtype=np.float32) for a in function.inputs]
        feed = dict(zip([i.name for i in session.get_inputs()], inputs))
        ours, theirs = [], []
        for _ in range(options.rounds):
            begin = time.perf_counter()
            found = function(*inputs)
            middle = time.perf_counter()
            wanted = session.run(None, feed)[0]
            ours.append(middle - begin)
            theirs.append(time.perf_counter() - middle)
        error = np.max(np.abs(found - wanted)) / np.max(np.abs(wanted))
        a, b = np.median(ours) * 1e3, np.median(theirs) * 1e3
        print(f"{name:14}{seconds:7.1f} s{target.stat().st_size / 2**20:6.0f} MB"
              f"{memory / 2**20:6.0f} MB{a:6.1f} ms{load:8.2f} s{b:6.1f} ms"
              f"{b / a:7.2f}{error:12.1e}", flush=True)


if __name__ == "__main__":
    main()
