# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains a library that `dlc --train` made.

    dlc-train model.so --input x.npy --target y.npy --epochs 20 --validation 0.1

The same from Python:

    history = dlc.train.fit(dlc.load("model.so"), [x], y, epochs=20)
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import data
from ._compile import CompileError, compile
from ._feed import ArrayFeed
from ._history import Epochs, curves, text_curves
from ._library import LibraryError, load
from ._progress import Bar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from ._compiled import CompiledLibrary
    from ._library import Library

    _Arrays = Sequence[npt.NDArray[Any]]
    _Best = tuple[float, dict[str, npt.NDArray[Any]] | None]
    _Report = Callable[[int, int | None, int, dict[str, float]], object]


class TrainingError(Exception):
    """Training cannot continue. The message says at which step and why."""


def _write_atomically(path: Path, text: str) -> None:
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(temporary, path)


class _Sets:
    """The training examples and the held-out ones."""

    def __init__(self, arrays: _Arrays, held: int, seed: int) -> None:
        count = len(arrays[0])
        order = np.random.default_rng([seed, 0]).permutation(count)
        kept = count - held
        self.count = kept
        self.training = [a[order[:kept]] for a in arrays] if held else arrays
        self.held = [a[order[kept:]] for a in arrays] if held else None


def _check(model: Library | CompiledLibrary, inputs: Sequence[npt.ArrayLike],
           target: npt.ArrayLike) -> list[npt.NDArray[Any]]:
    """All arrays as the step takes them."""
    for name in ("step", "evaluate"):
        if name not in model.functions:
            raise TrainingError(f"{model.path} has no function '{name}'; compile it with "
                                "dlc --train")
    step = model.functions["step"]
    given, wanted = [*inputs, target], step.inputs
    if len(given) != len(wanted):
        raise TrainingError(f"{len(inputs)} inputs given, the model takes {len(wanted) - 1}: "
                            f"{', '.join(a.name for a in wanted[:-1])}")
    names = [f"input {i}" for i in range(len(inputs))] + ["the target"]
    arrays = [data.fit(np.asarray(a), w, n) for a, w, n in zip(given, wanted, names)]
    counts = {len(a) for a in arrays}
    if len(counts) != 1 or 0 in counts:
        raise TrainingError("inputs and target have " +
                            ", ".join(str(len(a)) for a in arrays) +
                            " examples, expected as many of each, 1 or more")
    return arrays


def evaluate(model: Library | CompiledLibrary, arrays: _Arrays, batch: int) -> dict[str, float]:
    """Mean loss and metrics over examples, by name."""
    function = model.functions["evaluate"]
    totals: Any = None
    count = len(arrays[0])
    for start in range(0, count, batch):
        part = [a[start:start + batch] for a in arrays]
        values = function(*part)
        values = np.array(values if isinstance(values, tuple) else (values,), np.float64)
        values *= len(part[0])
        totals = values if totals is None else totals + values
    return dict(zip([o.name for o in function.outputs], (totals / count).tolist()))


def fit(model: Library | CompiledLibrary, inputs: Sequence[npt.ArrayLike], target: npt.ArrayLike, *,
        epochs: int = 10, batch: int = 32, seed: int = 0, validation: float = 0.0,
        initialize: bool = True, checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False, patience: int = 0, report: _Report | None = None) -> Epochs:
    """Trains for some epochs and returns the history: a list of one dict per epoch.

    model: a library with step and evaluate (`dlc --train`).
    inputs: a list of arrays, one per input of the model; target: an array. Their first dimension is
    the examples.
    validation: the share of examples that are held out, from 0 to less than 1.
    seed: of the initial weights, of the choice of held-out examples and of the order of examples,
    which differs in each epoch.
    initialize: whether to begin with new weights; otherwise with those of the model.
    checkpoint: a .safetensors file for the whole state after each epoch; a .json file next to it
    has the history. resume: continue from there; the result has the same bits as that of a training
    that never stopped.
    patience: stop after this many epochs without a better loss (on held-out examples, if there are
    any), with the best state; 0: never.
    report: a function called with (epoch, done, count, values) after each step, and with done =
    None and the record of the epoch after each epoch.

    Raises TrainingError, and LibraryError if the library refuses a call.
    """
    if not 0 <= validation < 1:
        raise TrainingError(f"validation {validation}, expected 0 to less than 1")
    if epochs < 0 or batch < 1 or patience < 0:
        raise TrainingError(f"epochs {epochs}, batch {batch} and patience {patience}, expected 0, "
                            "1 and 0 or more")
    arrays = _check(model, inputs, target)
    step = model.functions["step"]
    fixed = [a.shape[0] for a in step.inputs if a.shape and a.shape[0] is not None]
    if fixed:
        batch = fixed[0]
    held = int(round(len(arrays[0]) * validation))
    sets = _Sets(arrays, held, seed)
    if sets.count < (batch if fixed else 1):
        raise TrainingError(f"{sets.count} examples are left to learn from, the model takes "
                            f"batches of {batch}")
    names = [o.name for o in step.outputs]
    feed = ArrayFeed(step, sets.training, batch)
    settings = {"batch": batch, "seed": seed, "validation": validation,
                "examples": len(arrays[0])}
    history, waited = Epochs(), 0
    best: _Best | None = None
    file = Path(checkpoint) if checkpoint else None
    if resume:
        history, best, waited = _resume(model, file, settings)
    elif initialize:
        model.functions["initialize"](np.array(seed, np.int64))
    for epoch in range(len(history), epochs):
        if patience and waited >= patience:
            break
        order = np.random.default_rng([seed, epoch + 1]).permutation(sets.count)
        last = sets.count // batch * batch if fixed else sets.count
        totals, seen, begin = np.zeros(len(names)), 0, time.monotonic()
        for number, (count, call) in enumerate(feed.batches(order[:last]), 1):
            try:
                call()
            except LibraryError as error:
                raise TrainingError(f"epoch {epoch + 1}, step {number}: {error}") from error
            values = np.array(call.outputs, np.float64)
            if not np.isfinite(values[0]):
                raise TrainingError(
                    f"epoch {epoch + 1}, step {number}: the loss is {values[0]}; a smaller rate "
                    "or clip-norm may help, and dlc --check-finite tells the first op that is to "
                    "blame")
            totals += values * count
            seen += count
            if report:
                report(epoch, seen, sets.count, dict(zip(names, totals / seen)))
        record: dict[str, float] = {"epoch": epoch + 1,
                                    **dict(zip(names, (totals / seen).tolist()))}
        if sets.held is not None:
            record.update({f"validation_{k}": v
                           for k, v in evaluate(model, sets.held, batch).items()})
        record["seconds"] = time.monotonic() - begin
        history.append(record)
        score = record.get("validation_loss", record["loss"])
        if best is None or score < best[0]:
            best, waited = (score, dict(model.state.items()) if patience else None), 0
        else:
            waited += 1
        if file:
            _save(model, file, settings, history, best[0], waited, patience > 0 and waited == 0)
        if report:
            report(epoch, None, sets.count, record)
    if patience and waited >= patience and best and best[1] is not None:
        for name, value in best[1].items():
            model.state[name] = value
    return history


def _best_file(checkpoint: Path) -> Path:
    return checkpoint.with_suffix(".best.safetensors")


def _save(model: Library | CompiledLibrary, checkpoint: Path, settings: dict[str, float],
          history: Epochs, best: float, waited: int, is_best: bool) -> None:
    model.save(checkpoint)
    if is_best:
        model.save(_best_file(checkpoint))
    _write_atomically(checkpoint.with_suffix(".json"), json.dumps(
        {"settings": settings, "history": history, "best": best, "waited": waited,
         "step": int(model.state["training.random"][1])}, indent=1))


def _resume(model: Library | CompiledLibrary, checkpoint: Path | None,
            settings: dict[str, float]) -> tuple[Epochs, _Best, int]:
    if not checkpoint:
        raise TrainingError("nothing to resume from: no checkpoint is named")
    try:
        notes = json.loads(checkpoint.with_suffix(".json").read_text())
        history = notes["history"]
        for key, value in settings.items():
            if notes["settings"][key] != value:
                raise TrainingError(f"{checkpoint} was made with {key} "
                                    f"{notes['settings'][key]}, now it is {value}")
        best, waited, steps = notes["best"], notes["waited"], notes["step"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"cannot resume from {checkpoint.with_suffix('.json')}: "
                            f"{error}") from None
    kept = None
    if _best_file(checkpoint).is_file():
        model.restore(_best_file(checkpoint))
        kept = dict(model.state.items())
    model.restore(checkpoint)
    if int(model.state["training.random"][1]) != steps:
        raise TrainingError(f"{checkpoint} is of step {model.state['training.random'][1]}, its "
                            f".json file of step {steps}: they do not belong together")
    return Epochs(history), (best, kept), waited


def plot(history: Sequence[dict[str, float]], path: str | os.PathLike[str] | None = None,
         width: int = 64, height: int = 12) -> str:
    """Draws the losses by epoch: with matplotlib to a file (.png, .svg, .pdf), or as text without a
    path."""
    lines: dict[str, list[float]] = {
        name: [r[name] for r in history] for name in ("loss", "validation_loss")
        if history and name in history[0]}
    if not path:
        return text_curves(lines, width, height)
    from matplotlib.figure import Figure  # needs no display
    figure = Figure(figsize=(7, 4), layout="constrained")
    curves(lines, figure.subplots())
    figure.savefig(path, dpi=120)
    return ""


class Progress:
    """Where `fit` reports to: a line per epoch, and a progress bar if output is visible.

    finished: the number of finished epochs.
    """

    def __init__(self, epochs: int, quiet: bool = False, bars: bool = True) -> None:
        self.epochs, self.quiet, self.bars = epochs, quiet, bars
        self.bar: Bar | None = None
        self.finished = 0

    def __call__(self, epoch: int, done: int | None, count: int,
                 values: dict[str, float]) -> None:
        self.finished += done is None
        if self.quiet:
            return
        if done is None:
            if self.bar is not None:
                self.bar.close()
                self.bar = None
            seconds = values["seconds"]
            shown = "  ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in values.items()
                              if k not in ("epoch", "seconds"))
            print(f"epoch {epoch + 1}/{self.epochs}  {shown}  "
                  f"{count / max(seconds, 1e-9):.0f} examples/s", flush=True)
            return
        if self.bar is None:
            self.bar = Bar(count, f"epoch {epoch + 1}/{self.epochs}", "examples",
                           None if self.bars else False)
        self.bar.to(done, values)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dlc-train", description="Trains a library that dlc --train made. Files of data: "
        ".npy, .npz (file.npz:name), .csv (columns file.csv:0-3 or file.csv:name; words become "
        "numbers), idx (also .gz).")
    parser.add_argument("model", help="the library (.so), or a model (.mlir, .onnx) to compile "
                        "with the words of --train")
    parser.add_argument("--train", nargs="+", default=[], metavar="key=value",
                        help="for a model: loss=... optimizer=... as dlc --train takes them")
    parser.add_argument("--input", action="append", default=[], required=True, metavar="file",
                        help="examples for the next input; repeat it")
    parser.add_argument("--target", required=True, metavar="file")
    parser.add_argument("--divide", type=float, default=1, metavar="n",
                        help="divide the first input by this (255 for bytes)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--validation", type=float, default=0, metavar="share",
                        help="of the examples to hold back")
    parser.add_argument("--keep-weights", action="store_true",
                        help="begin with the weights of the model")
    parser.add_argument("--checkpoint", metavar="file.safetensors",
                        help="the state after each epoch, with a .json file beside it")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--patience", type=int, default=0, metavar="epochs",
                        help="stop after so many without a better loss")
    parser.add_argument("--save", metavar="file.safetensors", help="the last state")
    parser.add_argument("--curve", metavar="file.png", help="a picture of the losses")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args(arguments)


def _check_outputs(options: argparse.Namespace) -> None:
    """Refuses before training what could not be written after it."""
    for name in ("save", "checkpoint", "curve"):
        path = getattr(options, name)
        if path and (Path(path).is_dir() or not Path(path).resolve().parent.is_dir()):
            raise TrainingError(f"--{name} {path} cannot be written: " +
                                ("it is a folder" if Path(path).is_dir() else
                                 f"there is no folder {Path(path).parent}"))
    if options.curve:
        try:
            from matplotlib.backend_bases import FigureCanvasBase
        except ImportError:
            raise TrainingError("--curve needs matplotlib, which is not installed") from None
        known = FigureCanvasBase.get_supported_filetypes()
        if Path(options.curve).suffix[1:].lower() not in known:
            raise TrainingError(f"--curve {options.curve} names no picture, expected a suffix "
                                f"of .{', .'.join(sorted(known))}")
    if not options.save and not options.checkpoint:
        print("dlc-train: neither --save nor --checkpoint is given: what is learnt is dropped "
              "in the end", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program dlc-train; returns its exit status."""
    options = _parse(arguments)
    progress = Progress(options.epochs, options.quiet)
    try:
        _check_outputs(options)
        path = options.model
        if Path(path).suffix in (".mlir", ".onnx"):
            if not options.train:
                raise TrainingError(f"{path} is a model, expected --train loss=... with it")
            path = compile(path, options=["--train", *options.train])
        elif options.train:
            raise TrainingError("--train goes with a model, not with a library")
        model = load(path, threads=options.threads)
        tell = None if options.quiet else print
        inputs = [data.read_column(text, tell) for text in options.input]
        target = data.read_column(options.target, tell)
        if options.divide != 1:
            inputs[0] = inputs[0] / np.float32(options.divide)
        history = fit(
            model, inputs, target, epochs=options.epochs,
            batch=options.batch, seed=options.seed, validation=options.validation,
            initialize=not options.keep_weights, checkpoint=options.checkpoint,
            resume=options.resume, patience=options.patience,
            report=progress)
        if options.save:
            model.save(options.save)
        if options.curve:
            plot(history, options.curve)
        elif not options.quiet and len(history) > 1:
            print(plot(history))
    except (TrainingError, data.DataError, LibraryError, CompileError, OSError) as error:
        print(f"dlc-train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        kept = options.checkpoint and (progress.finished or options.resume)
        print("dlc-train: interrupted; " +
              (f"{options.checkpoint} holds the epoch before" if kept else
               "nothing was saved, as no epoch was finished" if options.checkpoint else
               "nothing was saved"), file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
