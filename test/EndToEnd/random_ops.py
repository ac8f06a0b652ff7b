# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every op of dl at random shapes, types and attributes, against NumPy in f64.

    random_ops.py OP [--cases 50] [--seed 1] [--cpu NAME] [--level N] [--keep DIR]
    random_ops.py OP --formula "x / (1 + np.abs(x))"

The second form is for an element-wise op of one operand without an entry here: its test file
contains its NumPy formula.

Compiles all cases of an op into one library, runs them and prints the largest error. Extents of
arguments are `?` at random, so that both kinds of code are tested. Errors are in units in the last
place of the result type for single elements, and relative to the sum of magnitudes for sums.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

import numpy as np
from scipy import special

import dlc
from random_cases import OPS
from random_cases.base import DTYPES, EXACT, Generator, wide
from random_cases.elementwise import unary


# The tolerance of an element, in units in the last place. Most ops round once; the others are
# approximated (exp and its relatives) or computed from such. Near zero the absolute error counts:
# values are measured against the magnitude 2^-4. f16 and bf16 are computed in f32 and rounded: half
# a unit, and one if the exact value lies between two.
ULPS = {"exp": 2, "log": 2, "log1p": 2.5, "sin": 2, "cos": 2, "erf": 2, "tanh": 2, "pow": 2,
        "sigmoid": 6, "gelu": 64, "gelu_tanh": 64, "silu": 6, "softplus": 8,
        "mish": 16, "selu": 16, "elu": 16, "hard_swish": 16, "rsqrt": 2,
        "tan": 4, "asin": 8, "acos": 8, "atan": 4, "sinh": 4, "cosh": 4,
        "asinh": 4, "acosh": 4, "atanh": 4, "hard_sigmoid": 8, "softsign": 2, "leaky_relu": 2}


def unit(element, magnitude):
    """Distance between neighbouring numbers of a type at a magnitude."""
    bits = {"f32": 23, "f64": 52, "f16": 10, "bf16": 7}[element]
    exponent = np.floor(np.log2(np.maximum(magnitude, 2.0 ** -4)))
    return 2.0 ** (exponent - bits)


def tensor_type(case, index, hidden):
    element, array = case.inputs[index]
    extents = ["?" if (index, d) in hidden else str(e)
               for d, e in enumerate(array.shape)]
    return "tensor<" + "x".join(extents + [element]) + ">"


def write_module(cases, hidden, results=None):
    """One function per case; without results only the ops, to infer their types."""
    lines = []
    for i, case in enumerate(cases):
        types = [tensor_type(case, j, hidden[i]) for j in range(len(case.inputs))]
        arguments = ", ".join(f"%{j}: {t}" for j, t in enumerate(types))
        text = case.text.format(**{f"T{j}": t for j, t in enumerate(types)})
        count = len(case.results)
        names = f"%r:{count}" if count > 1 else "%r"
        if results is None:
            lines += [f"func.func private @c{i}({arguments}) {{", case.setup,
                      f"  {names} = {text}", "  return", "}"]
            continue
        returned = ", ".join(f"%r#{k}" for k in range(count)) if count > 1 else "%r"
        lines += [f"func.func @c{i}({arguments}) -> ({results[i]}) {{", case.setup,
                  f"  {names} = {text}", f"  return {returned} : {results[i]}", "}"]
    return "\n".join(lines) + "\n"


def result_types(text, count):
    """Asks dlc-opt which types the ops infer."""
    tool = os.path.join(os.path.dirname(os.environ["DLC"]), "dlc-opt")
    done = subprocess.run([tool, "--mlir-print-op-generic", "-"], input=text,
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found = []
    for line in done.stdout.splitlines():
        match = re.search(r'= "dl\..*-> (.*)$', line)
        if match:
            found.append(match.group(1).strip("()"))
    assert len(found) == count, (len(found), count)
    return found


def measure(op, case, outputs):
    """The largest error relative to the tolerance."""
    expected = case.expected if isinstance(case.expected, list) else [case.expected]
    worst = 0.0
    for value, wanted, element in zip(outputs, expected, case.results):
        wanted = np.asarray(wanted)
        if value.shape != wanted.shape:
            raise AssertionError(f"shape {value.shape}, expected {wanted.shape}")
        if element in EXACT:
            if not np.array_equal(value, wanted.astype(DTYPES[element])):
                raise AssertionError(f"got {value.ravel()[:8]}, expected "
                                     f"{wanted.ravel()[:8]}")
            continue
        value = wide(value)
        with np.errstate(all="ignore"):
            rounded = wide(wanted.astype(DTYPES[element]))
            same = (value == rounded) | (np.isnan(value) & np.isnan(rounded))
            if case.scale is None:
                allowed = unit(element, np.abs(wanted)) * (
                    ULPS.get(op, 0.51) if element in ("f32", "f64") else 1.0)
            else:
                # The rounding of n additions in f32 (f64), then one to store.
                inner = "f64" if element == "f64" else "f32"
                allowed = (unit(inner, case.scale) * 16 +
                           unit(element, np.abs(wanted)))
            error = np.where(same, 0.0, np.abs(value - wanted) / allowed)
        error = np.where(np.isnan(error), np.inf, error)
        worst = max(worst, float(error.max(initial=0)))
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("op")
    parser.add_argument("--formula", help="NumPy expression of x")
    parser.add_argument("--ulps", type=float, help="allowed with --formula")
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--cpu", default="native")
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    if arguments.formula:
        code = compile(arguments.formula, "formula", "eval")
        OPS[arguments.op] = unary(
            arguments.op, lambda x: eval(code, {"x": x, "np": np, "special": special}))
        if arguments.ulps:
            ULPS[arguments.op] = arguments.ulps
    elif arguments.op not in OPS:
        parser.error(f"no op {arguments.op} here, and no --formula")
    g = Generator([arguments.seed, sum(map(ord, arguments.op))])
    cases = [OPS[arguments.op](g) for _ in range(arguments.cases)]
    hidden = [{(i, d) for i, (_, a) in enumerate(case.inputs)
               for d in range(a.ndim)
               if (i, d) not in case.fixed and g.chance(0.25)} for case in cases]
    types = result_types(write_module(cases, hidden), len(cases))
    with tempfile.TemporaryDirectory() as folder:
        folder = arguments.keep or folder
        path = os.path.join(folder, f"{arguments.op}.mlir")
        with open(path, "w") as file:
            file.write(write_module(cases, hidden, types))
        library = dlc.load(dlc.compile(path, level=arguments.level,
                                       cpu=arguments.cpu))
        worst, where = 0.0, None
        for i, case in enumerate(cases):
            outputs = library.functions[f"c{i}"](*[a for _, a in case.inputs])
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            try:
                error = measure(arguments.op, case, outputs)
            except AssertionError as problem:
                sys.exit(f"{arguments.op} case {i}: {case.text}: {problem}")
            if error > worst:
                worst, where = error, i
    what = (f"case {where}: {cases[where].text} of {cases[where].inputs[0][0]}"
            f"{list(cases[where].inputs[0][1].shape)}" if where is not None else "")
    print(f"{arguments.op}: {len(cases)} cases, largest error {worst:.3g} of what "
          f"is allowed {what}")
    if worst > 1:
        sys.exit(1)


if __name__ == "__main__":
    main()
