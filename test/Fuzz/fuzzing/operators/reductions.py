# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operators that gather elements along axes."""

import numpy as np

from ..draw import BOOL, F32, F64, FLOATS, I32, I64, NUMBERS, Skip, operator


def reduced(shape, axes, keep):
    axes = [a % len(shape) for a in axes] if shape else []
    return tuple(1 if d in axes else e for d, e in enumerate(shape)
                 if keep or d not in axes)


def _reduce(name, types, inputs_since):
    def add(g):
        x = g.pick(types, static=False)
        every = list(range(x.rank))
        axes = g.some(every)
        if g.chance(0.3):
            axes = [a - x.rank if g.chance(0.5) else a for a in axes]
        keep = g.chance(0.5)
        attributes = {} if keep and g.chance(0.5) else {"keepdims": int(keep)}
        keep = attributes.get("keepdims", 1)
        operands = [x]
        missing = not axes
        if g.opset >= inputs_since:
            if missing and g.chance(0.3):
                attributes["noop_with_empty_axes"] = 1
            elif missing:
                axes = every
            if not missing or g.chance(0.2):
                operands.append(g.ints(axes if not missing else []))
        elif missing:
            axes = every
        else:
            attributes["axes"] = axes
        if "Max" in name or "Min" in name or name == "ReduceMean":
            if x.is_static and any(x.shape[a] == 0 for a in axes):
                raise Skip
        g.emit(name, operands, [(x.dtype, reduced(x.shape, axes, keep), x.tame)],
               **attributes)
    return add


for _name in ("ReduceMax", "ReduceMin", "ReduceMean", "ReduceProd", "ReduceL1",
              "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"):
    _types = NUMBERS if _name in ("ReduceMax", "ReduceMin", "ReduceProd",
                                  "ReduceSumSquare") else (F32, F64)
    operator(_name, 0.6, 11)(_reduce(_name, _types, 18))
operator("ReduceSum", 1.2, 11)(_reduce("ReduceSum", NUMBERS, 13))


def _arg(name):
    def add(g):
        x = g.pick((F32, F64, I32), 1, where=lambda v: v.size != 0)
        axis, keep = g.integer(-x.rank, x.rank - 1), g.chance(0.5)
        if x.shape[axis] == 0:
            raise Skip
        g.emit(name, [x], [(I64, reduced(x.shape, [axis], keep), True)], axis=axis,
               keepdims=int(keep),
               select_last_index=1 if g.opset >= 12 and g.chance(0.3) else None)
    return add


for _name in ("ArgMax", "ArgMin"):
    operator(_name, 0.7, 11)(_arg(_name))


@operator("CumSum", 0.8, 11)
def cumulative(g):
    x = g.pick(NUMBERS, 1)
    g.emit("CumSum", [x, g.constant(np.asarray(g.integer(-x.rank, x.rank - 1),
                                               g.choice([np.int32, np.int64])))],
           [(x.dtype, x.shape, x.tame)], exclusive=g.choice([None, 0, 1]),
           reverse=g.choice([None, 0, 1]))


def _along(name, types, since):
    def add(g):
        x = g.pick(types if g.opset >= 13 else types[:1], 1, static=False)
        g.emit(name, [x], [(x.dtype, x.shape, x.tame)],
               axis=g.choice([None, g.integer(-x.rank if g.opset >= 13 else 0,
                                          x.rank - 1)]))
    return add


for _name, _weight in (("Softmax", 1.5), ("LogSoftmax", 0.8), ("Hardmax", 0.5)):
    operator(_name, _weight, 11)(_along(_name, (F32, F64), 11))


@operator("LpNormalization", 0.4)
def lp_normalization(g):
    x = g.pick((F32, F64), 1)
    g.emit("LpNormalization", [x], [(x.dtype, x.shape, False)],
           axis=g.integer(-x.rank, x.rank - 1), p=g.choice([1, 2]))


@operator("TopK", 1.2, 11)
def top_k(g):
    x = g.pick((F32, F64, I32, I64), 1)
    axis = g.integer(-x.rank, x.rank - 1)
    k = g.integer(0, x.shape[axis]) if g.chance(0.3) else g.integer(
        min(1, x.shape[axis]), x.shape[axis])
    shape = list(x.shape)
    shape[axis] = k
    g.emit("TopK", [x, g.ints([k])], [(x.dtype, shape, x.tame), (I64, shape, True)],
           axis=axis, largest=g.choice([None, 0, 1]), sorted=1)


@operator("MeanVarianceNormalization", 0.3, 13)
def mean_variance(g):
    x = g.pick((F32,), 1)
    g.emit("MeanVarianceNormalization", [x], [(x.dtype, x.shape, False)],
           axes=g.some(list(range(x.rank)), 1))


@operator("ReverseSequence", 0.5, 10)
def reverse_sequence(g):
    x = g.pick(FLOATS[:2], 2)
    batch = g.integer(0, 1)
    n, steps = x.shape[batch], x.shape[1 - batch]
    lengths = g.constant(g.rng.integers(min(steps, 1), steps + 1, n).astype(np.int64))
    g.emit("ReverseSequence", [x, lengths], [(x.dtype, x.shape, x.tame)],
           batch_axis=batch, time_axis=1 - batch)
