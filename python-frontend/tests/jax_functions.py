# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What models in JAX call: {family: {name: (function, inputs)}}, on random inputs."""

import jax
import numpy as np

jnp, lax, nn, draw, special = jax.numpy, jax.lax, jax.nn, jax.random, jax.scipy.special
rng = np.random.default_rng(7)


def normal(*shape):
    return rng.normal(size=shape).astype(np.float32)


def integers(low, high, *shape):
    return rng.integers(low, high, shape).astype(np.int32)


X, Y = normal(3, 4), normal(3, 4)
POSITIVE = np.abs(normal(3, 4)) + np.float32(0.2)
UNIT = rng.uniform(-0.95, 0.95, (3, 4)).astype(np.float32)
K, L = integers(-9, 9, 3, 4), integers(1, 5, 3, 4)
IMAGE, KEY = normal(2, 6, 5, 4), np.array([1, 7], np.uint32)
SQUARE = normal(3, 3)


def named(module, names, *inputs):
    return {name: (getattr(module, name), inputs) for name in names.split()}


def convolution(strides, padding, **words):
    return lambda x, w: lax.conv_general_dilated(
        x, w, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"), **words)


FUNCTIONS = {
    "two floats": {
        **named(jnp, "arctan2 hypot logaddexp logaddexp2 maximum minimum fmax fmin fmod remainder "
                     "mod floor_divide copysign heaviside", X, Y),
        **named(jnp, "power float_power", POSITIVE, Y),
        "rem": (lax.rem, (X, Y)),
        "nextafter": (lambda x, y: lax.nextafter(*map(lax.stop_gradient, (x, y))), (X, Y))},
    "integers": {
        **named(jnp, "floor_divide remainder fmod bitwise_and bitwise_or bitwise_xor left_shift "
                     "right_shift gcd lcm power", K, L),
        **named(lax, "shift_right_logical div", K, L),
        "one": (lambda k: (jnp.abs(k), jnp.sign(k), -k, k ** 2, ~k, lax.population_count(k),
                           lax.clz(k)), (K,)),
        "uint8": (lambda k: k.astype(jnp.uint8) * jnp.uint8(77) + 1, (K,)),
        "matmul": (lambda a, b: a @ b.T, (K, L)),
        "einsum": (lambda a, b: jnp.einsum("ij,ikj->ik", a, b[:, None] + 1), (K, L)),
        "tensordot": (lambda a, b: jnp.tensordot(a, b, 2), (K, L)),
        "int8": (lambda a, b: lax.dot_general(
            a.astype(jnp.int8), b.astype(jnp.int8), (((1,), (1,)), ((), ())),
            preferred_element_type=jnp.int32), (K, L))},
    "one float": {
        **named(jnp, "nan_to_num logical_not isnan isinf signbit reciprocal rint trunc "
                     "deg2rad i0 frexp angle real exp2 cbrt unwrap", X),
        **named(jnp, "log2 log10 sinc", POSITIVE),
        "clamp": (lambda x: (lax.clamp(-0.5, x, 0.5), lax.clamp(x - 1.0, x * x, x + 1.0)), (X,)),
        "bits": (lambda x: lax.bitcast_convert_type(
            lax.bitcast_convert_type(lax.stop_gradient(x), jnp.int32) & -65536, jnp.float32),
            (X,)),
        "bfloat16": (lambda x: lax.reduce_precision(x, 8, 7), (X,)),
        "float16": (lambda x: x.astype(jnp.float16).astype(jnp.float32) * 2, (X,))},
    "special": {
        **named(special, "erf erfc expit log_ndtr ndtr entr i0e i1e i0 i1", X),
        **named(special, "erfinv", UNIT), **named(special, "logit ndtri", np.abs(UNIT)),
        **named(special, "gammaln digamma gamma", POSITIVE),
        **named(special, "xlogy xlog1py betaln", POSITIVE, POSITIVE + 1),
        "left": (lambda x: (special.gammaln(x), special.digamma(x)), (X - 2,)),
        "norm": (lambda x: (jax.scipy.stats.norm.logpdf(x), jax.scipy.stats.norm.cdf(x)), (X,))},
    "statistics": {
        **named(jnp, "median nanmean nansum std var ptp diff cov corrcoef max count_nonzero any "
                     "argmax", X),
        "percentile": (lambda x: jnp.percentile(x, 30.0, axis=1), (X,)),
        "quantile": (lambda x: jnp.quantile(x, jnp.array([0.1, 0.5]), axis=0), (X,)),
        "histogram": (lambda x: jnp.histogram(x, bins=4, range=(-2, 2))[0], (X,)),
        "bincount": (lambda k: jnp.bincount(k.ravel(), length=6), (L,)),
        "reduce": (lambda x: (lax.reduce(x, np.float32(2), lax.add, (1,)),
                              lax.reduce(x, np.float32(-9), lax.max, (0,))), (X,))},
    "order": {
        **named(jnp, "sort argsort", X),
        "down": (lambda x: (jnp.sort(x, axis=0, descending=True),
                            jnp.argsort(x, descending=True)), (X,)),
        "lexsort": (lambda a, b: jnp.lexsort((a, b)), (integers(0, 3, 9), integers(0, 3, 9))),
        "two": (lambda a, b: lax.sort((a, b), dimension=1, num_keys=1),
                (integers(0, 3, 3, 9), normal(3, 9))),
        "two keys": (lambda a, b: lax.sort((b, a, b), dimension=0, num_keys=2),
                     (normal(9, 2), integers(0, 3, 9, 2))),
        "partition": (lambda x: jnp.partition(x, 2), (X,)),
        "top_k": (lambda x: lax.top_k(x, 2), (X,)),
        "searchsorted": (lambda x, y: jnp.searchsorted(jnp.sort(x.ravel()), y), (X, Y)),
        "digitize": (lambda x: jnp.digitize(x, jnp.array([-1.0, 0, 1])), (X,)),
        "interp": (lambda x: jnp.interp(x, jnp.array([-1.0, 0, 1]), jnp.array([2.0, 5, 3])),
                   (UNIT,)),
        "unique": (lambda k: jnp.unique(k, size=6, fill_value=0), (L,)),
        "nonzero": (lambda x: jnp.nonzero(x > 0, size=5, fill_value=0), (X,))},
    "running": {
        **{f"{f.__name__} {reverse}": (lambda x, f=f, r=reverse: (
            f(x, 0, reverse=r), f(x, 1, reverse=r)), (X,))
           for f in (lax.cumsum, lax.cumprod, lax.cummax, lax.cummin, lax.cumlogsumexp)
           for reverse in (False, True)},
        "integers": (lambda k: (lax.cummax(k, 1), jnp.cumsum(k)), (K,)),
        "associative": (lambda x: lax.associative_scan(jnp.multiply, x, axis=1), (normal(3, 7),))},
    "shapes": {
        **named(jnp, "flip fliplr rot90 ravel tril triu diagonal trace ediff1d gradient", X),
        "tile": (lambda x: jnp.tile(x, (2, 3)), (X,)),
        "repeat": (lambda x: jnp.repeat(x, 2, axis=1), (X,)),
        "roll": (lambda x, k: (jnp.roll(x, 2, axis=1), jnp.roll(x, k[0, 0], axis=1)), (X, K)),
        "pad": (lambda x: (lax.pad(x, np.float32(2), ((1, 0, 1), (0, -1, 2))),
                           jnp.pad(x, 1, mode="edge"), jnp.pad(x, 2, mode="reflect")), (X,)),
        "linspace": (lambda x: jnp.linspace(x[0], x[1], 5), (X,)),
        "meshgrid": (lambda x, y: jnp.meshgrid(x[0], y[1]), (X, Y)),
        "vander": (lambda x: jnp.vander(x[0], 4), (X,))},
    "choice": {
        "select": (lambda x: jnp.select([x < -1, x < 0, x < 1], [x, x * 2, x * 3], 9.0), (X,)),
        "select_n": (lambda x, k: lax.select_n(k % 3, x, x * 2, x * 3), (X, L)),
        "piecewise": (lambda x: jnp.piecewise(x, [x < 0, x > 1], [
            lambda v: -v, lambda v: v * v, 1.0]), (X,)),
        "choose": (lambda k: jnp.choose(k % 3, [k, k * 2, k * 3], mode="clip"), (L,))},
    "indices": {
        "rows": (lambda x, k: (x[k[:, 0] % 3], x[:, k % 4], x[k % 3, (k + 1) % 4]), (X, L)),
        "one": (lambda x, k: x[k[0, 0] % 3, k[0, 1] % 4], (X, L)),
        "out of range": (lambda x, k: (x[k[:, 0]], x[-k[:, 0] % 3]), (X, L)),
        "take": (lambda x, k: (jnp.take(x, k % 3, axis=0), jnp.take(x, k, axis=1, mode="wrap"),
                               jnp.take(x, k, axis=1, mode="clip")), (X, K)),
        "filled": (lambda x, k: (x.at[k[:, 0]].get(mode="fill", fill_value=7.0),
                                 x.at[k, 0].get(mode="fill", fill_value=1.0)), (X, K)),
        "filled integers": (lambda k: jnp.take(k, k, axis=0), (K,)),
        "along": (lambda x, k: (jnp.take_along_axis(x, k % 4, 1),
                                jnp.put_along_axis(x, k[:, :1] % 4, 5.0, 1, inplace=False)),
                  (X, L)),
        "set": (lambda x, k, y: (x.at[:, k[0, 0] % 4].set(1.0), x.at[1:3, :2].set(y[:2, :2]),
                                 x.at[::2, 1::2].set(y[::2, 1::2])), (X, L, Y)),
        "set pairs": (lambda x, y: x.at[jnp.array([0, 2])[:, None], jnp.array([1, 3])].set(
            y[:2, :2]), (X, Y)),
        "add": (lambda x, k, y: (x.at[k[:, 0] % 3].add(y), x.at[k[:, 0]].add(y),
                                 x.at[0].subtract(y[1])), (X, L, Y)),
        "max": (lambda x, k, y: (x.at[k[:, 0] % 3, k[:, 1] % 4].max(y[:, 0]),
                                 x.at[k[:, 0] % 3].min(y), x.at[k[:, 1] % 3].multiply(y)),
                (X, L, Y)),
        "clipped": (lambda x, k: (x.at[k[:, 0]].add(1.0, mode="clip"),
                                  x.at[k[:, 0], 0].set(1.0, mode="clip")), (X, K)),
        "segments": (lambda x, k: (jax.ops.segment_sum(x, k[:, 0] % 2, 2),
                                   jax.ops.segment_max(x, k[:, 0] % 2, 2)), (X, L)),
        "dynamic_slice": (lambda x, k: (lax.dynamic_slice(x, (k[0, 0], k[0, 1]), (2, 3)),
                                        lax.dynamic_index_in_dim(x, k[0, 0], 1)), (X, K)),
        "dynamic_update_slice": (lambda x, k, y: (
            lax.dynamic_update_slice(x, y[:2, :2], (k[0, 0], k[0, 1])),
            lax.dynamic_update_slice(x, y, (k[0, 0], 0)),
            lax.dynamic_update_slice(x, y[:, :1], (0, k[0, 0]))), (X, K, Y)),
        "vmapped": (lambda x, k: (
            jax.vmap(lambda a, i: a[i])(x, k % 4),
            jax.vmap(lambda a, i: lax.dynamic_slice(a, (i,), (2,)))(x, k[:, 0] % 3),
            jax.vmap(lambda a, i: a.at[i].set(1.0))(x, k[:, 0] % 4),
            jax.vmap(lambda a, i: lax.dynamic_update_slice(a, a[:2] * 9, (i,)))(
                x, k[:, 0] % 3)), (X, L))},
    "products": {
        **named(jnp, "outer kron", X, Y), "cross": (jnp.cross, (normal(4, 3), normal(4, 3))),
        "convolve": (lambda x, y: (jnp.convolve(x, y), jnp.correlate(x, y)),
                     (normal(9), normal(4))),
        "three": (lambda a, b: jnp.einsum("ij,kj,k->i", a, b, b[:, 0]), (X, Y)),
        "alone": (lambda a, b: jnp.einsum("ij,kl->i", a, b), (X, Y)),
        "trace": (lambda a: jnp.einsum("ii->i", a), (SQUARE,)),
        "norm": (lambda x: (jnp.linalg.norm(x), jnp.polyval(jnp.array([1.0, 2, 3]), x)), (X,)),
        "attention": (lambda q: nn.dot_product_attention(q, q, q, is_causal=True),
                      (normal(2, 5, 3, 4),))},
    "windows": {
        "integers": (lambda k: (
            lax.reduce_window(k, 0, lax.add, (1, 2), (1, 1), "VALID"),
            lax.reduce_window(k, jnp.int32(-2**31), lax.max, (2, 2), (1, 2), "SAME")), (K,)),
        "min": (lambda x: lax.reduce_window(x, np.float32(np.inf), lax.min, (2, 2), (1, 2),
                                            "SAME"), (X,)),
        "product": (lambda x: lax.reduce_window(lax.stop_gradient(x), np.float32(1), lax.mul,
                                                (2, 2), (1, 2), "SAME"), (X,)),
        "sum apart": (lambda x: lax.reduce_window(x, np.float32(0), lax.add, (2, 2), (1, 2), "SAME",
                                                  base_dilation=(2, 1), window_dilation=(1, 2)),
                      (X,)),
        "dilated": (convolution((1, 1), [(2, 2), (1, 1)], lhs_dilation=(2, 3)),
                    (IMAGE, normal(3, 2, 4, 5))),
        "less": (convolution((1, 2), [(-1, 1), (2, -1)]), (IMAGE, normal(3, 2, 4, 5))),
        "batch groups": (convolution((1, 1), "VALID", batch_group_count=2),
                         (normal(4, 6, 5, 4), normal(3, 2, 4, 6))),
        "no dimensions": (lambda x, w: lax.conv_general_dilated(x, w, (), []),
                          (normal(2, 3), normal(4, 3))),
        "patches": (lambda x: lax.conv_general_dilated_patches(x, (2, 2), (1, 1), "VALID"),
                    (IMAGE,)),
        "pool's gradient": (lambda x: jax.grad(lambda v: (lax.reduce_window(
            v, -jnp.inf, lax.max, (1, 3, 2, 1), (1, 2, 1, 1), "SAME") ** 2).sum())(
                lax.stop_gradient(x)), (IMAGE,)),
        "resize": (lambda x: (jax.image.resize(x, (2, 9, 7, 4), "bilinear"),
                              jax.image.resize(x, (2, 9, 7, 4), "nearest")), (IMAGE,))},
    "activations": {
        **named(nn, "glu squareplus sparse_plus hard_tanh soft_sign hard_sigmoid logmeanexp", X),
        "gelu": (lambda x: nn.gelu(x, approximate=False), (X,)),
        "softmax": (lambda x: nn.softmax(x, where=x > -1, axis=-1), (X,)),
        "logsumexp": (lambda x: nn.logsumexp(x, axis=1, b=2.0), (X,)),
        "log1mexp": (nn.log1mexp, (POSITIVE,)), "one_hot": (lambda k: nn.one_hot(k, 6), (L,))},
    "random numbers": {
        **{f.__name__: (lambda x, f=f, words=words: x + f(draw.key(3), *words, x.shape), (X,))
           for f, *words in (
               (draw.normal,), (draw.uniform,), (draw.gumbel,), (draw.exponential,),
               (draw.laplace,), (draw.logistic,), (draw.truncated_normal, -1.0, 1.0),
               (draw.bernoulli, 0.5))},
        "words": (lambda k: (draw.uniform(k, (5,)), draw.split(k, 3), draw.fold_in(k, 3),
                             draw.bits(k, (9,), jnp.uint8), draw.bits(k, (4,))), (KEY,)),
        "integers": (lambda k: draw.randint(k, (50,), 0, 1000003), (KEY,)),
        "permutation": (lambda x: draw.permutation(draw.key(0), x), (X,)),
        "categorical": (lambda x: draw.categorical(draw.key(0), x), (X,)),
        "choice": (lambda x: draw.choice(draw.key(0), x, (2,)), (X,)),
        "half": (lambda k: draw.uniform(k, (5,), jnp.bfloat16).astype(jnp.float32), (KEY,))},
    "calls": {
        "remat": (lambda x: jax.checkpoint(lambda v: jnp.sin(jnp.sin(v)))(x), (X,)),
        "jit": (lambda x: jax.jit(jax.jit(lambda v: v * 2))(x), (X,)),
        "cond": (lambda x: lax.cond(x.sum() > 0, lambda a: (a, a + 1), lambda a: (a * 2, a), x),
                 (X,)),
        "switch": (lambda x, k: lax.switch(k[0, 0], [jnp.sin, jnp.cos, lambda v: v * v], x),
                   (X, K)),
        "switches": (lambda x, k: jax.vmap(lambda v, j: lax.switch(
            j % 3, [jnp.sin, jnp.cos, lambda w: -w], v))(x, k[:, 0]), (X, L)),
        "map": (lambda x: lax.map(lambda v: v.sum() * v, x), (X,)),
        "unrolled": (lambda x: lax.scan(lambda c, v: (c + v, c * v), x[0], x, unroll=2), (X,)),
        "derivatives": (lambda x: (jax.grad(lambda v: (jnp.tanh(v) ** 2).sum())(x),
                                   jax.jvp(jnp.sin, (x,), (x,)),
                                   jax.hessian(lambda v: (v ** 3).sum())(x[0])), (X,))},
    "endless loops": {  # of which JAX has no derivatives
        "several": (lambda k: lax.while_loop(
            lambda c: c[0] < 5, lambda c: (c[0] + 1, c[1] * 2, c[2] + c[1].sum()),
            (0, k, jnp.int32(0))), (K,)),
        "vmapped": (lambda k: jax.vmap(lambda v: lax.while_loop(
            lambda c: c.sum() < 10, lambda c: c + 1, v))(k), (K,)),
        "counted": (lambda k: lax.fori_loop(0, k[0, 0], lambda j, v: v * 2 + j, k), (L,))},
}
