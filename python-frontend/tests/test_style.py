# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package is typed and in one style, and the pages that are generated are up to date."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FRONT_END = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("command", [["mypy"], ["ruff", "check", "."],
                                     ["make_api.py", "--check"]], ids=lambda c: c[0])
def test_finds_nothing(command, tmp_path):
    tool, *words = command
    if tool.endswith(".py"):
        pytest.importorskip("keras")
        start = [sys.executable, str(FRONT_END / tool)]
    elif importlib.util.find_spec(tool) is None:
        pytest.skip(f"there is no {tool}: pip install {tool}")
    else:
        start = [sys.executable, "-m", tool]
        words += ["--cache-dir", str(tmp_path)]
    done = subprocess.run([*start, *words], cwd=FRONT_END, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
