"""`python -m dlc model.onnx -o model.so`, and the console scripts: dlc's own programs."""

import os
import sys

from ._compile import CompileError, find_program


def _run(name):
    try:
        program = find_program(name)
        os.execv(program, [program, *sys.argv[1:]])
    except (CompileError, OSError) as problem:
        sys.exit(f"{name}: {problem}")


def dlc():
    """The compiler."""
    _run("dlc")


def dlc_opt():
    """Passes alone."""
    _run("dlc-opt")


def dlc_run():
    """Libraries: what they have, on random or given data."""
    _run("dlc-run")


if __name__ == "__main__":
    dlc()
