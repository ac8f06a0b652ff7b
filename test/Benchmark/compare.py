# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two builds of dlc in turn: has a change made anything slower, larger, or slower to compile?

Every row is compiled by both and timed by both in alternation within one run, so that what the
machine does otherwise falls on both. A ratio is that of the new build to the base: below 1 the new
one is faster. That of times is the median of the rounds' own ratios, with their quartiles; a row
whose quartiles both lie above 1.02 is told as slower. Compile times are the processor's, the least
of two where they are short. Any difference of the answers is told too.

Writes compare.json into the work folder.
"""

import itertools
import json
import math
import os
import statistics
import subprocess
import time

import cases as case_files
from engines import LIMIT, Worker, compile_command, difference, load, save

SIDES = "new", "base"
SLOWER = 1.02
SHORT = 3.0  # seconds of a compilation that is made twice


def find(folder):
    for path in (folder / "dlc", folder / "bin" / "dlc"):
        if path.is_file():
            return str(path.resolve())
    raise SystemExit(f"neither {folder}/dlc nor {folder}/bin/dlc is there")


def compile_once(dlc, model, library, case, log):
    """Processor seconds, or None where it failed."""
    process = subprocess.Popen(
        compile_command(dlc, model, library, case.precision, case.loss), stderr=log)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return None if process.returncode else used.ru_utime + used.ru_stime


def compile_both(case, compilers, work, number, log):
    """Of each side that compiles the case: its library, and the seconds that it took."""
    model, _ = save(case, work)
    # Of one name, which is in the library: equal compilers make equal bytes.
    libraries = {side: work / side / f"case{number}.so" for side in SIDES}
    for path in libraries.values():
        path.parent.mkdir(exist_ok=True)
    times = {side: [] for side in SIDES}
    for turn in SIDES, SIDES[::-1]:
        for side in turn:
            used = compile_once(compilers[side], model, libraries[side], case, log)
            if used is None:
                del libraries[side], times[side]
                return libraries, times
            times[side].append(used)
        if sum(t[0] for t in times.values()) > 2 * SHORT:
            break
    return libraries, {side: min(t) for side, t in times.items()}


def time_both(workers, arguments):
    """The rounds' times of a call by side; each side goes first in every other round."""
    times = {side: [] for side in SIDES}
    for number in range(arguments.rounds):
        for side in SIDES if number % 2 else SIDES[::-1]:
            reply = workers[side].ask(LIMIT, time=arguments.seconds)
            if "error" in reply:
                raise RuntimeError(f"{side}: {reply['error']}")
            times[side].append(reply["seconds"] / reply["calls"])
    return times


def compare(case, threads, workers, libraries, work, arguments):
    row = {"case": case.name, "group": case.group, "threads": threads,
           "bytes": {side: path.stat().st_size for side, path in libraries.items()}}
    replies, answers = load(case, workers, work, libraries)
    failed = [f"{side}: {r['error']}" for side, r in replies.items() if "error" in r]
    if failed:
        return row | {"error": "; ".join(failed)}
    try:
        times = time_both(workers, arguments)
    except RuntimeError as failure:
        return row | {"error": str(failure)}
    ratios = [new / base for new, base in zip(*(times[side] for side in SIDES))]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    return row | {"time": {side: statistics.median(t) for side, t in times.items()},
                  "ratio": ratio, "quartiles": [low, high],
                  "difference": difference(answers["new"], answers["base"])}


def rows_of(case, counts, workers, compilers, arguments, work, number, log):
    """A row for each count of threads; `workers` has what runs, by side and threads."""
    libraries, compiled = compile_both(case, compilers, work, number, log)
    for threads in counts:
        if len(libraries) < len(SIDES):
            yield {"case": case.name, "group": case.group, "threads": threads,
                   "error": "compiled by one alone, or by neither: workers.log"}
            continue
        for key in ((side, threads) for side in SIDES):
            if key not in workers or workers[key].process.poll() is not None:
                workers[key] = Worker("dlc", threads, log)
        yield compare(case, threads, {side: workers[side, threads] for side in SIDES},
                      libraries, work, arguments) | {
                          "compile": compiled["new"] / compiled["base"]}
    for path in work.glob(f"*/case{number}.*"):
        path.unlink()


def mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def line(row):
    name = f"{row['case']:<44}{row['threads']:>2}"
    if "error" in row:
        return f"{name}  {row['error']}"
    low, high = row["quartiles"]
    size = row["bytes"]["new"] / row["bytes"]["base"]
    same = f"  answers differ by {row['difference']:.0e}" if row["difference"] else ""
    return (f"{name}{1e6 * row['time']['base']:>12.2f}{1e6 * row['time']['new']:>12.2f}"
            f"{row['ratio']:>8.3f}  {low:5.3f}-{high:5.3f}{row['compile']:>9.2f}{size:>8.3f}{same}")


def summary(rows):
    timed = [row for row in rows if "ratio" in row]
    if not timed:
        return "no row was timed by both"
    slower = [row for row in timed if row["quartiles"][0] > SLOWER]
    sizes = [row["bytes"]["new"] / row["bytes"]["base"] for row in timed]
    lines = [f"{len(timed)} of {len(rows)} rows: geometric means of the new to the base: time "
             f"{mean([row['ratio'] for row in timed]):.3f}, compile time "
             f"{mean([row['compile'] for row in timed]):.3f}, library {mean(sizes):.3f}",
             f"{len(slower)} slower beyond what rounds differ by, "
             f"{sum(row['difference'] != 0 for row in timed)} with other answers; the worst:"]
    worst = sorted(timed, key=lambda row: row["ratio"], reverse=True)[:10]
    return "\n".join([*lines, *map(line, worst)])


def run(pattern, wanted_threads, arguments, work):
    compilers = {"new": os.environ["DLC"], "base": find(arguments.base)}
    print(f"new {compilers['new']}, base {compilers['base']}; microseconds, new to base")
    print(f"{'case':<44}{'':>2}{'base':>12}{'new':>12}{'ratio':>8}  {'quartiles':<11}"
          f"{'compile':>9}{'size':>8}", flush=True)
    begin, rows, numbers = time.monotonic(), [], itertools.count()
    with open(work / "workers.log", "w") as log:
        for chosen in case_files.matching(pattern):
            # A process keeps the libraries that it has loaded: one for each file of cases.
            workers = {}
            for case in chosen:
                counts = [t for t in case.threads if t <= len(os.sched_getaffinity(0))
                          and t in (wanted_threads or [t])]
                if counts:
                    for row in rows_of(case, counts, workers, compilers, arguments, work,
                                       next(numbers), log):
                        rows.append(row)
                        print(line(row), flush=True)
            for worker in workers.values():
                worker.end()
    (work / "compare.json").write_text(json.dumps({"rows": rows}, indent=1))
    print(summary(rows))
    print(f"{len(rows)} rows took {time.monotonic() - begin:.0f} s")
