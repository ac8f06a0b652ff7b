# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Progress bars with tqdm, on a terminal and in a notebook, if tqdm is installed."""

from __future__ import annotations

import sys
import warnings
from typing import Any


def is_watched() -> bool:
    """Whether output is visible: standard error is a terminal, or this is a notebook."""
    module = sys.modules.get("IPython")
    shell = module and module.get_ipython()
    is_terminal = getattr(sys.stderr, "isatty", lambda: False)  # stderr may be None
    return bool(is_terminal()) or type(shell).__name__ == "ZMQInteractiveShell"


class Bar:
    """A progress bar. Does nothing if output is not visible or tqdm is missing.

    total: the final count; unit: what is counted. shown: True or False overrides the check for
    visible output. after: seconds until it is drawn, so that short work does not flicker.
    """

    def __init__(self, total: int, title: str, unit: str, shown: bool | None = None,
                 after: float = 0.0) -> None:
        self._bar: Any = None
        if shown if shown is not None else is_watched():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of a notebook without widgets
                    from tqdm.auto import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=total, desc=title, unit=f" {unit}", leave=False, delay=after)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes the bar."""
        if self._bar is not None:
            self._bar.close()

    def to(self, done: int, note: str | dict[str, float] | None = None) -> None:
        """Sets the count. note: a text, or numbers by name, shown after the bar."""
        if self._bar is None:
            return
        if isinstance(note, dict):
            note = ", ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in note.items())
        if note:
            self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)
