"""The compiler as a function: runs the program `dlc`."""

import functools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

from . import _cache


class CompileError(Exception):
    """The model was refused; the message is dlc's, with its places."""


# Where a wheel has the programs.
_CARRIED = Path(__file__).parent / "_bin"
# What reads or writes files of its own, or writes something else than a library.
_NOT_KEPT = ("--weights", "--parameters", "--tune", "--save-temps", "--emit", "--report",
             "--time-passes", "-v", "-o")


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


def run(command):
    """Runs dlc with these words and returns what it printed; Ctrl-C ends it."""
    command = [find_compiler(), *map(str, command)]
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise CompileError(f"cannot run {command[0]}: {error}") from error
    if result.returncode != 0:
        raise CompileError(result.stderr.strip() or
                           f"dlc ended with status {result.returncode}")
    if "warning:" in result.stderr:
        warnings.warn(result.stderr.strip(), stacklevel=3)
    return result.stdout


class Source:
    """A model as a file: the one that it came from, or a temporary one."""

    def __init__(self, content, name, path=None):
        self._content, self._name, self._path = content, name, path

    @contextmanager
    def file(self):
        if self._path:
            yield self._path
            return
        with tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            path = Path(folder) / self._name
            path.write_bytes(self._content)
            yield path


def read(model):
    """(content, suffix, path) of a model: bytes, .mlir or .onnx, and the file if it is one."""
    if isinstance(model, str) and ("\n" in model or "func.func" in model):
        return model.encode(), ".mlir", None
    if isinstance(model, (str, os.PathLike)):
        path = Path(model)
        try:
            return path.read_bytes(), path.suffix, path
        except OSError:  # dlc says what is wrong with it
            return b"", path.suffix, path
    if isinstance(model, (bytes, bytearray)):
        return bytes(model), ".onnx", None
    if hasattr(model, "SerializeToString"):  # onnx.ModelProto
        return model.SerializeToString(), ".onnx", None
    if any(c.__module__.split(".")[0] == "keras" for c in type(model).__mro__):
        from . import keras
        model = keras.to_module(model)
    if hasattr(model, "to_module"):  # of dlc.layers, dlc.from_...
        model = model.to_module()
    if hasattr(model, "text"):  # dlc.ir.Module
        return model.text().encode(), ".mlir", None
    if isinstance(model, str) or not hasattr(model, "state_dict"):
        raise CompileError(
            f"the model is a {type(model).__name__}, expected the path of a .onnx or .mlir file, "
            "the text of MLIR, an onnx.ModelProto, a dlc.ir.Module, a Keras model or one of "
            "dlc's")
    raise CompileError("the model is a module of PyTorch, which needs an example of its inputs: "
                       "dlc.from_torch(module, example)")


def _compiler_identity():
    program = os.path.realpath(find_compiler())
    try:
        about = os.stat(program)
    except OSError as error:
        raise CompileError(f"cannot run {program}: {error}") from error
    return f"{program} {about.st_mtime_ns} {about.st_size}"


@functools.lru_cache(None)
def _processor():
    """What native code depends on."""
    try:
        text = Path("/proc/cpuinfo").read_text()
        return "\n".join(sorted({line for line in text.splitlines() if line.startswith(
            ("flags", "model name", "Features", "CPU part"))}))
    except OSError:
        return platform.processor()


def _training(train):
    """The words of --train of a dictionary, a text or several texts."""
    if train is None:
        return []
    if isinstance(train, dict):
        train = [f"{k}={','.join(map(str, v)) if isinstance(v, (list, tuple)) else v}"
                 for k, v in train.items()]
    return ["--train", *(train.split() if isinstance(train, str) else train)]


def compile(model, output=None, *, cpu="native", level=3, precision="f32", train=None,
            threads=0, options=()):
    """Compiles a model and returns its library, whose functions take and give arrays.

    model: path of a .onnx or .mlir file, the text of MLIR, an onnx.ModelProto or its bytes,
        a dlc.ir.Module, a Keras model, a model of dlc.layers or of dlc.from_....
    output: where to write the library; the C header goes to the same place with suffix .h.
        Without it both lie in a cache ($DLC_CACHE, `off` for none; docs/python.md) and
        what was compiled before is found there.
    cpu: processor to compile for, as `dlc --cpu`.
    level: 0 to 3, as `dlc -O`.
    precision: "f32", or "bf16" for products with rounded operands and sums of
        f32, as `dlc --precision`.
    train: what `dlc --train` takes, as a dictionary or text: {"loss": "mse"}.
    threads: threads of the library's calls at most, as in `dlc.load`.
    options: further arguments of dlc.

    Raises CompileError where dlc refuses the model or cannot be run.
    """
    from ._compiled import CompiledLibrary
    content, suffix, path = read(model)
    words = [f"--cpu={cpu}", f"-O{level}", f"--precision={precision}", *_training(train),
             *map(str, options)]
    stem = Path(output).stem if output else path.stem if path else "model"
    source = Source(content, f"{stem}{suffix}", path)
    if output:
        with source.file() as file:
            run([file, "-o", output, *words])
        return CompiledLibrary(output, source, words, threads)

    def make(folder):
        with source.file() as file:
            run([file, "-o", folder / f"{stem}.so", *words])

    # What lies in other files is not in the key.
    kept = content and not (suffix == ".onnx" and b"location" in content) and not any(
        w.split("=")[0] in _NOT_KEPT for w in words)
    name = _cache.key(_compiler_identity(), _processor(), stem, suffix, content, *words) if kept else None
    entry = _cache.entry(name, make, holds=[f"{stem}.so", f"{stem}.h"])
    return CompiledLibrary(entry.path / f"{stem}.so", source, words, threads, entry)
