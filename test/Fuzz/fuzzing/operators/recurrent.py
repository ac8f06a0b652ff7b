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
