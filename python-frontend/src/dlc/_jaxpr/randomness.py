# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The random numbers of jax.random, bit by bit: Threefry 2x32 (Salmon et al., Parallel random
numbers: as easy as 1, 2, 3, SC 2011). A key is two 32-bit words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from .emission import is_key, primitive
from .refusals import refuses

if TYPE_CHECKING:
    from typing import Any

    from .emission import Emission

_ROTATIONS = [(13, 15, 26, 6), (17, 29, 16, 24)]


@primitive("threefry2x32")
def threefry(f: Emission, eqn: Any, *words: ir.Value) -> list[ir.Value]:
    keys = [words[0], words[1]]
    keys.append(dl.xor(dl.xor(keys[0], keys[1]), f.m.constant(0x1bd11bda, "ui32")))
    x, y = words[2] + keys[0], words[3] + keys[1]
    for block in range(5):
        for by in _ROTATIONS[block % 2]:
            x = x + y
            y = dl.or_(dl.shift_left(y, by), dl.shift_right(y, 32 - by))
            y = dl.xor(x, y)
        x = x + keys[(block + 1) % 3]
        y = y + keys[(block + 2) % 3] + f.m.constant(block + 1, "ui32")
    return [x, y]


@primitive("iota_2x32_shape")
def counters(f: Emission, eqn: Any) -> list[ir.Value]:
    """The row-major number of each element, as its upper and lower 32 bits."""
    extents = f.extents(eqn.params["shape"])
    whole = f.e.reshape(f.line(f.e.product(extents)), extents)
    return [f.e.cast(dl.shift_right(whole, 32), "ui32"), f.e.cast(whole, "ui32")]


_KEYS = ["random_seed", "random_split", "random_bits", "random_fold_in", "random_clone"]


@refuses(*_KEYS, "random_wrap", "random_unwrap")
def _cannot_draw(eqn: Any) -> str | None:
    kinds = {str(v.aval.dtype) for v in [*eqn.invars, *eqn.outvars] if is_key(v.aval)}
    others = kinds - {"key<fry>"}
    return f"keys of {', '.join(others)}; dlc has those of threefry2x32 alone, " \
           "jax.random.key(seed)" if others else None


@primitive(*_KEYS)
def draw(f: Emission, eqn: Any, *values: ir.Value) -> list[ir.Value]:
    # JAX's own function for one key from words, applied to each.
    import jax
    name, params = str(eqn.primitive), dict(eqn.params)
    if name == "random_clone":
        return list(values)
    made = params.pop("impl", None) or eqn.invars[0].aval.dtype._impl
    functions = {"random_seed": made.seed, "random_fold_in": made.fold_in,
                 "random_split": lambda k: made.split(k, tuple(params["shape"])),
                 "random_bits": lambda k: made.random_bits(k, params["bit_width"],
                                                           tuple(params["shape"]))}
    function = functions[name]
    for _ in range(len(eqn.invars[0].aval.shape)):
        function = jax.vmap(function)
    types = [jax.ShapeDtypeStruct(f.shape(v.aval), np.uint32 if is_key(v.aval) else v.aval.dtype)
             for v in eqn.invars]
    return f.trace(function, types, values)
