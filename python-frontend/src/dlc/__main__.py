# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`python -m dlc model.onnx -o model.so`, and the console scripts: dlc's own programs."""

from __future__ import annotations

import os
import sys

from ._compile import CompileError, find_program


def _run(name: str) -> None:
    try:
        program = find_program(name)
        os.execv(program, [program, *sys.argv[1:]])
    except (CompileError, OSError) as problem:
        sys.exit(f"{name}: {problem}")


def dlc() -> None:
    """The compiler."""
    _run("dlc")


def dlc_opt() -> None:
    """Passes alone."""
    _run("dlc-opt")


def dlc_run() -> None:
    """Libraries: what they have, on random or given data."""
    _run("dlc-run")


if __name__ == "__main__":
    dlc()
