# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The expected outputs of an ONNX model, and the tolerance for other ones.

ONNX Runtime gives the expected outputs; if it lacks an operator, onnx.reference does. The model
itself determines the tolerance: it is run again with every float perturbed by a few units in the
last place (`spread`), and in f64. If this noise alone moves an element as far, no implementation is
to blame: the element is unstable.
"""

import copy

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# In f64, the functions of both references are only a few digits more accurate than in f32.
RELATIVE = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-6, "bfloat16": 3e-2}
ABSOLUTE = {"float16": 1e-3, "float32": 1e-6, "float64": 1e-6, "bfloat16": 1e-2}
FLOAT_TYPES = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16}


class NoReference(Exception):
    """No reference can compute the model."""


def session(model):
    import onnxruntime
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options,
                                        providers=["CPUExecutionProvider"])


def expected(tell, model, data):
    """For isolated.run: (who, outputs), or NoReference."""
    tell("running ONNX Runtime")
    try:
        return "onnxruntime", [np.asarray(o) for o in session(model).run(None, data)]
    except Exception as problem:  # pylint: disable=broad-except
        if "NOT_IMPLEMENTED" not in str(problem):
            raise NoReference(str(problem)) from problem
    tell("running onnx.reference")
    return "onnx.reference", [np.asarray(o) for o in evaluate(model, data)]


def second(tell, model, data):
    """For isolated.run: the outputs of onnx.reference, whatever ONNX Runtime returns."""
    tell("running onnx.reference")
    return [np.asarray(o) for o in evaluate(model, data)]


def evaluate(model, data):
    from onnx.reference import ReferenceEvaluator
    opset = max(i.version for i in model.opset_import if i.domain == "")
    with np.errstate(all="ignore"):
        return ReferenceEvaluator(model, new_ops=_missing() if opset < 21 else None).run(
            None, data)


def _missing():
    """The operators that onnx.reference lacks (before 19) or passes on wrongly (19 and 20)."""
    from onnx.reference.ops.op_dequantize_linear import DequantizeLinear_21

    class DequantizeLinear(DequantizeLinear_21):
        op_domain = ""

        def _run(self, *inputs, axis=1, **_):
            return super()._run(*inputs, axis=axis, block_size=0)

    return [DequantizeLinear]


def graphs(graph):
    """A graph and those in its nodes' attributes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from graphs(attribute.g)


def _types(model):
    """Element type by name, of values anywhere in the model."""
    inferred = onnx.shape_inference.infer_shapes(model)
    return {v.name: v.type.tensor_type.elem_type for g in graphs(inferred.graph)
            for v in (*g.value_info, *g.input, *g.output)}


def _noisy(model, shapes, rng):
    """The model with every float result of a node multiplied by numbers near one."""
    noisy = copy.deepcopy(model)
    types = _types(model)
    for graph in graphs(noisy.graph):
        nodes = []
        for node in graph.node:
            nodes.append(node)
            for i, name in enumerate(node.output):
                kind = types.get(name)
                if not name or kind not in FLOAT_TYPES:
                    continue
                dtype = helper.tensor_dtype_to_np_dtype(kind)
                near = 1 + rng.uniform(-8, 8, shapes.get(name, ())) * np.finfo(dtype).eps
                node.output[i] = name + ".exact"
                graph.initializer.append(numpy_helper.from_array(
                    np.asarray(near, dtype), name + ".near"))
                nodes.append(helper.make_node(
                    "Mul", [name + ".exact", name + ".near"], [name]))
        del graph.node[:]
        graph.node.extend(nodes)
    return noisy


def values(tell, model, data):
    """For isolated.run: every value that the nodes of the main graph give, by name."""
    tell("running ONNX Runtime")
    whole = copy.deepcopy(model)
    types = _types(model)
    known = {o.name for o in whole.graph.output}
    for node in whole.graph.node:
        for name in node.output:
            if name and name not in known and types.get(name):
                whole.graph.output.append(helper.make_tensor_value_info(
                    name, types[name], None))
    names = [o.name for o in whole.graph.output]
    try:
        return dict(zip(names, session(whole).run(names, data)))
    except Exception:  # pylint: disable=broad-except
        return dict(zip(names, evaluate(whole, data)))


def is_cast_undefined(tell, model, data):
    """For isolated.run: whether a node of the main graph converts a float to an integer that cannot
    hold it, for which ONNX defines no value."""
    known = {**{t.name: numpy_helper.to_array(t) for t in model.graph.initializer}, **data,
             **values(tell, model, data)}
    for node in model.graph.node:
        x = known.get(node.input[0]) if node.op_type == "Cast" else None
        if x is None or np.asarray(x).dtype.kind != "f":
            continue
        to = helper.tensor_dtype_to_np_dtype(
            next(a.i for a in node.attribute if a.name == "to"))
        if to.kind in "iu":
            bounds, whole = np.iinfo(to), np.trunc(np.asarray(x, np.float64))
            with np.errstate(all="ignore"):
                inside = (whole >= float(bounds.min)) & (whole < 2.0 ** bounds.max.bit_length())
            if not inside.all():
                return True
    return False


def spread(tell, model, data, count=16):
    """For isolated.run: outputs of `count` runs with noise."""
    shapes = {n: v.shape for n, v in values(tell, model, data).items()}
    rng, found = np.random.default_rng(0), []
    for _ in range(count):
        near = {k: np.asarray(v * (1 + rng.uniform(-4, 4, v.shape) * np.finfo(v.dtype).eps),
                              v.dtype) if v.dtype.kind == "f" else v for k, v in data.items()}
        noisy = _noisy(model, shapes, rng)
        try:
            found.append(session(noisy).run(None, near))
        except Exception:  # pylint: disable=broad-except
            found.append(evaluate(noisy, near))
    return found


def widened(model, data):
    """Model and data with f64 in place of f32 and f16."""
    wide = copy.deepcopy(model)

    def tensor(t):
        if t.data_type in FLOAT_TYPES:
            t.CopyFrom(numpy_helper.from_array(
                numpy_helper.to_array(t).astype(np.float64), t.name))

    for graph in graphs(wide.graph):
        for t in graph.initializer:
            tensor(t)
        for v in (*graph.input, *graph.output, *graph.value_info):
            if v.type.tensor_type.elem_type in FLOAT_TYPES:
                v.type.tensor_type.elem_type = TensorProto.DOUBLE
        for node in graph.node:
            for a in node.attribute:
                if a.type == onnx.AttributeProto.TENSOR:
                    tensor(a.t)
                if node.op_type == "Cast" and a.name == "to" and a.i in FLOAT_TYPES:
                    a.i = TensorProto.DOUBLE
    return wide, {k: v.astype(np.float64) if v.dtype.kind == "f" else v
                  for k, v in data.items()}


def exact(tell, model, data):
    """For isolated.run: outputs in f64."""
    tell("running in f64")
    wide, given = widened(model, data)
    try:
        return session(wide).run(None, given)
    except Exception:  # pylint: disable=broad-except
        return evaluate(wide, given)


def is_nan(array):
    return np.isnan(array.astype(np.float64))


def off(got, want):
    """Where elements differ by more than rounding explains."""
    got, want = np.asarray(got), np.asarray(want)
    kind = want.dtype.name
    if kind not in RELATIVE:
        return got != want
    a, b = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(all="ignore"):
        top = np.max(np.abs(b[np.isfinite(b)]), initial=0)
        allowed = RELATIVE[kind] * np.abs(b) + ABSOLUTE[kind] * max(1.0, top)
        return ~((a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= allowed))


def unexplained(wrong, got, want, runs):
    """Elements of `wrong` that noise does not move as far."""
    left = wrong.copy()
    a, b = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(all="ignore"):
        distance = np.abs(a - b)
        moved = np.zeros(b.shape)
        for run in runs:
            run = np.asarray(run).astype(np.float64)
            if run.shape != b.shape:
                return np.zeros_like(wrong)
            changed = np.isfinite(run) != np.isfinite(b)
            left &= ~changed
            moved = np.fmax(moved, np.abs(run - b))
        left &= ~(distance <= 4 * moved)
        # If rounding alone changes a number completely, as in 1 / (x - x), no bound exists.
        top = np.max(np.abs(b[np.isfinite(b)]), initial=0)
        left &= ~(moved >= np.maximum(np.abs(b), 1e-2 * top)) | (top == 0)
    return left
