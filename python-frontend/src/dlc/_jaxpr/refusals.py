# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds everything in a function that dlc lacks, with places, before anything is emitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import ir
from .emission import PRIMITIVES, all_equations, is_key, is_nothing

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._emit.emitter import Function

_CHECKS: dict[str, Callable[[Any], str | None]] = {}

_SOLVED = ("no op of dl factors matrices: solve outside of the function, or by iterations of "
           "products")
# What to write instead of primitives that dlc does not support.
_INSTEAD = {
    "fft": "multiply by the transform's matrices of cosines and sines, as real numbers",
    "cholesky": _SOLVED, "lu": _SOLVED, "qr": _SOLVED, "eigh": _SOLVED, "eig": _SOLVED,
    "svd": _SOLVED, "schur": _SOLVED, "hessenberg": _SOLVED, "householder_product": _SOLVED,
    "triangular_solve": _SOLVED, "custom_linear_solve": _SOLVED, "tridiagonal_solve": _SOLVED,
    "rng_bit_generator": "its numbers differ from machine to machine; use jax.random",
    "random_gamma": "draw outside and give the numbers as an input",
    "zeta": "compute it outside of the function", "polygamma": "compute it outside of the function",
    "select_and_gather_add": "take reverse-mode derivatives, jax.grad or dlc.grad",
    "igamma": "compute it outside of the function", "igammac": "compute it outside of the function",
    "regularized_incomplete_beta": "compute it outside of the function",
    "pure_callback": "compiled code does not call Python; give the values as an input",
    "io_callback": "compiled code does not call Python; return the values",
    "debug_callback": "compiled code does not call Python; take jax.debug out, or return the "
                      "values",
    "debug_print": "compiled code does not print; take jax.debug out, or return the values",
    "pallas_call": "write the kernel as plain jax.numpy, of which dlc makes its own loops",
    "custom_call": "write it as plain jax.numpy, of which dlc makes its own loops",
    "ffi_call": "write it as plain jax.numpy, of which dlc makes its own loops",
    "psum": "dlc compiles for one device", "all_gather": "dlc compiles for one device",
    "shard_map": "dlc compiles for one device", "ppermute": "dlc compiles for one device",
    "real": "keep real and imaginary parts as two arrays",
    "imag": "keep real and imaginary parts as two arrays",
    "complex": "keep real and imaginary parts as two arrays",
    "conj": "keep real and imaginary parts as two arrays",
}


class UnknownPrimitives(Exception):
    """Everything in a function that dlc lacks."""


def refuses(*names: str) -> Callable[[Function], Function]:
    """Registers a check of the parameters of a primitive. It returns what dlc lacks, or None."""
    def register(function: Function) -> Function:
        for name in names:
            _CHECKS[name] = function
        return function
    return register


def _lack(eqn: Any) -> str | None:
    name = str(eqn.primitive)
    for v in eqn.outvars:
        if hasattr(v.aval, "dtype") and not is_key(v.aval) and not is_nothing(v.aval):
            try:
                ir.element_of(v.aval.dtype)
            except (ir.IRError, TypeError):
                return f"elements of {v.aval.dtype} are none of dlc's" + (
                    ", keep real and imaginary parts as two arrays"
                    if "complex" in str(v.aval.dtype) else "")
    if name not in PRIMITIVES:
        return _INSTEAD.get(name, "")
    return _CHECKS[name](eqn) if name in _CHECKS else None


def missing(jaxpr: Any) -> list[str]:
    """Everything in a jaxpr that dlc lacks, sorted: `sort at net.py:12 (rank): what to do`."""
    places: dict[tuple[str, str], list[str]] = {}
    for eqn, place in all_equations(jaxpr):
        lack = _lack(eqn)
        if lack is not None:
            found = places.setdefault((str(eqn.primitive), lack), [])
            if place not in (*found, str(eqn.primitive)):
                found.append(place)
    return sorted(name + (f" at {', '.join(at)}" if at else "") + (f": {lack}" if lack else "")
                  for (name, lack), at in places.items())
