# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The steps for one model of the sweep. Each runs in a process of its own, leaves its files in the
folder and returns what it measured.

A model with a symbolic batch is exported with 2 images and runs on 3. Seconds are processor time,
so that other load does not count.
"""

import importlib
import time

import numpy as np

import zoo

SECONDS = 0.5


def load_packages():
    """Imports what the steps need, for all processes that are forked later."""
    for package in ("torch", "torchvision", "timm", "onnxscript", "torch.onnx", "dlc"):
        importlib.import_module(package)
    import torch
    torch.set_num_threads(1)


def save(path, arrays):
    np.savez(path, **{f"y{i}": a for i, a in enumerate(arrays)})


def prepare(name, images):
    model, shape = zoo.build(name)
    return model, zoo.images(name, images, shape)


def export(name, exporter, folder):
    """Writes model.onnx."""
    import torch
    symbolic = zoo.has_symbolic_batch(name)
    model, x = prepare(name, 2 if symbolic else 1)
    path = str(folder / "model.onnx")
    begin = time.process_time()
    try:
        if exporter == "dynamo":
            shapes = ({0: torch.export.Dim("batch")},) if symbolic else None
            torch.onnx.export(model, (x,), path, dynamo=True, dynamic_shapes=shapes,
                              input_names=["x"], external_data=False, verbose=False)
        else:
            axes = {"x": {0: "batch"}} if symbolic else None
            torch.onnx.export(model, (x,), path, dynamo=False, dynamic_axes=axes,
                              input_names=["x"])
    except Exception as problem:
        # The cause is at the bottom; above it is advice.
        while problem.__cause__:
            problem = problem.__cause__
        raise RuntimeError(f"{type(problem).__name__}: {problem}") from None
    return {"export": time.process_time() - begin, "symbolic": symbolic}


def reference(name, folder):
    """Writes inputs.npz, and PyTorch's answers f32.npz and f64.npz.

    `change`: the distance of the answer for another image, in units of the errors. If it is tiny,
    the answer says little about the model."""
    import torch
    model, x = prepare(name, 3 if zoo.has_symbolic_batch(name) else 1)
    with torch.inference_mode():
        others = zoo.images(name, 4, x.shape[1:])[:len(x)]
        answer, other = ([t.numpy() for t in model(i)] for i in (x, others))
        save(folder / "f32.npz", answer)
        np.savez(folder / "inputs.npz", x=x.numpy())
        found = {"weights": sum(p.nbytes for p in model.parameters()),
                 "change": max((float(np.abs(a - b).max() / (np.abs(a).max() or 1))
                                for a, b in zip(answer, other)
                                if a.shape == b.shape and a.size), default=None)}
        try:
            answer = [t.numpy() for t in model.double()(x.double())]
        except RuntimeError as problem:  # a part of it always computes in f32
            found["f64"] = str(problem).splitlines()[0]
        save(folder / "f64.npz", answer)
    if not all(np.isfinite(a).all() for a in answer):
        raise ValueError("the model's answer is not finite")
    return found


def timed(call):
    """The answer, and milliseconds of processor time per call; that clock may tick slowly."""
    answer, begin, calls, seconds = call(), time.process_time(), 0, 0
    while seconds < SECONDS:
        call()
        calls += 1
        seconds = time.process_time() - begin
    return answer, seconds / calls * 1e3


def onnxruntime(folder):
    """Writes onnxruntime.npz."""
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    x = np.load(folder / "inputs.npz")["x"]
    begin = time.process_time()
    session = ort.InferenceSession(str(folder / "model.onnx"), options,
                                   providers=["CPUExecutionProvider"])
    seconds = time.process_time() - begin
    name = session.get_inputs()[0].name
    answer, ms = timed(lambda: session.run(None, {name: x}))
    save(folder / "onnxruntime.npz", answer)
    return {"session": seconds, "ort_ms": ms}


def dlc(folder):
    """Writes dlc.npz, from model.so."""
    import dlc as package
    x = np.load(folder / "inputs.npz")["x"]
    library = package.load(folder / "model.so", threads=1)
    answer, ms = timed(lambda: library.main(x))
    save(folder / "dlc.npz", answer if isinstance(answer, tuple) else (answer,))
    return {"dlc_ms": ms}
