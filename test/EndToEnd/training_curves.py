# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks train for 100 steps like in JAX, from the same weights on the same data, in f64, so that
only rounding differs.

    training_curves.py FOLDER

Prints the largest relative difference of a loss, and of a final parameter relative to its largest
element. They may be 1e-8 and 1e-6.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import dlc
from building import Net

jax.config.update("jax_enable_x64", True)
F64 = "f64"


def perceptron():
    """Dense layers with several activations; momentum."""
    net = Net(F64)
    x = net.input(None, 20)
    h = net.dense(net.dense(x, 32, "l1", "tanh"), 16, "l2", "gelu")

    def model(p, x):
        h = jnp.tanh(x @ p["l1.w"] + p["l1.b"])
        return jax.nn.gelu(h @ p["l2.w"] + p["l2.b"], approximate=False) @ p["l3.w"] + p["l3.b"]
    return net.text(net.dense(h, 5, "l3")), model, (16, 20), "classes", 5, ("momentum", 0.05)


def lenet():
    """Convolutions, overlapping and plain pooling; Adam."""
    net = Net(F64)
    x = net.input(None, 12, 12, 1)
    h = net.max_pool(net.conv(x, 4, 3, "c1", "relu"))
    h = net.conv(h, 8, 3, "c2", "tanh", stride=2)
    h = net.op("max_pool", [h], (None, 2, 2, 8), " window [2, 2]")
    y = net.dense(net.reshape(h, None, 32), 4, "l")

    def conv(x, w, stride):
        return jax.lax.conv_general_dilated(x, w, (stride, stride), "SAME",
                                            dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def pool(x, stride):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1),
                                     (1, stride, stride, 1), "VALID")

    def model(p, x):
        h = pool(jax.nn.relu(conv(x, p["c1.w"], 1) + p["c1.b"]), 2)
        h = pool(jnp.tanh(conv(h, p["c2.w"], 2) + p["c2.b"]), 1)
        return h.reshape(len(x), -1) @ p["l.w"] + p["l.b"]
    return net.text(y), model, (8, 12, 12, 1), "classes", 4, ("adam", 0.01)


def recurrent():
    """An LSTM over a sequence, back-propagation through 9 steps; RMSprop."""
    net = Net(F64)
    x = net.input(None, 9, 3)
    y = net.dense(net.recurrent("lstm", x, 6, "r", whole=False), 2, "l")

    def model(p, x):
        def cell(state, xt):
            h, c = state
            i, f, g, o = jnp.split(xt @ p["r.w"] + h @ p["r.u"] + p["r.b"], 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h
        zero = jnp.zeros((len(x), 6))
        (h, _), _ = jax.lax.scan(cell, (zero, zero), x.swapaxes(0, 1))
        return h @ p["l.w"] + p["l.b"]
    return net.text(y), model, (6, 9, 3), "numbers", 2, ("rmsprop", 0.003)


def encoder():
    """One head of attention, layer normalisation, a residual; AdamW."""
    net = Net(F64)
    x = net.input(None, 5, 8)
    q, v = net.dense(x, 8, "q"), net.dense(x, 8, "v")
    # Without a bias, which softmax over keys cancels: its gradient would be rounding errors.
    k = net.op("dense", [x, net.param("k.w", 8, 8)], x.shape)
    kt = net.op("transpose", [k], (None, 8, 5), " [0, 2, 1]")
    scores = net.map("softmax", net.op("matmul", [q, kt], (None, 5, 5)))
    h = net.add(net.op("matmul", [scores, v], (None, 5, 8)), x)
    h = net.op("layer_norm", [h, net.param("n.s", 8), net.param("n.o", 8)], h.shape)
    y = net.dense(net.reshape(h, None, 40), 3, "l")

    def model(p, x):
        q, v = (x @ p[f"{n}.w"] + p[f"{n}.b"] for n in "qv")
        k = x @ p["k.w"]
        h = jax.nn.softmax(q @ k.swapaxes(1, 2), axis=-1) @ v + x
        mean, var = h.mean(-1, keepdims=True), h.var(-1, keepdims=True)
        h = (h - mean) / jnp.sqrt(var + 1e-5) * p["n.s"] + p["n.o"]
        return h.reshape(len(x), -1) @ p["l.w"] + p["l.b"]
    return net.text(y), model, (8, 5, 8), "classes", 3, ("adamw", 0.01)


def update(kind, rate, p, g, s, t):
    """One step of an optimiser, written from its formula."""
    if kind == "momentum":
        v = 0.9 * s[0] + g
        return p - rate * v, [v]
    if kind == "rmsprop":
        v = 0.9 * s[0] + 0.1 * g * g
        return p - rate * g / (jnp.sqrt(v) + 1e-8), [v]
    m, v = 0.9 * s[0] + 0.1 * g, 0.999 * s[1] + 0.001 * g * g
    step = rate * (m / (1 - 0.9 ** t)) / (jnp.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
    return p - step - (rate * 0.01 * p if kind == "adamw" else 0), [m, v]


def run(make, folder):
    text, model, shape, task, outputs, (kind, rate) = make()
    path = folder / f"{make.__name__}.mlir"
    path.write_text(text)
    loss = "cross_entropy" if task == "classes" else "mse"
    library = dlc.load(dlc.compile(path, options=[
        "--train", f"loss={loss}", f"optimizer={kind}", f"rate={rate}"]))
    library.initialize(np.array(3))
    skip = (".m", ".v", ".velocity", ".mean_square", ".random")
    p = {n: jnp.array(a) for n, a in library.state.items() if not n.endswith(skip)}
    s = {n: [jnp.zeros_like(a)] * 2 for n, a in p.items()}

    def cost(p, x, t):
        y = model(p, x)
        if task == "classes":
            return -jax.nn.log_softmax(y)[jnp.arange(len(t)), t].mean()
        return jnp.square(y - t).mean()
    gradient = jax.jit(jax.value_and_grad(cost))
    rng, worst = np.random.default_rng(1), 0.0
    for step in range(100):
        x = rng.normal(size=shape)
        t = (rng.integers(0, outputs, shape[0]) if task == "classes"
             else rng.normal(size=(shape[0], outputs)))
        value = float(library.step(x, t))
        wanted, g = gradient(p, x, t)
        worst = max(worst, abs(value - float(wanted)) / abs(float(wanted)))
        for n in p:
            p[n], s[n] = update(kind, rate, p[n], g[n], s[n], step + 1)
    parameters = max(float(np.abs(library.state[n] - np.asarray(a)).max() / np.abs(a).max())
                     for n, a in p.items())
    print(f"{make.__name__}: 100 steps of {kind}, losses differ by {worst:.1e}, "
          f"parameters by {parameters:.1e}")
    return worst <= 1e-8 and parameters <= 1e-6


if __name__ == "__main__":
    fine = [run(make, Path(sys.argv[1])) for make in (perceptron, lenet, recurrent, encoder)]
    sys.exit(0 if all(fine) else 1)
