# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The compiler as a function. It runs the program `dlc`."""

from __future__ import annotations

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
from typing import TYPE_CHECKING, Any

from . import _cache
from ._progress import Bar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._compiled import CompiledLibrary


class CompileError(Exception):
    """The model was refused. The message is dlc's, with locations."""


# The programs of a wheel.
_CARRIED = Path(__file__).parent / "_bin"
# The targets of a library.
_TARGETS = ("cpu",)
# Options that read or write further files, or that write something other than a library.
_NOT_KEPT = ("--weights", "--parameters", "--tune", "--schedules", "--save-temps", "--emit",
             "--report", "--time-passes", "-v", "-o")


def find_program(name: str) -> str:
    """The path of one of dlc's programs: beside $DLC, in the package, or on the PATH."""
    given = os.environ.get("DLC")
    if given:
        return given if name == "dlc" else str(Path(os.path.realpath(given)).parent / name)
    carried = _CARRIED / name
    if carried.exists():
        return str(carried)
    # Not the console script that is asking.
    folders = [f for f in os.environ.get("PATH", "").split(os.pathsep)
               if f != os.path.dirname(sys.executable)]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if not found:
        raise CompileError(f"there is no program {name} on the PATH; install dlc's wheel, which "
                           "has it, or set the environment variable DLC to the compiler")
    return found


def find_compiler() -> str:
    """The compiler: $DLC, that of the package, or `dlc` on the PATH."""
    return find_program("dlc")


# The stages of `dlc --progress`, each with the share of the time that has passed before it.
# Rounded, in percent, from ResNet-50, MobileNet, a transformer and an LSTM.
_STAGES = {"parse": 0, "tosa": 1, "define": 1, "parameters": 1, "training": 1, "simplify": 2,
           "linalg": 5, "schedule": 10, "vector": 11, "llvm dialect": 45, "weights": 55,
           "translate": 56, "optimise and machine code": 58, "link": 99}


def run(command: Sequence[Any], progress: bool | None = None) -> str:
    """Runs dlc with these arguments and returns its output. Ctrl-C ends it.

    progress: whether to draw a bar of the stages (None: on a terminal or in a notebook, after a
    second).
    """
    command = [find_compiler(), *map(str, command), "--progress"]
    said = []
    try:
        with Bar(100, "compile", "%", progress, after=1.0) as bar, \
                tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed, \
                subprocess.Popen(command, stdout=printed, stderr=subprocess.PIPE,
                                 encoding="utf-8", errors="replace") as process:
            try:
                assert process.stderr is not None
                for line in process.stderr:
                    word, _, stage = line.rstrip("\n").partition("stage: ")
                    if word or not stage:
                        said.append(line)
                    else:
                        bar.to(_STAGES.get(stage, 0), stage)
            except BaseException:
                process.kill()
                raise
            process.wait()
            printed.seek(0)
            output = printed.read()
    except OSError as error:
        raise CompileError(f"cannot run {command[0]}: {error}") from error
    told = "".join(said).strip()
    if process.returncode != 0:
        raise CompileError(told or f"dlc ended with status {process.returncode}")
    if "warning:" in told:
        warnings.warn(told, stacklevel=3)
    return output


class Source:
    """A model as a file: the original one, or a temporary one."""

    def __init__(self, content: bytes, name: str, path: Path | None = None) -> None:
        self._content, self._name, self._path = content, name, path

    @contextmanager
    def file(self) -> Iterator[Path]:
        if self._path:
            yield self._path
            return
        with tempfile.TemporaryDirectory(prefix="dlc-") as folder:
            path = Path(folder) / self._name
            path.write_bytes(self._content)
            yield path


def _module(model: Any, learns: bool) -> Any:
    """The dlc.ir.Module of a model that has one, otherwise the model itself."""
    if any(c.__module__.split(".")[0] == "keras" for c in type(model).__mro__):
        from . import keras
        return keras.to_module(model, learns)
    if learns and any(c.__module__.startswith("dlc.layers") for c in type(model).__mro__):
        return model.to_module(learns)
    return model.to_module() if hasattr(model, "to_module") else model  # dlc.layers, dlc.from_...


def read(model: Any) -> tuple[bytes, str, Path | None]:
    """(content, suffix, path) of a model: bytes, .mlir or .onnx, and the path if it is a file."""
    if isinstance(model, str) and ("\n" in model or "func.func" in model):
        return model.encode(), ".mlir", None
    if isinstance(model, (str, os.PathLike)):
        path = Path(model)
        try:
            return path.read_bytes(), path.suffix, path
        except OSError:  # dlc reports what is wrong with it
            return b"", path.suffix, path
    if isinstance(model, (bytes, bytearray)):
        return bytes(model), ".onnx", None
    if hasattr(model, "SerializeToString"):  # onnx.ModelProto
        return model.SerializeToString(), ".onnx", None
    if hasattr(model, "text"):  # dlc.ir.Module
        return model.text().encode(), ".mlir", None
    if isinstance(model, str) or not hasattr(model, "state_dict"):
        raise CompileError(
            f"the model is a {type(model).__name__}, expected the path of a .onnx or .mlir file, "
            "the text of MLIR, an onnx.ModelProto, a dlc.ir.Module, a Keras model or one of "
            "dlc's")
    raise CompileError("the model is a module of PyTorch, which needs an example of its inputs: "
                       "dlc.from_torch(module, example)")


def _compiler_identity() -> str:
    program = os.path.realpath(find_compiler())
    try:
        about = os.stat(program)
    except OSError as error:
        raise CompileError(f"cannot run {program}: {error}") from error
    return f"{program} {about.st_mtime_ns} {about.st_size}"


@functools.lru_cache(None)
def _processor() -> str:
    """Describes the processor, on which native code depends."""
    try:
        text = Path("/proc/cpuinfo").read_text()
        return "\n".join(sorted({line for line in text.splitlines() if line.startswith(
            ("flags", "model name", "Features", "CPU part"))}))
    except OSError:
        return platform.processor()


def _training(train: dict[str, Any] | str | Iterable[str] | None) -> list[str]:
    """The arguments of --train from a dictionary, a text or several texts."""
    if train is None:
        return []
    if isinstance(train, dict):
        train = [f"{k}={','.join(map(str, v)) if isinstance(v, (list, tuple)) else v}"
                 for k, v in train.items()]
    return ["--train", *(train.split() if isinstance(train, str) else train)]


def compile(model: Any, output: str | os.PathLike[str] | None = None, *, target: str = "cpu",
            cpu: str = "native", level: int = 3, precision: str = "f32",
            train: dict[str, Any] | str | Iterable[str] | None = None, threads: int = 0,
            options: Iterable[object] = (), progress: bool | None = None) -> CompiledLibrary:
    """Compiles a model and returns its library, whose functions take and return arrays.

    model: path of a .onnx or .mlir file, MLIR text, an onnx.ModelProto or its bytes, a
    dlc.ir.Module, a Keras model, or a model of dlc.layers or dlc.from_....
    output: path of the library; the C header is written next to it with suffix .h. Without it, both
    are kept in a cache ($DLC_CACHE, `off` for none; docs/python.md), and an earlier result is found
    there.
    target: what runs the library; only "cpu" exists.
    cpu: processor to compile for, as in `dlc --cpu`.
    level: 0 to 3, as in `dlc -O`.
    precision: "f32", or "bf16" for products with rounded operands and sums in f32, as in `dlc
    --precision`.
    train: the arguments of `dlc --train`, as a dictionary or text: {"loss": "mse"}. Weights of
    layers with trainable = False do not change, unless `frozen` names other ones.
    threads: maximum number of threads of a call, as in `dlc.load`.
    options: further arguments of dlc.
    progress: True or False for a progress bar of the stages. By default there is one on a terminal
    and in a notebook, if tqdm is installed and compilation takes more than a second.

    Raises CompileError if dlc refuses the model or cannot be run.
    """
    from ._compiled import CompiledLibrary
    if target not in _TARGETS:
        raise CompileError(f"target '{target}', expected {' or '.join(_TARGETS)}")
    model = _module(model, train is not None)
    content, suffix, path = read(model)
    learns = _training(train)
    frozen = getattr(model, "frozen", ())
    if learns and frozen and not any(w.startswith("frozen=") for w in learns):
        learns.append(f"frozen={','.join(frozen)}")
    share = getattr(model, "averaging", None)
    if learns and share is not None and not any(w.startswith("averaging=") for w in learns):
        learns.append(f"averaging={share}")
    words = [f"--cpu={cpu}", f"-O{level}", f"--precision={precision}", *learns,
             *map(str, options)]
    stem = Path(output).stem if output else path.stem if path else "model"
    source = Source(content, f"{stem}{suffix}", path)
    if output:
        with source.file() as file:
            run([file, "-o", output, *words], progress)
        return CompiledLibrary(output, source, words, threads)

    def make(folder: Path) -> None:
        with source.file() as file:
            run([file, "-o", folder / f"{stem}.so", *words], progress)

    # The key does not cover the contents of other files.
    kept = content and not (suffix == ".onnx" and b"location" in content) and not any(
        w.split("=")[0] in _NOT_KEPT for w in words)
    name = _cache.key(_compiler_identity(), _processor(), stem, suffix, content,
                      os.environ.get("DLC_OPTIONS", ""), *words) if kept else None
    entry = _cache.entry(name, make, holds=[f"{stem}.so", f"{stem}.h"])
    return CompiledLibrary(entry.path / f"{stem}.so", source, words, threads, entry)
