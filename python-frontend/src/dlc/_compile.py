"""The compiler as a function: runs the program `dlc`."""

import os
import shutil
import subprocess
from pathlib import Path


class CompileError(Exception):
    """The model was refused; the message is dlc's, with its places."""


def find_compiler():
    """$DLC, or `dlc` on the PATH."""
    given = os.environ.get("DLC")
    if given:
        return given
    found = shutil.which("dlc")
    if not found:
        raise CompileError(
            "there is no program dlc on the PATH; install it or set the "
            "environment variable DLC to it")
    return found


def compile(model, output=None, *, cpu="native", level=3, precision="f32",
            options=()):
    """Compiles a model file into a library and returns the library's path.

    model: path of a .onnx or .mlir file.
    output: where to write; default: beside the model, with suffix .so. The C
        header goes to the same place with suffix .h.
    cpu: processor to compile for, as `dlc --cpu`.
    level: 0 to 3, as `dlc -O`.
    precision: "f32", or "bf16" for products with rounded operands and sums of
        f32, as `dlc --precision`.
    options: further arguments of dlc.

    Raises CompileError where dlc refuses the model or cannot be run.
    """
    model = Path(model)
    output = Path(output) if output else model.with_suffix(".so")
    command = [find_compiler(), str(model), "-o", str(output), f"--cpu={cpu}",
               f"-O{level}", f"--precision={precision}", *options]
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise CompileError(f"cannot run {command[0]}: {error}") from error
    if result.returncode != 0:
        raise CompileError(result.stderr.strip() or
                           f"dlc ended with status {result.returncode}")
    return output
