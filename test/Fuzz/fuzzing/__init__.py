"""Fuzzers of dlc: random models against other implementations, calls between guard
pages, mutated files. `fuzz.py` beside this package is the program."""
