# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Branches and loops with graphs of their own."""

import numpy as np

from ..draw import ANY, BOOL, F32, F64, I64, Graph, Skip, Value, declare, operator

SAME_SHAPE = ("Abs", "Neg", "Relu", "Sigmoid", "Tanh", "Sin", "Identity", "Atan")


def inner(g):
    return Graph(g.rng, g.opset, g, g.zeros, g.special, g.main)


def chain(g, x, count):
    """Operators that keep type and shape, one after another."""
    for _ in range(count):
        if x.dtype == BOOL:
            x = g.emit("Not", [x], [(x.dtype, x.shape, True)])
        elif x.dtype.kind != "f":
            x = g.emit(g.choice(["Abs", "Identity"]), [x], [(x.dtype, x.shape, True)])
        elif g.chance(0.4):
            y = g.like(x)
            x = g.emit(g.choice(["Add", "Mul", "Sub", "Max"]), [x, y],
                       [(x.dtype, x.shape, x.tame and y.tame)])
        else:
            x = g.emit(g.choice(SAME_SHAPE), [x], [(x.dtype, x.shape, x.tame)])
    return x


def made(g):
    """Values of known shape that this graph itself computes."""
    names = {o for n in g.nodes for o in n.output}
    return [v for v in g.values if v.name in names and v.is_static]


def condition(g):
    found = g.find((BOOL,), 0, 1, lambda v: v.is_static and v.size == 1)
    if found and g.chance(0.5):
        return found
    if g.chance(0.3) and g.opset >= 13:
        x = g.pick((F32, F64), where=lambda v: v.size)
        total = g.emit("ReduceSum", [x], [(x.dtype, ())], keepdims=0)
        return g.emit("Less", [total, g.constant(np.asarray(0.1234, x.dtype))],
                      [(BOOL, ())])
    return g.input(BOOL, ()) if g.chance(0.8) else g.constant(np.asarray(g.chance(0.5)))


@operator("If", 2.5, 11)
def branch(g):
    c = condition(g)
    then, other = inner(g), inner(g)
    first, second, results = [], [], []
    for _ in range(g.integer(1, 2)):
        if g.chance(0.5):
            then.grow(g.integer(1, 3))
        own = made(then)
        x = (g.choice(own) if own and g.chance(0.7) else
             chain(then, g.pick(ANY), g.integer(1, 2)))
        alike = g.find((x.dtype,), where=lambda v, x=x: v.shape == x.shape)
        if alike is None and g.chance(0.4):
            alike = g.fresh(x.dtype, x.shape)
        if alike is None:
            y = other.constant(g.array(x.dtype, x.shape), hidden=False)
            y = other.emit("Identity", [y], [(x.dtype, x.shape, True)])
        else:
            y = chain(other, alike, g.integer(1, 2))
        # ONNX Runtime returns garbage if a branch returns one value as two outputs.
        if x in first:
            x = then.emit("Identity", [x], [(x.dtype, x.shape, x.tame)])
        if y in second:
            y = other.emit("Identity", [y], [(y.dtype, y.shape, y.tame)])
        first.append(x)
        second.append(y)
        results.append((x.dtype, x.shape, x.tame and y.tame))
    if g.chance(0.5):
        then, other, first, second = other, then, second, first
    g.emit("If", [c], results, then_branch=then.as_proto(first, name="then"),
           else_branch=other.as_proto(second, name="else"))


def update(body, state):
    """The next state, of the same shape."""
    fits = [v for v in body.values if v.dtype == state.dtype and v.is_static and
            v.rank <= state.rank and v.name != state.name and all(
                a in (1, b) for a, b in zip(reversed(v.shape), reversed(state.shape)))]
    if fits and body.chance(0.6):
        y = body.choice(fits)
        x = body.emit(body.choice(["Add", "Sub", "Max" if body.opset >= 12 else "Add"]),
                      [state, y], [(state.dtype, state.shape, False)])
        if state.dtype.kind == "f" and body.chance(0.5):
            x = body.emit("Tanh", [x], [(x.dtype, x.shape, True)])
        return x
    return chain(body, state, body.integer(1, 2))


def outputs(body, p):
    """Values of the body that are concatenated over its steps."""
    own = made(body)
    found = [body.choice(own)] if own and body.chance(p) else []
    return [body.emit("Identity", [s], [(s.dtype, s.shape, False)]) for s in found]


@operator("Loop", 1.5, 11)
def loop(g):
    steps = g.integer(0 if g.zeros else 1, 4)
    m = g.ints(steps) if g.chance(0.7) else g.input(I64, (), low=1, high=4)
    if m.name in g.root().data:
        steps = int(g.root().data[m.name])
    starts = [g.pick((F32, F64, I64)) for _ in range(g.integer(1, 2))]
    body = inner(g)
    i, go = Value(g.name(), I64, ()), Value(g.name(), BOOL, ())
    states = [Value(g.name(), s.dtype, s.shape, False) for s in starts]
    body.values += [i, *states]
    if g.chance(0.6):
        body.grow(g.integer(1, 3))
    scans = outputs(body, 0.6)
    nexts = [update(body, s) for s in states]
    keep = body.emit("Identity", [go], [(BOOL, ())])
    proto = body.as_proto([keep, *nexts, *scans], [declare(v) for v in (i, go, *states)],
                          "body")
    results = [(s.dtype, s.shape, False) for s in starts] + [
        (s.dtype, (steps, *s.shape), False) for s in scans]
    start = g.constant(np.asarray(True)) if g.chance(0.5) else None
    g.emit("Loop", [m, start, *starts], results, body=proto)


@operator("Scan", 1.2, 11)
def scan(g):
    x = g.pick((F32, F64, I64), 1, where=lambda v: 1 <= v.shape[0] <= 9)
    start = g.pick((F32, F64, I64), 0, 2)
    body = inner(g)
    state = Value(g.name(), start.dtype, start.shape, False)
    part = Value(g.name(), x.dtype, x.shape[1:], x.tame)
    body.values += [state, part]
    if g.chance(0.6):
        body.grow(g.integer(1, 3))
    after = update(body, state)
    scans = outputs(body, 0.8)
    proto = body.as_proto([after, *scans], [declare(v) for v in (state, part)], "body")
    results = [(start.dtype, start.shape, False)] + [
        (s.dtype, (x.shape[0], *s.shape), False) for s in scans]
    g.emit("Scan", [start, x], results, body=proto, num_scan_inputs=1,
           scan_input_directions=[1] if g.chance(0.2) else None,
           scan_output_directions=[1] if scans and g.chance(0.2) else None)
