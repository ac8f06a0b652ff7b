# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of JAX: values, training, gradients, beside JAX itself."""

import subprocess

import numpy as np
import pytest

import dlc
from dlc._jaxpr import UnknownPrimitives

jax = pytest.importorskip("jax")
jnp, lax = jax.numpy, jax.lax


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def same(function, *inputs, parameters=None, batch="free", also=(), tolerance=2e-6):
    """dlc's results beside JAX's, for the example and for other batches; the error is
    relative to the largest element."""
    known = () if parameters is None else (parameters,)
    model = dlc.from_jax(function, *inputs, parameters=parameters, batch=batch)
    for given in (inputs, *also):
        want, got = function(*known, *map(jnp.asarray, given)), model(*given)
        assert jax.tree.structure(want) == jax.tree.structure(got)
        for a, b in zip(jax.tree.leaves(want), jax.tree.leaves(got)):
            a = np.asarray(a)
            assert a.shape == b.shape and a.dtype == b.dtype
            scale = max(1.0, np.abs(a[np.isfinite(a)], dtype=np.float64).max(initial=0))
            np.testing.assert_allclose(b, a, atol=tolerance * scale, rtol=0)
    return model


ELEMENTWISE = [
    "abs", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cbrt", "ceil", "cos", "cosh",
    "exp", "exp2", "expm1", "floor", "isfinite", "log", "log1p", "negative", "round", "sign",
    "sin", "sinh", "sqrt", "square", "tan", "tanh"]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name, rng):
    x = normal(rng, 4, 7)
    x = {"arccosh": np.abs(x) + 1.1, "log": np.abs(x) + 0.1, "sqrt": np.abs(x),
         "arcsin": np.tanh(x), "arctanh": 0.9 * np.tanh(x)}.get(name, x).astype(np.float32)
    same(getattr(jnp, name), x, also=[(x[:2],)])


@pytest.mark.parametrize("name", ["relu", "gelu", "silu", "softplus", "elu", "selu", "sigmoid",
                                  "log_sigmoid", "leaky_relu", "hard_swish", "softmax",
                                  "log_softmax", "standardize", "relu6", "celu", "mish"])
def test_activations(name, rng):
    x = normal(rng, 4, 7)
    same(getattr(jax.nn, name), x, also=[(x[:1],)])


def test_small_numbers_keep_their_digits():
    x = np.logspace(-9, 0, 20, dtype=np.float32)[:, None]
    for function in (jnp.log1p, jnp.expm1):
        model = dlc.from_jax(function, x)
        np.testing.assert_allclose(model(x), function(x), rtol=1e-6)


SHAPES = {
    "reshape": lambda x: x.reshape(x.shape[0], -1),
    "flatten": lambda x: x.reshape(-1),
    "transpose": lambda x: jnp.transpose(x, (2, 0, 1)),
    "broadcast": lambda x: jnp.broadcast_to(x[:, None], (x.shape[0], 2, 3, 4)),
    "slices": lambda x: x[:, 1:, ::2],
    "reversed": lambda x: x[:, ::-1],
    "concatenate": lambda x: jnp.concatenate([x, x * 2], 1),
    "stack": lambda x: jnp.stack([x, x * 2], 1),
    "split": lambda x: tuple(jnp.split(x, 2, -1)),
    "pad": lambda x: jnp.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=3.0),
    "pad of a value": lambda x: lax.pad(x, x[0, 0, 0], ((0, 0, 0), (1, 1, 0), (-1, 2, 0))),
    "iota": lambda x: x + jnp.arange(x.shape[0], dtype=jnp.float32)[:, None, None],
    "where": lambda x: jnp.where(x > 0, x, -2 * x),
    "clip": lambda x: jnp.clip(x, -0.5, 0.5),
    "power": lambda x: x ** 5 + (x * x + 1.0) ** -2,
    "power of floats": lambda x: jnp.abs(x) ** 1.5,
    "integers": lambda x: (x * 10).astype(jnp.int32) % 7,
    "bits": lambda x: jnp.logical_xor(x > 0, x > 1) | ~(x < 2),
    "sums": lambda x: (x.sum((0, 2)), x.mean(), x.var(1), x.prod(2)),
    "extremes": lambda x: (x.max(1), x.min((0, 1)), jnp.argmax(x, 1), jnp.argmin(x, -1)),
    "any": lambda x: ((x > 0).any(1), (x > -1).all(2)),
    "cumulative": lambda x: (jnp.cumsum(x, 1), jnp.cumprod(x, 2)),
    "matmul": lambda x: x @ x.swapaxes(1, 2),
    "einsum": lambda x: jnp.einsum("bij,bkj->kib", x, x),
    "tensordot": lambda x: jnp.tensordot(x, x, ((0, 1), (0, 1))),
    "logsumexp": lambda x: jax.nn.logsumexp(x, 1),
    "take": lambda x: jnp.take(x, jnp.array([2, 0, 1, 1]), axis=1, mode="clip"),
    "one_hot": lambda x: jax.nn.one_hot(jnp.argmax(x, -1), 4),
    "dynamic slice": lambda x: lax.dynamic_slice(x, (0, jnp.argmax(x[0, :, 0]), 1),
                                                 (x.shape[0], 2, 3)),
    "update": lambda x: (x.at[:, 1].set(0.0), x.at[:, jnp.array([0, 2, 9])].add(1.0),
                         x.at[0, jnp.array([1, 1]), jnp.array([2, 2])].multiply(3.0)),
    "pairs": lambda x: x[0, jnp.array([0, 1, 2]), jnp.array([3, 0, 1])],
    "along": lambda x: jnp.take_along_axis(x, jnp.argmax(x, 1, keepdims=True), 1),
    "equal": lambda x: ((x > 0) == (x > 1), (x > 0) != (x > 1), x == x[0]),
    "element": lambda x: x[0, 0, 0],
    "tree": lambda x: {"a": x, "b": [x + 1, (x, x - 1)]},
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, rng):
    same(SHAPES[name], normal(rng, 3, 3, 4), also=[(normal(rng, 1, 3, 4),)],
         tolerance=1e-5)


LAYOUTS = [(("NHWC", "HWIO", "NHWC"), (2, 9, 8, 4), (3, 2, 4, 6), 1),
           (("NCHW", "OIHW", "NCHW"), (2, 4, 9, 8), (6, 2, 3, 2), 2),
           (("NHC", "HIO", "NHC"), (2, 9, 4), (3, 4, 6), 1)]


@pytest.mark.parametrize("layout, x, w, groups", LAYOUTS)
@pytest.mark.parametrize("padding", ["SAME", "VALID", "numbers"])
def test_convolutions(layout, x, w, groups, padding, rng):
    rank = len(x) - 2
    padding = [(2, 1)] * rank if padding == "numbers" else padding

    def function(x, w):
        return lax.conv_general_dilated(x, w, (2,) * rank, padding, rhs_dilation=(1,) * rank,
                                        dimension_numbers=layout, feature_group_count=groups)
    same(function, normal(rng, *x), normal(rng, *w), batch="fixed", tolerance=1e-5)


def test_transposed_convolution(rng):
    same(lambda x, w: lax.conv_transpose(x, w, (2, 3), "SAME"), normal(rng, 2, 4, 5, 3),
         normal(rng, 3, 3, 3, 4), batch="fixed", tolerance=1e-5)


@pytest.mark.parametrize("reduce, initial", [(lax.max, -np.inf), (lax.add, 0.0)])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_windows(reduce, initial, padding, rng):
    def last(x):
        return lax.reduce_window(x, initial, reduce, (1, 3, 2, 1), (1, 2, 1, 1), padding)

    def first(x):
        return lax.reduce_window(x, initial, reduce, (1, 1, 3, 2), (1, 1, 2, 1), padding)
    same(last, normal(rng, 2, 9, 8, 3), also=[(normal(rng, 1, 9, 8, 3),)], tolerance=1e-5)
    same(first, normal(rng, 2, 3, 9, 8), tolerance=1e-5)


def test_control_flow(rng):
    def function(x):
        y = lax.fori_loop(0, 5, lambda i, v: v * 1.1 + i, x)
        z = lax.while_loop(lambda v: jnp.sum(v) < 1000, lambda v: v * 2 + 1, jnp.abs(x))
        c = lax.cond(x[0, 0] > 0, lambda v: v + 1, lambda v: v - 1, y)
        s = lax.switch(jnp.argmax(x[0]), [lambda v: v, lambda v: v * 3, lambda v: -v], x)
        return y, z, c, s
    x = np.abs(normal(rng, 3, 3))
    same(function, x, also=[(-x,), (x[:, ::-1].copy(),), (x[:1],)])


def test_scan(rng):
    """Both directions, several states and outputs, no inputs."""
    def function(p, x):
        def cell(carry, xs):
            h, c = carry
            h = jnp.tanh(xs @ p["w"] + h @ p["u"])
            return (h, c + h), (h, c.sum(-1))
        zeros = jnp.zeros((x.shape[0], 4))
        (h, c), (hs, cs) = lax.scan(cell, (zeros, zeros), x.swapaxes(0, 1))
        last, _ = lax.scan(cell, (zeros, zeros), x.swapaxes(0, 1), reverse=True)
        times, _ = lax.scan(lambda v, _: (v * 0.5 + h, None), h, None, length=3)
        return h, c, hs, cs, last, times
    p = {"w": normal(rng, 3, 4), "u": normal(rng, 4, 4)}
    same(function, normal(rng, 2, 7, 3), parameters=p, also=[(normal(rng, 5, 7, 3),)])


def dense(p, x):
    for layer in p["layers"]:
        x = jax.nn.gelu(x @ layer["w"] + layer["b"])
    return x @ p["out"]


def dense_parameters(rng):
    return {"layers": [{"w": normal(rng, 4, 8), "b": normal(rng, 8)},
                       {"w": normal(rng, 8, 8), "b": normal(rng, 8)}], "out": normal(rng, 8, 3)}


def test_sgd_equals_jax(rng):
    """A hundred steps; the error is relative to the largest weight."""
    parameters = dense_parameters(rng)
    x, y = normal(rng, 32, 4), normal(rng, 32, 3)
    model = dlc.from_jax(dense, x, parameters=parameters)
    step = model.step_function(loss="mse", optimizer="sgd", rate=0.01)
    gradient = jax.jit(jax.grad(lambda p: jnp.mean((dense(p, x) - y) ** 2)))
    want = parameters
    for _ in range(100):
        step(x, y)
        want = jax.tree.map(lambda p, g: p - 0.01 * g, want, gradient(want))
    assert set(model.parameters) == {"layers/0/w", "layers/0/b", "layers/1/w", "layers/1/b",
                                     "out"}
    largest = max(np.abs(v).max() for v in jax.tree.leaves(want))
    for a, b in zip(jax.tree.leaves(model.tree), jax.tree.leaves(want)):
        np.testing.assert_allclose(a, b, atol=1e-6 * largest, rtol=0)


def test_softmax_is_one_op(rng):
    """A cross entropy is of what comes before it."""
    parameters = dense_parameters(rng)
    x, y = normal(rng, 16, 4), rng.integers(0, 3, 16)
    model = dlc.from_jax(lambda p, x: jax.nn.softmax(dense(p, x)), x, parameters=parameters)
    assert "dl.softmax" in model.compile().ir()
    step = model.step_function(loss="cross_entropy", optimizer="sgd", rate=0.1)
    loss = -np.log(np.asarray(jax.nn.softmax(dense(parameters, x)))[np.arange(16), y]).mean()
    assert abs(step(x, y) - loss) < 1e-5


def test_library_for_c(rng, tmp_path):
    """A program in C runs what was exported."""
    model = dlc.from_jax(dense, normal(rng, 2, 4), parameters=dense_parameters(rng))
    library = model.export(tmp_path / "net.so")
    (tmp_path / "main.c").write_text(
        '#include "net.h"\n#include <stdio.h>\nint main(void) {\n  net_context *net;\n'
        "  float x[4] = {1, 2, 3, 4}, y[3];\n  if (net_create(&net, NULL)) return 1;\n"
        "  if (net_predict(net, 1, x, y)) return 2;\n"
        '  printf("%.5f %.5f %.5f\\n", y[0], y[1], y[2]);\n  net_destroy(net);\n}\n')
    subprocess.run(["cc", tmp_path / "main.c", library, "-o", tmp_path / "main",
                    f"-Wl,-rpath,{tmp_path}"], check=True)
    found = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout
    want = model(np.array([[1, 2, 3, 4]], np.float32))[0]
    np.testing.assert_allclose(list(map(float, found.split())), want, atol=2e-5)


def test_missing_primitives_are_named(rng):
    """All of them at once, with the lines that have them and what to do instead."""
    def inner(x):
        return jnp.linalg.cholesky(x @ x.T)

    def function(x):
        y = lax.scan(lambda c, _: (inner(c), None), x, None, length=2)[0]
        return jnp.abs(jnp.fft.fft(y)) + lax.reduce(x, 0.0, lambda a, b: a + b * b, (0,)) + \
            inner(x)
    with pytest.raises(UnknownPrimitives) as problem:
        dlc.from_jax(function, normal(rng, 3, 3), batch="fixed")
    first, *lines = str(problem.value).splitlines()
    here = function.__code__.co_firstlineno
    assert first == "function uses primitives of JAX that dlc lacks:"
    assert lines == sorted(lines)
    for words in (f"cholesky at test_jax.py:{here - 2} (test_missing_primitives_are_named.<locals>"
                  ".inner): no op of dl factors matrices",
                  f"fft at test_jax.py:{here + 2}", "real and imaginary parts as two arrays",
                  f"reduce at test_jax.py:{here + 2}", "its function is not one of add"):
        assert words in str(problem.value)


def test_float64_is_told_once(rng, recwarn):
    x = rng.normal(size=(3, 4))
    model = dlc.from_jax(jnp.sin, x)
    gradient = dlc.grad(lambda x: jnp.sin(x).sum())
    for function, want in ((model, np.sin), (gradient, np.cos)):
        recwarn.clear()
        for _ in range(2):
            np.testing.assert_allclose(function(x), want(x), rtol=1e-5)
        assert len(recwarn) == 1 and "float64 are converted" in str(recwarn[0].message)
        assert recwarn[0].filename == __file__
        recwarn.clear()
        function(x.astype(np.float32))
        assert not recwarn
    model([[0.5] * 4])  # numbers of Python have no type
    assert not recwarn


EDGES = {
    "round": lambda x: jnp.round(x),
    "round away": lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO),
    "expm1": jnp.expm1, "elu": jax.nn.elu, "selu": jax.nn.selu, "log1p": jnp.log1p,
    "power 0": lambda x: lax.integer_pow(x, 0), "power": lambda x: lax.pow(x, jnp.int32(2)),
    "window": lambda x: lax.reduce_window(x, 5.0, lax.add, (2,), (1,), "SAME"),
    "window of max": lambda x: lax.reduce_window(x, 0.0, lax.max, (2,), (1,), "SAME"),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    """Halves, numbers far from 0, what is not finite."""
    x = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, -100, -250, 88, 1e-8, 3e38], np.float32)
    if "window" not in name:
        x = np.append(x, np.float32([np.inf, -np.inf, np.nan]))
    want, got = EDGES[name](jnp.asarray(x)), dlc.from_jax(EDGES[name], x)(x)
    np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-12)


@pytest.mark.parametrize("function", [
    lambda x: jnp.exp(x - x.max(1, keepdims=True)) / jnp.exp(x - x.max(1, keepdims=True)).sum(1),
    lambda x: jnp.exp(x - x.max(1)) / jnp.exp(x - x.max(1)).sum(1, keepdims=True),
    lambda x: jnp.exp(x - x.max(0)) / jnp.exp(x - x.max(0)).sum(0)])
def test_not_quite_softmax(function, rng):
    same(function, normal(rng, 4, 4), batch="fixed")


def test_parameters_of_any_kind(rng):
    """Numbers of rank 0 and integers stay in the tree; paths may not collide."""
    p = {"w": normal(rng, 4, 3), "scale": np.float32(2), "table": np.arange(3)}
    model = dlc.from_jax(lambda p, x: (x @ p["w"] * p["scale"])[:, p["table"]], normal(rng, 2, 4),
                         parameters=p)
    model.fit(normal(rng, 8, 4), normal(rng, 8, 3), loss="mse", rate=0.01)
    assert set(model.tree) == set(p) and not np.array_equal(model.tree["w"], p["w"])
    with pytest.raises(ValueError, match="same path"):
        dlc.from_jax(lambda p, x: x, normal(rng, 2), parameters={"a": {"b": x}, "a/b": x}
                     if (x := normal(rng, 2)) is not None else None)
