# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fuzzers of dlc: random models against other implementations, calls between guard pages, mutated
files. The program is `fuzz.py`, next to this package."""
