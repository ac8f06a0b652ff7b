# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The derivative of every op of dl at random shapes and attributes, against central
differences in f64.

    gradients.py OP [--cases 20] [--seed 1] [--second]

For each case a library holds the op and, by dl.grad with random seeds, its
vector-Jacobian product. The differences are those of the op itself, four evaluations
an element. `--second` takes the derivative of the derivative as well: the gradient of
the squared norm of the gradient, for smooth ops.

The error is relative to the largest gradient of an input; it may be 1e-6.
"""

import argparse
import os
import sys
import tempfile

import numpy as np

import dlc
from random_cases import OPS
from random_cases.base import Generator
from random_cases.elementwise import binary, unary
from random_ops import result_types, tensor_type, write_module
# Ranges where the derivative is bounded, so that differences are accurate.
OPS.update({
    "asin": unary("asin", np.arcsin, -0.9, 0.9), "acos": unary("acos", np.arccos, -0.9, 0.9),
    "acosh": unary("acosh", np.arccosh, 1.2, 9), "log": unary("log", np.log, 0.2, 9),
    "sqrt": unary("sqrt", np.sqrt, 0.2, 9), "rsqrt": unary("rsqrt", lambda x: x ** -0.5, 0.2, 9),
    "reciprocal": unary("reciprocal", lambda x: 1 / x, 0.3, 9),
    "div": binary("div", lambda a, b: a / b, 0.3, 4),
    "remainder": binary("remainder", lambda a, b: np.fmod(a, b), 0.3, 4)})
# Ops whose rules may require known spatial extents.
STATIC = {"conv", "conv_transpose", "conv_filter_grad", "avg_pool", "cross_entropy", "roi_align"}
# Among them, ops with a rule for free spatial extents if padding is explicit.
WINDOWS = {"conv", "avg_pool"}
# The maximum number of elements of an input that are checked.
MOST = 40


class Doubles(Generator):
    """Draws every float as f64."""

    def float_type(self):
        return "f64"

    def choice(self, values):
        return "f64" if isinstance(values, list) and "f64" in values else super().choice(values)


def draw(op, g):
    if op not in OPS:
        OPS[op] = unary(op, lambda x: x)
    while True:
        case = OPS[op](g)
        if op == "top_k":  # without the ties and NaN of its own test
            case.inputs = [(t, g.rng.uniform(-4, 4, a.shape)) for t, a in case.inputs]
        floats = [i for i, (t, a) in enumerate(case.inputs) if t == "f64" and a.size]
        if op == "roi_align":  # with respect to the image only, and for averages only
            floats = [] if "kind max" in case.text else floats[:1]
        if floats and all(t[0] != "f" and t != "bf16" or t == "f64" for t, _ in case.inputs):
            return case, floats


def write_gradients(cases, floats, hidden, results, second):
    """Writes each op as a function, and its vector-Jacobian product."""
    text = write_module(cases, hidden, results)
    for i, case in enumerate(cases):
        inputs = [tensor_type(case, j, hidden[i]) for j in range(len(case.inputs))]
        outputs = results[i].split(", ")
        seeds = [f"%s{k}: {t}" for k, t in enumerate(outputs)]
        arguments = [f"%{j}: {t}" for j, t in enumerate(inputs)] + seeds
        wanted = [inputs[j] for j in floats[i]]
        names = ", ".join(f"%g{j}" for j in floats[i])
        call = (f"dl.grad @c{i}({', '.join(f'%{j}' for j in range(len(inputs)))}) seeds("
                f"{', '.join(f'%s{k}' for k in range(len(outputs)))} : {', '.join(outputs)}) "
                f"wrt [{', '.join(map(str, floats[i]))}] : ({', '.join(inputs)}) -> "
                f"({', '.join(wanted)})")
        body = [f"  {names} = {call}"]
        if not second:
            text += "\n".join([f"func.func @g{i}({', '.join(arguments)}) -> "
                               f"({', '.join(wanted)}) {{", *body,
                               f"  return {names} : {', '.join(wanted)}", "}\n"])
            continue
        # The squared norm of the gradient, and the gradient of that.
        for j, t in zip(floats[i], wanted):
            body += [f"  %q{j} = dl.square %g{j} : {t}",
                     f"  %n{j} = dl.reduce_sum %q{j} : {t}"]
        total = f"%n{floats[i][0]}"
        for j in floats[i][1:]:
            body.append(f"  %t{j} = dl.add {total}, %n{j} : tensor<f64>")
            total = f"%t{j}"
        text += "\n".join([f"func.func @n{i}({', '.join(arguments)}) -> tensor<f64> {{", *body,
                           f"  return {total} : tensor<f64>", "}\n"])
        types = ", ".join([*inputs, *outputs])
        text += "\n".join([
            f"func.func @g{i}({', '.join(arguments)}) -> ({', '.join(wanted)}) {{",
            f"  {names} = dl.grad @n{i}({', '.join(a.split(':')[0] for a in arguments)}) "
            f"wrt [{', '.join(map(str, floats[i]))}] : ({types}) -> ({', '.join(wanted)})",
            f"  return {names} : {', '.join(wanted)}", "}\n"])
    return text


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


def differences(function, inputs, which, places, step):
    """The derivative with respect to some elements of an input, to the fourth order of the step."""
    result = []
    x = inputs[which].reshape(-1)
    for place in places:
        before, values = x[place], []
        for factor in (1, -1, 2, -2):
            x[place] = before + factor * step
            values.append(function(*inputs))
        x[place] = before
        result.append((8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * step))
    return np.array(result)


def check(rng, case, floats, value, gradient, outputs, second):
    """The largest relative error of a case."""
    inputs = [np.array(a) for _, a in case.inputs]
    seeds = [rng.uniform(-1, 1, y.shape).astype(y.dtype) if y.dtype == np.float64
             else np.zeros_like(y) for y in outputs]

    def loss(*arguments):
        if second:
            return float(value(*arguments, *seeds))
        return sum(float(np.sum(s * y)) for s, y in zip(seeds, as_tuple(value(*arguments)))
                   if y.dtype == np.float64)
    found, worst = as_tuple(gradient(*inputs, *seeds)), 0.0
    for which, g in zip(floats, found):
        assert g.shape == inputs[which].shape, (g.shape, inputs[which].shape)
        places = rng.permutation(g.size)[:MOST]
        got = g.reshape(-1)[places]
        scale = max(np.abs(g).max(), 1e-3)
        error = np.full(len(places), np.inf)
        # A step may cross a kink; a smaller one is unlikely to do so too.
        for step in (1e-4, 1e-6, 1e-7):
            left = np.flatnonzero(~(error <= 1e-7))
            if not len(left):
                break
            wanted = differences(loss, inputs, which, places[left], step)
            error[left] = np.minimum(error[left], np.abs(got[left] - wanted) / scale)
        worst = max(worst, float(error.max(initial=0)))
    return worst


def may_be_free(op, text, operand, axis, rank):
    if op in WINDOWS and not operand and 0 < axis < rank - 1:
        return "ceil_mode" not in text and "same" not in text
    return not axis or op not in STATIC


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("op")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--second", action="store_true")
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    g = Doubles([arguments.seed, sum(map(ord, arguments.op)), 7])
    cases, floats = zip(*[draw(arguments.op, g) for _ in range(arguments.cases)])
    hidden = [{(i, d) for i, (_, a) in enumerate(case.inputs) for d in range(a.ndim)
               if (i, d) not in case.fixed and may_be_free(arguments.op, case.text, i, d, a.ndim)
               and g.chance(0.2)} for case in cases]
    types = result_types(write_module(cases, hidden), len(cases))
    with tempfile.TemporaryDirectory() as folder:
        folder = arguments.keep or folder
        path = os.path.join(folder, f"{arguments.op}.mlir")
        with open(path, "w") as file:
            file.write(write_gradients(cases, floats, hidden, types, arguments.second))
        library = dlc.load(dlc.compile(path))
        worst, where = 0.0, 0
        for i, case in enumerate(cases):
            run = library.functions[f"c{i}"]
            outputs = as_tuple(run(*[a for _, a in case.inputs]))
            value = library.functions[f"n{i}"] if arguments.second else run
            error = check(g.rng, case, floats[i], value, library.functions[f"g{i}"],
                          outputs, arguments.second)
            if not error <= worst:
                worst, where = error, i
    case = cases[where]
    print(f"{arguments.op}: {'second ' if arguments.second else ''}derivative of {len(cases)} "
          f"cases, largest relative error {worst:.2g} at {case.text} of "
          f"{[list(a.shape) for _, a in case.inputs]}")
    if not worst <= 1e-6:
        sys.exit(1)


if __name__ == "__main__":
    main()
