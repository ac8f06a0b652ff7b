# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks in ONNX."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._compile import CompileError
from ._model import Model, need

if TYPE_CHECKING:
    from collections.abc import Callable, KeysView, Mapping

    import numpy.typing as npt


class OnnxModel(Model):
    """An ONNX network. Its parameters are the floating-point initialisers."""

    def __init__(self, proto: Any, training: Callable[[], Any] | None = None,
                 name: str = "model") -> None:
        """proto: an onnx.ModelProto. training: a function that returns the training form of the
        network, if that differs; its parameters have the same names."""
        super().__init__(name)
        onnx = need("onnx", "onnx")
        self._arrays, self._make_training, self._proto = onnx.numpy_helper, training, proto
        floats = {onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16}
        self._tensors: dict[str, Any] = {t.name: t for t in proto.graph.initializer
                         if t.data_type in floats and len(t.dims)}

    def _names(self) -> KeysView[str]:
        return self._tensors.keys()

    def _value(self, name: str) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = self._arrays.to_array(self._tensors[name])
        return array

    def _store(self, name: str, value: npt.NDArray[Any]) -> None:
        self._tensors[name].CopyFrom(self._arrays.from_array(value, name))

    def _form(self, training: bool = False,
              values: Mapping[str, npt.NDArray[Any]] | None = None) -> Any:
        proto = self._make_training() if training and self._make_training else self._proto
        if not values:
            return proto
        proto = copy.deepcopy(proto)
        for t in proto.graph.initializer:
            if t.name in values:
                t.CopyFrom(self._arrays.from_array(values[t.name], t.name))
        return proto

    def SerializeToString(self) -> bytes:
        """The model in ONNX's format, with the current parameters."""
        self._pull()
        content: bytes = self._proto.SerializeToString()
        return content

    def __repr__(self) -> str:
        def show(value: Any) -> str:
            extents = [str(d.dim_value) if d.HasField("dim_value") else d.dim_param or "?"
                       for d in value.type.tensor_type.shape.dim]
            return f"{value.name}[{', '.join(extents)}]"
        graph = self._proto.graph
        known = {t.name for t in graph.initializer}
        count = sum(int(np.prod(t.dims)) for t in self._tensors.values())
        return (f"<{self._name}({', '.join(show(i) for i in graph.input if i.name not in known)})"
                f" -> {', '.join(map(show, graph.output))}, {count:,} parameters>")


def from_onnx(model: Any) -> OnnxModel:
    """Reads an ONNX network: the path of a file, an onnx.ModelProto or its bytes.

    It predicts and trains; its parameters are the floating-point initialisers, by name. Needs the
    package onnx (`dlc.compile` of a file does not).
    """
    onnx = need("onnx", "onnx")
    name = "model"
    if isinstance(model, (bytes, bytearray)):
        model = onnx.load_model_from_string(bytes(model))
    elif not hasattr(model, "SerializeToString"):
        path, name = str(model), Path(model).stem
        try:
            model = onnx.load(path)
        except OSError as problem:
            raise CompileError(f"cannot read {path}: {problem.strerror}") from problem
        except Exception as problem:  # exceptions of protobuf
            raise CompileError(f"{path} is no ONNX model: {problem}") from problem
    return OnnxModel(model, name=name)


# Operators of ai.onnx.ml that skl2onnx can also express by standard ones.
_TRADITIONAL = {"LinearRegressor", "LinearClassifier", "Scaler", "Normalizer", "Binarizer",
                "SVMRegressor", "SVMClassifier", "LabelEncoder"}


def from_sklearn(estimator: Any, features: int | None = None) -> OnnxModel:
    """Converts a fitted estimator or pipeline of scikit-learn, with skl2onnx.

    features: the number of columns of its input, if it does not know that itself
    (`n_features_in_`). Columns are float32, the number of rows is free. A classifier returns labels
    and an array of probabilities.
    """
    convert, types = need("skl2onnx", "sklearn"), need("skl2onnx.common.data_types", "sklearn")
    features = features or getattr(estimator, "n_features_in_", None)
    if not features:
        raise ValueError(f"{type(estimator).__name__} does not say how many columns it takes: "
                         "fit it first, or give features=")
    # Probabilities as an array instead of a list of dictionaries.
    options = {id(part): {"zipmap": False}
               for part in [estimator, *(s for _, s in getattr(estimator, "steps", []))]
               if hasattr(part, "predict_proba")}
    try:
        proto = convert.convert_sklearn(
            estimator, initial_types=[("x", types.FloatTensorType([None, features]))],
            options=options or None, target_opset={"": 18, "ai.onnx.ml": 3}, black_op=_TRADITIONAL)
    except Exception as problem:
        raise CompileError(f"skl2onnx refuses {type(estimator).__name__}: {problem}") from problem
    return OnnxModel(proto, name=type(estimator).__name__)
