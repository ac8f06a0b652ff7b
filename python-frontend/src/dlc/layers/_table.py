# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The layers, with names, parameters and defaults as in Keras 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _specs
from ._layer import Layer

if TYPE_CHECKING:
    from typing import Any

LAYERS: dict[str, type[Layer]] = {}


def _layer(name: str, doc: str, /, *required: str, **defaults: Any) -> None:
    LAYERS[name] = _specs.make(Layer, name, doc, *required, module="dlc.layers", **defaults)


def _alias(name: str, other: str) -> None:
    LAYERS[other] = type(other, (LAYERS[name],), {"__module__": "dlc.layers"})


def _initialized(*names: str, **defaults: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {
        f"{n}_initializer": defaults.get(n, "glorot_uniform") for n in names}
    found["bias_initializer"] = "zeros"
    found.update({f"{n}_regularizer": None for n in (*names, "bias", "activity")})
    found.update({f"{n}_constraint": None for n in (*names, "bias")})
    return found


_KERNEL = _initialized("kernel")
_ACTIVE: dict[str, Any] = {"activation": None, "use_bias": True}

_layer("Activation", "A function by its name, of each element.", "activation")
_layer("Dense", "y = f(x W + b).", "units", **_ACTIVE, **_KERNEL)
_layer("Perceptron", "Neurons that give 1 where w x + b > 0, else 0 (Rosenblatt, 1957).",
       units=1, activation="step", use_bias=True, **_KERNEL)
_layer("Adaline", "Linear neurons (Widrow and Hoff, 1960).", units=1, activation="linear",
       use_bias=True, **_KERNEL)
_layer("EinsumDense", "A product by einsum's notation.", "equation", "output_shape",
       activation=None, bias_axes=None, **_KERNEL)
_layer("Embedding", "Rows of a table.", "input_dim", "output_dim",
       embeddings_initializer="random_uniform", embeddings_regularizer=None,
       embeddings_constraint=None, mask_zero=False)

for _d in (1, 2, 3):
    _layer(f"Conv{_d}D", "Convolution, channels last unless told.", "filters", "kernel_size",
           strides=1, padding="valid", data_format=None, dilation_rate=1, groups=1, **_ACTIVE,
           **_KERNEL)
    _layer(f"Conv{_d}DTranspose", "Transposed convolution.", "filters", "kernel_size", strides=1,
           padding="valid", output_padding=None, data_format=None, dilation_rate=1, **_ACTIVE,
           **_KERNEL)
    _layer(f"MaxPooling{_d}D", "The largest element of each window.", pool_size=2, strides=None,
           padding="valid", data_format=None)
    _layer(f"AveragePooling{_d}D", "The mean of each window.", pool_size=2, strides=None,
           padding="valid", data_format=None)
    for _kind, _words in (("Max", "largest element"), ("Average", "mean")):
        _layer(f"Global{_kind}Pooling{_d}D", f"The {_words} over all positions.", data_format=None,
               keepdims=False)
        _layer(f"Adaptive{_kind}Pooling{_d}D",
               f"The {_words} of windows, as many as are wanted.", "output_size", data_format=None)
    _layer(f"SpatialDropout{_d}D", "Dropout of whole channels.", "rate", seed=None,
           data_format=None)
    _layer(f"UpSampling{_d}D", "Each element repeated.", size=2, data_format=None,
           **({"interpolation": "nearest"} if _d == 2 else {}))
    _layer(f"ZeroPadding{_d}D", "Zeros around.", padding=1, data_format=None)
    _layer(f"Cropping{_d}D", "Borders cut off.", cropping=1, data_format=None)
    _layer(f"ConvLSTM{_d}D", "An LSTM whose products are convolutions.", "filters", "kernel_size",
           strides=1, padding="valid", data_format=None, dilation_rate=1, activation="tanh",
           recurrent_activation="sigmoid", use_bias=True, unit_forget_bias=True,
           **_initialized("kernel", "recurrent", recurrent="orthogonal"), dropout=0.0,
           recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False,
           go_backwards=False, stateful=False)
for _d in (1, 2):
    _layer(f"DepthwiseConv{_d}D", "A filter for each channel.", "kernel_size", strides=1,
           padding="valid", depth_multiplier=1, data_format=None, dilation_rate=1, **_ACTIVE,
           **_initialized("depthwise"))
    _layer(f"SeparableConv{_d}D", "A filter for each channel, then a product of channels.",
           "filters", "kernel_size", strides=1, padding="valid", data_format=None,
           dilation_rate=1, depth_multiplier=1, **_ACTIVE,
           **_initialized("depthwise", "pointwise"))
for _d in (1, 2, 3):
    _alias(f"MaxPooling{_d}D", f"MaxPool{_d}D")
    _alias(f"AveragePooling{_d}D", f"AvgPool{_d}D")
    _alias(f"GlobalMaxPooling{_d}D", f"GlobalMaxPool{_d}D")
    _alias(f"GlobalAveragePooling{_d}D", f"GlobalAvgPool{_d}D")

_RECURRENT: dict[str, Any] = {
    **_initialized("kernel", "recurrent", recurrent="orthogonal"), "dropout": 0.0,
    "recurrent_dropout": 0.0, "return_sequences": False, "return_state": False,
    "go_backwards": False, "stateful": False, "unroll": False, "seed": None}
_layer("SimpleRNN", "h(t) = f(x(t) W + h(t-1) U + b).", "units", activation="tanh",
       use_bias=True, **_RECURRENT)
_layer("LSTM", "Long short-term memory (Hochreiter and Schmidhuber, 1997).", "units",
       activation="tanh", recurrent_activation="sigmoid", use_bias=True, unit_forget_bias=True,
       **_RECURRENT)
_layer("GRU", "A gated recurrent unit (Cho et al., 2014).", "units", activation="tanh",
       recurrent_activation="sigmoid", use_bias=True, reset_after=True, **_RECURRENT)
_CELL: dict[str, Any] = {
    **_initialized("kernel", "recurrent", recurrent="orthogonal"), "dropout": 0.0,
    "recurrent_dropout": 0.0, "seed": None}
_layer("SimpleRNNCell", "A step of SimpleRNN.", "units", activation="tanh", use_bias=True,
       **_CELL)
_layer("LSTMCell", "A step of LSTM.", "units", activation="tanh",
       recurrent_activation="sigmoid", use_bias=True, unit_forget_bias=True, **_CELL)
_layer("GRUCell", "A step of GRU.", "units", activation="tanh", recurrent_activation="sigmoid",
       use_bias=True, reset_after=True, **_CELL)
_layer("StackedRNNCells", "Cells, each on the output of the one before.", "cells")
_layer("RNN", "A cell applied to one step after the other.", "cell", return_sequences=False,
       return_state=False, go_backwards=False, stateful=False, unroll=False,
       zero_output_for_mask=False)
_layer("Bidirectional", "A recurrent layer in both directions.", "layer", merge_mode="concat",
       backward_layer=None)
_layer("TimeDistributed", "A layer at each step.", "layer")

_layer("CategoryEncoding", "Whole numbers as vectors: one_hot, multi_hot or count.", "num_tokens",
       output_mode="multi_hot")
_layer("Discretization", "In which interval a number lies, as a number or a vector.",
       "bin_boundaries", output_mode="int")
_layer("CenterCrop", "The middle of images.", "height", "width", data_format=None)
_layer("Resizing", "Images of another size.", "height", "width", interpolation="bilinear",
       crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, fill_mode="constant",
       fill_value=0.0, antialias=False, data_format=None)
_layer("RandomFlip", "Half of the images are turned over, while learning.",
       mode="horizontal_and_vertical", seed=None, data_format=None)
_layer("RandomContrast", "Another contrast, while learning.", "factor", value_range=(0, 255),
       seed=None)
_layer("RandomBrightness", "Another brightness, while learning.", "factor", value_range=(0, 255),
       seed=None)
_FILLED: dict[str, Any] = {"fill_mode": "reflect", "interpolation": "bilinear", "seed": None,
                           "fill_value": 0.0, "data_format": None}
_layer("RandomTranslation", "Moved images, while learning.", "height_factor", "width_factor",
       **_FILLED)
_layer("RandomZoom", "Images of another scale, while learning.", "height_factor",
       width_factor=None, **_FILLED)
_layer("RandomRotation", "Turned images, while learning; factors are parts of a turn.", "factor",
       **_FILLED)

_layer("Flatten", "All dimensions but the batch become one.", data_format=None)
_layer("Reshape", "The same elements under another shape.", "target_shape")
_layer("Permute", "Dimensions in another order, counted from 1.", "dims")
_layer("RepeatVector", "n copies, one a step.", "n")
_layer("Identity", "x.")
_layer("Masking", "Steps that are mask_value everywhere are left out.", mask_value=0.0)
_layer("Rescaling", "x scale + offset.", "scale", offset=0.0)
_layer("Normalization", "(x - mean) / deviation, of numbers that are given.", axis=-1, mean=None,
       variance=None, invert=False)

for _name, _words in (("Add", "The sum."), ("Subtract", "The first less the second."),
                      ("Multiply", "The product."), ("Average", "The mean."),
                      ("Maximum", "The largest."), ("Minimum", "The smallest.")):
    _layer(_name, f"{_words} Of a list of inputs.")
_layer("Concatenate", "Inputs one after the other.", axis=-1)
_layer("Dot", "A product along axes of two inputs.", "axes", normalize=False)

_layer("Dropout", "A share of 0s, while learning.", "rate", noise_shape=None, seed=None)
_layer("GaussianNoise", "Noise, while learning.", "stddev", seed=None)
_layer("GaussianDropout", "Noise that multiplies, while learning.", "rate", seed=None)
_layer("AlphaDropout", "Dropout that keeps mean and variance, for selu.", "rate",
       noise_shape=None, seed=None)
_layer("ActivityRegularization", "A penalty on what passes.", l1=0.0, l2=0.0)

_SCALED: dict[str, Any] = {
    "center": True, "scale": True, "beta_initializer": "zeros", "gamma_initializer": "ones",
    "beta_regularizer": None, "gamma_regularizer": None, "beta_constraint": None,
    "gamma_constraint": None}
_layer("BatchNormalization", "Ioffe and Szegedy, 2015.", axis=-1, momentum=0.99, epsilon=0.001,
       **_SCALED, moving_mean_initializer="zeros", moving_variance_initializer="ones")
_layer("LayerNormalization", "Ba et al., 2016.", axis=-1, epsilon=0.001, **_SCALED)
_layer("GroupNormalization", "Wu and He, 2018.", groups=32, axis=-1, epsilon=0.001, **_SCALED)
_layer("RMSNormalization", "Zhang and Sennrich, 2019.", axis=-1, epsilon=1e-6)
_layer("UnitNormalization", "Length 1.", axis=-1)

_layer("ReLU", "max(x, 0).", max_value=None, negative_slope=0.0, threshold=0.0)
_layer("LeakyReLU", "A slope below 0.", negative_slope=0.3)
_layer("ELU", "alpha (exp x - 1) below 0.", alpha=1.0)
_layer("PReLU", "A slope below 0 that is learnt.", alpha_initializer="zeros",
       alpha_regularizer=None, alpha_constraint=None, shared_axes=None)
_layer("Softmax", "Probabilities.", axis=-1)

_layer("MultiHeadAttention", "Vaswani et al., 2017.", "num_heads", "key_dim", value_dim=None,
       dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, sliding_window=None,
       flash_attention=None, **_KERNEL, use_gate=False, seed=None)
_layer("GroupQueryAttention", "Ainslie et al., 2023.", "head_dim", "num_query_heads",
       "num_key_value_heads", dropout=0.0, use_bias=True, flash_attention=None, **_KERNEL,
       sliding_window=None, use_gate=False, seed=None)
_layer("Attention", "Luong et al., 2015.", use_scale=False, score_mode="dot", dropout=0.0,
       seed=None)
_layer("AdditiveAttention", "Bahdanau et al., 2015.", use_scale=True, dropout=0.0)
