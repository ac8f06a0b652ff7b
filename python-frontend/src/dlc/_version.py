# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The version of the package, which is that of the project."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path


def version() -> str:
    """That of the sources which the package lies in, else that it was installed as."""
    try:
        project = (Path(__file__).resolve().parents[3] / "CMakeLists.txt").read_text(
            encoding="utf-8")
    except OSError:
        project = ""
    found = re.search(r"project\(dlc VERSION ([\d.]+)", project)
    return found[1] if found else importlib.metadata.version("dlc")
