"""The compiler as a function: runs the program `dlc`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


class CompileError(Exception):
    """The model was refused; the message is dlc's, with its places."""


# Where a wheel has the programs.
_CARRIED = Path(__file__).parent / "_bin"


def find_program(name):
    """The path of one of dlc's programs: beside $DLC, carried by the package, or on the PATH."""
    given = os.environ.get("DLC")
    if given:
        return given if name == "dlc" else str(Path(os.path.realpath(given)).parent / name)
    carried = _CARRIED / name
    if carried.exists():
        return str(carried)
    # Not the console script that asks.
    folders = [f for f in os.environ.get("PATH", "").split(os.pathsep)
               if f != os.path.dirname(sys.executable)]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if not found:
        raise CompileError(f"there is no program {name} on the PATH; install dlc's wheel, which "
                           "has it, or set the environment variable DLC to the compiler")
    return found


def find_compiler():
    """$DLC, the package's own, or `dlc` on the PATH."""
    return find_program("dlc")


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
