# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Engines in processes of their own, of which one works while the others are stopped."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx

LIMIT = 300  # seconds of one reply


class Worker:
    """`variables` are added to the environment: DLC names the compiler of the engine `dlc`."""

    def __init__(self, engine, threads, log, processors=None, variables=None):
        self.engine = engine
        processors = processors or sorted(os.sched_getaffinity(0))[:threads]
        variables = {**os.environ, "OMP_NUM_THREADS": str(threads), **(variables or {})}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "worker.py"), engine, str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            env=variables, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, processors))

    def ask(self, limit, **command):
        """The reply, or one with `error`."""
        try:
            os.killpg(self.process.pid, signal.SIGCONT)
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], limit)
            line = self.process.stdout.readline() if ready else ""
        except (BrokenPipeError, ProcessLookupError):
            line = ""
        if not line:
            self.end()
            return {"error": "ended" if self.process.poll() is not None
                    else f"took more than {limit} s"}
        # Threads that spin after a call would take the next engine's time.
        os.killpg(self.process.pid, signal.SIGSTOP)
        return json.loads(line)

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def save(case, work):
    """The files of a case: its model, and its inputs."""
    model, inputs = work / "model.onnx", work / "inputs.npz"
    onnx.save(case.build(), model)
    np.savez(inputs, **{f"x{i}": a for i, a in enumerate(case.arrays)})
    return model, inputs


def load(case, workers, work, libraries=None):
    """Gives a case to all workers: their replies, and the answers of those without an error.

    Each compiles the model, where `libraries` does not name the one that it is to load.
    """
    model, inputs = save(case, work)
    replies, answers = {}, {}
    for number, (name, worker) in enumerate(workers.items()):
        output = work / f"answer-{number}.npy"
        replies[name] = worker.ask(LIMIT, load=str((libraries or {}).get(name, model)),
                                   inputs=str(inputs), output=str(output), work=str(work),
                                   precision=case.precision, loss=case.loss)
        if "error" not in replies[name]:
            answers[name] = np.load(output).astype(np.float64)
    return replies, answers


def compile_command(dlc, model, library, precision, loss):
    """How dlc compiles a case; the environment's DLC_FLAGS are added."""
    command = [dlc, model, "-o", library, f"--precision={precision}",
               *os.environ.get("DLC_FLAGS", "").split()]
    return command + (["--train", f"loss={loss}", "optimizer=adam"] if loss else [])


def difference(found, wanted):
    """The largest, relative to the largest value that is wanted."""
    if found.shape != wanted.shape:
        return float("inf")
    return float(np.max(np.abs(found - wanted)) / max(np.max(np.abs(wanted)), 1e-30))
