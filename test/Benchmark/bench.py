# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times dlc beside the engines that a user would otherwise pick.

    bench.py [--cases REGEX] [--peers NAME,...] [--threads N,...] [--rounds N] [--busy]
    bench.py --base FOLDER [--cases REGEX] [--threads N,...] [--rounds N]

Cases are the files of cases/. Same model, weights, inputs, threads and processors for all.
The engines take turns within one run, each in a process that sleeps while the others work;
answers are compared with the first peer's. A row's ratio is the best peer's median over
dlc's. The bound is the larger of flops over the measured multiply-add peak and bytes over
the measured bandwidth of the cache that holds them; its share is bound over time.

With --base another build of dlc takes part and no peer (compare.py).

Writes results.json, results.md and results.png into the work folder. Of a training step, memory
is what the leanest peer's process has grown by over what dlc's has. dlc is called from C,
the peers through their Python interfaces with bound buffers where they have them, which
costs them some microseconds a call: it matters for the smallest networks only.
"""

import argparse
import ctypes
import importlib.metadata
import json
import math
import os
import re
import statistics
import subprocess
import time
from pathlib import Path

import busy
import cases as case_files
import compare
from engines import LIMIT, Worker, difference, load

HERE = Path(__file__).parent
PEERS = {"onnxruntime": "onnxruntime", "openvino": "openvino", "torch": "torch",
         "torch-compile": "torch", "jax": "jax", "iree": "iree-base-compiler",
         "tvm": "apache-tvm", "onednn": None}


class Machine:
    """Peak and bandwidth of one core, measured beside the cases."""

    def __init__(self, library):
        self.library = ctypes.CDLL(str(library))
        self.library.measure_peak.restype = ctypes.c_double
        self.library.measure_peak_bf16.restype = ctypes.c_double
        self.library.measure_bandwidth.restype = ctypes.c_double
        self.bandwidths = {}

    def peak(self, precision):
        measure = (self.library.measure_peak_bf16 if precision == "bf16"
                   else self.library.measure_peak)
        return measure(ctypes.c_int64(1_000_000))

    def bandwidth(self, size):
        size = 1 << max(13, (min(size, 1 << 28) - 1).bit_length())
        if size not in self.bandwidths:
            rounds = max(3, min(2000, (1 << 30) // size))
            self.bandwidths[size] = self.library.measure_bandwidth(
                ctypes.c_int64(size), ctypes.c_int64(rounds))
        return self.bandwidths[size]


def run_case(case, threads, workers, machine, arguments, work):
    replies, answers = load(case, workers, work)
    row = {"case": case.name, "group": case.group, "threads": threads, "flops": case.flops,
           "bytes": case.weight_bytes // (2 if case.precision == "bf16" else 1)
           + case.data_bytes, "precision": case.precision, "engines": replies}
    alive = {engine: workers[engine] for engine in answers}
    if len(answers) > 1 and "dlc" in answers:
        wanted = answers[next(n for n in answers if n != "dlc")]
        for name, found in answers.items():
            row["engines"][name]["difference"] = difference(found, wanted)
    times = {engine: [] for engine in alive}
    peaks = []
    for _ in range(arguments.rounds):
        peaks.append(machine.peak(case.precision))
        for engine, worker in list(alive.items()):
            reply = worker.ask(LIMIT, time=arguments.seconds)
            if "error" in reply:
                row["engines"][engine] = reply
                del alive[engine]
                continue
            times[engine].append(reply["seconds"] / reply["calls"])
            row["engines"][engine] |= {k: reply[k] for k in ("memory", "held")}
    for engine in alive:
        row["engines"][engine]["time"] = statistics.median(times[engine])
    # Two cores have twice the peak; the memory behind them they share.
    row["peak"] = statistics.median(peaks) * threads
    row["bandwidth"] = machine.bandwidth(row["bytes"]) * threads
    bound = max(row["flops"] / row["peak"], row["bytes"] / row["bandwidth"])
    # A step waits for the one before: its product, or its weights from their cache, comes
    # on top of what is done for all steps at once. Directions may run side by side.
    for steps, flops, size in case.recurrences:
        bound += steps * max(flops / row["peak"],
                             size / (machine.bandwidth(size) * threads))
    row["bound"] = bound * 1e-9
    ours = row["engines"].get("dlc", {}).get("time")
    peers = {e: r["time"] for e, r in row["engines"].items() if e != "dlc" and "time" in r}
    if ours:
        row["share"] = row["bound"] / ours
        if peers:
            row["best"] = min(peers, key=peers.get)
            row["ratio"] = peers[row["best"]] / ours
            if case.loss:
                row["memory"] = min(r["held"] for e, r in row["engines"].items()
                                    if e in peers) / row["engines"]["dlc"]["held"]
    return row


def seconds(value):
    for unit, factor in (("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)):
        if value * factor >= 1:
            break
    return f"{value * factor:.3g} {unit}"


COLUMNS = ["case", "threads", "dlc", "best peer", "", "ratio", "of bound", "difference",
           "compile", "library", "load", "memory"]


def cells(row):
    ours = row["engines"].get("dlc", {})
    best = row.get("best")
    difference = ours.get("difference")
    return [row["case"], str(row["threads"]),
            seconds(ours["time"]) if "time" in ours else ours.get("error", "-"),
            seconds(row["engines"][best]["time"]) if best else "-", best or "-",
            f"{row['ratio']:.2f}" if "ratio" in row else "-",
            f"{row['share']:.0%}" if "share" in row else "-",
            "-" if difference is None else f"{difference:.0e}",
            seconds(ours["compile"]) if "compile" in ours else "-",
            f"{ours['bytes'] / 1e6:.2f} MB" if "bytes" in ours else "-",
            seconds(ours["load"]) if "load" in ours else "-",
            f"{row['memory']:.1f}" if "memory" in row else "-"]


def markdown(rows, versions):
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    return (f"Peers: {versions}.\n\n" + "\n".join(lines) + "\n\n" + summary(rows) + "\n")


def summary(rows):
    ratios = [row["ratio"] for row in rows if "ratio" in row]
    if not ratios:
        return "no row has a ratio"
    mean = math.exp(statistics.fmean(math.log(r) for r in ratios))
    below = sum(r < 1 for r in ratios)
    return (f"{len(ratios)} rows: geometric mean of the ratios {mean:.2f}, "
            f"{below} below 1.0, lowest {min(ratios):.2f}")


def plot(rows, path):
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return
    rows = [row for row in rows if "ratio" in row]
    if not rows:
        return
    figure, axes = pyplot.subplots(figsize=(9, 1 + 0.22 * len(rows)))
    names = [f"{row['case']} ({row['threads']})" for row in rows]
    ratios = [row["ratio"] for row in rows]
    axes.barh(names, ratios, color=["tab:green" if r >= 1 else "tab:red" for r in ratios])
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("best peer's time over dlc's (threads in brackets)")
    axes.invert_yaxis()
    axes.tick_params(labelsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=130)


def versions_of(peers):
    found = []
    for peer in peers:
        try:
            found.append(f"{peer} {importlib.metadata.version(PEERS[peer])}")
        except (importlib.metadata.PackageNotFoundError, TypeError, ValueError):
            if peer == "onednn":
                found.append("onednn (libdnnl)")
    return ", ".join(found)


def installed(peer):
    package = PEERS[peer]
    if package is None:
        try:
            ctypes.CDLL("libdnnl.so.2")
            return True
        except OSError:
            return False
    try:
        importlib.metadata.version(package)
        return True
    except importlib.metadata.PackageNotFoundError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default=".", help="regular expression over file and case")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--threads", default="", help="only these counts")
    parser.add_argument("--rounds", type=int, help="default: 5, with --base 15")
    parser.add_argument("--seconds", type=float, help="of an engine's turn: 0.1, with --base 0.05")
    parser.add_argument("--base", type=Path,
                        help="another build of dlc: its folder, or the folder of its programs")
    parser.add_argument("--busy", action="store_true",
                        help="beside a program that keeps one processor busy")
    parser.add_argument("--work", default="build/bench")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (15 if arguments.base else 5)
    arguments.seconds = arguments.seconds or (0.05 if arguments.base else 0.1)
    unknown = [p for p in arguments.peers.split(",") if p and p not in PEERS]
    if unknown:
        parser.error(f"no peer {', '.join(unknown)}; there are {', '.join(PEERS)}")
    peers = [p for p in arguments.peers.split(",") if p and installed(p)]
    work = Path(arguments.work).resolve()
    work.mkdir(parents=True, exist_ok=True)
    library = work / "measure.so"
    subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC",
                    str(HERE / "measure.c"), "-o", str(library)], check=True)
    os.environ["DLC_MEASURE"] = str(library)
    pattern = re.compile(arguments.cases)
    if arguments.busy:
        return busy.run(pattern, peers, arguments, work)
    wanted_threads = [int(t) for t in arguments.threads.split(",") if t]
    if arguments.base:
        return compare.run(pattern, wanted_threads, arguments, work)
    machine = Machine(library)
    versions = versions_of(peers)
    print(f"peers: {versions}")
    widths = [44, 8, 10, 10, 14, 7, 9, 11, 9, 11, 9, 7]
    print("".join(c.ljust(w) for c, w in zip(COLUMNS, widths)), flush=True)
    rows = []
    with open(work / "workers.log", "w") as log:
        for chosen in case_files.matching(pattern):
            counts = sorted({t for c in chosen for t in c.threads
                             if t <= len(os.sched_getaffinity(0))
                             and t in (wanted_threads or [t])})
            for threads in counts:
                workers = {e: Worker(e, threads, log) for e in ["dlc", *peers]}
                for case in chosen:
                    if threads not in case.threads:
                        continue
                    for engine, worker in workers.items():
                        # What a training step holds is measured in a new process.
                        if case.loss:
                            worker.end()
                        if worker.process.poll() is not None:
                            workers[engine] = Worker(engine, threads, log)
                    row = run_case(case, threads, workers, machine, arguments, work)
                    rows.append(row)
                    print("".join(c.ljust(w) for c, w in zip(cells(row), widths)),
                          flush=True)
                for worker in workers.values():
                    worker.end()
    (work / "results.json").write_text(json.dumps(
        {"peers": versions, "time": time.strftime("%Y-%m-%d"), "rows": rows}, indent=1))
    (work / "results.md").write_text(markdown(rows, versions))
    plot(rows, work / "results.png")
    print(summary(rows))


if __name__ == "__main__":
    main()
