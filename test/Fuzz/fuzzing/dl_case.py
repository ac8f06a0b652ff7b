# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops of dl at valid and invalid extents.

The cases and their answers are those of test/EndToEnd/random_cases. Here as many of their extents
as possible are `?`, operands come from other ops, and the op is in the function, in a branch or in
a loop. Called with invalid extents, a library must refuse before it touches anything, or return
what the same op returns when compiled for these extents. If the compiler refuses these extents, the
call should have failed.
"""

import os
import re
from dataclasses import dataclass, field

import numpy as np

import random_ops
from random_cases import OPS
from random_cases.base import EXACT, Generator

from . import compiler, isolated, library, oracle

SIGNED = {"f32", "f64", "f16", "bf16", "i8", "i16", "i32", "i64"}
PLACES = ("function", "branch", "loop")
HUGE = (2 ** 31, 2 ** 62, -1)


@dataclass
class Drawn:
    """A case and how it is written: which operands come from other ops (`through`), where the op
    is, and which extents are `?`."""
    op: str
    case: object
    through: set
    place: str
    hidden: set
    results: list = field(default_factory=list)

    def describe(self):
        return f"dl.{self.op}, operands {sorted(self.through)} computed, in a {self.place}"


def draw(seed, names=None):
    g = Generator(seed)
    op = g.choice(names or sorted(OPS))
    case = OPS[op](g)
    through = {i for i, (t, _) in enumerate(case.inputs) if t in SIGNED and g.chance(0.6)}
    level = g.choice([0.4, 0.7, 1.0])
    hidden = {(i, d) for i, (_, a) in enumerate(case.inputs) for d in range(a.ndim)
              if (i, d) not in case.fixed and g.chance(level)}
    return Drawn(op, case, through, g.choice(["function", "function", "branch", "loop"]),
                 hidden)


def types_of(drawn, shapes=None):
    """Types of the operands: `?` where hidden, or all static of the given shapes."""
    found = []
    for i, (element, array) in enumerate(drawn.case.inputs):
        extents = [str(e) for e in (shapes[i] if shapes else array.shape)]
        if shapes is None:
            extents = ["?" if (i, d) in drawn.hidden else e for d, e in enumerate(extents)]
        found.append("tensor<" + "x".join([*extents, element]) + ">")
    return found


def function(drawn, name, types, results):
    """The text of one function. A computed operand is the negative of its argument."""
    case, count = drawn.case, len(drawn.case.results)
    text = case.text.format(**{f"T{i}": t for i, t in enumerate(types)})
    names = [f"%r#{k}" for k in range(count)] if count > 1 else ["%r"]
    bound = f"%r:{count}" if count > 1 else "%r"
    out = ", ".join(results)
    wrapped = f"({out})" if count > 1 else out
    arguments = [f"%a{i}: {t}" for i, t in enumerate(types)]
    body = [f"  %{i} = dl.neg %a{i} : {t}" if i in drawn.through else
            f"  %{i} = dl.barrier %a{i} : {t}" for i, t in enumerate(types)]
    for i in range(len(types)):
        if i not in drawn.through:  # the argument itself
            text, body[i] = re.sub(rf"%{i}\b", f"%a{i}", text), ""
    setup = case.setup.strip()
    if drawn.place == "function":
        inner = [setup, f"  {bound} = {text}"]
    elif drawn.place == "branch":
        arguments.append("%flag: tensor<i1>")
        inner = [setup, "  %c = tensor.extract %flag[] : tensor<i1>",
                 f"  {bound} = scf.if %c -> ({out}) {{", f"  {bound.replace('%r', '%s')} = {text}",
                 f"  scf.yield {', '.join(names).replace('%r', '%s')} : {out}", "  } else {",
                 f"  {bound.replace('%r', '%t')} = {text}",
                 f"  scf.yield {', '.join(names).replace('%r', '%t')} : {out}", "  }"]
    else:
        arguments += [f"%z{k}: {t}" for k, t in enumerate(results)]
        starts = ", ".join(f"%y{k} = %z{k}" for k in range(count))
        inner = [setup, "  %from = arith.constant 0 : index",
                 "  %by = arith.constant 1 : index", "  %to = arith.constant 2 : index",
                 f"  {bound} = scf.for %step = %from to %to step %by "
                 f"iter_args({starts}) -> ({out}) {{",
                 f"  {bound.replace('%r', '%s')} = {text}",
                 f"  scf.yield {', '.join(names).replace('%r', '%s')} : {out}", "  }"]
    lines = [f"func.func @{name}({', '.join(arguments)}) -> {wrapped} {{", *body, *inner,
             f"  return {', '.join(names)} : {out}", "}"]
    return "\n".join(l for l in lines if l) + "\n"


def infer(drawn, types):
    """Types of the op's results, or the compiler's refusal as a Compiled."""
    case = drawn.case
    arguments = ", ".join(f"%{i}: {t}" for i, t in enumerate(types))
    text = case.text.format(**{f"T{i}": t for i, t in enumerate(types)})
    count = len(case.results)
    tool = os.path.join(os.path.dirname(os.environ["DLC"]), "dlc-opt")
    source = (f"func.func private @f({arguments}) {{\n{case.setup}\n"
              f"  {f'%r:{count}' if count > 1 else '%r'} = {text}\n  return\n}}\n")
    import subprocess
    done = subprocess.run([tool, "--mlir-print-op-generic", "-"], input=source,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return compiler.Compiled("refused" if done.returncode == 1 else "crashed",
                                 done.stderr)
    found = [m.group(1).strip("()") for m in re.finditer(r'= "dl\..*-> (.*)$', done.stdout,
                                                         re.MULTILINE)]
    parts, depth, part = [], 0, ""
    for c in found[-1] + ",":
        depth += (c == "<") - (c == ">")
        if c == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += c
    return parts


def arguments_of(drawn, shapes=None):
    """Arrays for a call. If shapes are given, the elements are repeated to fill them."""
    arrays = []
    for i, (_, array) in enumerate(drawn.case.inputs):
        if shapes and tuple(shapes[i]) != array.shape:
            array = (np.resize(array, shapes[i]) if array.size and np.prod(shapes[i])
                     else np.zeros(shapes[i], array.dtype))
        arrays.append(-array if i in drawn.through else array)
    if drawn.place == "branch":
        arrays.append(np.asarray(True))
    if drawn.place == "loop":
        expected = drawn.case.expected
        expected = expected if isinstance(expected, list) else [expected]
        for element, value in zip(drawn.case.results, expected):
            arrays.append(np.zeros(np.shape(value), random_ops.DTYPES[element]))
    return arrays


def variants(drawn):
    """((input, dimension), new extent) of invalid calls, small ones first."""
    for i, d in sorted(drawn.hidden):
        e = drawn.case.inputs[i][1].shape[d]
        for new in sorted({0, e - 1, e + 1, 1} - {e}):
            if new >= 0:
                yield (i, d), new


def call_all(path, calls, setting):
    """Answers of calls; Died for a call in which the process ended, after which the others continue
    in a new process. If it ended after the calls, each is repeated by itself."""
    found = []
    while len(found) < len(calls):
        rest = calls[len(found):]
        try:
            found += isolated.run(library.answers, path, setting, rest, seconds=60)
        except isolated.Died as problem:
            words = problem.phase.split()
            if words[0] != "call":
                if len(rest) == 1:
                    return found + [problem]
                return found + [call_all(path, [c], setting)[0] for c in rest]
            if int(words[1]):
                found += call_all(path, rest[:int(words[1])], setting)
            found.append(problem)
    return found
