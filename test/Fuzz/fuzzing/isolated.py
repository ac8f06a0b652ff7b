# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a function in a forked process, so that its crash is just a result."""

import os
import pickle
import select
import signal
import struct
import time
import traceback


class Died(Exception):
    """The process ended without an answer.

    phase: the last one that it reported; signal: what ended it, None if it exceeded the time."""

    def __init__(self, phase, number):
        self.phase = phase
        self.signal = None if number is None else number
        try:
            name = "time out" if number is None else signal.Signals(number).name
        except ValueError:
            name = f"exit {number}"
        super().__init__(f"{name} while {phase}")


def _send(pipe, kind, value):
    data = pickle.dumps((kind, value))
    os.write(pipe, struct.pack("<Q", len(data)))
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view):]


def _receive(pipe, deadline):
    def take(count):
        parts = []
        while count:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise TimeoutError
            part = os.read(pipe, min(count, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)
    return pickle.loads(take(struct.unpack("<Q", take(8))[0]))


def run(function, *arguments, seconds=30):
    """Runs function(tell, *arguments) in a child; tell(phase) names what comes next.

    Returns its result, raises what it raises, or Died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.dup2(null, 1)
        try:
            try:
                result = function(lambda phase: _send(writing, "phase", phase),
                                  *arguments)
                _send(writing, "result", result)
            except BaseException as problem:  # pylint: disable=broad-except
                _send(writing, "raised", (type(problem).__name__, str(problem),
                                          traceback.format_exc()))
        finally:
            os._exit(0)
    os.close(writing)
    deadline, phase, answer = time.monotonic() + seconds, "starting", None
    try:
        while answer is None:
            kind, value = _receive(reading, deadline)
            if kind == "phase":
                phase = value
            else:
                answer = kind, value
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise Died(phase, None) from None
    except EOFError:
        pass
    finally:
        os.close(reading)
    status = os.waitpid(child, 0)[1]
    if answer is None:
        raise Died(phase, os.WTERMSIG(status) if os.WIFSIGNALED(status)
                   else os.WEXITSTATUS(status))
    if answer[0] == "raised":
        raise Raised(*answer[1])
    return answer[1]


class Raised(Exception):
    """What the function raised in the child."""

    def __init__(self, name, message, trace):
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.trace = name, message, trace
