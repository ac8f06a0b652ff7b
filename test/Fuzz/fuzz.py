# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares random models with other implementations, for a given time.

    fuzz.py WHAT [--seconds 60] [--seed 1] [--case N] [--keep DIR]

WHAT is one of
    onnx          random graphs
    models        the ONNX files of --from DIR, as draw_nnsmith.py writes them
    extents       graphs with symbolic extents, called with other extents
    dl            ops of dl at valid and invalid extents
    orders        optional passes in random order
    files-KIND    mutated files: mlir, onnx, safetensors, tuning, npy, kind
    objects-KIND  mutated models that the reader accepts, down to an object file: mlir, onnx
    data          mutated .npy, .npz, CSV and idx files in the Python package
    known         past failures
    all

Every case follows from the seed and its number alone; `--case` repeats one. Findings are minimised
and written to DIR as text, with what happened. Ends with a table of the outcomes; the exit status
is 1 if there is a finding.
"""

import argparse
import os
import sys

from fuzzing import campaigns


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*campaigns.CAMPAIGNS, "all"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--count", type=int, default=1 << 60)
    parser.add_argument("--case", type=int, help="only this one")
    parser.add_argument("--from", dest="models", help="folder of the models")
    parser.add_argument("--only", help="operators, with commas between; known: a regular "
                        "expression of files")
    parser.add_argument("--keep", default="fuzz-findings", help="folder for findings")
    parser.add_argument("--minimize", type=float, default=60, help="seconds for each")
    arguments = parser.parse_args()
    if arguments.case is not None:
        arguments.first, arguments.count = arguments.case, 1
    arguments.dlc = os.environ.get("DLC", "dlc")
    os.environ["DLC"] = arguments.dlc
    run = campaigns.CAMPAIGNS.get(arguments.what, campaigns.run_all)
    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
