# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes random models of NNSmith as ONNX files, for `fuzz.py models --from DIR`.

    draw_nnsmith.py DIR [--count 100] [--seed 1] [--nodes 12]

Runs in a Python of its own, with the packages nnsmith, torch and onnx (NNSmith writes
models through PyTorch). The same seed and number give the same model. Graphs for which
NNSmith finds no extents, or that PyTorch cannot write, are counted and left out.
"""

import argparse
import functools
import pathlib
import random

import numpy as np
import torch
from nnsmith.abstract.extension import activate_ext
from nnsmith.graph_gen import model_gen
from nnsmith.materialize import Model


def draw(kind, operators, seed, nodes, path):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    graph = model_gen(opset=operators, method="symbolic-cinit", seed=seed,
                      max_nodes=nodes, timeout_ms=10000, max_elem_per_tensor=1 << 14)
    model = kind.from_gir(graph.make_concrete())
    model.dump(str(path))
    path.with_suffix(".pth").unlink(missing_ok=True)  # PyTorch's copy


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=12)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    # NNSmith supports only the tracing exporter of PyTorch.
    torch.onnx.export = functools.partial(torch.onnx.export, dynamo=False)
    kind = Model.init("onnx")
    kind.add_seed_setter()
    operators = list(kind.operators())
    activate_ext(opset=operators, factory=None)
    written = 0
    for number in range(arguments.count):
        seed = arguments.seed * 1000000 + number
        try:
            draw(kind, operators, seed, 1 + number % arguments.nodes,
                 arguments.folder / f"{seed}.onnx")
            written += 1
        except Exception as problem:  # pylint: disable=broad-except
            print(f"{seed}: {type(problem).__name__}: {str(problem)[:100]}")
    print(f"{written} of {arguments.count} models")


if __name__ == "__main__":
    main()
