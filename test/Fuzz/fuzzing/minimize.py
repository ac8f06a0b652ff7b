# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds the smallest part of an ONNX model that still fails in the same way."""

import copy
import time

import numpy as np
import onnx
from onnx import helper, numpy_helper

from . import isolated, oracle


def _used(graph):
    """Names read anywhere in a graph, including its branches."""
    return {i for g in oracle.graphs(graph) for n in g.node for i in n.input} | {
        o.name for g in oracle.graphs(graph) for o in g.output}


def prune(model, data):
    """Removes what no output needs."""
    graph = model.graph
    while True:
        used = _used(graph)
        dead = [n for n in graph.node if not any(o in used for o in n.output)]
        if not dead:
            break
        for n in dead:
            graph.node.remove(n)
    for field in (graph.initializer, graph.input):
        for item in [i for i in field if i.name not in used]:
            field.remove(item)
    return model, {i.name: data[i.name] for i in graph.input}


def _alone(model, data):
    """A single output of one node, then with the 1, 2, 4, ... nodes before it."""
    try:
        known = isolated.run(oracle.values, model, data)
    except (isolated.Died, isolated.Raised):
        known = {}
    for output in model.graph.output:
        one = copy.deepcopy(model)
        del one.graph.output[:]
        one.graph.output.append(output)
        one, given = prune(one, dict(data))
        count = 1
        while count < len(one.graph.node):
            yield _cut(one, given, known, range(len(one.graph.node) - count))
            count *= 2
        if len(model.graph.output) > 1:
            yield one, given


def _cut(model, data, known, numbers):
    """Turns outputs of these nodes into inputs with their values."""
    smaller, given = copy.deepcopy(model), dict(data)
    outputs = {o.name for o in model.graph.output}
    for i in sorted(numbers, reverse=True):
        node = model.graph.node[i]
        names = [o for o in node.output if o]
        if any(o in outputs or o not in known for o in names) or node.op_type == "Constant":
            continue
        del smaller.graph.node[i]
        for name in names:
            value = given[name] = np.asarray(known[name])
            smaller.graph.input.append(helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape))
    return prune(smaller, given)


def _outputs(model, data):
    for i in range(len(model.graph.output)):
        if len(model.graph.output) > 1:
            smaller = copy.deepcopy(model)
            del smaller.graph.output[i]
            yield prune(smaller, dict(data))


def _cuts(model, data):
    """Turns the outputs of a node into inputs with their values."""
    try:
        known = isolated.run(oracle.values, model, data)
    except (isolated.Died, isolated.Raised):
        return
    for i in reversed(range(len(model.graph.node))):
        if model.graph.node[i].op_type != "Constant":
            yield _cut(model, data, known, [i])


def _bypasses(model, data):
    """Replaces the output of a node by one of its inputs, also as an output of the graph."""
    for i in reversed(range(len(model.graph.node))):
        node = model.graph.node[i]
        for source in node.input:
            if not source or len(node.output) != 1:
                continue
            smaller = copy.deepcopy(model)
            name = smaller.graph.node[i].output[0]
            if name in {o.name for o in model.graph.output}:
                continue
            del smaller.graph.node[i]
            for g in oracle.graphs(smaller.graph):
                for n in g.node:
                    for k, operand in enumerate(n.input):
                        if operand == name:
                            n.input[k] = source
                for o in g.output:
                    if o.name == name and g is not smaller.graph:
                        o.name = source
            yield prune(smaller, dict(data))


def _branches(model, data):
    """Applies the same to nodes of branches."""
    subgraphs = list(oracle.graphs(model.graph))[1:]
    for s in range(len(subgraphs)):
        for i in reversed(range(len(subgraphs[s].node))):
            for source in [x for x in subgraphs[s].node[i].input if x]:
                smaller = copy.deepcopy(model)
                graph = list(oracle.graphs(smaller.graph))[1 + s]
                node = graph.node[i]
                if len(node.output) != 1:
                    continue
                name = node.output[0]
                if name in {o.name for o in graph.output}:
                    continue
                graph.node.remove(node)
                for g in oracle.graphs(graph):
                    for n in g.node:
                        for k, operand in enumerate(n.input):
                            if operand == name:
                                n.input[k] = source
                yield prune(smaller, dict(data))


def _plainer(model, data):
    """Removes the names of extents; replaces inputs by constants."""
    for i, value in enumerate(model.graph.input):
        for d, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param:
                smaller = copy.deepcopy(model)
                smaller.graph.input[i].type.tensor_type.shape.dim[d].dim_value = \
                    data[value.name].shape[d]
                yield smaller, dict(data)
    for i, node in enumerate(model.graph.node):
        if node.op_type == "Identity":
            continue
        for k, a in enumerate(node.attribute):
            if a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.TENSOR):
                continue
            smaller = copy.deepcopy(model)
            del smaller.graph.node[i].attribute[k]
            yield smaller, dict(data)


def _extents(model, data):
    """Shrinks every dimension with a given extent."""
    extents = sorted({e for v in data.values() for e in v.shape if e > 1} |
                     {e for t in model.graph.initializer for e in t.dims if e > 1},
                     reverse=True)
    for extent in extents:
        for less in sorted({1, 2, extent // 2} - {extent, 0}):
            smaller, given = copy.deepcopy(model), {}
            for value in smaller.graph.input:
                array = data[value.name]
                cut = array[tuple(slice(0, less) if e == extent else slice(None)
                                  for e in array.shape)]
                given[value.name] = np.ascontiguousarray(cut)
                for d, dim in enumerate(value.type.tensor_type.shape.dim):
                    if not dim.dim_param:
                        dim.dim_value = cut.shape[d]
            for t in smaller.graph.initializer:
                if extent in t.dims:
                    array = numpy_helper.to_array(t)
                    t.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(
                        array[tuple(slice(0, less) if e == extent else slice(None)
                                    for e in array.shape)]), t.name))
            yield smaller, given


def minimize(model, data, fails, seconds=60):
    """fails(model, data) says whether a part still fails like the whole."""
    end = time.monotonic() + seconds
    steps = (_alone, _outputs, _cuts, _bypasses, _branches, _plainer, _extents)
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for step in steps:
            again = True
            while again and time.monotonic() < end:
                again = False
                for smaller, given in step(model, data):
                    if time.monotonic() > end:
                        break
                    if smaller == model:
                        continue
                    try:
                        if fails(smaller, given):
                            model, data = smaller, given
                            again = progress = True
                            break
                    except Exception:  # pylint: disable=broad-except
                        continue
    return model, data
