# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX graphs of the benchmark's cases in PyTorch and JAX.

Only the ops that the case files make; f32; weights as constants of the program.
"""

from onnx import numpy_helper


def attributes(node):
    def value(a):
        return {1: a.f, 2: a.i, 3: a.s.decode(), 6: list(a.floats), 7: list(a.ints)}[a.type]
    return {a.name: value(a) for a in node.attribute}


def evaluate(model, ops, convert):
    """A function of the inputs that runs the graph with `ops`. Its attribute `weights` has the
    float weights by name; other ones may be passed instead."""
    graph = model.graph
    arrays = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    weights = {n: convert(a) if a.dtype.kind == "f" else a for n, a in arrays.items()}
    steps = [(getattr(ops, n.op_type), list(n.input), n.output[0], attributes(n))
             for n in graph.node]
    names = [i.name for i in graph.input]
    result = graph.output[0].name

    def run(*inputs, given=None):
        values = dict(weights, **(given or {}))
        values.update(zip(names, inputs))
        values[""] = None
        for op, operands, output, keys in steps:
            values[output] = op(*[values[o] for o in operands], **keys)
        return values[result]

    run.weights = {n: w for n, w in weights.items() if arrays[n].dtype.kind == "f"}
    return run


def constants_of(model):
    """Names of the floats that training does not change: numbers, scales of a resize."""
    named = {w.name for w in model.graph.initializer if not w.dims}
    return named | {n.input[2] for n in model.graph.node if n.op_type == "Resize"}


def torch_ops(training=False):
    """`leaves` of the result are parameters that ops have derived from others."""
    import torch
    from torch.nn import functional as F

    class Ops:
        leaves = []
        Relu, Sigmoid, Tanh = F.relu, torch.sigmoid, torch.tanh
        Mul, Add, MatMul = torch.mul, torch.add, torch.matmul

        def Conv(x, w, b, kernel_shape, strides, pads, group):
            rank = len(kernel_shape)
            conv = {1: F.conv1d, 2: F.conv2d}[rank]
            return conv(x, w, b, strides, pads[:rank], 1, group)

        def BatchNormalization(x, scale, bias, mean, variance):
            return F.batch_norm(x, mean.detach(), variance.detach(), scale, bias, training,
                                0.1, 1e-5)

        def MaxPool(x, kernel_shape, strides, pads):
            rank = len(kernel_shape)
            pool = {1: F.max_pool1d, 2: F.max_pool2d}[rank]
            return pool(x, kernel_shape, strides, pads[:rank])

        def AveragePool(x, kernel_shape, strides, pads):
            return F.avg_pool2d(x, kernel_shape, strides, pads[:2],
                                count_include_pad=False)

        def GlobalAveragePool(x):
            return x.mean(dim=tuple(range(2, x.dim())), keepdim=True)

        def Resize(x, roi, scales, **_):
            return F.interpolate(x, scale_factor=[float(s) for s in scales[2:]],
                                 mode="nearest")

        def LRN(x, size):
            return F.local_response_norm(x, size, 1e-4, 0.75, 1.0)

        def Clip(x, low, high):
            return torch.clamp(x, low, high)

        def Gelu(x):
            return F.gelu(x)

        def Softmax(x, axis):
            return F.softmax(x, axis)

        def LayerNormalization(x, scale, bias, axis):
            return F.layer_norm(x, x.shape[-1:], scale, bias, 1e-5)

        def Flatten(x):
            return x.flatten(1)

        def Transpose(x, perm):
            return x.permute(perm)

        def Reshape(x, shape):
            return x.reshape([int(e) for e in shape])

        def Gemm(x, w, b, transB):
            return F.linear(x, w, b)

        def Concat(*values, axis):
            return torch.cat(values, axis)

        def Gather(x, place, axis):
            return x[int(place)]

    def recurrent(name, order):
        call = getattr(torch._VF, name)
        prepared = {}

        def weights(w, r, b):
            # Gates in the order of this library, reordered once.
            if id(w) not in prepared:
                def sort(x):
                    return torch.cat([x.chunk(len(order), 0)[g] for g in order], 0).contiguous()
                prepared[id(w)] = [sort(x) for d in range(w.shape[0])
                                   for x in (w[d], r[d], *b[d].chunk(2))]
                if training:
                    # Only one of both biases is trained: only their sum matters.
                    prepared[id(w)] = [x.detach().requires_grad_(i % 4 < 3)
                                       for i, x in enumerate(prepared[id(w)])]
                    Ops.leaves += [x for x in prepared[id(w)] if x.requires_grad]
            return prepared[id(w)]

        def run(x, w, r, b, hidden_size, direction, **_):
            zeros = torch.zeros(w.shape[0], x.shape[1], hidden_size)
            state = (zeros, zeros) if name == "lstm" else zeros
            y = call(x, state, weights(w, r, b), True, 1, 0.0, False, w.shape[0] == 2, False)[0]
            return y.reshape(*x.shape[:2], w.shape[0], hidden_size).transpose(1, 2)

        return run

    Ops.LSTM = recurrent("lstm", (0, 2, 3, 1))
    Ops.RNN = recurrent("rnn_tanh", (0,))
    return Ops


def jax_ops(training=False):
    import jax
    import jax.numpy as jnp
    from jax import lax

    def window(kernel):
        return (1, 1, *kernel)

    def padding(pads):
        rank = len(pads) // 2
        return [(0, 0), (0, 0)] + list(zip(pads[:rank], pads[rank:]))

    class Ops:
        Relu, Sigmoid, Tanh = jax.nn.relu, jax.nn.sigmoid, jnp.tanh
        Mul, Add, MatMul = jnp.multiply, jnp.add, jnp.matmul

        def Conv(x, w, b, kernel_shape, strides, pads, group):
            y = lax.conv_general_dilated(x, w, strides, padding(pads)[2:],
                                         feature_group_count=group)
            return y + b.reshape(1, -1, *[1] * len(kernel_shape))

        def BatchNormalization(x, scale, bias, mean, variance):
            shape = (1, -1, *[1] * (x.ndim - 2))
            if training:
                axes = (0, *range(2, x.ndim))
                mean, variance = x.mean(axes), x.var(axes)
            factor = scale * lax.rsqrt(variance + 1e-5)
            return x * factor.reshape(shape) + (bias - mean * factor).reshape(shape)

        def MaxPool(x, kernel_shape, strides, pads):
            return lax.reduce_window(x, -jnp.inf, lax.max, window(kernel_shape),
                                     window(strides), padding(pads))

        def AveragePool(x, kernel_shape, strides, pads):
            def total(v):
                return lax.reduce_window(v, 0.0, lax.add, window(kernel_shape),
                                         window(strides), padding(pads))
            return total(x) / total(jnp.ones_like(x))

        def GlobalAveragePool(x):
            return x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)

        def Resize(x, roi, scales, **_):
            for axis, factor in enumerate(scales):
                if factor != 1:
                    x = jnp.repeat(x, int(factor), axis)
            return x

        def LRN(x, size):
            before = (size - 1) // 2
            total = lax.reduce_window(x * x, 0.0, lax.add, (1, size, 1, 1), (1, 1, 1, 1),
                                      [(0, 0), (before, size - 1 - before), (0, 0), (0, 0)])
            return x / (1 + 1e-4 / size * total) ** 0.75

        def Clip(x, low, high):
            return jnp.clip(x, low, high)

        def Gelu(x):
            return jax.nn.gelu(x, approximate=False)

        def Softmax(x, axis):
            return jax.nn.softmax(x, axis)

        def LayerNormalization(x, scale, bias, axis):
            mean = x.mean(-1, keepdims=True)
            variance = ((x - mean) ** 2).mean(-1, keepdims=True)
            return (x - mean) * lax.rsqrt(variance + 1e-5) * scale + bias

        def Flatten(x):
            return x.reshape(x.shape[0], -1)

        def Transpose(x, perm):
            return x.transpose(perm)

        def Reshape(x, shape):
            return x.reshape([int(e) for e in shape])

        def Gemm(x, w, b, transB):
            return x @ w.T + b

        def Concat(*values, axis):
            return jnp.concatenate(values, axis)

        def Gather(x, place, axis):
            return x[int(place)]

        def RNN(x, w, r, b, **_):
            def cell(h, z, u):
                h = jnp.tanh(z + h @ u)
                return h, h
            return scan(cell, x, w, r, b, 1)

        def LSTM(x, w, r, b, **_):
            def cell(state, z, u):
                h, c = state
                i, o, f, g = jnp.split(z + h @ u, 4, 1)
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                h = jax.nn.sigmoid(o) * jnp.tanh(c)
                return (h, c), h
            return scan(cell, x, w, r, b, 4)

    def scan(cell, x, w, r, b, gates):
        """[steps, directions, batch, hidden], the inputs multiplied for all steps."""
        results = []
        for d in range(w.shape[0]):
            first, second = b[d].reshape(2, -1)
            z = x @ w[d].T + first + lax.stop_gradient(second)
            zeros = jnp.zeros((x.shape[1], r.shape[2]))
            state = (zeros, zeros) if gates == 4 else zeros
            u = r[d].T
            y = lax.scan(lambda s, v: cell(s, v, u), state, z, reverse=d == 1)[1]
            results.append(y)
        return jnp.stack(results, 1)

    return Ops
