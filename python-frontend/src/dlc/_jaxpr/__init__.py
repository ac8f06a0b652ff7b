"""Jaxprs as ops of dl: an emission, and a file of each kind of primitives."""

from . import control, elementwise, indexing, products, shapes  # they register themselves
from .emission import Emission, UnknownPrimitives, hides_gradients, missing

__all__ = ["Emission", "UnknownPrimitives", "hides_gradients", "missing", "control",
           "elementwise", "indexing", "products", "shapes"]
