"""Times kernels against the machine's multiply-add peak, both measured in turn.

One case a line of CASES: a name, a model, its flops. Prints medians and the share of the
peak of one core; nothing is asserted, machines are noisy.
"""

import argparse
import ctypes
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np

import dlc


def matmul(m, k, n):
    return (f"matmul {m}x{k}x{n}", 2 * m * k * n,
            f"func.func @f(%a: tensor<{m}x{k}xf32>, %b: tensor<{k}x{n}xf32>) -> tensor<{m}x{n}xf32> {{\n"
            f"  %y = dl.matmul %a, %b : tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>\n"
            f"  return %y : tensor<{m}x{n}xf32>\n}}\n")


def conv(size, c, kernel, f):
    x, w = f"tensor<1x{size}x{size}x{c}xf32>", f"tensor<{kernel}x{kernel}x{c}x{f}xf32>"
    y = f"tensor<1x{size}x{size}x{f}xf32>"
    return (f"conv {kernel}x{kernel} {size}x{size}x{c} to {f}, bias, ReLU",
            2 * size * size * kernel * kernel * c * f,
            f"func.func @f(%x: {x}, %w: {w}, %b: tensor<{f}xf32>) -> {y} {{\n"
            f"  %0 = dl.conv %x, %w, %b padding same : {x}, {w}, tensor<{f}xf32>\n"
            f"  %y = dl.relu %0 : {y}\n  return %y : {y}\n}}\n")


CASES = [matmul(1024, 1024, 1024), matmul(512, 512, 512), matmul(1000, 1000, 1000),
         conv(56, 64, 3, 64), conv(28, 128, 3, 128), conv(14, 256, 1, 1024)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", default="build/bench")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    peak_library = work / "peak.so"
    subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC",
                    str(Path(__file__).with_name("peak.c")), "-o",
                    str(peak_library)], check=True)
    peak = ctypes.CDLL(str(peak_library.resolve())).measure_peak
    peak.restype, peak.argtypes = ctypes.c_double, [ctypes.c_int64]
    random = np.random.default_rng(0)
    print(f"{'case':44} {'GFLOP/s':>8} {'peak':>8} {'share':>6}   threads: "
          f"{arguments.threads}, peak: of one core")
    for number, (name, flops, text) in enumerate(CASES):
        model = work / f"case{number}.mlir"
        model.write_text(text)
        library = dlc.load(dlc.compile(model), threads=arguments.threads)
        function = library.functions["f"]
        inputs = [random.standard_normal(a.shape).astype(np.float32)
                  for a in function.inputs]
        out = function(*inputs)
        calls = max(1, int(2e9 / flops))
        rates, peaks = [], []
        for _ in range(arguments.rounds):
            peaks.append(peak(2_000_000))
            start = time.perf_counter()
            for _ in range(calls):
                function(*inputs, out=out)
            rates.append(flops * calls / (time.perf_counter() - start) * 1e-9)
        rate, top = statistics.median(rates), statistics.median(peaks)
        print(f"{name:44} {rate:8.1f} {top:8.1f} {rate / top:6.1%}")


if __name__ == "__main__":
    main()
