# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a project that calls dlc_add_model with the arguments in a file."""

import sys
from pathlib import Path

source, words = sys.argv[1:]
Path("CMakeLists.txt").write_text(f"""cmake_minimum_required(VERSION 3.25)
project(p NONE)
include({source}/cmake/DLCAddModel.cmake)
dlc_add_model(net FILE x.mlir {Path(words).read_text().strip()})
""")
