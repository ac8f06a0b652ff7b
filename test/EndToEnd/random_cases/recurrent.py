# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random recurrent layers, with the answers of a loop over steps in NumPy, in f64."""

import numpy as np
from scipy import special

from .base import Case, wide


def affine(x, a, b):
    return a * x + b


# Name: function of x, alpha, beta, and the defaults of the latter.
FUNCTIONS = {
    "sigmoid": (lambda x, a, b: special.expit(x), None, None),
    "tanh": (lambda x, a, b: np.tanh(x), None, None),
    "relu": (lambda x, a, b: np.maximum(x, 0), None, None),
    "softsign": (lambda x, a, b: x / (1 + np.abs(x)), None, None),
    "softplus": (lambda x, a, b: np.logaddexp(0, x), None, None),
    "elu": (lambda x, a, b: np.where(x > 0, x, a * np.expm1(np.minimum(x, 0))), 1.0, None),
    "leaky_relu": (lambda x, a, b: np.where(x >= 0, x, a * x), 0.01, None),
    "hard_sigmoid": (lambda x, a, b: np.clip(a * x + b, 0, 1), 1 / 6, 0.5),
    "affine": (affine, 1.0, 0.0),
    "scaled_tanh": (lambda x, a, b: a * np.tanh(b * x), 1.0, 1.0),
    "thresholded_relu": (lambda x, a, b: np.where(x > a, x, 0), 1.0, None),
}
DEFAULTS = {"rnn": ["tanh"], "lstm": ["sigmoid", "tanh", "tanh"], "gru": ["sigmoid", "tanh"]}
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def run(name, x, part, functions, clip, lengths, is_reverse, flags):
    """All states, the last state and, of an LSTM, the last cell. x is [T, B, K]."""
    hidden = part["u"].shape[0]
    steps, batch, _ = x.shape
    h = part.get("h0", np.zeros((batch, hidden)))
    c = part.get("c0", np.zeros((batch, hidden)))
    y = np.zeros((steps, batch, hidden))

    def f(i, value, bounded=True):
        return functions[i](np.clip(value, -clip, clip) if clip and bounded else value)

    for t in reversed(range(steps)) if is_reverse else range(steps):
        z = x[t] @ part["w"] + part.get("b", 0)
        r = h @ part["u"]
        if name == "rnn":
            new_h, new_c = f(0, z + r), c
        elif name == "lstm":
            i, g, fo, o = [(z + r)[:, k * hidden:(k + 1) * hidden] for k in (0, 2, 1, 3)]
            p = np.split(part["p"], 3) if "p" in part else [0, 0, 0]
            i = f(0, i + p[0] * c)
            fo = 1 - i if "coupled" in flags else f(0, fo + p[1] * c)
            new_c = fo * c + i * f(1, g)
            new_h = f(0, o + p[2] * new_c) * f(2, new_c, False)
        else:
            rb = part.get("rb", np.zeros(3 * hidden))
            cut = [slice(k * hidden, (k + 1) * hidden) for k in range(3)]
            update = f(0, z[:, cut[0]] + r[:, cut[0]] + rb[cut[0]])
            reset = f(0, z[:, cut[1]] + r[:, cut[1]] + rb[cut[1]])
            if "linear_before_reset" in flags:
                inner = reset * (r[:, cut[2]] + rb[cut[2]])
            else:
                inner = (reset * h) @ part["u"][:, cut[2]] + rb[cut[2]]
            new_h = (1 - update) * f(1, z[:, cut[2]] + inner) + update * h
            new_c = c
        inside = (t < lengths)[:, None] if lengths is not None else np.ones((batch, 1), bool)
        h, c = np.where(inside, new_h, h), np.where(inside, new_c, c)
        y[t] = np.where(inside, new_h, 0)
    return (y, h, c) if name == "lstm" else (y, h)


def layer(name):
    def make(g):
        element = g.choice(["f32", "f32", "f64"])
        steps, batch = g.integer(1, 9), g.integer(1, 5)
        inputs, hidden = g.integer(1, 20), g.choice([1, 2, 3, 8, 16, 17, 33])
        direction = g.choice(["forward", "reverse", "bidirectional"])
        count = 2 if direction == "bidirectional" else 1
        lead = [2] if count == 2 else []
        is_batch_first = g.chance(0.4)
        gates = GATES[name]
        operands, clauses, keys = [], [], {}

        def add(key, shape, kind=element, low=-1.0, high=1.0, fixed=True):
            values = g.array(kind, shape, low, high)
            keys[key] = len(operands)
            operands.append((kind, values))
            return f"%{keys[key]} : {{T{keys[key]}}}"

        add("x", [batch, steps, inputs] if is_batch_first else [steps, batch, inputs])
        scale = 2 / np.sqrt(hidden)
        add("w", [*lead, inputs, gates * hidden], low=-0.5, high=0.5)
        add("u", [*lead, hidden, gates * hidden], low=-scale / 2, high=scale / 2)
        if g.chance(0.7):
            clauses.append(f"bias({add('b', [*lead, gates * hidden])})")
        if name == "gru" and g.chance(0.5):
            clauses.append(f"recurrent_bias({add('rb', [*lead, gates * hidden])})")
        if g.chance(0.5):
            clauses.append(f"init({add('h0', [*lead, batch, hidden])})")
        if name == "lstm" and g.chance(0.5):
            clauses.append(f"cell({add('c0', [*lead, batch, hidden])})")
        if name == "lstm" and g.chance(0.3):
            clauses.append(f"peephole({add('p', [*lead, 3 * hidden])})")
        lengths = None
        if g.chance(0.4):
            kind = g.choice(["i32", "i64"])
            lengths = g.rng.integers(0, steps + 1, batch)
            keys["lengths"] = len(operands)
            operands.append((kind, lengths.astype("int32" if kind == "i32" else "int64")))
            clauses.append(f"lengths(%{keys['lengths']} : {{T{keys['lengths']}}})")
        if count == 2 or g.chance(0.5):
            clauses.append(f"direction {direction}")
        else:
            direction = "forward"
        if is_batch_first:
            clauses.append("batch_first")
        names, attributes = DEFAULTS[name] * count, []
        alpha, beta = [np.nan] * len(names), [np.nan] * len(names)
        if g.chance(0.5):
            names = [g.choice(list(FUNCTIONS)) for _ in names]
            clauses.append("activations [" + ", ".join(f'"{n}"' for n in names) + "]")
            if g.chance(0.5):
                alpha = [round(float(g.rng.uniform(0.1, 1)), 3) for _ in names]
                beta = [round(float(g.rng.uniform(0.1, 1)), 3) for _ in names]
                # Only functions with such a parameter accept one.
                alpha = [a if FUNCTIONS[n][1] is not None else np.nan
                         for a, n in zip(alpha, names)]
                beta = [b if FUNCTIONS[n][2] is not None else np.nan
                        for b, n in zip(beta, names)]
                for what, values in (("alpha", alpha), ("beta", beta)):
                    text = ", ".join("0x7FF8000000000000" if np.isnan(v) else repr(v)
                                     for v in values)
                    attributes.append(f"{what} = array<f64: {text}>")
        clip = round(float(g.rng.uniform(0.3, 2)), 3) if g.chance(0.3) else None
        if clip:
            clauses.append(f"clip {clip}")
        flags = set()
        for flag, owner in (("coupled", "lstm"), ("linear_before_reset", "gru")):
            if owner == name and g.chance(0.4):
                flags.add(flag)
                clauses.append(flag)

        def function(i):
            call, a, b = FUNCTIONS[names[i]]
            a = a if np.isnan(alpha[i]) else alpha[i]
            b = b if np.isnan(beta[i]) else beta[i]
            return lambda x: call(x, a, b)

        x = wide(operands[0][1])
        x = np.swapaxes(x, 0, 1) if is_batch_first else x
        results = []
        for d in range(count):
            part = {k: wide(operands[i][1]) for k, i in keys.items()
                    if k not in ("x", "lengths")}
            if count == 2:
                part = {k: v[d] for k, v in part.items()}
            places = len(DEFAULTS[name])
            results.append(run(name, x, part, [function(d * places + i) for i in range(places)],
                               clip, lengths, d == 1 or direction == "reverse", flags))
        y = np.concatenate([r[0] for r in results], axis=2)
        y = np.swapaxes(y, 0, 1) if is_batch_first else y
        last = [np.stack([r[k] for r in results]) if count == 2 else results[0][k]
                for k in range(1, len(results[0]))]
        more = " {" + ", ".join(attributes) + "}" if attributes else ""
        text = (f"dl.{name} %0, %1, %2 " + " ".join(clauses) +
                f"{more} : {{T0}}, {{T1}}, {{T2}}").replace("{alpha", "{{alpha")
        if attributes:
            text = text.replace(">} :", ">}} :")
        expected = [y, *last]
        # Rounding errors grow over the steps, by factors if functions are unbounded.
        scale = 0.5 * (1 + max(np.abs(v).max() for v in expected))
        fixed = {(i, d) for k, i in keys.items() if k not in ("x", "h0", "c0", "lengths")
                 for d in range(operands[i][1].ndim)}
        fixed |= {(keys[k], len(lead) + 1) for k in ("h0", "c0") if k in keys}
        if lead:
            fixed |= {(keys[k], 0) for k in ("h0", "c0") if k in keys}
        return Case(text, operands, expected, [element] * len(expected),
                    scale=scale, fixed=fixed)
    return make


OPS = {name: layer(name) for name in DEFAULTS}
