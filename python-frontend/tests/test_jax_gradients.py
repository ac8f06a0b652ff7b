# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives of functions of JAX, with what changes them, beside JAX itself."""

import numpy as np
import pytest

import dlc

jax = pytest.importorskip("jax")
jnp, lax = jax.numpy, jax.lax


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def test_grad(rng):
    def loss(p, x, y):
        def cell(h, xt):
            h = jnp.tanh(xt @ p["w"] + h @ p["u"])
            return h, h
        h, hs = lax.scan(cell, jnp.zeros((x.shape[0], 4)), x.swapaxes(0, 1))
        return jnp.mean((h - y) ** 2) + 0.1 * jnp.mean(jax.nn.log_softmax(hs) ** 2)
    p = {"w": normal(rng, 3, 4), "u": normal(rng, 4, 4)}
    x, y = normal(rng, 5, 6, 3), normal(rng, 5, 4)
    for argnums in (0, 1):
        want, got = (m.grad(loss, argnums=argnums)(p, x, y) for m in (jax, dlc))
        for a, b in zip(jax.tree.leaves(want), jax.tree.leaves(got)):
            np.testing.assert_allclose(b, a, atol=1e-6)


def test_rules_of_ones_own(rng):
    """custom_vjp, custom_jvp and stop_gradient: values, steps and gradients, to 1e-5."""
    @jax.custom_vjp
    def scaled(x, n):
        return x * 2 + n
    scaled.defvjp(lambda x, n: (x * 2 + n, x), lambda x, g: (g * (3 + x * x), None))

    @jax.custom_jvp
    def rounded(x, y):
        return jnp.round(x * 4) / 4 + y
    rounded.defjvp(lambda p, t: (rounded(*p), t[0] + jnp.tanh(p[0]) * t[1]))

    def straight(x):
        return x + lax.stop_gradient(jnp.sign(x) - x)

    def function(p, x):
        y = rounded(scaled(x @ p["w"], 3), p["b"]) @ p["v"]
        return straight(y) * lax.stop_gradient(p["b"])
    want = p = {"w": normal(rng, 4, 3), "v": normal(rng, 3, 3), "b": normal(rng, 3)}
    x, y = normal(rng, 6, 4), normal(rng, 6, 3)
    model = dlc.from_jax(function, x, parameters=p)
    np.testing.assert_allclose(model(x), function(p, x), rtol=1e-5, atol=1e-5)

    def loss(p, x, y):
        return jnp.mean((function(p, x) - y) ** 2)
    for a, b in zip(jax.tree.leaves(dlc.grad(loss)(p, x, y)),
                    jax.tree.leaves(jax.grad(loss)(p, x, y))):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    step = model.step_function(loss="mse", optimizer="sgd", rate=0.01)
    for _ in range(10):
        step(x, y)
        want = jax.tree.map(lambda a, g: a - 0.01 * g, want, jax.grad(loss)(want, x, y))
    for a, b in zip(jax.tree.leaves(model.tree), jax.tree.leaves(want)):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_a_rule_that_is_not_linear(rng):
    """Where what comes back is cut off: dlc.grad has JAX's derivative, `fit` says what to do."""
    @jax.custom_vjp
    def cut(x):
        return x * 2
    cut.defvjp(lambda x: (x * 2, None), lambda _, g: (jnp.clip(g, -1, 1),))
    p, x = {"w": normal(rng, 4, 3)}, normal(rng, 5, 4)
    model = dlc.from_jax(lambda p, x: cut(x @ p["w"]), x, parameters=p)
    np.testing.assert_allclose(model(x), 2 * x @ p["w"], atol=1e-5)
    with pytest.raises(dlc.CompileError, match="gradients.py.*custom_vjp of cut.*dlc.grad"):
        model.fit(x, normal(rng, 5, 3), loss="mse")

    def loss(p, x):
        return (cut(x @ p["w"]) ** 3).sum()
    np.testing.assert_allclose(dlc.grad(loss)(p, x)["w"], jax.grad(loss)(p, x)["w"], rtol=1e-5)


def test_no_gradient_is_exact():
    """What is stopped keeps each bit, from the least number to the largest."""
    x = np.array([1.18e-38, -3e-20, 1 / 3, 3.4e38, -np.inf, np.inf, 0, -7], np.float32)
    found = dlc.from_jax(lax.stop_gradient, x)._form(training=True)
    compiled = dlc.compile(found).predict(x)
    np.testing.assert_array_equal(compiled, x)
    np.testing.assert_array_equal(
        dlc.grad(lambda x: (lax.stop_gradient(x) * x).sum())(x[:4]), x[:4])


def test_gradients_at_points():
    """A ReLU at 0, clamps at their bounds."""
    x = np.array([-1, 0, 2], np.float32)
    for function in (jax.nn.relu, jax.nn.relu6, lambda x: lax.clamp(-1.0, x, 2.0),
                     lambda x: lax.clamp(x * 0.0 - 1.0, x, x * 0.0 + 2.0)):
        np.testing.assert_array_equal(dlc.grad(lambda x, f=function: f(x).sum())(x),
                                      jax.grad(lambda x, f=function: f(x).sum())(x))
    assert abs(dlc.grad(lambda x: x ** 2)(3.0) - 6) < 1e-6
    with pytest.raises(TypeError, match="argnums is"):
        dlc.grad(lambda x: x, argnums=(0, 1))
