# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the answers of the engines."""

import numpy as np

TOLERANCE = 1e-4
# If the answer of an exported model is farther from f64 than this, the exporter changed the model.
EXPORTED = 1e-2


def load(path):
    """The outputs of an engine, or None if it gave none."""
    if not path.exists():
        return None
    with np.load(path) as file:
        return [file[f"y{i}"] for i in range(len(file.files))]


def distance(found, wanted):
    """The largest difference of all outputs, each relative to its largest absolute value."""
    if len(found) != len(wanted):
        return float("inf")
    worst = 0.0
    for a, b in zip(found, wanted):
        if a.shape != b.shape or not np.isfinite(a).all():
            return float("inf")
        if b.size:
            scale = np.abs(b).max() or 1
            worst = max(worst, float(np.abs(a.astype(np.float64) - b).max() / scale))
    return worst


def lost(found, wanted):
    """The share of boxes of `wanted` for which `found` has none with about the same position, label
    and score. Their order, and what passes a threshold, depend on the last bit."""
    def parts(outputs):
        boxes = next(o for o in outputs if o.ndim == 2 and o.shape[1] == 4)
        labels = next(o for o in outputs if o.ndim == 1 and o.dtype.kind == "i")
        scores = next(o for o in outputs if o.ndim == 1 and o.dtype.kind == "f")
        return boxes.astype(np.float64), labels, scores
    boxes, labels, scores = parts(found)
    wanted = list(zip(*parts(wanted)))
    missing = sum(not np.any((np.abs(boxes - b).max(1, initial=0) < 0.1) & (labels == l)
                             & (np.abs(scores - s) < 1e-3)) for b, l, s in wanted)
    return missing / max(len(wanted), 1)


def compare(folder, boxes):
    """status, errors of dlc, ONNX Runtime and PyTorch's f32 against f64, and the difference of dlc
    from ONNX Runtime."""
    f64, f32, ort, dlc = (load(folder / f"{n}.npz") for n in ("f64", "f32", "onnxruntime", "dlc"))
    measure = lost if boxes else distance
    if any(len(a) != len(f64) or any(x.ndim != y.ndim for x, y in zip(a, f64))
           for a in (dlc, ort or dlc)):
        return {"status": "wrong", "message": f"shapes {[a.shape for a in dlc]}, "
                f"PyTorch {[a.shape for a in f64]}"}
    outcome = {"error": measure(dlc, f64), "torch_error": measure(f32, f64)}
    if boxes:
        outcome["boxes"] = len(f64[0])
    right = outcome["error"] <= (0.05 if boxes else TOLERANCE)
    if ort is not None:
        outcome["ort_error"] = measure(ort, f64)
        outcome["difference"] = measure(dlc, ort)
        faithful = outcome["ort_error"] <= (0.5 if boxes else EXPORTED)
        right |= outcome["difference"] <= (0.05 if boxes else TOLERANCE)
        right |= faithful and outcome["error"] <= 2 * outcome["ort_error"]
    return outcome | {"status": "right" if right else "wrong"}
