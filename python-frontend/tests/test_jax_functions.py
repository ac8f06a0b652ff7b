# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of JAX by families: values and gradients beside JAX's own, to 1e-5 of the largest."""

import numpy as np
import pytest

import dlc
from dlc._jaxpr import UnknownPrimitives

jax = pytest.importorskip("jax")
jax_functions = pytest.importorskip("jax_functions")
jnp, lax = jax.numpy, jax.lax


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def close(got, want, name, tolerance=1e-5):
    """Trees of the same types, integers equal, floats to a share of the largest."""
    want = [np.asarray(w) for w in jax.tree.leaves(want)]
    got = jax.tree.leaves(got)
    assert [(w.shape, w.dtype) for w in want] == [(g.shape, g.dtype) for g in got], name
    for g, w in zip(got, want):
        if w.dtype.kind in "iub":
            np.testing.assert_array_equal(g, w, name)
        else:
            finite = np.abs(w[np.isfinite(w)], dtype=np.float64).max(initial=1)
            np.testing.assert_allclose(g, w, rtol=tolerance, atol=tolerance * finite, err_msg=name)


@pytest.mark.parametrize("family", jax_functions.FUNCTIONS)
def test_values(family):
    functions = jax_functions.FUNCTIONS[family]
    inputs = {name: list(given) for name, (_, given) in functions.items()}
    leaves, tree = jax.tree.flatten(inputs)

    def all_of_them(*arrays):
        given = jax.tree.unflatten(tree, arrays)
        return {name: function(*given[name]) for name, (function, _) in functions.items()}
    got = dlc.from_jax(all_of_them, *leaves, batch="fixed")(*leaves)
    want = jax.jit(all_of_them)(*leaves)
    for name in functions:
        close(got[name], want[name], name)


@pytest.mark.parametrize("family", [f for f in jax_functions.FUNCTIONS if f != "endless loops"])
def test_gradients(family):
    functions = {name: item for name, item in jax_functions.FUNCTIONS[family].items()
                 if item[1][0].dtype == np.float32}
    if not functions:
        pytest.skip("of integers alone")

    def one(name, x, rest):
        total = 0.0
        for i, y in enumerate(jax.tree.leaves(functions[name][0](x, *rest))):
            if jnp.issubdtype(y.dtype, jnp.floating):
                weights = jnp.cos(jnp.arange(y.size, dtype=jnp.float32) + i).reshape(y.shape)
                total = total + (jnp.where(jnp.isfinite(y), y, 0.0) * weights).sum()
        return total
    first = {name: given[0] for name, (_, given) in functions.items()}
    rest = {name: list(given[1:]) for name, (_, given) in functions.items()}

    def total(first, rest):
        return sum(one(name, first[name], rest[name]) for name in functions)
    got, want = dlc.grad(total)(first, rest), jax.jit(jax.grad(total))(first, rest)
    for name in functions:
        close(got[name], want[name], name)


FREE = {
    "slices": lambda x: (x[1:], x[:-1], x[1:-1], x[::2], x[1::2], x[:-1:3], x[:2], x[-2:], x[-1],
                         x[::-1], x[::-2], jnp.diff(x, axis=0)),
    "halves": lambda x: (x[:x.shape[0] // 2], x[x.shape[0] // 2:], x[x.shape[0] % 2:]),
    "more": lambda x: (jnp.concatenate([x, x, x[:1]]), jnp.pad(x, ((1, 2), (0, 0))),
                       jnp.pad(x, ((0, x.shape[0]), (0, 0)), constant_values=2.0),
                       lax.pad(x, np.float32(3), ((0, 0, 1), (0, 0, 0))),
                       jnp.tile(x, (2, 1)), jnp.repeat(x, 3, axis=0), jnp.roll(x, 1, axis=0),
                       jnp.arange(2 * x.shape[0] + 1) * 1.0),
    "reshapes": lambda x: (x.reshape(-1)[1:], x.reshape(-1, 2), jnp.split(x, [1], axis=0)),
    "products": lambda x: ((x @ x.T)[1:, :-1], jnp.einsum("ij,kj->ik", x[1:], x),
                           jnp.tril(x @ x.T), jnp.eye(x.shape[0]) + 1,
                           jax.vmap(lambda a, b: (a * b).sum())(x[1:], x[:-1])),
    "windows": lambda x: (
        lax.reduce_window(x, -np.inf, lax.max, (3, 1), (2, 1), "VALID"),
        lax.reduce_window(x, 0.0, lax.add, (2, 2), (1, 1), "SAME"),
        lax.reduce_window((x * 9).astype(jnp.int32), 0, lax.add, (2, 1), (2, 1), "SAME"),
        lax.conv_general_dilated(x[None], jnp.ones((3, 4, 2)), (2,), "SAME",
                                 dimension_numbers=("NHC", "HIO", "NHC"))),
    "indices": lambda x: (
        lax.dynamic_slice(x, (jnp.int32(x[0, 0] > 0), 0), (x.shape[0] - 1, 2)),
        lax.dynamic_update_slice(x, x[1:] * 2, (jnp.int32(x[0, 0] > 0), 0)),
        x.at[1:].set(0.0), x.at[1:, 1].add(x[:-1, 0]), x[jnp.argmax(x[:, 0])],
        jnp.take(x, jnp.array([0, 1]), axis=0)),
    "order": lambda x: (jnp.sort(x, axis=0), jnp.argsort(x, axis=0), jnp.median(x, axis=0),
                        jnp.cumsum(x, 0)[1:], lax.cummax(x, 0)),
    "others": lambda x: (
        x[1:].mean(0) + x.shape[0], lax.scan(lambda c, v: (c + v, c), x[0], x[1:]),
        x[1:] + jax.random.normal(jax.random.key(1), (x.shape[0] - 1, 4)),
        jax.nn.softmax(x @ x.T, where=jnp.tril(jnp.ones((x.shape[0],) * 2, bool)), axis=-1)),
}


@pytest.mark.parametrize("name", FREE)
def test_extents_that_follow(name, rng):
    model = dlc.from_jax(FREE[name], normal(rng, 5, 4))
    for batch in (5, 3, 8, 4):
        x = normal(rng, batch, 4)
        close(model(x), jax.jit(FREE[name])(x), f"{name} of {batch}")


def test_gradients_of_extents_that_follow(rng):
    """Steps on batches of several sizes, to 1e-5 of the largest weight."""
    def function(p, x):
        h = jnp.tanh(x @ p["w"])
        h = jnp.concatenate([h[:1], h[1:] - h[:-1]]) + jnp.pad(h[::2], (
            (0, x.shape[0]), (0, 0)))[:x.shape[0]]
        return jnp.cumsum(jnp.sort(h, axis=1), 0)
    want = p = {"w": normal(rng, 4, 3)}
    model = dlc.from_jax(function, normal(rng, 5, 4), parameters=p)
    step = model.step_function(loss="mse", optimizer="sgd", rate=0.05)
    for batch in (5, 2, 8, 7):
        x, y = normal(rng, batch, 4), normal(rng, batch, 3)
        step(x, y)
        slope = jax.grad(lambda p, x=x, y=y: jnp.mean((function(p, x) - y) ** 2))(want)
        want = jax.tree.map(lambda a, g: a - 0.05 * g, want, slope)
    close(model.tree, want, "w")


def test_named_extents(rng):
    """Several free extents, one of which has to be even."""
    b, n = jax.export.symbolic_shape("b, n")
    kind = jax.ShapeDtypeStruct

    def function(x, y):
        return jnp.concatenate([x @ x.swapaxes(1, 2), y.reshape(x.shape[0], -1, x.shape[1])], 1)
    model = dlc.from_jax(function, kind((b, n, 4), "float32"), kind((b, 2 * n, n), "float32"))
    for extents in ((2, 5), (1, 3), (4, 2)):
        x, y = normal(rng, *extents, 4), normal(rng, extents[0], 2 * extents[1], extents[1])
        close(model(x, y), function(jnp.asarray(x), jnp.asarray(y)), str(extents))
    h, = jax.export.symbolic_shape("h")
    model = dlc.from_jax(lambda x: x.reshape(-1, 2, 3).sum(1), kind((2 * h, 3), "float32"))
    assert model(normal(rng, 6, 3)).shape == (3, 3)
    with pytest.raises(dlc.LibraryError, match="extents do not fit"):
        model(normal(rng, 5, 3))
    def best(x):
        return lax.top_k(jnp.asarray(x)[:, 0], 2)[0]
    with pytest.raises(dlc.CompileError, match="best asks for more of a free extent.*constraints"):
        dlc.from_jax(best, normal(rng, 5, 3))
    c, = jax.export.symbolic_shape("c", constraints=["c >= 2"])
    x = normal(rng, 6, 3)
    close(dlc.from_jax(best, kind((c, 3), "float32"))(x), best(x), "c")
    model = dlc.from_jax(lambda x: x[:x.shape[0] // 2], kind((2 * h + 1, 3), "float32"))
    with pytest.raises(dlc.ir.IRError, match="h.*does not follow from the inputs'"):
        model(normal(rng, 5, 3))


def test_keys(rng):
    """Keys of random numbers as inputs: what is drawn is JAX's, bit by bit."""
    key, x = jax.random.key(4), normal(rng, 3, 4)

    def dropped(key, x):
        def step(key, row):
            key, now = jax.random.split(key)
            return key, jnp.where(jax.random.bernoulli(now, 0.5, row.shape), row, 0.0)
        last, rows = lax.scan(step, key, x)
        return rows, jax.random.bits(jax.random.fold_in(last, 3), (5,))
    model = dlc.from_jax(dropped, key, x)
    for seed in (4, 5):
        for a, b in zip(model(jax.random.key(seed), x), dropped(jax.random.key(seed), x)):
            np.testing.assert_array_equal(a, b)
    keys = jax.random.split(key, 3)
    function = jax.vmap(lambda k, row: row + jax.random.normal(k, row.shape))
    close(dlc.from_jax(function, keys, x)(keys, x), function(keys, x), "vmap")
    chosen = dlc.from_jax(lambda k, x: k[jnp.argmax(x[0, :3])], keys, x)(keys, x)
    np.testing.assert_array_equal(
        chosen, jax.random.key_data(keys[int(np.argmax(x[0, :3]))]))
    with pytest.raises(UnknownPrimitives, match="key<rbg>; dlc has those of threefry2x32"):
        dlc.from_jax(lambda k: jax.random.uniform(k, (3,)), jax.random.key(0, impl="rbg"))


@pytest.mark.parametrize("name", ["arctan2", "nextafter", "copysign"])
def test_signs_and_infinities(name):
    values = np.array([-0.0, 0, 1, -1, np.nan, np.inf, -np.inf, 1e-30], np.float32)
    x, y = (v.ravel() for v in np.meshgrid(values, values))
    want = np.asarray(getattr(jnp, name)(x, y))
    got = dlc.from_jax(getattr(jnp, name), x, y)(x, y)
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=0)
    np.testing.assert_array_equal(np.signbit(got[want == 0]), np.signbit(want[want == 0]))


@pytest.mark.parametrize("name", ["gammaln", "digamma", "erfinv", "erfc", "i0e", "i1e"])
def test_special_functions_everywhere(name):
    """To 1e-5 of the value or 2e-6, near zeros, poles and the ends."""
    x = np.concatenate([np.linspace(-9.7, 9.8, 300), [
        0, 1, -1, 2, -2, 30, 100, 1e4, 1e10, np.nan, np.inf, -np.inf, 1e-8, -1e-8, 0.999999,
        -0.99999, 1e-30]]).astype(np.float32)
    function = getattr(jax.scipy.special, name)
    np.testing.assert_allclose(dlc.from_jax(function, x)(x), function(x), rtol=1e-5, atol=2e-6)


def test_order_of_what_is_no_number():
    """NaN is above every number, -0 and 0 stay in their order, equal ones too."""
    x = np.array([3, np.nan, -0.0, 0, np.inf, -np.inf, 0, -0.0, np.nan, 3], np.float32)
    close(dlc.from_jax(lambda x: (jnp.sort(x), jnp.argsort(x), lax.top_k(x, 4)), x,
                       batch="fixed")(x),
          (jnp.sort(x), jnp.argsort(x), lax.top_k(jnp.asarray(x), 4)), "order")


def test_integers_by_zero():
    a = np.array([-2**31, 2**31 - 1, -1, 0, 77], np.int32)
    b = np.array([0, 0, 0, 0, 0], np.int32)
    for function in (lax.div, lax.rem, lax.shift_right_arithmetic, lax.shift_left):
        for divisor in (b, b - 1, b + 32, b + 40):
            close(dlc.from_jax(function, a, b)(a, divisor),
                  function(jnp.asarray(a), jnp.asarray(divisor)), str(divisor[0]))
