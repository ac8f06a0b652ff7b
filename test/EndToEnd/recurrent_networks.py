# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recurrent networks of every topology against NumPy in f64.

    recurrent_networks.py MODEL FOLDER

MODEL is Inputs/recurrent.mlir. Prints a line for each network.
"""

import sys

import numpy as np
from scipy import special

import dlc
from random_cases.recurrent import run

RANDOM = np.random.default_rng(17)
TANH, SIGMOID = np.tanh, special.expit
LSTM, GRU = [SIGMOID, TANH, TANH], [SIGMOID, TANH]
LIBRARY = None


def normal(*shape, scale=1.0):
    return (RANDOM.standard_normal(shape) * scale).astype(np.float32)


def weights(*shapes):
    return [normal(*s, scale=1 / np.sqrt(s[-2])) for s in shapes]


def wide(*arrays):
    return [np.asarray(a, np.float64) for a in arrays]


def close(name, got, wanted, tolerance=2e-6):
    error = np.abs(got - wanted).max() / max(np.abs(wanted).max(), 1e-30)
    print(f"{name}: relative error {error:.1e}")
    assert got.shape == wanted.shape and error <= tolerance, (name, got, wanted)


def layer(name, x, w, u, functions, **more):
    """A layer over [T, B, K]."""
    lengths, reverse = more.pop("lengths", None), more.pop("reverse", False)
    return run(name, x, {"w": w, "u": u, **more}, functions, None, lengths, reverse, set())


def decode(h, c, words, first, w, u, wo, limit):
    """Words until word 0 or the limit, each the input of the next."""
    said, word = [], first
    for _ in range(limit):
        _, h, c = layer("lstm", words[None, [word]], w, u, LSTM, h0=h, c0=c)
        word = int((h @ wo).argmax())
        said.append(word)
        if word == 0:
            break
    return said


def emitted(name, got, count, said, limit):
    wanted = np.zeros(limit, int)
    wanted[:len(said)] = said
    assert count == len(said) and (got.ravel() == wanted).all(), (name, got, count, said)
    return len(said)


def caption():
    lengths = set()
    for _ in range(20):
        image = normal(1, 8, 8, 3)
        filters = normal(3, 3, 3, 6, scale=0.3)
        wi, words, w, u, wo = weights((6, 10), (9, 5), (5, 40), (10, 40), (10, 9))
        got, count = LIBRARY.caption(image, filters, wi, words, 3 * w, 2 * u, wo, np.array([1]))
        patches = np.lib.stride_tricks.sliding_window_view(image[0].astype(float), (3, 3), (0, 1))
        maps = np.maximum(np.einsum("xycij,ijcf->xyf", patches, filters.astype(float)), 0)
        h = np.tanh(maps.mean((0, 1))[None] @ wi.astype(float))
        said = decode(h, h, *wide(words), 1, *wide(3 * w, 2 * u, wo), 12)
        lengths.add(emitted("caption", got, int(count), said, 12))
    print(f"caption: same words, lengths {sorted(lengths)}")


def translate():
    lengths = set()
    for _ in range(20):
        words, we, ue, wd, ud, wo = weights((9, 5), (5, 40), (10, 40), (5, 40), (10, 40), (10, 9))
        ids = RANDOM.integers(0, 9, RANDOM.integers(1, 9))
        got, count = LIBRARY.translate(ids, words, 3 * we, ue, 3 * wd, 2 * ud, wo)
        wide_words, we, ue, wd, ud, wo = wide(words, 3 * we, ue, 3 * wd, 2 * ud, wo)
        _, h, c = layer("lstm", wide_words[ids][:, None], we, ue, LSTM)
        said = decode(h, c, wide_words, 1, wd, ud, wo, 20)
        lengths.add(emitted("translate", got, int(count), said, 20))
    print(f"translate: same words, lengths {sorted(lengths)}")


def sentiment():
    words, w, u, wo = weights((50, 8), (8, 64), (16, 64), (16, 1))
    b = normal(64)
    for batch, steps in ((1, 1), (5, 40), (3, 200)):
        ids = RANDOM.integers(0, 50, (batch, steps))
        lengths = RANDOM.integers(0, steps + 1, batch)
        got = LIBRARY.sentiment(ids, lengths, words, w, u, b, wo)
        x = np.swapaxes(words.astype(float)[ids], 0, 1)
        h = layer("lstm", x, *wide(w, u), LSTM, b=b.astype(float), lengths=lengths)[1]
        close(f"sentiment {batch}x{steps}", got, special.expit(h @ wo.astype(float)))


def tagger():
    w, u, wo = weights((2, 6, 36), (2, 12, 36), (24, 5))
    x = normal(3, 11, 6)
    ys = [layer("gru", np.swapaxes(x.astype(float), 0, 1), *wide(w[d], u[d]), GRU,
                reverse=d == 1)[0] for d in (0, 1)]
    logits = np.swapaxes(np.concatenate(ys, 2), 0, 1) @ wo.astype(float)
    close("tagger", LIBRARY.tagger(x, w, u, wo), special.softmax(logits, -1))


WORDS = ["Harry", "Sally", "James", "met", "."]


def allowed(prefix):
    """What may come next in sentences `A met B.`, A not B; a full stop begins the first."""
    sentence = prefix[len(prefix) - prefix[::-1].index("."):]
    names = set(WORDS[:3])
    return {0: names, 1: {"met"}, 2: names - {sentence[0]} if len(sentence) > 1 else set(),
            3: {"."}}[len(sentence)]


def one_hot(words):
    return np.eye(5, dtype=np.float32)[[WORDS.index(word) for word in words]][:, None]


def word_predictor():
    # By one word: a name votes for met and the full stop, they vote for the names.
    w = np.zeros((5, 5), np.float32)
    w[:3, 3:], w[3:, :3] = 1, 1
    u = np.zeros((5, 5), np.float32)

    def by_rnn(prefix):
        votes = LIBRARY.next_by_rnn(one_hot(prefix), w, u)[-1, 0]
        return {word for word, vote in zip(WORDS, votes) if vote > 0.5}

    assert "Harry" in by_rnn(["Harry", "met"])          # Harry met Harry.
    assert "met" in by_rnn(["Harry", "met", "Sally"])   # Harry met Sally met James ...
    assert "." in by_rnn(["James"])                     # James. Harry. Sally.
    # With a memory: units 0 to 2 hold names of the sentence, 3 that met was said, 4 to 8
    # the last word alone. Gates i, f, g, o; the full stop forgets and is ignored by 0 to 3.
    hidden = 9
    w = np.zeros((4, 5, hidden), np.float32)
    b = np.zeros((4, hidden), np.float32)
    b[0], b[3] = 20, 20                       # in and out: open
    b[1, :4], b[1, 4:] = 20, -20              # forget: keep the sentence, not the word
    w[1, 4, :4] = -40                         # but the full stop ends the sentence
    w[0, 4, :4] = -40
    w[2, :3, :3], w[2, 3, 3] = 20 * np.eye(3), 20
    w[2, :, 4:] = 20 * np.eye(5)
    wx = np.concatenate(list(w), 1)
    u = np.zeros((hidden, 4 * hidden), np.float32)
    wo = np.zeros((hidden, 5), np.float32)
    wo[:3, :3] = -40 * np.eye(3)              # a name that was said is not selected again
    wo[7, :3] = wo[8, :3] = 20                # names come after met and the full stop
    wo[4:7, 3], wo[3, 3] = 20, -40            # met after the first name
    wo[4:7, 4], wo[3, 4] = 20, 20             # the full stop after the second
    bo = np.array([0, 0, 0, 0, -15], np.float32)

    def by_lstm(prefix):
        p = LIBRARY.next_by_lstm(one_hot(prefix), wx, u, b.ravel(), wo, bo)[-1, 0]
        return {word for word, chance in zip(WORDS, p) if chance > 0.1}

    for _ in range(30):
        prefix = ["."]
        for _ in range(12):
            options = by_lstm(prefix)
            assert options == allowed(prefix), (prefix, options)
            prefix.append(RANDOM.choice(sorted(options)))
    print("word predictor: the memory of one word fails in the three known ways,"
          " the LSTM never:", " ".join(prefix[1:]))


def cook():
    # Dish: same, or the next one; weather: which of the two halves gets its vote.
    wd = np.concatenate([np.eye(3), np.roll(np.eye(3), 1, 1)], 1).astype(np.float32)
    ww = np.repeat(np.eye(2), 3, 1).astype(np.float32)
    merge = np.concatenate([np.eye(3), np.eye(3)], 0).astype(np.float32)
    rainy = RANDOM.integers(0, 2, 30)
    got = LIBRARY.cook(np.eye(2, dtype=np.float32)[rainy], np.eye(3, dtype=np.float32)[0],
                       wd, ww, merge)
    dishes = np.cumsum(rainy) % 3
    assert (got == np.eye(3)[dishes]).all(), (got, dishes)
    print("perfect roommate: 30 days right")


def stock():
    taps = normal(4, 2, 1)
    w, u, wo = weights((2, 8), (8, 8), (8, 1))
    x = normal(1, 90, 2)
    a, b = LIBRARY.stock(x, taps, w, u, wo)
    padded = np.concatenate([np.zeros((3, 2)), x[0].astype(float)])
    near = [np.einsum("tk,tk->", padded[t:t + 4], taps[:, :, 0].astype(float)) for t in range(90)]
    close("stock, four days", a, np.array(near)[None, :, None])
    y = layer("rnn", np.swapaxes(x.astype(float), 0, 1), *wide(w, u), [TANH])[0]
    close("stock, all days", b, np.swapaxes(y, 0, 1) @ wo.astype(float))


def tree():
    v, w = weights((8, 32), (8, 4))
    nodes = np.zeros((15, 4), np.float32)
    nodes[:8] = normal(8, 4)
    free, pairs = list(range(8)), []
    while len(free) > 1:
        a, b = (free.pop(int(RANDOM.integers(len(free)))) for _ in range(2))
        pairs.append((a, b, 8 + len(pairs)))
        free.append(pairs[-1][2])
    got = LIBRARY.tree(nodes, *(np.array(c)[:, None] for c in zip(*pairs)), v, w)
    wanted = nodes.astype(float)
    for a, b, place in pairs:
        ab = np.concatenate([wanted[a], wanted[b]])
        quadratic = (ab @ v.astype(float)).reshape(4, 8) @ ab
        wanted[place] = np.tanh(quadratic + ab @ w.astype(float))
    close("tree", got, wanted)


def streaming():
    w, u = weights((6, 48), (12, 48))
    x, h, c = normal(50, 1, 6), normal(1, 12), normal(1, 12)
    whole = LIBRARY.whole(x, w, u, h, c)
    steps = []
    for t in range(50):
        h, c = LIBRARY.step(x[t:t + 1], w, u, h, c)
        steps.append(h)
    close("streaming", np.stack(steps), whole)


def stacks():
    for batch, steps in ((1, 9), (4, 33)):
        x = normal(batch, steps, 3)
        sequence = np.swapaxes(x.astype(float), 0, 1)
        w1, u1, w2, u2, wo = weights((3, 2), (2, 2), (2, 1), (1, 1), (1, 1))
        y = layer("rnn", sequence, *wide(w1, u1), [TANH])[0]
        h = layer("rnn", y, *wide(w2, u2), [TANH])[1]
        close("simple stack", LIBRARY.simple_stack(x, w1, u1, w2, u2, wo), h @ wo.astype(float))
        w1, u1, w2, u2, wo = weights((3, 80), (20, 80), (20, 40), (10, 40), (10, 1))
        y = layer("lstm", sequence, *wide(w1, u1), LSTM)[0]
        h = layer("lstm", y, *wide(w2, u2), LSTM)[1]
        close("LSTM stack", LIBRARY.lstm_stack(x, w1, u1, w2, u2, wo), h @ wo.astype(float))
        w, u, wo = weights((20, 6), (2, 6), (2, 1))
        k = normal(4, 3, 20, scale=0.3)
        windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), 4, 1)[:, ::2]
        y = np.einsum("btck,kcf->btf", windows, k.astype(float))
        h = layer("gru", np.swapaxes(y, 0, 1), *wide(w, u),
                  [SIGMOID, lambda z: np.maximum(z, 0)])[1]
        close("convolution and GRU", LIBRARY.conv_gru_stack(x, k, w, u, wo), h @ wo.astype(float))


def both_forms():
    w, u = weights((6, 48), (12, 48))
    b = np.zeros(48, np.float32)
    b[12:24] = normal(12)
    x, h0 = normal(20, 3, 6), normal(3, 12)
    gates = [np.concatenate([u, w])[:, 12 * i:12 * i + 12].copy() for i in range(4)]
    first = LIBRARY.concatenated(x, gates[1], gates[0], gates[2], gates[3], b[12:24].copy(), h0)
    second = LIBRARY.four_products(x, w, u, b, h0)
    close("both LSTM forms", first, second)
    wanted = layer("lstm", x.astype(float), *wide(w, u), LSTM, b=b.astype(float),
                   h0=h0.astype(float), c0=h0.astype(float))[0]
    close("the concatenated form", first, wanted)


def main():
    global LIBRARY
    LIBRARY = dlc.load(dlc.compile(sys.argv[1], output=f"{sys.argv[2]}/recurrent.so"))
    for network in (caption, translate, sentiment, tagger, word_predictor, cook, stock, tree,
                    streaming, stacks, both_forms):
        network()
    print("all right")


main()
