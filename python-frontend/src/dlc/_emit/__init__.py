# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Emits layers as ops of dl, by class name and configuration.

A layer is described by Keras's `get_config()` and by its tensors; it does not matter who created
it. `emit(e, layer, x)` calls the function that is registered for the class. Layers without a
function are all reported together, before anything is emitted.
"""

from .emitter import Emitter, Layer, UnknownLayers, Weight, emit, known_layers
from . import (attention, augmentation, conv_lstm, convolution, core, merging, normalization,
               operations, pooling, preprocessing, random, recurrent)
from .model import emit_model, unknown_layers

__all__ = ["Emitter", "Layer", "UnknownLayers", "Weight", "emit", "emit_model", "known_layers",
           "unknown_layers"]
