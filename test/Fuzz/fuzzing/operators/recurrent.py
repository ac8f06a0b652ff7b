# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RNN, LSTM and GRU layers."""

from ..draw import F32, I32, operator

GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def _layer(kind):
    def add(g):
        gates = GATES[kind]
        x = g.find((F32,), 3, 3, lambda v: v.is_static and v.size and v.shape[0] <= 8)
        x = x or g.fresh(F32, (g.integer(1, 5), g.integer(1, 4), g.integer(1, 6)))
        t, b, k = x.shape
        h = g.choice([1, 2, 3, 5, 8])
        direction = g.choice(["forward", "forward", "reverse", "bidirectional"])
        d = 2 if direction == "bidirectional" else 1

        def maybe(p, make):
            return make() if g.chance(p) else None

        def state():
            return (g.find((F32,), where=lambda v: v.shape == (d, b, h)) or
                    g.fresh(F32, (d, b, h)))

        operands = [x, g.fresh(F32, (d, gates * h, k), low=-1, high=1),
                    g.fresh(F32, (d, gates * h, h), low=-1, high=1),
                    maybe(0.6, lambda: g.fresh(F32, (d, 2 * gates * h))),
                    maybe(0.25, lambda: g.constant(g.array(I32, (b,), 1, t))),
                    maybe(0.5, state)]
        results = [(F32, (t, d, b, h), True), (F32, (d, b, h), True)]
        if kind == "LSTM":
            operands += [maybe(0.5, state), maybe(0.3, lambda: g.fresh(F32, (d, 3 * h)))]
            results.append((F32, (d, b, h), True))
        results = [r if i == 0 or g.chance(0.7) else None for i, r in enumerate(results)]
        for row in (operands, results):
            while row[-1] is None:
                row.pop()
        g.emit(kind, operands, results, hidden_size=h, direction=direction,
               linear_before_reset=g.choice([0, 1]) if kind == "GRU" else None,
               clip=3.0 if g.chance(0.1) else None)
    return add


for _name in GATES:
    operator(_name, 0.8, 7)(_layer(_name))


@operator("stack of recurrent layers", 0.6, 7)
def stack(g):
    """Stacked layers, with what networks have between them: products, sums with earlier layers,
    reversals, element-wise functions."""
    t, b, k = g.integer(1, 8), g.integer(1, 5), g.integer(1, 6)
    h = g.choice([1, 4, 5, 8, 16])
    x, before = g.fresh(F32, (t, b, k)), []
    for _ in range(g.integer(2, 4)):
        kind = g.choice(list(GATES))
        gates, k = GATES[kind], x.shape[2]
        y = g.emit(kind, [x, g.fresh(F32, (1, gates * h, k), low=-1, high=1),
                          g.fresh(F32, (1, gates * h, h), low=-1, high=1)],
                   [(F32, (t, 1, b, h), True)], hidden_size=h,
                   direction=g.choice(["forward", "reverse"]))
        axes = {} if g.opset >= 13 else {"axes": [1]}
        x = g.emit("Squeeze", [y, *([g.ints([1])] if g.opset >= 13 else [])],
                   [(F32, (t, b, h), True)], **axes)
        for between in g.some(["reverse", "product", "sum", "function", "swap"]):
            if between == "reverse" and g.opset >= 11:
                x = g.emit("Slice", [x, g.ints([-1]), g.ints([-2 ** 31]), g.ints([0]),
                                     g.ints([-1])], [(F32, x.shape, True)])
            elif between == "product":
                x = g.emit("MatMul", [x, g.fresh(F32, (h, h), low=-1, high=1)],
                           [(F32, x.shape, True)])
            elif between == "sum" and before:
                x = g.emit("Add", [x, g.choice(before)], [(F32, x.shape, True)])
            elif between == "function":
                x = g.emit(g.choice(["Relu", "Tanh", "Sigmoid"]), [x], [(F32, x.shape, True)])
            elif between == "swap" and t == b:
                x = g.emit("Transpose", [x], [(F32, x.shape, True)], perm=[1, 0, 2])
        before.append(x)
