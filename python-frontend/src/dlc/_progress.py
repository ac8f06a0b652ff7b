"""Bars of progress by tqdm: on a terminal and in a notebook, where tqdm is installed."""

from __future__ import annotations

import sys
import warnings
from typing import Any


def is_watched() -> bool:
    """Whether a person may be looking: standard error is a terminal, or this is a notebook."""
    module = sys.modules.get("IPython")
    shell = module and module.get_ipython()
    is_terminal = getattr(sys.stderr, "isatty", lambda: False)  # stderr may be None
    return bool(is_terminal()) or type(shell).__name__ == "ZMQInteractiveShell"


class Bar:
    """One bar; it says nothing where nobody looks or tqdm is missing.

    total: what it counts to; unit: of what. shown: True and False instead of asking who
    looks. after: seconds that pass before it is drawn, so short work leaves no flicker.
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
        """The bar goes away."""
        if self._bar is not None:
            self._bar.close()

    def to(self, done: int, note: str | dict[str, float] | None = None) -> None:
        """So much is done; note: a word, or numbers by name, that stand behind the bar."""
        if self._bar is None:
            return
        if isinstance(note, dict):
            note = ", ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in note.items())
        if note:
            self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)
