# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs dlc and classifies its messages."""

import os
import re
import resource
import signal
import subprocess
import time
from dataclasses import dataclass

# Of a processor. The slowest model that is drawn takes 26 on a slow machine: a stack of recurrent
# layers whose buffers are all separate.
SECONDS = 60
MEMORY = 8 << 30

INTERNAL = re.compile(
    r"error: '(?:llvm|scf|cf|memref|vector|tensor|linalg|bufferization|arith|affine|"
    r"builtin|func|math|index|ub)\.|unrealized_conversion_cast|failed to legalize|"
    r"[Aa]ssertion|dlc crashed|PLEASE submit|Stack dump|using value defined outside|"
    r"does not dominate|operand #\d+ does not|LLVM ERROR|verif(?:y|ication) failed|"
    r"UNREACHABLE|AddressSanitizer|runtime error:|bad_alloc|internal|"
    r"undefined symbol")
# Messages about ops that users may write, although they look internal.
FOR_USERS = re.compile(r"error: '[\w.]+' op has no derivative")


@dataclass
class Compiled:
    """kind: compiled, refused, internal (a message that is not for users), crashed, hang or memory;
    `text`: the output of the compiler."""
    kind: str
    text: str = ""
    seconds: float = 0.0


def run(command, wall=4 * SECONDS, processor=SECONDS, memory=MEMORY):
    """Runs a compiler with limits of wall time, processor time, and memory."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if "ASAN_OPTIONS" not in os.environ:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    begun = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, preexec_fn=limit,
                              timeout=wall, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return Compiled("hang", f"more than {wall} s", wall)
    seconds = time.monotonic() - begun
    text = done.stderr.decode(errors="replace")
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return Compiled("hang", f"more than {processor} s of processor time\n{text}", seconds)
    if "out of memory" in text.lower() or "bad_alloc" in text:
        return Compiled("memory", text, seconds)
    if done.returncode < 0 or done.returncode > 1 or "crashed" in text:
        return Compiled("crashed", f"status {done.returncode}\n{text}", seconds)
    if done.returncode == 0:
        return Compiled("compiled", text, seconds)
    if not text.strip():
        return Compiled("internal", "no message", seconds)
    is_internal = INTERNAL.search(FOR_USERS.sub("", text))
    return Compiled("internal" if is_internal else "refused", text, seconds)


def message_class(text):
    """The first error, without what differs from model to model."""
    line = next((l for l in text.splitlines() if "error" in l or "crash" in l),
                text.strip().splitlines()[0] if text.strip() else "")
    line = re.sub(r"\S*/\S*?(?::\d+:\d+)?: |error: ", "", line)
    line = re.sub(r"(?:node )?'[^']*'|\"[^\"]*\"|tensor<[^>]*>|\[[^\]]*\]", "_", line)
    line = re.sub(r"-?\d+", "N", line)
    line = re.sub(r"\(_?[^()]*, ?output[^()]*\)", "", line)
    return line[:160]
