"""Layers as ops of dl, by their class name and configuration.

A layer is what Keras's `get_config()` says of it, and the tensors that it holds; who made it
does not matter. `emit(e, layer, x)` calls the function that is registered for its class; a
layer that has none is named together with all others before anything is made.
"""

from .emitter import Emitter, Layer, UnknownLayers, Weight, emit, known_layers
from . import (attention, augmentation, conv_lstm, convolution, core, merging, normalization,
               operations, pooling, preprocessing, random, recurrent)
from .model import emit_model, unknown_layers

__all__ = ["Emitter", "Layer", "UnknownLayers", "Weight", "emit", "emit_model", "known_layers",
           "unknown_layers"]
