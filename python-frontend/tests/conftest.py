# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests of the front ends, in an environment that has Keras, JAX and the rest."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ["DLC_CACHE"] = "off"  # each test compiles, but those of the cache

import numpy as np
import pytest

import dlc


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def compiled(tmp_path):
    """A module of dl as a library."""
    def make(module):
        source = tmp_path / f"m{len(list(tmp_path.iterdir()))}.mlir"
        source.write_text(module.text())
        return dlc.load(dlc.compile(source))
    return make
