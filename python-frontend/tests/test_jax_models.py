# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A network and training loops as they are written in plain JAX, beside JAX itself."""

import numpy as np
import pytest

import dlc

jax = pytest.importorskip("jax")
jnp, lax = jax.numpy, jax.lax

WORDS, WIDTH, HEADS = 13, 8, 2


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def parameters_of(rng):
    def layer():
        return {"q": normal(rng, WIDTH, HEADS, WIDTH // HEADS) * 0.3,
                "k": normal(rng, WIDTH, HEADS, WIDTH // HEADS) * 0.3,
                "v": normal(rng, WIDTH, HEADS, WIDTH // HEADS) * 0.3,
                "o": normal(rng, HEADS, WIDTH // HEADS, WIDTH) * 0.3,
                "up": normal(rng, WIDTH, 4 * WIDTH) * 0.3,
                "down": normal(rng, 4 * WIDTH, WIDTH) * 0.3,
                "norms": [np.ones(WIDTH, np.float32), np.ones(WIDTH, np.float32)]}
    return {"words": normal(rng, WORDS, WIDTH), "places": normal(rng, 16, WIDTH),
            "layers": [layer(), layer()], "norm": np.ones(WIDTH, np.float32)}


def normalized(x, scale):
    x = x - x.mean(-1, keepdims=True)
    return x * lax.rsqrt((x ** 2).mean(-1, keepdims=True) + 1e-5) * scale


def dropped(x, key, rate=0.1):
    return x if key is None else jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape),
                                           x / (1 - rate), 0.0)


def block(p, x, key):
    keys = [None] * 2 if key is None else jax.random.split(key)
    h = normalized(x, p["norms"][0])
    q, k, v = (jnp.einsum("bti,ihd->bthd", h, p[n]) for n in "qkv")
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1])
    mask = jnp.tril(jnp.ones((x.shape[1], x.shape[1]), bool))
    weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf))
    x = x + dropped(jnp.einsum("bhqk,bkhd,hdi->bqi", weights, v, p["o"]), keys[0])
    h = jax.nn.gelu(normalized(x, p["norms"][1]) @ p["up"])
    return x + dropped(h @ p["down"], keys[1])


def transformer(p, tokens, key=None):
    x = jnp.take(p["words"], tokens, axis=0) + p["places"][:tokens.shape[1]]
    for i, layer in enumerate(p["layers"]):
        x = jax.checkpoint(block)(layer, x, None if key is None else jax.random.fold_in(key, i))
    return normalized(x, p["norm"]) @ p["words"].T


def loss(p, tokens, key=None):
    scores = jax.nn.log_softmax(transformer(p, tokens[:, :-1], key))
    return -jnp.take_along_axis(scores, tokens[:, 1:, None], -1).mean()


def adam(p, state, gradient, rate=0.01):
    count = state["count"] + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["mean"], gradient)
    square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, state["square"], gradient)
    norm = jnp.sqrt(sum(jnp.sum(g ** 2) for g in jax.tree.leaves(gradient)))
    scale = jnp.minimum(1.0, 5.0 / norm) * rate
    p = jax.tree.map(lambda w, m, s: w - scale * (m / (1 - 0.9 ** count)) /
                     (jnp.sqrt(s / (1 - 0.999 ** count)) + 1e-8), p, mean, square)
    return p, {"count": count, "mean": mean, "square": square}


def start(p):
    zeros = jax.tree.map(np.zeros_like, p)
    return {"count": np.float32(0), "mean": zeros, "square": zeros}


def near(got, want, tolerance):
    """To a share of the largest of each leaf, or of 0.01 where all are less."""
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        scale = max(0.01, np.abs(b).max())
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * scale)


def test_transformer(rng):
    p, tokens = parameters_of(rng), rng.integers(0, WORDS, (3, 7)).astype(np.int32)
    model = dlc.from_jax(transformer, tokens, parameters=p)
    for batch in (3, 1, 5):
        tokens = rng.integers(0, WORDS, (batch, 7)).astype(np.int32)
        near(model(tokens), transformer(p, tokens), 1e-5)


def test_transformer_of_any_length(rng):
    p = parameters_of(rng)
    b, t = jax.export.symbolic_shape("b, t", constraints=["t <= 16"])
    model = dlc.from_jax(transformer, jax.ShapeDtypeStruct((b, t), "int32"), parameters=p)
    for shape in ((3, 7), (1, 16), (2, 1)):
        tokens = rng.integers(0, WORDS, shape).astype(np.int32)
        near(model(tokens), transformer(p, tokens), 1e-5)


def test_gradient_with_dropout(rng):
    p, tokens = parameters_of(rng), rng.integers(0, WORDS, (3, 7)).astype(np.int32)
    for key in (None, jax.random.key(5)):
        near(dlc.grad(loss)(p, tokens, key), jax.grad(loss)(p, tokens, key), 1e-5)


def test_loop_with_grad(rng):
    """Ten steps of Adam written in JAX, of dlc's gradients and of JAX's."""
    p, tokens = parameters_of(rng), rng.integers(0, WORDS, (4, 7)).astype(np.int32)
    results = []
    for library in (dlc, jax):
        gradient, update = library.grad(loss), jax.jit(adam)
        now, state = p, start(p)
        for i in range(10):
            now, state = update(now, state, gradient(now, tokens, jax.random.key(i)))
        results.append(now)
    near(*results, 1e-3)  # Adam divides by roots of squares, where errors grow
    assert loss(results[0], tokens) < 0.7 * loss(p, tokens)


def test_step_as_a_whole(rng):
    """The step with jax.grad in it is one function for dlc."""
    p, tokens = parameters_of(rng), rng.integers(0, WORDS, (4, 7)).astype(np.int32)
    leaves, tree = jax.tree.flatten((p, start(p)))

    def step(tokens, key, *leaves):
        p, state = jax.tree.unflatten(tree, leaves)
        value, gradient = jax.value_and_grad(loss)(p, tokens, key)
        return value, *jax.tree.leaves(adam(p, state, gradient))
    model = dlc.from_jax(step, tokens, jax.random.key(0), *leaves, batch="fixed")
    got, want = leaves, leaves
    for i in range(5):
        a, *got = model(tokens, jax.random.key(i), *got)
        b, *want = jax.jit(step)(tokens, jax.random.key(i), *want)
        assert abs(a - b) < 1e-4 * abs(b)
    near(got[:len(jax.tree.leaves(p))], want[:len(jax.tree.leaves(p))], 1e-3)
