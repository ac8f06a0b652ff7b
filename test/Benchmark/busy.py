# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls on all processors while another program keeps one of them busy.

Each engine runs in turns on one thread and on as many as there are processors, both free to use any
of them; every call is timed. The table has the medians and 90th percentiles of both, and the ratio
of many threads to one. If the busy processor is one of two, a ratio near 1 is the best possible; a
pool that waits for it is far above.
"""

import multiprocessing
import os
import statistics

import cases as case_files
from engines import LIMIT, Worker, load


def _spin(processor):
    os.sched_setaffinity(0, {processor})
    while True:
        pass


def _quantile(times, share):
    return sorted(times)[int(share * (len(times) - 1))]


def _measure(case, workers, arguments, work):
    """For each worker: its times in all rounds, or an error."""
    replies, _ = load(case, workers, work)
    errors = {key: reply["error"] for key, reply in replies.items() if "error" in reply}
    times = {key: [] for key in workers if key not in errors}
    for _ in range(arguments.rounds):
        for key in list(times):
            reply = workers[key].ask(LIMIT, each=max(arguments.seconds, 1))
            if "error" in reply:
                errors[key] = reply["error"]
                del times[key]
            else:
                times[key].append(reply["times"])
    return times, errors


def run(pattern, peers, arguments, work):
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        raise SystemExit("one processor alone: nothing is left beside a busy one")
    spinning = multiprocessing.Process(target=_spin, args=(processors[-1],), daemon=True)
    spinning.start()
    print(f"processor {processors[-1]} of {len(processors)} is busy; milliseconds")
    row = "{:<44}{:<16}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}"
    print(row.format("case", "engine", "1: med", "90 %", f"{len(processors)}: med", "90 %",
                     "ratio", "90 %"), flush=True)
    with open(work / "workers.log", "w") as log:
        for chosen in case_files.matching(pattern):
            for case in chosen:
                workers = {(engine, threads): Worker(engine, threads, log, processors)
                           for engine in ["dlc", *peers] for threads in (1, len(processors))}
                times, errors = _measure(case, workers, arguments, work)
                for engine in ["dlc", *peers]:
                    keys = [(engine, 1), (engine, len(processors))]
                    if any(key in errors for key in keys):
                        print(case.name, engine, *(errors[k] for k in keys if k in errors))
                        continue
                    # The speed of the machine drifts, so ratios are taken within a round.
                    ratios = [statistics.median(_quantile(b, q) / _quantile(a, q)
                                                for a, b in zip(*(times[k] for k in keys)))
                              for q in (0.5, 0.9)]
                    cells = [1e3 * _quantile(sum(times[key], []), q)
                             for key in keys for q in (0.5, 0.9)]
                    print(row.format(case.name, engine, *(f"{c:.3f}" for c in cells),
                                     *(f"{r:.2f}" for r in ratios)), flush=True)
                for worker in workers.values():
                    worker.end()
    spinning.kill()
