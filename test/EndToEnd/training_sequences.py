# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks that read or write words, series and trees, each in a library.

    training_sequences.py FOLDER [NAME...]

Every system asserts its outcome. All texts, images and prices are generated here from fixed seeds:
none is real.
"""

import numpy as np

from building import Net
from learning import batches, compile_text, learner, one_hot, run

WORDS = ["Harry", "Sally", "James", "met", "."]


def word_predictor():
    """After "Harry met" comes anyone but Harry. A tanh unit whose only memory is its last
    prediction, and which learns only from the last word, has forgotten who met; the LSTM has not.
    """
    rng = np.random.default_rng(0)
    pairs = np.array([(a, b) for a in range(3) for b in range(3) if a != b])
    chosen = pairs[rng.integers(0, 6, (400, 3))]  # three sentences each
    text = np.stack([chosen[..., 0], np.full((400, 3), 3), chosen[..., 1],
                     np.full((400, 3), 4)], -1).reshape(400, 12)
    x, t = one_hot(text[:, :-1], 5), text[:, 1:].astype(np.int64)
    again = {}
    for kind in ("rnn", "lstm"):
        net = Net()
        words = net.input(None, 11, 5)
        if kind == "rnn":
            y = net.recurrent("rnn", words, 5, "r")
            for _ in range(2):  # from -1 ... 1 to -4 ... 4
                y = net.add(y, y)
        else:
            y = net.dense(net.recurrent("lstm", words, 12, "r"), 5, "l")
        library = learner(f"words_{kind}", net, net.map("softmax", y), "loss=cross_entropy",
                          "optimizer=adam", "rate=0.01",
                          options=["--truncate=1"] if kind == "rnn" else [])
        for _ in range(40):
            for places in batches(rng, 400, 40):
                library.step(x[places], t[places])
        p = library.predict(x)
        # The probability that somebody meets himself, over all sentences.
        again[kind] = float(np.mean([p[i, 4 * s + 1, text[i, 4 * s]]
                                     for i in range(400) for s in range(3)]))
    assert again["rnn"] > 0.1 and again["lstm"] < 0.03, again
    return f"chance of 'Harry met Harry': RNN {again['rnn']:.2f}, LSTM {again['lstm']:.4f}"


def decoder(net, state, cell, words, hidden, classes):
    """An LSTM from a given state over the words written so far."""
    h = net.recurrent("lstm", words, hidden, "decoder",
                      extra=f" init({state.name} : {state.type}) cell({cell.name} : {cell.type})")
    return net.map("softmax", net.dense(h, classes, "out"))


def write(library, source, steps, start, classes):
    """The likeliest next word of a decoder, repeatedly."""
    written = np.full((len(source), steps), start)
    for step in range(steps):
        p = library.predict(source, one_hot(written, classes + 1))
        if step + 1 < steps:
            written[:, step + 1] = p[:, step].argmax(-1)
    return np.c_[written[:, 1:], p[:, -1].argmax(-1)]


def train_writer(library, source, text, classes, epochs, rng, size=50):
    """Training steps on the next word, given the true previous ones (teacher forcing)."""
    shifted = np.c_[np.full(len(text), classes), text[:, :-1]]
    words, target = one_hot(shifted, classes + 1), text.astype(np.int64)
    for _ in range(epochs):
        for places in batches(rng, len(text), size):
            library.step(source[places], words[places], target[places])


def encoder_decoder():
    """One LSTM reads five tokens, another writes them backwards from its last state."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 5, (2200, 5))
    x, backwards = one_hot(tokens, 5), tokens[:, ::-1]
    net = Net()
    source = net.input(None, 5, 5)
    words = net.input(None, 5, 6)
    state = net.recurrent("lstm", source, 48, "encoder", whole=False)
    cell = net.dense(state, 48, "bridge")
    library = learner("reverse", net, decoder(net, state, cell, words, 48, 5),
                      "loss=cross_entropy", "optimizer=adam", "rate=0.005")
    train_writer(library, x[:2000], backwards[:2000], 5, 30, rng)
    right = float((write(library, x[2000:], 5, 5, 5) == backwards[2000:]).all(1).mean())
    assert right >= 0.95, right
    return f"of 200 unseen strings {right:.1%} are reversed without an error"


def captioning():
    """Convolutions read a picture of two shapes; an LSTM names them from left to right: words are a
    shape, "and", a shape, "."."""
    rng = np.random.default_rng(0)
    shapes = np.zeros((3, 5, 5), np.float32)
    shapes[0, [0, -1]] = shapes[0, :, [0, -1]] = 1  # a square
    shapes[1, 2] = shapes[1, :, 2] = 1              # a cross
    shapes[2] = np.eye(5)                           # a line
    which = rng.integers(0, 3, (1200, 2))
    images = 0.2 * rng.normal(size=(1200, 8, 16, 1)).astype(np.float32)
    for image, pair in zip(images, which):
        for side, shape in enumerate(pair):
            i, j = rng.integers(0, 4), 8 * side + rng.integers(0, 4)
            image[i:i + 5, j:j + 5, 0] += shapes[shape]
    text = np.stack([which[:, 0], np.full(1200, 3), which[:, 1], np.full(1200, 4)], 1)
    net = Net()
    picture = net.input(None, 8, 16, 1)
    words = net.input(None, 4, 6)
    h = net.max_pool(net.conv(picture, 12, 3, "c1", "relu"))
    h = net.max_pool(net.conv(h, 16, 3, "c2", "relu"))
    h = net.reshape(h, None, 2 * 4 * 16)
    state, cell = net.dense(h, 24, "state", "tanh"), net.dense(h, 24, "cell")
    library = learner("captions", net, decoder(net, state, cell, words, 24, 5),
                      "loss=cross_entropy", "optimizer=adam", "rate=0.005",
                      "initializer=he_normal")
    train_writer(library, images[:1000], text[:1000], 5, 16, rng)
    right = float((write(library, images[1000:], 4, 5, 5) == text[1000:]).all(1).mean())
    assert right >= 0.95, right
    return f"of 200 unseen pictures {right:.1%} are told without an error"


def sentiment():
    """Embedding, LSTM, score: reviews of generated words, where "not" inverts the next word and
    most words are neutral."""
    rng = np.random.default_rng(0)
    # 0 is "not", 1 to 5 praise, 6 to 10 complain, the others are neutral.
    text = rng.choice(30, (2400, 10), p=[0.15] + [0.04] * 10 + [0.45 / 19] * 19)
    sign = ((text > 0) & (text < 6)).astype(int) - ((text > 5) & (text < 11))
    sign[:, 1:] *= np.where(text[:, :-1] == 0, -1, 1)
    score = sign.sum(1)
    text, t = text[score != 0], (score[score != 0] > 0).astype(np.float32)[:, None]
    net = Net()
    words = net.input(None, 10, element="i64")
    table = net.param("embedding", 30, 8)
    h = net.op("gather", [table, words], (None, 10, 8))
    h = net.recurrent("lstm", h, 16, "r", whole=False)
    library = learner("sentiment", net, net.map("sigmoid", net.dense(h, 1, "l")),
                      "loss=binary_cross_entropy", "optimizer=adam", "rate=0.01",
                      "metrics=accuracy")
    held = len(text) - 300
    for _ in range(20):
        for places in batches(rng, held, 50):
            library.step(text[places], t[places])
    accuracy = float(library.evaluate(text[held:], t[held:])[1])
    assert accuracy > 0.95, accuracy
    return f"{accuracy:.1%} of 300 unseen reviews"


def stock_predictor():
    """Predicts the next change of a price from the last three changes, then from all earlier ones:
    in x(t) = e(t) - 0.95 e(t-1) every earlier change is informative."""
    rng = np.random.default_rng(0)
    steps, window = 40, 3
    noise = rng.normal(size=(1500, steps + 2))
    changes = (noise[:, 1:] - 0.95 * noise[:, :-1]).astype(np.float32)
    x, t = changes[:, :steps, None].copy(), changes[:, steps:].copy()
    last = x[:, -window:, 0].copy()
    net = Net()
    h = net.dense(net.input(None, window), 16, "l1", "tanh")
    short = learner("window", net, net.dense(h, 1, "l2"), "loss=mse", "optimizer=adam", "rate=0.01")
    net = Net()
    h = net.recurrent("rnn", net.input(None, steps, 1), 8, "r", whole=False)
    endless = learner("endless", net, net.dense(h, 1, "l"), "loss=mse", "optimizer=adam",
                      "rate=0.003", "clip-norm=1")
    for _ in range(60):
        for places in batches(rng, 1200, 50):
            short.step(last[places], t[places])
            endless.step(x[places], t[places])
    today = float(np.square(t[1200:] - x[1200:, -1]).mean())
    few = float(short.evaluate(last[1200:], t[1200:]))
    many = float(endless.evaluate(x[1200:], t[1200:]))
    assert few < 0.5 * today and many < 0.93 * few, (today, few, many)
    return f"mean squared error: as today {today:.2f}, last three {few:.2f}, all {many:.2f} (best 1)"


def grow(rng, leaves):
    """A random tree over words 0 ("not"), 1 (no) and 2 (yes): its words, for each inner node the
    indices of its children (words first, then inner nodes from below), and its truth value. "not"
    over a phrase inverts it; two phrases are a conjunction."""
    words, nodes = [], []

    def build(count):
        if count == 1:
            words.append(rng.integers(1, 3))
            return len(words) - 1, words[-1] == 2
        if count == 2 or rng.random() < 0.4:
            words.append(0)
            left = len(words) - 1
            right, holds = build(count - 1)
            nodes.append((left, right))
            return leaves + len(nodes) - 1, not holds
        parts = rng.integers(1, count)
        left, a = build(parts)
        right, b = build(count - parts)
        nodes.append((left, right))
        return leaves + len(nodes) - 1, a and b
    holds = build(leaves)[1]
    return words, nodes, holds


def tensor_network():
    """A recursive neural tensor network: tanh([a; b]' V [a; b] + [a; b] W + c) composes the nodes
    of a tree bottom-up, as a scan over a table of nodes; batches of trees of six words."""
    leaves, size, batch, rng = 6, 8, 50, np.random.default_rng(0)
    inner, rows = leaves - 1, batch * (2 * leaves - 1)
    trees = [grow(rng, leaves) for _ in range(2500)]
    words = np.array([t[0] for t in trees])
    nodes = np.array([t[1] for t in trees])
    holds = np.array([t[2] for t in trees]).astype(np.int64)
    text = f"""
ml_program.global private @words.w(dense<0.0> : tensor<3x{size}xf32>) : tensor<3x{size}xf32>
ml_program.global private @V.w(dense<0.0> : tensor<{4 * size * size}x{size}xf32>) : tensor<{4 * size * size}x{size}xf32>
ml_program.global private @W.w(dense<0.0> : tensor<{2 * size}x{size}xf32>) : tensor<{2 * size}x{size}xf32>
ml_program.global private @c.b(dense<0.0> : tensor<{size}xf32>) : tensor<{size}xf32>
ml_program.global private @out.w(dense<0.0> : tensor<{size}x2xf32>) : tensor<{size}x2xf32>
func.func @predict(%leaf: tensor<{batch * leaves}xi64>, %left: tensor<{inner}x{batch}xi64>,
                   %right: tensor<{inner}x{batch}xi64>, %place: tensor<{inner}x{batch}xi64>) -> tensor<{batch}x2xf32> {{
  %words = ml_program.global_load_const @words.w : tensor<3x{size}xf32>
  %V = ml_program.global_load_const @V.w : tensor<{4 * size * size}x{size}xf32>
  %W = ml_program.global_load_const @W.w : tensor<{2 * size}x{size}xf32>
  %c = ml_program.global_load_const @c.b : tensor<{size}xf32>
  %out = ml_program.global_load_const @out.w : tensor<{size}x2xf32>
  %leaves = dl.gather %words, %leaf : tensor<3x{size}xf32>, tensor<{batch * leaves}xi64>
  %empty = arith.constant dense<0.0> : tensor<{batch * inner}x{size}xf32>
  %table = dl.concat %leaves, %empty axis 0 : tensor<{batch * leaves}x{size}xf32>, tensor<{batch * inner}x{size}xf32>
  %nodes = dl.scan states(%t = %table : tensor<{rows}x{size}xf32>)
      inputs(%l = %left : tensor<{inner}x{batch}xi64>, %r = %right : tensor<{inner}x{batch}xi64>, %p = %place : tensor<{inner}x{batch}xi64>) {{
    %a = dl.gather %t, %l : tensor<{rows}x{size}xf32>, tensor<{batch}xi64>
    %b = dl.gather %t, %r : tensor<{rows}x{size}xf32>, tensor<{batch}xi64>
    %z = dl.concat %a, %b axis 1 : tensor<{batch}x{size}xf32>, tensor<{batch}x{size}xf32>
    %row = dl.reshape %z : tensor<{batch}x{2 * size}xf32> to tensor<{batch}x1x{2 * size}xf32>
    %column = dl.reshape %z : tensor<{batch}x{2 * size}xf32> to tensor<{batch}x{2 * size}x1xf32>
    %pairs = dl.mul %column, %row : tensor<{batch}x{2 * size}x1xf32>, tensor<{batch}x1x{2 * size}xf32>
    %flat = dl.reshape %pairs : tensor<{batch}x{2 * size}x{2 * size}xf32> to tensor<{batch}x{4 * size * size}xf32>
    %q = dl.dense %flat, %V : tensor<{batch}x{4 * size * size}xf32>, tensor<{4 * size * size}x{size}xf32>
    %s = dl.dense %z, %W, %c : tensor<{batch}x{2 * size}xf32>, tensor<{2 * size}x{size}xf32>, tensor<{size}xf32>
    %sum = dl.add %q, %s : tensor<{batch}x{size}xf32>, tensor<{batch}x{size}xf32>
    %h = dl.tanh %sum : tensor<{batch}x{size}xf32>
    %next = dl.scatter %t, %p, %h : tensor<{rows}x{size}xf32>, tensor<{batch}xi64>, tensor<{batch}x{size}xf32>
    dl.yield states(%next : tensor<{rows}x{size}xf32>)
  }}
  %root = dl.slice %nodes [{rows - batch}, 0] to [{rows}, {size}] : tensor<{rows}x{size}xf32>
  %y = dl.dense %root, %out : tensor<{batch}x{size}xf32>, tensor<{size}x2xf32>
  return %y : tensor<{batch}x2xf32>
}}
"""
    library = compile_text("trees", text, "loss=cross_entropy", "optimizer=adam", "rate=0.003",
                           "metrics=accuracy")
    library.initialize(1)

    def arrays(places):
        """Rows of the table: words of all trees, then their first inner nodes, their second ..."""
        tree = np.arange(batch)[:, None]
        row = np.where(nodes[places] < leaves, tree[..., None] * leaves + nodes[places],
                       batch * leaves + (nodes[places] - leaves) * batch + tree[..., None])
        own = batch * leaves + np.arange(inner)[:, None] * batch + np.arange(batch)
        return (words[places].reshape(-1), row[..., 0].T.copy(), row[..., 1].T.copy(), own,
                holds[places])
    for _ in range(30):
        for places in batches(rng, 2000, batch):
            library.step(*arrays(places))
    accuracy = float(np.mean([library.evaluate(*arrays(np.arange(i, i + batch)))[1]
                              for i in range(2000, 2500, batch)]))
    assert accuracy > 0.95, accuracy
    return f"{accuracy:.1%} of 500 unseen trees"


if __name__ == "__main__":
    run([word_predictor, encoder_decoder, captioning, sentiment, stock_predictor,
         tensor_network])
