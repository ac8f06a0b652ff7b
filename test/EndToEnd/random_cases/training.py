# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random losses, optimiser steps and random numbers, with the answers of NumPy in f64."""

import numpy as np
from scipy import special

import reference as ref
from .base import Case, wide
from .windows import image, window_attributes


def type_of(g):
    return g.choice(["f32", "f32", "f64"])


# --- Losses and metrics --------------------------------------------------------

def log_softmax(x):
    return special.log_softmax(x, axis=-1)


def loss(name, function, targets, scale=None):
    """`targets(g, shape)` draws the targets."""
    def make(g):
        t = type_of(g)
        x = g.array(t, g.shape(1, 3))
        target = targets(g, x.shape).astype(x.dtype)
        y = function(wide(x), wide(target))
        return Case(f"dl.{name} %0, %1 : {{T0}}, {{T1}}", [(t, x), (t, target)],
                    y.mean(), [t], 1 + np.abs(y).mean() + (np.abs(wide(x)).max()))
    return make


def distributions(g, shape):
    return special.softmax(g.rng.normal(size=shape), axis=-1)


def signs(g, shape):
    return np.where(g.rng.random(shape) < 0.5, -1.0, 1.0)


def cross_entropy(g):
    t = type_of(g)
    x = g.array(t, g.shape(1, 3))
    smoothing = round(g.rng.uniform(0.01, 0.5), 2) if g.chance(0.4) else 0
    extra = f" smoothing {smoothing}" if smoothing else ""
    classes = x.shape[-1]
    logs = log_softmax(wide(x))
    if g.chance(0.6):
        kind = g.choice(["i32", "i64_"]).rstrip("_")
        target = np.asarray(g.rng.integers(0, classes, x.shape[:-1]),
                            np.int32 if kind == "i32" else np.int64)
        p = np.eye(classes)[target]
    else:
        kind, target = t, distributions(g, x.shape).astype(x.dtype)
        p = wide(target)
    p = (1 - smoothing) * p + smoothing / classes
    return Case(f"dl.cross_entropy %0, %1{extra} : {{T0}}, {{T1}}", [(t, x), (kind, target)],
                -(p * logs).sum(-1).mean(), [t], 1 + np.abs(logs).max(),
                fixed={(0, x.ndim - 1)})


def accuracy(g):
    t = type_of(g)
    x = g.array(t, g.shape(1, 3))
    if x.ndim == 1 or g.chance(0.3):
        shape = x.shape if x.ndim == 1 else (*x.shape[:-1], 1)
        x = g.array(t, shape)
        target = np.asarray(g.rng.integers(0, 2, shape)).astype(x.dtype)
        y = (x > 0) == (target > 0.5)
        kind, fixed = t, {(0, len(shape) - 1), (1, len(shape) - 1)}
    elif g.chance(0.5):
        kind, target = "i64", np.asarray(g.rng.integers(0, x.shape[-1], x.shape[:-1]))
        y, fixed = x.argmax(-1) == target, set()
    else:
        kind, target = t, distributions(g, x.shape).astype(x.dtype)
        y, fixed = x.argmax(-1) == target.argmax(-1), set()
        fixed = {(0, x.ndim - 1), (1, x.ndim - 1)} if x.shape[-1] == 1 else set()
        if x.shape[-1] == 1:
            y = (x > 0) == (target > 0.5)
    return Case("dl.accuracy %0, %1 : {T0}, {T1}", [(t, x), (kind, target)], np.mean(y), [t],
                1.0, fixed=fixed)


# --- Optimisers ------------------------------------------------------------------

def optimizer(name, states, attributes, function):
    """`function(p, g, states, rate, numbers)` returns the new parameter and states."""
    def make(g):
        t = type_of(g)
        shape = g.shape(1, 3)
        numbers = {k: round(g.rng.uniform(*r), 3) for k, r in attributes.items()}
        numbers["weight_decay"] = g.choice([0.0, 0.01])
        flags = []
        if name == "momentum" and g.chance(0.5):
            flags.append("nesterov")
        if name == "adam" and g.chance(0.5):
            flags.append("decoupled")
        inputs = [(t, g.array(t, shape)), (t, g.array(t, shape))]
        inputs += [(t, g.array(t, shape, 0.05, 2)) for _ in range(states)]
        step = g.integer(1, 2000)
        if name == "adam":
            inputs.append(("i64", np.asarray(step, np.int64)))
        rate = round(g.rng.uniform(0.001, 0.1), 4)
        inputs.append((t, np.asarray(rate).astype(inputs[0][1].dtype)))
        types = ", ".join(f"{{T{i}}}" for i in range(len(inputs)))
        words = ", ".join([f"{k} = {v:f} : f64" for k, v in numbers.items()] + flags)
        values = [wide(a) for _, a in inputs]
        expected = function(values[0], values[1], values[2:2 + states], float(wide(inputs[-1][1])),
                            dict(numbers, step=step), flags)
        scale = np.abs(expected[0]) + np.abs(values[0]) + np.abs(values[1]) + 1
        return Case(f"dl.{name} {', '.join(f'%{i}' for i in range(len(inputs)))} {{{{{words}}}}} : "
                    f"{types}", inputs, expected, [t] * (1 + states), scale)
    return make


def sgd(p, g, s, rate, n, flags):
    return [p - rate * (g + n["weight_decay"] * p)]


def momentum(p, g, s, rate, n, flags):
    g = g + n["weight_decay"] * p
    v = n["momentum"] * s[0] + g
    return [p - rate * (g + n["momentum"] * v if flags else v), v]


def adam(p, g, s, rate, n, flags):
    decay = n["weight_decay"]
    if not flags:
        g = g + decay * p
    m = n["beta1"] * s[0] + (1 - n["beta1"]) * g
    v = n["beta2"] * s[1] + (1 - n["beta2"]) * g * g
    mh, vh = m / (1 - n["beta1"] ** n["step"]), v / (1 - n["beta2"] ** n["step"])
    new = p - rate * mh / (np.sqrt(vh) + n["epsilon"])
    return [new - rate * decay * p if flags else new, m, v]


def rmsprop(p, g, s, rate, n, flags):
    g = g + n["weight_decay"] * p
    v = n["rho"] * s[0] + (1 - n["rho"]) * g * g
    return [p - rate * g / (np.sqrt(v) + n["epsilon"]), v]


def adagrad(p, g, s, rate, n, flags):
    g = g + n["weight_decay"] * p
    v = s[0] + g * g
    return [p - rate * g / (np.sqrt(v) + n["epsilon"]), v]


def clip_by_global_norm(g):
    t, count = type_of(g), g.integer(1, 4)
    arrays = [g.array(t, g.shape(1, 3)) for _ in range(count)]
    limit = round(g.rng.uniform(0.1, 100), 2)
    norm = np.sqrt(sum((wide(a) ** 2).sum() for a in arrays))
    factor = min(1, limit / norm)
    return Case(f"dl.clip_by_global_norm {', '.join(f'%{i}' for i in range(count))} to {limit} : "
                f"{', '.join(f'{{T{i}}}' for i in range(count))}", [(t, a) for a in arrays],
                [wide(a) * factor for a in arrays], [t] * count, 4.0)


def learning_rate(g):
    kind = g.choice(["constant", "step", "exponential", "linear", "cosine"])
    rate, decay = round(g.rng.uniform(0.001, 1), 4), round(g.rng.uniform(0.01, 1), 3)
    steps, warmup, step = g.integer(1, 50), g.choice([0, 7]), g.integer(0, 100)
    t = max(step - warmup, 0)
    u = min(t / steps, 1)
    value = {"constant": rate, "step": rate * decay ** (t // steps),
             "exponential": rate * decay ** (t / steps),
             "linear": rate * (1 - u) + rate * decay * u,
             "cosine": rate * decay + rate * (1 - decay) * (1 + np.cos(np.pi * u)) / 2}[kind]
    if step < warmup:
        value = rate * (step + 1) / warmup
    return Case(f"dl.learning_rate %0 {kind} {rate} decay {decay} steps {steps} warmup {warmup} "
                f"to f64 : {{T0}}", [("i64", np.asarray(step, np.int64))], np.asarray(value),
                ["f64"], 1.0)


# --- Random numbers --------------------------------------------------------------

def philox(counter, key):
    """Philox 4x32-10 of arrays of four counters and two keys, as uint64 below 2^32."""
    c, k = [np.asarray(x, np.uint64) for x in counter], [np.uint64(x) for x in key]
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ k[0], b & low, (a >> np.uint64(32)) ^ c[3] ^ k[1],
             a & low]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low, (k[1] + np.uint64(0xBB67AE85)) & low]
    return c


# The authors' known answers (Random123, kat_vectors, philox4x32 10).
assert [int(x) for x in philox([0] * 4, [0] * 2)] == [
    0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
assert [int(x) for x in philox([0xffffffff] * 4, [0xffffffff] * 2)] == [
    0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]


def bits(state, stream, shape):
    """The four words of each element."""
    seed, step = (int(s) & (2 ** 64 - 1) for s in state)
    place = np.arange(int(np.prod(shape)), dtype=np.uint64).reshape(shape)
    full = np.zeros_like(place)
    return philox([place, full + np.uint64(stream), full + np.uint64(step & 0xffffffff),
                   full + np.uint64(step >> 32)], [seed & 0xffffffff, seed >> 32])


def uniform(words, first, t):
    if t == "f32":
        return (words[first] >> np.uint64(8)) / 2.0 ** 24
    return ((words[first] >> np.uint64(5)) * 2.0 ** 26 + (words[first + 1] >> np.uint64(6))) / 2.0 ** 53


def normal(words, t):
    return np.sqrt(-2 * np.log(1 - uniform(words, 0, t))) * np.cos(2 * np.pi * uniform(words, 2, t))


def draw_state(g):
    return np.asarray(g.rng.integers(-2 ** 62, 2 ** 62, 2)), g.integer(0, 2 ** 32 - 1)


def tensor(t, shape):
    return "tensor<" + "x".join([*map(str, shape), t]) + ">"


def random_bits(g):
    state, stream = draw_state(g)
    shape, word = g.shape(1, 4), g.integer(0, 3)
    return Case(f"dl.random_bits %0 stream {stream} word {word} : {{T0}} to {tensor('ui32', shape)}",
                [("i64", state)], bits(state, stream, shape)[word].astype(np.uint32), ["ui32"],
                fixed={(0, 0)})


def random_uniform(g):
    (state, stream), t, shape = draw_state(g), type_of(g), g.shape(1, 4)
    low, high = sorted(np.round(g.rng.uniform(-3, 3, 2), 2))
    u = uniform(bits(state, stream, shape), 0, t)
    return Case(f"dl.random_uniform %0 stream {stream} low {low} high {high} : {{T0}} to "
                f"{tensor(t, shape)}", [("i64", state)], low + (high - low) * u, [t], 8.0,
                fixed={(0, 0)})


def random_normal(g):
    (state, stream), t, shape = draw_state(g), type_of(g), g.shape(1, 4)
    mean, deviation = np.round(g.rng.uniform(0.1, 3, 2), 2)
    z = normal(bits(state, stream, shape), t)
    return Case(f"dl.random_normal %0 stream {stream} mean {mean} deviation {deviation} : {{T0}} "
                f"to {tensor(t, shape)}", [("i64", state)], mean + deviation * z, [t], 8.0,
                fixed={(0, 0)})


def initialize(g):
    (state, stream), t = draw_state(g), type_of(g)
    kind = g.choice(["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal"])
    shape = [g.integer(1, 3) for _ in range(g.integer(0, 2))] + [g.integer(1, 12), g.integer(1, 12)]
    window = int(np.prod(shape[:-2]))
    fans = {"glorot": window * (shape[-2] + shape[-1]), "he": window * shape[-2]}
    words = bits(state, stream, shape)
    if kind == "orthogonal":
        rows = int(np.prod(shape[:-1]))
        a = normal(bits(state, stream, [rows, shape[-1]]), t)
        wide_one = rows < shape[-1]
        q, r = np.linalg.qr(a.T if wide_one else a)
        q = q * np.sign(np.diag(r))  # the signs of the Gram-Schmidt process
        y = (q.T if wide_one else q).reshape(shape)
    elif kind.endswith("uniform"):
        bound = np.sqrt(6 / fans[kind.split("_")[0]])
        y = (2 * uniform(words, 0, t) - 1) * bound
    else:
        y = np.sqrt(2 / fans[kind.split("_")[0]]) * normal(words, t)
    # The accuracy depends on the condition of the matrix.
    return Case(f"dl.initialize {kind} %0 stream {stream} : {{T0}} to {tensor(t, shape)}",
                [("i64", state)], y, [t], 4096.0 if kind == "orthogonal" else 8.0,
                fixed={(0, 0)})


# --- Layers in training form, checks -----------------------------------------------

def batch_norm_training(g):
    t = type_of(g)
    x = g.array(t, [g.integer(2, 6), *image(g, g.integer(1, 2)), g.integer(1, 20)])
    scale, offset = g.array(t, [x.shape[-1]]), g.array(t, [x.shape[-1]])
    axes = tuple(range(x.ndim - 1))
    mean, variance = wide(x).mean(axes), wide(x).var(axes)
    y = wide(scale) * (wide(x) - mean) / np.sqrt(variance + 0.001) + wide(offset)
    return Case("dl.batch_norm_training %0, %1, %2 epsilon 0.001 : {T0}, {T1}, {T2}",
                [(t, x), (t, scale), (t, offset)], [y, mean, variance], [t] * 3, 64.0)


def require_range(g):
    x = np.asarray(g.rng.integers(-3, 9, g.shape(0, 3)))
    return Case('dl.require_range "a label" %0 from -3 to 9 : {T0}', [("i64", x)], x, ["i64"])


def require_finite(g):
    t = type_of(g)
    x = g.array(t, g.shape(0, 3))
    return Case('dl.require_finite "x" %0 : {T0}', [(t, x)], wide(x), [t])


def conv_filter_grad(g):
    while True:
        t, rank = type_of(g), g.integer(1, 3)
        spatial, kernel = image(g, rank), [g.integer(1, 4) for _ in range(rank)]
        groups = g.choice([1, 1, 2, 3])
        c, f = g.integer(1, 5) * groups, g.integer(1, 12) * groups
        strides, dilations, padding, parts, fits = window_attributes(g, rank, spatial, kernel)
        if fits:
            break
    x = g.array(t, [g.integer(1, 3), *spatial, c])
    places = [e[2] for e in ref.window_extents(spatial, kernel, strides, dilations, padding, False)]
    cot = g.array(t, [x.shape[0], *places, f])

    def run(x, cot):
        y = np.zeros([*kernel, c // groups, f])
        inner, outer = c // groups, f // groups
        for place, elements in ref.windows(x, kernel, strides, dilations, padding):
            row = cot[(slice(None), *place)]
            for offset, (element, _) in elements.items():
                if element is None:
                    continue
                for k in range(groups):
                    y[offset][:, k * outer:(k + 1) * outer] += (
                        element[:, k * inner:(k + 1) * inner].T @
                        row[:, k * outer:(k + 1) * outer])
        return y
    if groups > 1:
        parts = f" groups {groups}" + parts
    fixed = {(i, d) for i in (0, 1) for d in range(1, rank + 2)}
    return Case(f"dl.conv_filter_grad %0, %1 window [{', '.join(map(str, kernel))}]{parts} : "
                f"{{T0}}, {{T1}}", [(t, x), (t, cot)], run(wide(x), wide(cot)), [t],
                run(abs(wide(x)), abs(wide(cot))), fixed=fixed)


OPS = {
    "mean_squared_error": loss("mean_squared_error", lambda x, t: (x - t) ** 2,
                               lambda g, s: g.rng.normal(size=s)),
    "mean_absolute_error": loss("mean_absolute_error", lambda x, t: np.abs(x - t),
                                lambda g, s: g.rng.normal(size=s)),
    "binary_cross_entropy": loss(
        "binary_cross_entropy", lambda x, t: np.logaddexp(0, x) - t * x,
        lambda g, s: g.rng.random(s)),
    "hinge": loss("hinge", lambda x, t: np.maximum(0, 1 - t * x), signs),
    "perceptron_criterion": loss("perceptron_criterion", lambda x, t: np.maximum(0, -t * x),
                                 signs),
    "kl_divergence": loss("kl_divergence",
                          lambda x, p: (p * (np.log(p) - log_softmax(x))).sum(-1), distributions),
    "cross_entropy": cross_entropy, "accuracy": accuracy,
    "sgd": optimizer("sgd", 0, {}, sgd),
    "momentum": optimizer("momentum", 1, {"momentum": (0, 0.99)}, momentum),
    "adam": optimizer("adam", 2, {"beta1": (0.5, 0.95), "beta2": (0.9, 0.999),
                                  "epsilon": (0.001, 0.01)}, adam),
    "rmsprop": optimizer("rmsprop", 1, {"rho": (0.1, 0.99), "epsilon": (0.001, 0.01)}, rmsprop),
    "adagrad": optimizer("adagrad", 1, {"epsilon": (0.001, 0.01)}, adagrad),
    "clip_by_global_norm": clip_by_global_norm, "learning_rate": learning_rate,
    "random_bits": random_bits, "random_uniform": random_uniform,
    "random_normal": random_normal, "initialize": initialize,
    "batch_norm_training": batch_norm_training, "require_range": require_range,
    "require_finite": require_finite, "conv_filter_grad": conv_filter_grad,
}
