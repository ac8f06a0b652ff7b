# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks that must learn a task, each in a library.

    training_systems.py FOLDER [NAME...]

Every system asserts its outcome. Data are generated here from fixed seeds, except for the digits,
which come with scikit-learn.
"""

import numpy as np

from building import Net
from dlc import train
from learning import FOLDER, compile_text, learner, run


def perceptron_rule():
    """Rosenblatt's rule, one example at a time: it learns AND and OR, but cannot learn XOR."""
    net = Net()
    library = learner("perceptron", net, net.dense(net.input(None, 2), 1, "l"),
                      "loss=perceptron", "rate=1")
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    right = {}
    for name, t in (("AND", [-1, -1, -1, 1]), ("OR", [-1, 1, 1, 1]), ("XOR", [-1, 1, 1, -1])):
        library.initialize(0)
        t = np.array(t, np.float32).reshape(4, 1)
        for _ in range(50):
            for i in range(4):
                library.step(x[i:i + 1], t[i:i + 1])
        right[name] = int((np.sign(library.predict(x)) == t).sum())
    assert right["AND"] == right["OR"] == 4 and right["XOR"] < 4, right
    return f"right of 4: {right}"


def adaline():
    """A linear unit by gradient descent finds the least squares solution."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3)).astype(np.float32)
    t = (x @ [[1.0], [-2.0], [0.5]] + 0.3 + 0.1 * rng.normal(size=(64, 1))).astype(np.float32)
    net = Net()
    library = learner("adaline", net, net.dense(net.input(None, 3), 1, "l"), "loss=mse", "rate=0.1")
    for _ in range(300):
        library.step(x, t)
    exact = np.linalg.lstsq(np.c_[x, np.ones(64)], t, rcond=None)[0]
    found = np.r_[library.state["l.w"], library.state["l.b"][None]]
    error = float(np.abs(found - exact).max())
    assert error < 1e-5, error
    return f"weights differ from least squares by {error:.1e}"


def xor():
    """Two layers learn what one unit cannot."""
    net = Net()
    h = net.dense(net.input(None, 2), 8, "l1", "tanh")
    library = learner("xor", net, net.map("sigmoid", net.dense(h, 1, "l2")),
                      "loss=binary_cross_entropy", "optimizer=adam", "rate=0.05")
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    t = np.array([[0], [1], [1], [0]], np.float32)
    for _ in range(300):
        library.step(x, t)
    y = library.predict(x)
    assert np.abs(y - t).max() < 0.1, y
    return f"outputs {np.round(y.ravel(), 2)}"


def digits_mlp():
    """A perceptron of two hidden layers on real digits."""
    from sklearn.datasets import load_digits
    digits = load_digits()
    net = Net()
    h = net.dense(net.dense(net.input(None, 64), 64, "l1", "relu"), 32, "l2", "relu")
    library = learner("digits_mlp", net, net.dense(h, 10, "l3"), "loss=cross_entropy",
                      "optimizer=adam", "rate=0.003", "metrics=accuracy")
    history = train.fit(library, [digits.data / 16], digits.target, epochs=25, validation=0.2)
    accuracy = history[-1]["validation_accuracy"]
    assert accuracy >= 0.95, accuracy
    return f"held-back accuracy {accuracy:.3f}"


def transfer():
    """A frozen base with a new head: the base gets neither gradient nor state."""
    rng = np.random.default_rng(0)
    net = Net()
    base = net.dense(net.input(None, 8), 16, "base", "tanh")
    text = net.text(net.dense(base, 3, "head"))
    weights = rng.normal(size=(8, 16)).astype(np.float32)
    text = text.replace("@base.w(dense<0.0>",
                        f'@base.w(dense<"0x{weights.tobytes().hex().upper()}">')
    library = compile_text("transfer", text, "loss=cross_entropy", "optimizer=adam", "rate=0.02",
                           "metrics=accuracy", "frozen=base.*")
    library.initialize(1)
    names = [n for n in library.state if n.startswith("base")]
    assert not names, names
    x = rng.normal(size=(300, 8)).astype(np.float32)
    t = (np.tanh(x @ weights) @ rng.normal(size=(16, 3))).argmax(1)
    features = np.tanh(x @ weights)
    for _ in range(300):
        library.step(x, t)
    loss, accuracy = library.evaluate(x, t)
    # The base is unchanged: the head agrees with NumPy's features.
    wanted = features @ library.state["head.w"] + library.state["head.b"]
    error = float(np.abs(library.predict(x) - wanted).max())
    assert accuracy > 0.97 and error < 1e-5, (accuracy, error)
    return f"accuracy {accuracy:.3f}, state {sorted(library.state)[:2]}..."


def series(count, steps, rng):
    """Noisy sine waves, and the next value."""
    phase, speed = rng.uniform(0, 6, (count, 1)), rng.uniform(0.2, 0.6, (count, 1))
    waves = np.sin(phase + speed * np.arange(steps + 1)) + 0.02 * rng.normal(size=(count, steps + 1))
    return waves[:, :-1, None].astype(np.float32), waves[:, -1:].astype(np.float32)


def recurrent_stacks():
    """Three stacks of recurrent layers with dropout predict a generated time series; mse, Adam,
    metrics mae and mse."""
    def simple(net, x):
        h = net.map("dropout", net.recurrent("rnn", x, 2, "r1"), " rate 0.3")
        return net.dense(net.recurrent("rnn", h, 1, "r2", whole=False), 1, "l")

    def lstm(net, x):
        h = net.map("dropout", net.recurrent("lstm", x, 20, "r1"), " rate 0.2")
        h = net.map("dropout", net.recurrent("lstm", h, 10, "r2", whole=False), " rate 0.2")
        return net.dense(h, 1, "l")

    def gru(net, x):
        h = net.conv(x, 20, 4, "c", padding="valid", stride=2)
        h = net.recurrent("gru", h, 2, "r", whole=False, extra=' activations ["sigmoid", "relu"]')
        return net.dense(net.map("dropout", h, " rate 0.2"), 1, "l")
    rng, told = np.random.default_rng(0), []
    x, t = series(512, 24, rng)
    plain = float(np.square(t - t.mean()).mean())
    for make, bound in ((simple, 0.9), (lstm, 0.2), (gru, 0.6)):
        net = Net()
        library = learner(f"stack_{make.__name__}", net, make(net, net.input(None, 24, 1)),
                          "loss=mse", "optimizer=adam", "rate=0.01", "metrics=mae,mse")
        train.fit(library, [x], t, epochs=30, seed=1)
        loss, mae, mse = (float(v) for v in library.evaluate(x, t))
        assert abs(loss - mse) < 1e-7 and loss < bound * plain, (make.__name__, loss, plain)
        told.append(f"{make.__name__} {loss / plain:.2f}")
    return "mean squared error over the variance: " + ", ".join(told)


def autoencoder():
    """Convolutions, pooling, upsampling: digits through a code of a quarter of their size."""
    from sklearn.datasets import load_digits
    x = (load_digits().images / 16).astype(np.float32)[..., None]
    net = Net()
    h = net.max_pool(net.conv(net.input(None, 8, 8, 1), 16, 3, "e1", "sigmoid"))
    h = net.max_pool(net.conv(h, 4, 3, "e2", "sigmoid"))
    h = net.conv(h, 16, 3, "d1", "sigmoid")
    h = net.op("upsample", [h], (None, 4, 4, 16), " by [2, 2]")
    h = net.conv(h, 16, 3, "d2", "sigmoid")
    h = net.op("upsample", [h], (None, 8, 8, 16), " by [2, 2]")
    library = learner("autoencoder", net, net.conv(h, 1, 3, "d3", "sigmoid"), "loss=mse",
                      "optimizer=adam", "rate=0.02", "initializer=he_normal")
    train.fit(library, [x], x, epochs=40, seed=1)
    loss = float(library.evaluate(x, x))
    plain = float(np.square(x - x.mean(0)).mean())
    assert loss < 0.75 * plain, (loss, plain)
    return f"mean squared error {loss:.4f}, of the mean image {plain:.4f}"


def transformer():
    """An encoder block finds whether the first of eight tokens occurs again."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 6, (2000, 8))
    t = (tokens[:, 1:] == tokens[:, :1]).any(1).astype(np.int64)
    x = np.concatenate([np.eye(6)[tokens], np.broadcast_to(np.eye(8), (2000, 8, 8))],
                       -1).astype(np.float32)
    net = Net()
    h = net.dense(net.input(None, 8, 14), 16, "e")
    q, k, v = (net.dense(h, 16, n) for n in "qkv")
    kt = net.op("transpose", [k], (None, 16, 8), " [0, 2, 1]")
    a = net.map("softmax", net.op("matmul", [q, kt], (None, 8, 8)))
    h = net.add(net.op("matmul", [a, v], (None, 8, 16)), h)
    h = net.op("layer_norm", [h, net.param("n.s", 16), net.param("n.o", 16)], h.shape)
    h = net.add(net.dense(net.dense(h, 32, "f1", "gelu"), 16, "f2"), h)
    y = net.dense(net.reshape(h, None, 128), 2, "l")
    library = learner("transformer", net, y, "loss=cross_entropy", "optimizer=adam", "rate=0.003",
                      "metrics=accuracy")
    history = train.fit(library, [x], t, epochs=25, validation=0.2, seed=1)
    accuracy = history[-1]["validation_accuracy"]
    assert accuracy > 0.95, accuracy
    return f"held-back accuracy {accuracy:.3f}"


def vanishing_gradients():
    """The gradient of a final loss with respect to the inputs of each step: it vanishes for a tanh
    RNN with small weights, explodes with large ones, and persists for an LSTM that remembers."""
    steps, hidden, rng = 40, 16, np.random.default_rng(0)
    norms = {}
    for kind, gates in (("rnn", 1), ("lstm", 4)):
        net = Net()
        x = net.input(1, steps, 4)
        types = [f"tensor<4x{gates * hidden}xf32>", f"tensor<{hidden}x{gates * hidden}xf32>",
                 f"tensor<{gates * hidden}xf32>"]
        cell = ", %c" if kind == "lstm" else ""
        text = f"""func.func private @last(%x: {x.type}, %w: {types[0]}, %u: {types[1]}, %b: {types[2]}) -> tensor<f32> {{
  %y, %h{cell} = dl.{kind} %x, %w, %u bias(%b : {types[2]}) batch_first : {x.type}, {types[0]}, {types[1]}
  %s = dl.reduce_sum %h : tensor<1x{hidden}xf32>
  return %s : tensor<f32>
}}
func.func @gradient(%x: {x.type}, %w: {types[0]}, %u: {types[1]}, %b: {types[2]}) -> {x.type} {{
  %g = dl.grad @last(%x, %w, %u, %b) wrt [0] : ({x.type}, {', '.join(types)}) -> {x.type}
  return %g : {x.type}
}}
"""
        library = compile_text(f"vanishing_{kind}", text)
        data = rng.normal(size=(1, steps, 4)).astype(np.float32) * 0.1
        w = rng.normal(size=(4, gates * hidden)).astype(np.float32) * 0.3
        u = np.linalg.qr(rng.normal(size=(hidden, hidden)))[0].astype(np.float32)
        bias = np.zeros(gates * hidden, np.float32)
        if kind == "lstm":
            bias[hidden:2 * hidden] = 4  # the forget gate: remember
            u = np.zeros((hidden, 4 * hidden), np.float32)
        for name, factor in (("small", 0.5), ("large", 1.5)) if kind == "rnn" else (("", 1),):
            g = library.gradient(data, w, u * np.float32(factor), bias)
            size = np.linalg.norm(g[0], axis=1)
            norms[f"{kind} {name}".strip()] = float(size[0] / size[-1])
    assert norms["rnn small"] < 1e-8 and norms["lstm"] > 0.3, norms
    assert norms["rnn large"] > 10, norms
    return "first step over last: " + ", ".join(f"{k} {v:.1e}" for k, v in norms.items())


def same_bits():
    """1,000 steps end in the same bits on one thread and on two. Saving, loading and continuing
    equals not stopping."""
    net = Net()
    h = net.dense(net.input(None, 256), 256, "l1", "relu")
    h = net.map("dropout", h, " rate 0.2")
    library = learner("same_bits", net, net.dense(h, 64, "l2"), "loss=mse", "optimizer=adam")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 64, 256)).astype(np.float32)
    t = rng.normal(size=(4, 64, 64)).astype(np.float32)

    def go(context, first, last):
        for i in range(first, last):
            context.step(x[i % 4], t[i % 4])
        return {n: a.tobytes() for n, a in context.state.items()}
    contexts = [library.context(threads) for threads in (1, 2, 2)]
    for context in contexts:
        context.initialize(5)
    one, two = go(contexts[0], 0, 1000), go(contexts[1], 0, 1000)
    go(contexts[2], 0, 400)
    contexts[2].save(FOLDER / "half.safetensors")
    other = library.context(1)
    other.restore(FOLDER / "half.safetensors")
    three = go(other, 400, 1000)
    assert contexts[0].threads == 1 and one == two == three
    return f"{len(one)} tensors, {sum(map(len, one.values()))} bytes"


SYSTEMS = [perceptron_rule, adaline, xor, digits_mlp, transfer, recurrent_stacks, autoencoder,
           transformer, vanishing_gradients, same_bits]

if __name__ == "__main__":
    run(SYSTEMS)
