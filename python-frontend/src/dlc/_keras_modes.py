# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whether a call that was traced in both modes does the same in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Item = dict[str, Any]

# Differences between two traces of the same call: generated names, and the mode.
_APART = {"name", "training", "identity", "learning", "differs"}


def signature(item: Item) -> Any:
    """A signature of a traced call, equal for calls that do the same."""
    config = item["config"]
    places = {layer["name"]: k for k, layer in enumerate(config["layers"])}
    return [[layer["class_name"],
             signature(layer) if "layers" in layer["config"] else _clean(layer["config"], places),
             # A layer is identified by itself. Operations and inputs are created anew for each
             # trace.
             layer["identity"] if layer.get("module") != "keras.ops" and
             layer["class_name"] != "InputLayer" else None,
             _clean(layer["inbound_nodes"], places)] for layer in config["layers"]], \
        _clean(config["output_layers"], places), item.get("losses")


def _clean(value: Any, places: Mapping[str, int]) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") == "__variable__":
            return ["variable", value["config"]["identity"]]
        return {k: _clean(v, places) for k, v in value.items() if k not in _APART}
    if isinstance(value, (list, tuple)):
        return [_clean(v, places) for v in value]
    if isinstance(value, np.ndarray):
        return [value.shape, str(value.dtype), value.tobytes()]
    return places.get(value, value) if isinstance(value, str) else repr(value)


def differing(item: Item, path: str = "") -> Iterator[str]:
    """The paths of calls that behave differently in training."""
    config = item["config"]
    here = f"{path}/{config.get('name', '')}" if path else str(config.get("name", ""))
    if item.get("differs"):
        yield here
    cells = config.get("cell")
    inside = [*config.get("layers", ()), *([cells["config"]["model"]] if isinstance(cells, dict)
                                           and "model" in cells.get("config", {}) else [])]
    for inner in inside:
        yield from differing(inner, here)
